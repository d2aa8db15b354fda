"""The text around the cursor, fitted to a token budget.

A window that moved by a line with every line typed would give a new prompt each time, and
nothing of the KV cache could be kept. So its edges stand on a grid: line numbers counted from
the document's start before the cursor, and from its end after it, which typing at the cursor
does not change.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from codegen.document import Document

# What stands before the cursor decides more of a completion than what follows.
_PREFIX_PERCENT: Final = 70

# Grids to try, coarsest first: an edge every so many lines, and every so many code points of a
# line (0: none), counted from the line's outer end. A grid that leaves more than half of the
# budget unused gives way to the next.
_GRIDS: Final = ((16, 0), (4, 0), (1, 256), (1, 16))

# Code points per token that are looked at. Code has three or four, deep indentation more; text
# that has more than this doesn't use its whole budget, and a huge document costs no more than
# a long one.
_REACH: Final = 8


@dataclass(frozen=True, slots=True)
class Context:
    """What the model sees of a document: `text[start:cursor]` and `text[cursor:end]`.

    `start` and `end` are offsets in the document in code points; `tokens` is what both sides
    cost together.
    """

    prefix: str
    suffix: str
    start: int
    end: int
    tokens: int


def fit_window(document: Document, budget: int, count_tokens: Callable[[str], int]) -> Context:
    """The text before and after the cursor that fits a budget.

    70 % of the budget are for the text before the cursor; what one side doesn't need, since the
    document ends there, goes to the other. The window begins and ends at line starts, except
    inside a line that is too long for that.

    Args:
        document: the text and the cursor.
        budget: in tokens, for both sides together.
        count_tokens: the tokens of a text; called on slices of at most 8 * budget code points.
    """
    text, cursor = document.text, document.cursor

    def count(edge: int, other: int) -> int:
        return count_tokens(text[min(edge, other) : max(edge, other)])

    def begin(budget: int) -> tuple[int, int]:
        return _reach(cursor, lambda: _line_starts(text, cursor), budget, count)

    def finish(budget: int) -> tuple[int, int]:
        return _reach(cursor, lambda: _line_ends(text, cursor), budget, count)

    budget = max(0, budget)
    share = budget * _PREFIX_PERCENT // 100
    start, before = begin(share)
    # Only a side that is whole hands on its rest: otherwise every keystroke on one side would
    # change what the other may have.
    end, after = finish(budget - (share if start else before))
    if start and end == len(text):
        start, before = begin(budget - after)
    return Context(text[start:cursor], text[cursor:end], start, end, before + after)


# A border between lines: its offset, and its number on the grid, 0 at the document's own edge.
_Border = tuple[int, int]


def _line_starts(text: str, cursor: int) -> Iterator[_Border]:
    """The line starts before the cursor, the nearest first, numbered from the document's start."""
    start = cursor
    number = text.count("\n", 0, max(0, cursor - 1))
    while start:
        start = text.rfind("\n", 0, start - 1) + 1
        yield start, number
        number -= 1


def _line_ends(text: str, cursor: int) -> Iterator[_Border]:
    """The line ends after the cursor, the nearest first, numbered from the document's end."""
    end = cursor
    number = text.count("\n", cursor)
    while end < len(text):
        # A last line without a newline ends at the same number 0 as the newline before it.
        number = max(0, number - 1)
        end = text.find("\n", end) + 1 or len(text)
        yield end, number


def _reach(
    cursor: int,
    borders: Callable[[], Iterable[_Border]],
    budget: int,
    count: Callable[[int, int], int],
) -> tuple[int, int]:
    """The window's edge on one side of the cursor, and the tokens up to there."""
    for lines, columns in _GRIDS:
        edges = _edges(cursor, borders(), lines, columns)
        edge, tokens, whole = _outermost(cursor, edges, budget, count)
        if whole or 2 * tokens >= budget:
            break
    return edge, tokens


def _edges(cursor: int, borders: Iterable[_Border], lines: int, columns: int) -> Iterator[int]:
    """Where the window may be cut on a grid, the nearest to the cursor first."""
    inner = cursor
    for border, number in borders:
        if columns:
            inward = 1 if border < inner else -1
            for steps in range((abs(inner - border) - 1) // columns, 0, -1):
                yield border + inward * steps * columns
        if number % lines == 0:
            yield border
        inner = border


def _outermost(
    cursor: int, edges: Iterator[int], budget: int, count: Callable[[int, int], int]
) -> tuple[int, int, bool]:
    """The farthest edge within the budget, the tokens up to it, and whether it is the last."""
    fitting = [cursor]
    estimate = 0
    whole = True
    for edge in edges:
        # Piece by piece from the cursor outward: the whole may be far too much to tokenise.
        if abs(edge - cursor) <= budget * _REACH:
            estimate += count(fitting[-1], edge)
            if estimate <= budget:
                fitting.append(edge)
                continue
        whole = False
        break
    # The pieces' sum can be off by the tokens that join across an edge, in either direction.
    while (tokens := count(cursor, fitting[-1])) > budget:
        fitting.pop()
        whole = False
    return fitting[-1], tokens, whole
