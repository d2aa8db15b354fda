"""Why nothing is suggested: every reason there is, and what it means in a sentence."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """A reason why nothing is suggested, or why one text isn't; programs see its value."""

    # The file gets no suggestions (codegen.settings).
    DISABLED = "disabled"
    LANGUAGE_DISABLED = "language-disabled"
    SECRET_FILE = "secret-file"  # noqa: S105 - the name of a reason
    EXCLUDED = "excluded"
    TOO_LARGE = "too-large"

    # No model is asked at the place (codegen.completion.prepare, codegen.context.hole).
    EMPTY_DOCUMENT = "empty-document"
    INSIDE_WORD = "inside-word"
    CLOSED_STATEMENT = "closed-statement"

    # No answer of a model came in time (codegen.session).
    NOT_OPEN = "not-open"
    LOADING = "model-loading"
    NO_MODEL = "no-model"
    SUPERSEDED = "superseded"
    EDITED = "edited-meanwhile"
    DEADLINE = "deadline"
    PENDING = "pending"
    ENGINE_ERROR = "engine-error"
    NOTHING = "nothing"

    # What the model wrote isn't shown (codegen.postprocess: these are names of its rules, too).
    BLANK = "blank"
    CUT_OFF = "cut-off"
    END_OF_HOLE = "end-of-hole"
    REPEATED_LINE = "repeated-line"
    LEADING_BLANKS = "leading-blanks"
    MISPLACED = "misplaced"
    LOOP = "loop"
    OVERLAP = "overlap"
    TRAILING_BLANKS = "trailing-blanks"
    OWN_LINE = "own-line"
    STYLE = "style"
    UNFINISHED = "unfinished"
    LONE_MARK = "lone-mark"
    SYNTAX_ERRORS = "syntax-errors"
    SAME = "same"

    @property
    def sentence(self) -> str:
        """What it means, for a person."""
        return _SENTENCES.get(self, f"the rule {self} left nothing of what the model wrote")


_BY_HAND: Final = "so no model was asked; it is where a suggestion is asked for by hand"

_SENTENCES: Final = {
    Reason.DISABLED: "suggestions are switched off",
    Reason.LANGUAGE_DISABLED: "suggestions are switched off for this language",
    Reason.SECRET_FILE: "a file of this name may hold secrets, so no model sees it",
    Reason.EXCLUDED: "the file is excluded by the settings",
    Reason.TOO_LARGE: "the file is too large to have been written by hand",
    Reason.EMPTY_DOCUMENT: "there is no text that the model could go by, so none was asked",
    Reason.INSIDE_WORD: f"the cursor stands inside a word, {_BY_HAND}",
    Reason.CLOSED_STATEMENT: f"the statement before the cursor is whole, {_BY_HAND}",
    Reason.NOT_OPEN: "the file is not open",
    Reason.LOADING: "the model is being loaded",
    Reason.NO_MODEL: "there is no model to ask",
    Reason.SUPERSEDED: "another request came for another place",
    Reason.EDITED: "the file was edited while the request was answered",
    Reason.DEADLINE: "the model had written nothing yet when the answer was due",
    Reason.PENDING: "the model is still writing, and a menu that asks again gets its text",
    Reason.ENGINE_ERROR: "the engine broke down",
    Reason.NOTHING: "nothing that the model wrote fits what was typed since",
    Reason.BLANK: "the model wrote nothing but blanks",
    Reason.REPEATED_LINE: "the model wrote the line that follows the hole already",
    Reason.OVERLAP: "what the model wrote stands right of the cursor already",
}
