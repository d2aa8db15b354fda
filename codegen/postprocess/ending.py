"""Where a completion naturally ends, asked after every token and once more when it is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codegen.context.hole import Hole
from codegen.lines import depth, opens_block, same_line
from codegen.postprocess.growth import Growth

# Blank lines that end a completion (PEP 8 sets top-level definitions apart by two), and that may
# come before its first line.
_BLANK_END: Final = 2
_BLANK_START: Final = 3

# A group of at most so many lines, repeated so often, is a loop that the model doesn't leave.
_LOOP_LINES: Final = 4
_LOOP_TIMES: Final = 4

# A statement after which nothing of its block is reached, whole or begun.
_JUMP: Final = re.compile(r"\s*(?:return|raise|throw|break|continue|goto)\b")

_CLOSERS: Final = (")", "]", "}")

# What goes on with a statement at the depth of its first line.
_PARTS: Final = ("else", "elif", "except", "finally", "catch")
_GOES_ON: Final = re.compile(rf"\s*(?:[)\]}}]|(?:{'|'.join(_PARTS)})\b)")


def natural_end(text: str, hole: Hole, growth: Growth) -> int | None:
    """The offset at which a completion ends, None while it may go on.

    One line ends at its newline. Several end

    - before a line that already follows the hole;
    - before a line farther out than what follows the hole, or at the file's outermost level;
    - before a line farther out than the first, or as far in after a block, if a blank line
      stands before it; or if the hole is the body of a block opened on the cursor's line;
    - before a bracket that closes farther out than the first line;
    - inside brackets, where these are closed;
    - after a jump (`return`, `raise`) as far in as the first line, which ends its block;
    - after two blank lines, and in a loop of repeated lines.

    Lines that begin inside a string or a bracket don't end anything: the syntax tree tells.

    Once it has answered with an offset, more text doesn't change the answer.

    Args:
        text: what was generated up to now, with any newlines.
        hole: where it goes.
        growth: the document with the text in it; asked at line ends.
    """
    return _single_end(text, hole) if hole.lines == "single" else _multi_end(text, hole, growth)


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


def _multi_end(text: str, hole: Hole, growth: Growth) -> int | None:
    block = _Block(hole)
    closed = True
    for line in _lines(text, hole.left):
        if line.full.strip():
            end = block.read(line, inside=not closed)
        else:
            end = block.read_blank(line) if closed else None
        if end is not None:
            return end
        if line.complete and not hole.is_prose:
            inside = growth.at(text[: line.end])
            if inside.brackets < 0:
                return _closing(text, line, hole, growth)
            closed = inside.closed
            if closed and line.full.strip() and block.jumped():
                return line.after if hole.inserts_above else line.end
    return None


def _closing(text: str, line: _Line, hole: Hole, growth: Growth) -> int:
    """Where a text ends that closes the bracket that the hole is in.

    Before the mark if it stands below the hole already, else after its line.
    """
    if hole.closes_itself:
        return line.after if hole.inserts_above else line.end
    at = next(
        at
        for at in range(line.start, line.end)
        if text[at] in _CLOSERS and growth.at(text[: at + 1]).brackets < 0
    )
    kept = text[:at].rstrip()
    return len(kept) if kept else at


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

    __slots__ = ("_blanks", "_hole", "_nested", "_opened", "_seen", "_statement")

    def __init__(self, hole: Hole) -> None:
        self._hole = hole
        self._opened = opens_block(hole.left)
        self._seen: list[_Line] = []
        self._nested = False
        self._statement = ""  # the line on which the last statement begins
        self._blanks = 0  # since the last of the lines seen

    def read_blank(self, line: _Line) -> int | None:
        """Where the completion ends, if a blank line ends it."""
        self._blanks += line.complete
        if self._seen and self._blanks == _BLANK_END:
            return line.after if self._hole.inserts_above else self._seen[-1].end
        return 0 if self._blanks > _BLANK_START else None

    def read(self, line: _Line, *, inside: bool) -> int | None:
        """Where the completion ends, if a line with code ends it.

        One that begins inside a string or a bracket ends nothing.
        """
        hole, seen = self._hole, self._seen
        if inside:
            if line.complete:
                seen.append(line)
            return None
        stop = 0 if not seen else line.start if hole.inserts_above else seen[-1].end
        if self._is_left_by(line):
            return stop
        if not line.complete:
            return None
        if same_line(line.full, hole.following):
            return stop
        seen.append(line)
        self._statement = line.full
        self._nested |= depth(line.full) > depth(seen[0].full)
        self._blanks = 0
        period = _loop_period([line.full.rstrip() for line in seen])
        if not period:
            return None
        first = seen[-period * (_LOOP_TIMES - 1) - 1]
        return first.after if hole.inserts_above else first.end

    def jumped(self) -> bool:
        """Whether the statement read last ends the block: a `return` as far in as its first line.

        Farther in than the function's body, and with nothing of the function below the hole, more
        has to come: the block around.
        """
        if self._opened or not self._seen or not _JUMP.match(self._statement):
            return False
        here, body = depth(self._statement), self._hole.body_depth
        last = here <= body or depth(self._hole.following) >= max(1, body)
        return last and here <= depth(self._seen[0].full)

    def _is_left_by(self, line: _Line) -> bool:
        if not self._seen:
            return False
        here, base = depth(line.full), depth(self._seen[0].full)
        if here > base:
            return False
        if here < base:
            floor = depth(self._hole.following) if self._hole.following else 0
            closes = line.full.lstrip().startswith(_CLOSERS)
            if closes and self._hole.closes_itself:
                return False
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
