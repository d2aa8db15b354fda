"""The rules that a finished completion goes through, a small function each.

A rule takes the text and returns it, perhaps cut or changed. An empty text means that there is
nothing to suggest. The rules run in the order of RULES, and those that changed the text are named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codegen.postprocess.ending import left_open, natural_end, whole_lines
from codegen.postprocess.growth import Growth
from codegen.postprocess.indentation import misplaced, style
from codegen.postprocess.joint import Joint, is_jump, same_statement
from codegen.postprocess.loops import first_round
from codegen.reasons import Reason
from codegen.text import open_brackets, opens_block, same_line

_SEPARATORS: Final = (",", ";", ":")
_CLOSERS: Final = (")", "]", "}")

# A text of operators alone with at most so many characters is not worth a suggestion.
_LONE: Final = 2
_OPERATORS: Final = frozenset(",;:.+-*/%=&|!?<~^@#$\\")


@dataclass(frozen=True, slots=True)
class Written:
    """What a rule knows besides the text; `stopped` says that the model itself ended the text."""

    joint: Joint
    growth: Growth
    stopped: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and the name by which it is reported."""

    name: Reason
    apply: Callable[[str, Written], str]


def leading_blanks(text: str, written: Written) -> str:
    """Drops blank lines at the start if the line above the cursor is blank already."""
    hole = written.joint.hole
    if hole.left.strip() or hole.right.strip() or not hole.below_blank or text[:1] != "\n":
        return text
    body = text.lstrip("\n")
    return body.removeprefix(hole.left)


def end_of_hole(text: str, written: Written) -> str:
    """Cuts at the hole's natural end."""
    return text[: natural_end(text, written.joint, done=True)]


def repeated_line(text: str, written: Written) -> str:
    """Drops a text that only repeats the line below, and a last line that repeats it.

    The beginning of a chain of calls counts as a repetition of the whole chain. If the model itself
    ended the text after the repeated line, it may be meant: it is kept, unless the line below would
    then never be reached.
    """
    hole = written.joint.hole
    *above, last = text.rstrip().split("\n")
    if not any(map(str.isalnum, last)):
        return text
    if not above or not "".join(above).strip():
        full = last if above else hole.left + last
        meant = written.stopped and same_line(full, written.joint.next_line)
        kept = meant and not is_jump(full) and not hole.inserts_above
        return "" if same_statement(full, written.joint) and not kept else text
    if not same_line(last, written.joint.next_line):
        return text
    return text[: text.rstrip().rfind("\n") + 1] if hole.inserts_above else "\n".join(above)


def loop(text: str, _written: Written) -> str:
    """Cuts a loop at the end of the text after its first round."""
    return first_round(text)


def overlap(text: str, written: Written) -> str:
    """Drops an end of the text that already stands right of the cursor.

    That may be the rest of the cursor's line, or its part before a mark that closes a frame.
    """
    joint = written.joint
    right = joint.hole.right.rstrip()
    body = text.rstrip(" \t")
    if not right.strip() or text.endswith("\n"):
        return text
    # A mark that closes a frame has already ended the text.
    before = right[: joint.until]
    for rest in (before, before.strip()):
        if rest.strip() and body.endswith(rest) and not _is_own(body, rest, joint):
            return body[: -len(rest)]
    return body[:-1] if body.endswith(_SEPARATORS) and right.lstrip()[0] == body[-1] else text


def _is_own(body: str, rest: str, joint: Joint) -> bool:
    """Whether the closing marks at the end of a text close what the text itself opened."""
    if rest[0] not in _CLOSERS or any(map(str.isalnum, rest)):
        return False
    return not joint.in_text or open_brackets(body)[1] == 0


def trailing_blanks(text: str, written: Written) -> str:
    """Drops blanks and blank lines at the end, unless code follows on the cursor's line."""
    return text if written.joint.hole.right.strip() else text.rstrip()


def own_line(text: str, written: Written) -> str:
    """Ends whole lines so that the code after them stands on a line of its own.

    This is for a text that is put before the code of the cursor's line; that code stays as indented
    as before. If the text was written between the marks of a block, the closing mark gets a line of
    its own, too. Any other text stays.
    """
    joint, hole = written.joint, written.joint.hole
    spreads = joint.spreads(text)
    if not hole.inserts_above and not spreads:
        return text
    body = text.rstrip(" \t")
    if 0 in joint.ends and hole.right and (spreads or body.endswith("\n")):
        frame = joint.stack[joint.ends.index(0)]
        return (body if body.endswith("\n") else f"{body}\n") + written.growth.indent(frame.line)
    if hole.inserts_above and body.endswith("\n"):
        return body + hole.left
    # The cursor is at the very start of a line, before its indentation, so a new line has to
    # follow.
    return f"{body}\n" if not hole.left and hole.right[:1].isspace() else text


def unfinished(text: str, written: Written) -> str:
    """Drops a text that leaves a bracket open, if code follows or it has no words."""
    hole = written.joint.hole
    if not any(frame.is_bracket for frame in left_open(text, written.joint)):
        return text
    ahead = bool(hole.right.strip()) or hole.following.strip(")]}; ,") != ""
    ahead = ahead and not hole.one_line
    return "" if ahead or not any(map(str.isalnum, text)) else text


def lone_mark(text: str, written: Written) -> str:
    """Drops a text that is only one operator or separator at the end of a line of code.

    It helps nobody. A colon that opens a block stays.
    """
    hole, marks = written.joint.hole, text.strip()
    useful = marks == ":" and opens_block(hole.left + marks)
    if len(marks) > _LONE or not hole.left.strip() or hole.right.strip():
        return text
    if written.joint.in_text or useful:
        return text
    return "" if all(letter in _OPERATORS for letter in marks) else text


def syntax(text: str, written: Written) -> str:
    """Cuts a text that adds syntax errors to a file without any, after its last good line."""
    growth = written.growth
    if not growth.clean or not growth.errors_added(text):
        return text
    for at in reversed(whole_lines(text, written.joint)):
        if not growth.errors_added(text[:at]):
            return text[:at]
    return ""


RULES: Final = (
    Rule(Reason.END_OF_HOLE, end_of_hole),
    Rule(Reason.REPEATED_LINE, repeated_line),
    Rule(Reason.LEADING_BLANKS, leading_blanks),
    Rule(Reason.MISPLACED, lambda text, written: misplaced(text, written.joint)),
    Rule(Reason.LOOP, loop),
    Rule(Reason.OVERLAP, overlap),
    Rule(Reason.TRAILING_BLANKS, trailing_blanks),
    Rule(Reason.OWN_LINE, own_line),
    Rule(Reason.STYLE, lambda text, written: style(text, written.joint)),
    Rule(Reason.UNFINISHED, unfinished),
    Rule(Reason.LONE_MARK, lone_mark),
    Rule(Reason.SYNTAX_ERRORS, syntax),
)
