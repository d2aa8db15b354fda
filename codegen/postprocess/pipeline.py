"""What the model wrote to what is suggested, or to the reason why nothing is."""

from dataclasses import dataclass
from typing import Final

from codegen.context.hole import Hole
from codegen.postprocess.growth import Growth
from codegen.postprocess.rules import RULES

BLANK: Final = "blank"
CUT_OFF: Final = "cut-off"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion to insert at the cursor, with the document's newlines.

    `rules` names the rules that changed it, in their order.
    """

    text: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Nothing to suggest.

    `reason` is the rule that left nothing, or `blank`: the model wrote nothing but blanks.
    """

    reason: str


def postprocess(
    text: str, hole: Hole, growth: Growth, *, cut_off: bool = False
) -> Suggestion | Rejection:
    """Applies all rules to a finished completion.

    The rules work on line feeds; the document's own newlines are put in at the end.

    Args:
        text: what was generated, without the forced bytes, with any newlines.
        hole: where it goes.
        growth: the document that it goes into.
        cut_off: whether the text ended because the budget did, wherever that was.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return Rejection(BLANK)
    spoke = []
    if cut_off and (whole := _whole(text, hole, growth)) != text:
        spoke.append(CUT_OFF)
        text = whole
    for rule in RULES:
        changed = rule.apply(text, hole, growth)
        if not changed.strip():
            return Rejection(rule.name)
        if changed != text:
            spoke.append(rule.name)
        text = changed
    return Suggestion(text.replace("\n", hole.newline), tuple(spoke))


def has_statement(text: str, hole: Hole, growth: Growth) -> bool:
    """Whether a text that is still being written could end now: after a whole statement of it."""
    return _whole(text, hole, growth) != text


def _whole(text: str, hole: Hole, growth: Growth) -> str:
    """Several lines up to the last statement that is whole; all of them where none is."""
    if hole.lines == "single":
        return text
    end = text.rfind("\n")
    while end > 0 and not (text[:end].strip() and growth.at(text[:end]).closed):
        end = text.rfind("\n", 0, end)
    return text[:end] if end > 0 else text
