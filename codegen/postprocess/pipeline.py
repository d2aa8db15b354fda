"""From the model's text to the suggestion, or to the reason why there is none."""

from dataclasses import dataclass

from codegen.postprocess.ending import last_whole, whole_lines
from codegen.postprocess.growth import Growth
from codegen.postprocess.guard import guarded
from codegen.postprocess.joint import Joint
from codegen.postprocess.rules import RULES, Rule, Written
from codegen.reasons import Reason


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion to insert at the cursor, with the document's newlines.

    `rules` names the rules that changed it, in their order.
    """

    text: str
    rules: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """There is nothing to suggest.

    `reason` is the name of the rule that dropped the text, or BLANK if the model wrote only blanks.
    """

    reason: Reason


def postprocess(
    text: str, joint: Joint, growth: Growth, *, stopped: bool = True, cut_off: bool = False
) -> Suggestion | Rejection:
    """Applies the rules to a finished completion, one after the other.

    Returns the text and the rules that changed it, or, as soon as nothing but blanks is left, the
    rule that dropped it. The rules work on line feeds; the document's own newlines are put in at
    the end. A rule that fails is logged by its name, and changes nothing.

    Args:
        text: the generated text without the forced bytes, with any newlines.
        joint: what it has to fit.
        growth: counts the syntax errors that it adds.
        stopped: whether the model ended it itself.
        cut_off: whether it ended, maybe in the middle of a line, because the budget was used up.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return Rejection(Reason.BLANK)
    written = Written(joint, growth, stopped)
    rules = (Rule(Reason.CUT_OFF, _cut_off), *RULES) if cut_off else RULES
    spoke: list[Reason] = []
    for rule in rules:
        changed = guarded(f"the rule {rule.name}", text, rule.apply, text, written)
        if not changed.strip():
            return Rejection(rule.name)
        if changed != text:
            spoke.append(rule.name)
        text = changed
    return Suggestion(text.replace("\n", joint.hole.newline), tuple(spoke))


def has_statement(text: str, joint: Joint) -> bool:
    """Whether a text that is still being written could end now, after a whole statement."""
    return bool(whole_lines(text, joint))


def _cut_off(text: str, written: Written) -> str:
    """Cuts the text after its last whole statement or expression."""
    return text[: last_whole(text, written.joint)]
