"""Why nothing is suggested, as sentences for people; programs get the reasons' names."""

from collections.abc import Mapping
from typing import Final

from codegen.completion.prepare import EMPTY
from codegen.context.hole import CLOSED_STATEMENT, INSIDE_WORD

_BY_HAND: Final = "so no model was asked; it is where a suggestion is asked for by hand"

_SENTENCES: Final[Mapping[str, str]] = {
    EMPTY: "there is no text that the model could go by, so none was asked",
    INSIDE_WORD: f"the cursor stands inside a word, {_BY_HAND}",
    CLOSED_STATEMENT: f"the statement before the cursor is whole, {_BY_HAND}",
    "blank": "the model wrote nothing but blanks",
    "repeated-line": "the model wrote the line that follows the hole already",
    "overlap": "what the model wrote stands right of the cursor already",
}


def sentence(reason: str) -> str:
    """What a completion's `reason` means."""
    return _SENTENCES.get(reason, f"the rule {reason} left nothing of what the model wrote")
