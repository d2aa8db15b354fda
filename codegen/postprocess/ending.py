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
    return Finder(joint).find(text, done=done)


class Finder:
    """Looks for the end of a completion that grows: the lines that were read stay read."""

    def __init__(self, joint: Joint) -> None:
        """Begins at the cursor."""
        self._joint = joint
        self._keep("", Block("", joint, done=False), Reading("", joint))
        self._last: tuple[str | None, bool, Ending] = (None, False, Ending(None))

    def find(self, text: str, *, done: bool = False) -> Ending:
        """What `find_end` says; soon, if the text begins with the lines of the one before."""
        if self._last[:2] != (text, done):
            self._last = (text, done, self._find(text, done=done))
        return self._last[2]

    def _find(self, text: str, *, done: bool) -> Ending:
        joint = self._joint
        limit = _repeated_below(text, joint)
        if not text.startswith(self._lines) or (limit is not None and limit < len(self._lines)):
            self._keep("", Block("", joint, done=False), Reading("", joint))
        start = len(self._lines)
        if limit is None:
            limit = _repeated_right(text, joint, start, self._reading.longer(text, start))
        block = self._block.longer(text, done=done) if start else Block(text, joint, done=done)
        return self._read(text, block, self._reading.longer(text, start, limit), limit, done=done)

    def _read(
        self, text: str, block: Block, reading: Reading, limit: int | None, *, done: bool
    ) -> Ending:
        joint = self._joint
        if not reading.own and (end := block.begins(len(self._lines), reading)) is not None:
            return Ending(end)
        closed: int | None = None  # where the text first closes what is closed already
        for event in reading:
            if event.kind == "line":
                if closed is not None and not reading.is_same:
                    return Ending(closed)
                closed = None
                if (end := self._at_newline(event, block, reading)) is not None:
                    return Ending(end)
            elif closed is None and _closes_too_much(event, reading, text, joint):
                closed = block.before(event.start)
                half = not done and event.end == len(text) and _is_half(event.frame)
                if not half and _goes_on_as_there(text[event.start :], joint, reading.closes):
                    return Ending(closed)
        if closed is None or (done and reading.is_same):
            return Ending(limit, doubt=block.doubt if limit is None else None)
        return Ending(closed) if done or limit is not None else Ending(None, doubt=closed)

    def _at_newline(self, event: Event, block: Block, reading: Reading) -> int | None:
        """Where the text ends, if it does so before or after a newline."""
        level = self._joint.hole.one_line or not reading.own
        if level and (end := block.ended(event.start, reading)) is not None:
            return end
        if block.text.find("\n", event.end) < 0:
            self._keep(block.text[: event.end], block, reading)
        return block.begins(event.end, reading) if level else None

    def _keep(self, lines: str, block: Block, reading: Reading) -> None:
        self._lines = lines
        self._block = block.longer(lines, done=False)
        self._reading = reading.longer(lines, len(lines))


def _closes_too_much(event: Event, reading: Reading, text: str, joint: Joint) -> bool:
    """Whether a mark closes what the text after the cursor closes, or what isn't open."""
    if event.kind == "stray":
        # What a text of JSX may hold looks like the end of an element, too.
        return joint.lexis.tags != "values" or text[event.start] != "<"
    return reading.closes is not None and joint.is_closed(reading.closes)


def _is_half(frame: Frame | None) -> bool:
    """Whether what closes a string may be the first of two that don't."""
    return frame is not None and frame.literal is not None and frame.literal.doubles


def _goes_on_as_there(rest: str, joint: Joint, closes: int | None) -> bool:
    """Whether a text that closes a frame goes on as the cursor's line does.

    If not, it may yet turn out to open it again, as `} else {` does, or `a", "b` between quotes.
    What closes nothing does so in any case.
    """
    right = "" if closes is None else joint.right_of(closes)
    return closes is None or (bool(right) and rest.startswith(right))


def _repeated_below(text: str, joint: Joint) -> int | None:
    """Where a text begins to repeat the lines below it, if it surely does."""
    if not joint.ahead or _has_rest(joint):
        return None
    at = f"\n{text}".find(f"\n{joint.ahead}")
    return len(text[:at].rstrip()) if at >= 0 else None


def _repeated_right(text: str, joint: Joint, start: int, reading: Reading) -> int | None:
    """Where a text begins to repeat what is right of the cursor, if it surely does.

    `reading` reads it from an offset on.
    """
    right = joint.hole.right.strip()
    if not _has_rest(joint):
        return None
    places = (found.start() for found in re.compile(re.escape(right)).finditer(text, start))
    for at, inside in reading.at(places, lambda now: now.is_inside):
        if inside:
            return at if joint.hole.right[0] == right[0] else len(text[:at].rstrip())
    return None


def _has_rest(joint: Joint) -> bool:
    """Whether the cursor's line goes on with more than marks."""
    return not joint.hole.inserts_above and any(map(str.isalnum, joint.hole.right))


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
    places = (found.start() for found in _BETWEEN.finditer(text) if text[: found.start()].strip())
    whole = Reading(text, joint).at(places, lambda now: now.is_level)
    return max((at for at, level in whole if level), default=0)
