"""Where a completion ends, asked after every token and once more when it is done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen.postprocess.block import Block
from codegen.postprocess.joint import Joint
from codegen.postprocess.reading import Reading
from codegen.syntax.code import code_lines
from codegen.syntax.scan import Event, Frame

# Between two operands or elements: what stands before it is whole.
_BETWEEN: Final = re.compile(r"\s+(?:[-+*/%<>&|?]|[<>!=]=|&&|\|\||and|or)(?=\s|\Z)|,|;")


@dataclass(frozen=True, slots=True)
class Ending:
    """The offset at which a completion ends, None while it may go on.

    `doubt` is the offset from which on it may yet turn out to have ended.
    """

    at: int | None
    doubt: int | None = None


def natural_end(text: str, joint: Joint, *, done: bool = False) -> int | None:
    """The offset at which a completion ends, None while it may go on; see `find_end`."""
    return find_end(text, joint, done=done).at


def find_end(text: str, joint: Joint, *, done: bool = False) -> Ending:
    """Looks for the end of a completion.

    It ends

    - before it closes what the text after the cursor closes, or what isn't open;
    - before it repeats the rest of the cursor's line, or the lines below it;
    - one line: at its newline; several: before a line that leaves the block of the hole, or that
      follows the hole already;
    - after it closed the block of the hole itself;
    - where the hole isn't all that is left of its block: before the next statement after a block
      and a blank line, and after two blank lines;
    - before an explanation or a fence, and in a loop of lines.

    A newline inside a bracket or a string that the completion itself opened ends nothing, unless
    one line was asked for.

    Once it has answered with an offset, more text doesn't change the answer.

    Args:
        text: what was generated up to now, with line feeds.
        joint: what it has to fit.
        done: whether no more text comes.
    """
    block = Block(text, joint, done=done)
    if (end := block.begin()) is not None:
        return Ending(end)
    limit = _repeated(text, joint)
    reading = Reading(text, joint, limit)
    closed: int | None = None  # where the text first closes what is closed already
    for event in reading:
        if event.kind == "line":
            if closed is not None and not reading.is_same:
                return Ending(closed)
            closed = None
            level = joint.hole.one_line or not reading.own
            if level and (end := block.ended(event.start, reading)) is not None:
                return Ending(end)
        elif closed is None and _closes_too_much(event, reading, text, joint):
            closed = block.before(event.start)
            if not done and event.end == len(text) and _is_half(event.frame):
                continue
            if reading.closes is None or _is_there(text[event.start :], joint, reading.closes):
                return Ending(closed)
    if closed is None or (done and reading.is_same):
        return Ending(limit, doubt=block.doubt if limit is None else None)
    return Ending(closed) if done or limit is not None else Ending(None, doubt=closed)


def _closes_too_much(event: Event, reading: Reading, text: str, joint: Joint) -> bool:
    """Whether a mark closes what the text after the cursor closes, or what isn't open."""
    if event.kind == "stray":
        # What a text of JSX may hold looks like the end of an element, too.
        return joint.lexis.tags != "values" or text[event.start] != "<"
    return reading.closes is not None and joint.is_closed(reading.closes)


def _is_half(frame: Frame | None) -> bool:
    """Whether what closes a string may be the first of two that don't."""
    return frame is not None and frame.literal is not None and frame.literal.doubles


def _is_there(rest: str, joint: Joint, index: int) -> bool:
    """Whether a text that closes a frame goes on as the cursor's line does.

    If not, it may yet turn out to open it again, as `} else {` does, or `a", "b` between quotes.
    """
    right = joint.right_of(index)
    return bool(right) and rest.startswith(right)


def _repeated(text: str, joint: Joint) -> int | None:
    """Where a text begins to repeat what follows it, if it surely does."""
    right = joint.hole.right.strip()
    if joint.hole.inserts_above or not any(map(str.isalnum, right)):
        at = f"\n{text}".find(f"\n{joint.ahead}") if joint.ahead else -1
        return len(text[:at].rstrip()) if at >= 0 else None
    at = text.find(right)
    while at >= 0 and not Reading(text, joint, at).through().is_inside:
        at = text.find(right, at + 1)
    if at < 0:
        return None
    return at if joint.hole.right[0] == right[0] else len(text[:at].rstrip())


def left_open(text: str, joint: Joint) -> Sequence[Frame]:
    """What a finished text opens and neither it nor what is below closes."""
    return Reading(text, joint).through().own


def whole_lines(text: str, joint: Joint) -> list[int]:
    """The offsets at which those lines of a text end that leave nothing of its own open.

    Where blocks are marked by indentation, what opens one is not a whole line without it.
    """
    reading = Reading(text, joint)
    ends: list[int] = []
    for event in reading:
        head = text[: event.start].rstrip()
        if event.kind != "line" or reading.own or not head:
            continue
        if not joint.hole.by_indent or not _opens_block(head, joint):
            ends.append(len(head))
    return ends


def _opens_block(head: str, joint: Joint) -> bool:
    line = (joint.hole.left + head).rpartition("\n")[2]
    return code_lines(line, joint.lexis, [], 0, len(line))[-1].opens


def last_whole(text: str, joint: Joint) -> int:
    """Where the last statement or expression of a cut-off text ends that is whole; 0 for none."""
    if lines := whole_lines(text, joint):
        return lines[-1]
    if joint.in_text:
        return len(text[: text.rstrip().rfind(" ") + 1].rstrip())
    for found in reversed([*_BETWEEN.finditer(text)]):
        reading = Reading(text, joint, found.start()).through()
        if len(reading.stack) == len(reading.open_before) and text[: found.start()].strip():
            return found.start()
    return 0
