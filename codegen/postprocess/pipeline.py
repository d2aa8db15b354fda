"""What the model wrote to what is suggested, or to the reason why nothing is."""

from dataclasses import dataclass
from typing import Final

from codegen.postprocess.ending import last_whole, whole_lines
from codegen.postprocess.growth import Growth
from codegen.postprocess.guard import guarded
from codegen.postprocess.joint import Joint
from codegen.postprocess.rules import RULES, Rule, Written

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
    text: str, joint: Joint, growth: Growth, *, stopped: bool = True, cut_off: bool = False
) -> Suggestion | Rejection:
    """Applies all rules to a finished completion.

    The rules work on line feeds; the document's own newlines are put in at the end. A rule that
    fails is logged by its name, and changes nothing.

    Args:
        text: what was generated, without the forced bytes, with any newlines.
        joint: what it has to fit.
        growth: the document that it goes into.
        stopped: whether the model ended it itself.
        cut_off: whether it ended because the budget did, wherever that was.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return Rejection(BLANK)
    written = Written(joint, growth, stopped)
    rules = (Rule(CUT_OFF, _cut_off), *RULES) if cut_off else RULES
    spoke = []
    for rule in rules:
        changed = guarded(f"the rule {rule.name}", text, rule.apply, text, written)
        if not changed.strip():
            return Rejection(rule.name)
        if changed != text:
            spoke.append(rule.name)
        text = changed
    return Suggestion(text.replace("\n", joint.hole.newline), tuple(spoke))


def has_statement(text: str, joint: Joint) -> bool:
    """Whether a text that is still being written could end now: after a whole statement of it."""
    return bool(whole_lines(text, joint))


def _cut_off(text: str, written: Written) -> str:
    """Ends after the last statement or expression that is whole."""
    return text[: last_whole(text, written.joint)]
