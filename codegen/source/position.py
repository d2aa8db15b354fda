r"""Places in a text: 1-based lines and columns, in code points, and offsets.

Lines end at "\n", "\r\n" and "\r", as editors and Python have it, and not at the other
characters that `str.splitlines` knows. Text that ends in a line ending has an empty line after it.
"""

import re
from dataclasses import dataclass
from itertools import islice

from codegen.errors import PositionError, UsageError

_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_MAX_DIGITS = 18  # what has more is past the end of everything; Python refuses thousands of them

_BREAK = re.compile(r"\r\n?|\n")
_BLOCK = 1 << 16  # code points that are counted at once, much faster than line by line


@dataclass(frozen=True, slots=True)
class Located:
    """A place in a text: `offset` in code points, and its 1-based line and column.

    `clamped` says that a column past the line's end was asked for; `column` is the end's then.
    """

    offset: int
    line: int
    column: int
    clamped: bool


def parse_position(argument: str) -> tuple[str, int, int | None]:
    """Path, line and column of "FILE:LINE:COLUMN", or of "FILE:LINE" (column None).

    The path may hold colons: the numbers are what ends the argument. Raises UsageError for
    another form, and PositionError for a line or column below 1.
    """
    head, _, last = argument.rpartition(":")
    path, _, middle = head.rpartition(":")
    if path and _NUMBER.fullmatch(middle) and _NUMBER.fullmatch(last):
        line, column = _number("line", middle), _number("column", last)
        return path, line, column
    if head and _NUMBER.fullmatch(last):
        return head, _number("line", last), None
    raise UsageError(f"{argument!r} is not a position: write FILE:LINE:COLUMN, such as app.py:12:5")


def locate(text: str, line: int, column: int | None) -> Located:
    """The place of a line and column in `text`; without a column it is the end of the line.

    A column past the line's end is clamped to it, before the line ending. Raises PositionError
    for a line that the text doesn't have, and for what is below 1.
    """
    _require_counted("line", line)
    if column is not None:
        _require_counted("column", column)
    start = _line_start(text, line)
    end = _line_end(text, start)
    last = end - start + 1
    at = last if column is None else min(column, last)
    return Located(start + at - 1, line, at, clamped=column is not None and column > last)


def position_of(text: str, offset: int) -> tuple[int, int]:
    r"""Line and column of an offset, 0 <= offset <= len(text); ValueError outside of that.

    An offset between "\r" and "\n" is at the end of their line.
    """
    if not 0 <= offset <= len(text):
        raise ValueError(f"offset {offset} outside a text of {len(text)}")
    if offset > 0 and text[offset - 1 : offset + 1] == "\r\n":
        offset -= 1
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return _breaks(text, 0, offset) + 1, offset - start + 1


def common_newline(text: str) -> str:
    r"""The line ending that most lines have; "\n" if no other is more common."""
    windows = text.count("\r\n")
    counts = {
        "\n": text.count("\n") - windows,
        "\r\n": windows,
        "\r": text.count("\r") - windows,
    }
    return max(counts, key=lambda newline: counts[newline])


def newline_above(text: str, offset: int) -> str | None:
    """The line ending nearest before `offset`, None on the first line."""
    last = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset))
    if last < 0:
        return None
    if text[last] == "\n":
        return "\r\n" if text[last - 1 : last] == "\r" else "\n"
    return "\r\n" if text[last + 1 : last + 2] == "\n" else "\r"


def _number(what: str, digits: str) -> int:
    value = int(digits[:_MAX_DIGITS])
    _require_counted(what, value)
    return value


def _require_counted(what: str, value: int) -> None:
    if value < 1:
        raise PositionError(f"there is no {what} {value}: lines and columns are counted from 1")


def _line_start(text: str, line: int) -> int:
    wanted = line - 1
    if wanted == 0:
        return 0
    passed = start = 0
    while start < len(text):
        end = min(start + _BLOCK, len(text))
        if text[end - 1 : end + 1] == "\r\n":
            end += 1
        found = _breaks(text, start, end)
        if passed + found >= wanted:
            endings = _BREAK.finditer(text, start, end)
            return next(islice(endings, wanted - passed - 1, None)).end()
        passed += found
        start = end
    lines = "1 line" if passed == 0 else f"{passed + 1} lines"
    raise PositionError(f"line {line} is past the end of the document, which has {lines}")


def _line_end(text: str, start: int) -> int:
    newline = text.find("\n", start)
    end = len(text) if newline < 0 else newline
    carriage_return = text.find("\r", start, end)
    return end if carriage_return < 0 else carriage_return


def _breaks(text: str, start: int, end: int) -> int:
    return (
        text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)
    )
