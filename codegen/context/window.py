"""The text around the cursor that fits a token budget.

A window that moved by a line with every line typed would give a new prompt each time, and
nothing of the KV cache could be kept. So its edges stand on a grid: line numbers counted from
the document's start before the cursor, and from its end after it, which typing at the cursor
does not change.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from codegen.document import Document

Count = Callable[[str], int]
"""How many tokens a text has."""

# What stands before the cursor decides more of a completion than what follows.
_PREFIX_PERCENT: Final = 70

# Grids to try, coarsest first: an edge every so many lines, and every so many code points of a
# line (0: none), counted from the line's outer end. A grid that leaves more than half of the
# budget unused gives way to the next.
_GRIDS: Final = ((16, 0), (4, 0), (1, 256), (1, 16))

REACH: Final = 8
"""Code points per token that are looked at. Code has three or four, deep indentation more; text
that has more than this doesn't use its whole budget, and a huge document costs no more than a long
one."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a document's text: `text[start:end]` before or after a place, and its tokens."""

    start: int
    end: int
    tokens: int


def fit_window(
    document: Document, budget: int, count_tokens: Count, *, anchor: int | None = None
) -> tuple[Window, Window]:
    """The text before an anchor and after the cursor that fits a budget.

    70 % of the budget are for the text before the anchor; what one side doesn't need, since the
    document ends there, goes to the other. A window begins and ends at line starts, except
    inside a line that is too long for that.

    Args:
        document: the text and the cursor.
        budget: in tokens, for both sides together.
        count_tokens: called on slices of at most 8 * budget code points.
        anchor: where the first side ends; the cursor if None.
    """
    anchor = document.cursor if anchor is None else anchor
    budget = max(0, budget)
    share = budget * _PREFIX_PERCENT // 100
    above = window_above(document.text, anchor, share, count_tokens)
    # Only a side that is whole hands on its rest: otherwise every keystroke on one side would
    # change what the other may have.
    rest = budget - (share if above.start else above.tokens)
    below = window_below(document.text, document.cursor, rest, count_tokens)
    if above.start and below.end == len(document.text):
        above = window_above(document.text, anchor, budget - below.tokens, count_tokens)
    return above, below


def window_above(text: str, at: int, budget: int, count_tokens: Count) -> Window:
    """The text before a place that fits a budget."""
    edge, tokens = _reach(at, lambda: _line_starts(text, at), budget, _counter(text, count_tokens))
    return Window(edge, at, tokens)


def window_below(text: str, at: int, budget: int, count_tokens: Count) -> Window:
    """The text after a place that fits a budget."""
    edge, tokens = _reach(at, lambda: _line_ends(text, at), budget, _counter(text, count_tokens))
    return Window(at, edge, tokens)


def _counter(text: str, count_tokens: Count) -> Callable[[int, int], int]:
    return lambda edge, other: count_tokens(text[min(edge, other) : max(edge, other)])


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
        if abs(edge - cursor) <= budget * REACH:
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
