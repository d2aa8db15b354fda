"""Where a completion ends. This is asked after every token, and once more at the end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen.postprocess.block import Block
from codegen.postprocess.joint import Joint
from codegen.postprocess.reading import Reading
from codegen.syntax.code import code_lines
from codegen.syntax.scan import Event, Frame

# Marks between two operands or elements: the text before such a mark is whole.
_BETWEEN: Final = re.compile(r"\s+(?:[-+*/%<>&|?]|[<>!=]=|&&|\|\||and|or)(?=\s|\Z)|,|;")


@dataclass(frozen=True, slots=True)
class Ending:
    """The offset at which a completion ends, None while it may go on.

    If more text may yet show that the completion has ended, `doubt` is the offset of that end.
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
    - at its newline, if it may have one line only;
    - before a line that leaves the block of the hole, or that repeats the line below the hole;
    - after it closed the block of the hole itself;
    - after two blank lines, and before a statement that follows a block and a blank line, unless
      the hole is all that is left of its block;
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
    """Looks for the end of a completion that grows. Lines that were read are not read again."""

    def __init__(self, joint: Joint) -> None:
        """Begins at the cursor."""
        self._joint = joint
        self._keep("", Block("", joint, done=False), Reading("", joint))
        self._last: tuple[str | None, bool, Ending] = (None, False, Ending(None))

    def find(self, text: str, *, done: bool = False) -> Ending:
        """As `find_end`; fast, if the text begins with the lines of the text before."""
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
        closed: int | None = None  # where the text first closes what the text below closes
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
        """The offset at which the text ends, if it ends before or after a newline; else None."""
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
        # In JSX, text that is no tag may look like the end of an element.
        return joint.lexis.tags != "values" or text[event.start] != "<"
    return reading.closes is not None and joint.is_closed(reading.closes)


def _is_half(frame: Frame | None) -> bool:
    """Whether a closing quote may yet be doubled, and then wouldn't close the string."""
    return frame is not None and frame.literal is not None and frame.literal.doubles


def _goes_on_as_there(rest: str, joint: Joint, closes: int | None) -> bool:
    """Whether a text that closes a frame goes on in the same way as the cursor's line.

    If it goes on in another way, it may yet open the frame again, as `} else {` does, or `a", "b`
    between quotes. For a mark that closes nothing the answer is yes.
    """
    right = "" if closes is None else joint.right_of(closes)
    return closes is None or (bool(right) and rest.startswith(right))


def _repeated_below(text: str, joint: Joint) -> int | None:
    """The offset at which a text surely begins to repeat the lines below the cursor; else None."""
    if not joint.ahead or _has_rest(joint):
        return None
    at = f"\n{text}".find(f"\n{joint.ahead}")
    return len(text[:at].rstrip()) if at >= 0 else None


def _repeated_right(text: str, joint: Joint, start: int, reading: Reading) -> int | None:
    """The offset at which a text surely begins to repeat the rest of the cursor's line; else None.

    Only from the offset `start` on, where `reading` stands.
    """
    right = joint.hole.right.strip()
    if not _has_rest(joint):
        return None
    places = (match.start() for match in re.compile(re.escape(right)).finditer(text, start))
    for at, inside in reading.at(places, lambda now: now.is_inside):
        if inside:
            return at if joint.hole.right[0] == right[0] else len(text[:at].rstrip())
    return None


def _has_rest(joint: Joint) -> bool:
    """Whether the rest of the cursor's line has words, and not only marks."""
    return not joint.hole.inserts_above and any(map(str.isalnum, joint.hole.right))


def left_open(text: str, joint: Joint) -> Sequence[Frame]:
    """The frames that a finished text opens, and that neither it nor the text below closes."""
    return Reading(text, joint).through().own


def whole_lines(text: str, joint: Joint) -> list[int]:
    """The offsets at which lines of a text end where the text has nothing open.

    Where blocks are marked by indentation, a line that opens a block is left out.
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
    """The offset at which the last whole statement or expression of a cut-off text ends, or 0."""
    if lines := whole_lines(text, joint):
        return lines[-1]
    if joint.in_text:
        return len(text[: text.rstrip().rfind(" ") + 1].rstrip())
    places = (mark.start() for mark in _BETWEEN.finditer(text) if text[: mark.start()].strip())
    whole = Reading(text, joint).at(places, lambda now: now.is_level)
    return max((at for at, level in whole if level), default=0)
