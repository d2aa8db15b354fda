"""Where a completion naturally ends, asked after every token and once more when it is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codegen.postprocess.hole import Hole, depth, opens_block, same_line

# Blank lines that end a completion (PEP 8 sets top-level definitions apart by two), and that may
# come before its first line.
_BLANK_END: Final = 2
_BLANK_START: Final = 3

# A group of at most so many lines, repeated so often, is a loop that the model doesn't leave.
_LOOP_LINES: Final = 4
_LOOP_TIMES: Final = 4

# What goes on with a statement at the depth of its first line.
_PARTS: Final = ("else", "elif", "except", "finally", "catch")
_GOES_ON: Final = re.compile(rf"\s*(?:[)\]}}]|(?:{'|'.join(_PARTS)})\b)")


def natural_end(text: str, hole: Hole) -> int | None:
    """The offset at which a completion ends, None while it may go on.

    One line ends at its newline. Several end

    - before a line that already follows the hole;
    - before a line farther out than what follows the hole, or at the file's outermost level;
    - before a line farther out than the first, or as far in after a block, if a blank line
      stands before it; or if the hole is the body of a block opened on the cursor's line;
    - before a bracket that closes farther out than the first line;
    - after two blank lines, and in a loop of repeated lines.

    Once it has answered with an offset, more text doesn't change the answer.

    Args:
        text: what was generated up to now, with any newlines.
        hole: where it goes.
    """
    return _single_end(text, hole) if hole.lines == "single" else _multi_end(text, hole)


def _single_end(text: str, hole: Hole) -> int | None:
    start = 0
    if hole.starts_below:
        start = len(text) - len(text.lstrip())
        if text.count("\n", 0, start) > _BLANK_START:
            return 0
    newline = text.find("\n", start)
    if newline < 0:
        return None
    if hole.inserts_above:
        return newline + 1
    return newline - 1 if text[:newline].endswith("\r") else newline


def _multi_end(text: str, hole: Hole) -> int | None:
    block = _Block(hole)
    for line in _lines(text, hole.left):
        end = block.read(line) if line.full.strip() else block.read_blank(line)
        if end is not None:
            return end
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a completion; `full` with what stood before the cursor on it.

    Offsets of its start, of its end without trailing blanks, and after its newline. A line
    that is not complete is still being generated.
    """

    full: str
    start: int
    end: int
    after: int
    complete: bool


def _lines(text: str, left: str) -> Iterator[_Line]:
    start = 0
    while start < len(text):
        newline = text.find("\n", start)
        stop = len(text) if newline < 0 else newline
        line = text[start:stop]
        full = line if start else left + line
        yield _Line(full, start, start + len(line.rstrip()), stop + 1, newline >= 0)
        start = stop + 1


class _Block:
    """Several lines, read one by one until one of them doesn't belong to the hole."""

    __slots__ = ("_blanks", "_hole", "_nested", "_opened", "_seen")

    def __init__(self, hole: Hole) -> None:
        self._hole = hole
        self._opened = opens_block(hole.left)
        self._seen: list[_Line] = []
        self._nested = False
        self._blanks = 0  # since the last of the lines seen

    def read_blank(self, line: _Line) -> int | None:
        """Where the completion ends, if a blank line ends it."""
        self._blanks += line.complete
        if self._seen and self._blanks == _BLANK_END:
            return line.after if self._hole.inserts_above else self._seen[-1].end
        return 0 if self._blanks > _BLANK_START else None

    def read(self, line: _Line) -> int | None:
        """Where the completion ends, if a line with code ends it."""
        hole, seen = self._hole, self._seen
        stop = 0 if not seen else line.start if hole.inserts_above else seen[-1].end
        if self._is_left_by(line):
            return stop
        if not line.complete:
            return None
        if same_line(line.full, hole.following):
            return stop
        seen.append(line)
        self._nested |= depth(line.full) > depth(seen[0].full)
        self._blanks = 0
        period = _loop_period([line.full.rstrip() for line in seen])
        if not period:
            return None
        first = seen[-period * (_LOOP_TIMES - 1) - 1]
        return first.after if hole.inserts_above else first.end

    def _is_left_by(self, line: _Line) -> bool:
        if not self._seen:
            return False
        here, base = depth(line.full), depth(self._seen[0].full)
        if here > base:
            return False
        if here < base:
            floor = depth(self._hole.following) if self._hole.following else 0
            closes = line.full.lstrip()[0] in ")]}"
            return bool(self._opened or self._blanks or closes) or here < max(1, floor)
        if not self._opened and not (self._nested and self._blanks):
            return False
        begun = line.full.strip()
        undecided = not line.complete and any(part.startswith(begun) for part in _PARTS)
        return not undecided and not _GOES_ON.match(line.full)


def _loop_period(lines: list[str]) -> int:
    """Of how many lines the group is that the end of a text repeats; 0 when it doesn't."""
    for period in range(1, _LOOP_LINES + 1):
        tail = lines[-period * _LOOP_TIMES :]
        if len(tail) == period * _LOOP_TIMES and tail == tail[:period] * _LOOP_TIMES:
            return period
    return 0
