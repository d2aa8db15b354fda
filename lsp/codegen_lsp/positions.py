r"""Positions as the protocol counts them, against the core's offsets in code points.

A position is a line and a character in it, both from 0, and a character is counted in units of
the encoding that client and server agreed on. Lines end at "\n", "\r\n" and "\r". A lone
surrogate counts as one unit of UTF-16 and three of UTF-8.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from codegen.errors import PositionError

_BREAK: Final = re.compile(r"\r\n?|\n")
# Code points, or lines, from which on numpy is used: four times as fast, once it is loaded.
_LARGE: Final = 100_000
_PART: Final = 1 << 16  # code points

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")  # they take two units of UTF-16


class Encoding(StrEnum):
    """The unit in which a position's character counts, by the protocol's name for it."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def choose_encoding(offered: Sequence[str] | None) -> Encoding:
    """The encoding to speak with a client that offers these; None if it doesn't say."""
    # Every client must support UTF-16, so it is the choice where nothing known is offered.
    for encoding in (Encoding.UTF8, Encoding.UTF16, Encoding.UTF32):
        if encoding in (offered or ()):
            return encoding
    return Encoding.UTF16


class LineIndex:
    """Where the lines of a text start, kept in step with its edits.

    It doesn't hold the text: each call is given the text of the index, or a part of it that begins
    at `base` and holds all that is asked about.

    The cost of an edit must not grow with the text: a client that formats a file may send an edit
    for each of its lines at once. So lines above the last edit are kept by their distance from the
    text's start, and lines below it by their distance from its end. An edit between them changes
    neither, and the next edit costs as much as there are lines between the two.
    """

    __slots__ = ("_above", "_below", "_length")

    def __init__(self, text: str) -> None:
        self._above = _starts(text)
        self._below = array("I")  # from the last line upwards, so that its end is at the edit
        self._length = len(text)

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each line starts, in code points; the first at 0."""
        return (*self._above, *(self._length - left for left in reversed(self._below)))

    @property
    def length(self) -> int:
        """The text's, in code points."""
        return self._length

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """The span of some lines with their line endings; lines that don't exist are left out."""
        count = len(self._above) + len(self._below)
        start = self._start(max(0, first)) if first < count else self._length
        return start, self._start(last + 1) if 0 <= last < count - 1 else self._length

    def edit(self, text: str, start: int, old_end: int, new_end: int, base: int = 0) -> None:
        """Takes an edit; only what was inserted is scanned.

        Args:
            text: as it is after the edit; a part has a character more than the edit on either side.
            start: of the span that was replaced.
            old_end: its end, in the text before.
            new_end: the end of what stands there now.
            base: where the given part of the text begins.
        """
        # Whether a line starts at a place depends on the characters on both sides of it and on no
        # others. So the edit decides about the places from its start to its end, both included,
        # and to see them the scan takes in one character more on either side.
        self._part(start, old_end)
        self._length += new_end - old_end
        scan = _BREAK.finditer(text, max(0, start - 1 - base), new_end + 1 - base)
        self._above.extend(at for match in scan if (at := match.end() + base) <= new_end)

    def offset(
        self, text: str, line: int, character: int, encoding: Encoding, base: int = 0
    ) -> int:
        """The offset of a position.

        A character past the line's end means the end, before its line ending; a line past the
        last means the text's end; a character inside of a code point means the start of that.
        Raises PositionError for negative numbers.
        """
        if line < 0 or character < 0:
            raise PositionError(f"there is no position {line}:{character}: both count from 0")
        if line >= len(self._above) + len(self._below):
            return self._length
        start, end = self._start(line), self._end(text, line, base)
        # Each code point takes at least one unit, so the place lies in this range.
        last = min(end, start + character)
        before = text[start - base : last - base]
        if encoding is Encoding.UTF32 or before.isascii():
            return last
        if encoding is Encoding.UTF8:
            return start + _code_points(before, character)
        pairs = 0
        for pair in _ASTRAL.finditer(before):
            if pair.start() + pairs >= character:
                break
            pairs += 1
        return min(end, start + character - pairs)

    def position(self, text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
        r"""Line and character of an offset; between "\r" and "\n" it is their line's end.

        Raises PositionError for an offset outside the text.
        """
        if not 0 <= offset <= len(text):
            raise PositionError(f"there is no offset {offset} in a text of {len(text)}")
        line = bisect_right(self._above, offset) - 1
        if line + 1 == len(self._above):
            line += len(self._below) - bisect_left(self._below, self._length - offset)
        before = text[self._start(line) : min(offset, self._end(text, line))]
        if encoding is Encoding.UTF32 or before.isascii():
            return line, len(before)
        if encoding is Encoding.UTF8:
            return line, len(before.encode("utf-8", "surrogatepass"))
        return line, len(before) + len(_ASTRAL.findall(before))

    def _part(self, start: int, end: int) -> None:
        """Keeps the lines before a span above and those after it below; drops those in it."""
        above, below, length = self._above, self._below, self._length
        # The first line starts at 0, whatever becomes of it.
        kept, down = max(1, bisect_left(above, start)), above[bisect_right(above, end) :]
        left, up = bisect_left(below, length - end), below[bisect_right(below, length - start) :]
        del above[kept:], below[left:]
        above.extend(_from_other_end(up, length))
        below.extend(_from_other_end(down, length))

    def _start(self, line: int) -> int:
        """Where an existing line starts."""
        if line < len(self._above):
            return self._above[line]
        return self._length - self._below[len(self._above) - line - 1]

    def _end(self, text: str, line: int, base: int = 0) -> int:
        """Where a line ends, before its line ending."""
        if line + 1 == len(self._above) + len(self._below):
            return self._length
        start, end = self._start(line) - base, self._start(line + 1) - base
        return end + base - (2 if text.endswith("\r\n", start, end) else 1)


def _starts(text: str) -> "array[int]":
    """Where each line of a text starts, in code points."""
    if len(text) < _LARGE:
        return array("I", [0, *(found.end() for found in _BREAK.finditer(text))])
    import numpy as np  # noqa: PLC0415 - only a large text is worth loading it

    starts = array("I", [0])
    # In parts, so that memory is used again: new memory costs more than all the rest.
    for begin in range(0, len(text), _PART):
        size = min(_PART, len(text) - begin)
        # A character more, since a carriage return before a line feed ends no line by itself.
        part = text[begin : begin + size + 1] + "\0"
        codes = np.frombuffer(part.encode("utf-32-le", "surrogatepass"), np.uint32)
        here, after = codes[:size], codes[1 : size + 1]
        ends = (here == ord("\n")) | ((here == ord("\r")) & (after != ord("\n")))
        starts.frombytes((np.flatnonzero(ends) + (begin + 1)).astype(np.uint32).tobytes())
    return starts


def _from_other_end(distances: "array[int]", length: int) -> "array[int]":
    """Distances from one end of a text, turned into those from its other end; smallest first."""
    if len(distances) <= _LARGE:
        return array("I", [length - at for at in reversed(distances)])
    import numpy as np  # noqa: PLC0415 - as above

    mirrored = array("I")
    mirrored.frombytes(
        (length - np.frombuffer(distances, np.uint32)[::-1]).astype(np.uint32).tobytes()
    )
    return mirrored


def _code_points(text: str, size: int) -> int:
    """How many whole code points of a text fit into `size` bytes of UTF-8."""
    data = text.encode("utf-8", "surrogatepass")
    if size >= len(data):
        return len(text)
    while data[size] & 0xC0 == 0x80:  # a continuation byte
        size -= 1
    return len(data[:size].decode("utf-8", "surrogatepass"))
