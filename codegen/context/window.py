"""The window: the text around the cursor that fits a budget of tokens.

If the window moved with every typed line, every prompt would be a new one, and nothing in the KV
cache could be used again. So its edges stand on a grid of line numbers. Before the cursor they are
counted from the document's start, and after it from the document's end: typing at the cursor
changes neither.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from codegen.document import Document

Count = Callable[[str], int]
"""How many tokens a text has."""

# The text before the cursor decides more about a completion than the text after it.
_PREFIX_PERCENT: Final = 70

# The grids, coarsest first: an edge every so many lines, and every so many code points in a line
# (0: none), counted from the line's outer end. If a grid leaves more than half of the budget
# unused, the next grid is tried.
_GRIDS: Final = ((16, 0), (4, 0), (1, 256), (1, 16))

REACH: Final = 8
"""How many code points are looked at for each token of the budget.

Code has three or four code points per token, deep indentation more. A text with more than this
doesn't use its whole budget. In return the costs of a document don't grow with its size.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a document's text, `text[start:end]`, and how many tokens it has."""

    start: int
    end: int
    tokens: int


def fit_window(
    document: Document, budget: int, count_tokens: Count, *, anchor: int | None = None
) -> tuple[Window, Window]:
    """The text before an anchor and after the cursor that fits a budget.

    70 % of the budget are for the text before the anchor. What one side doesn't need, since the
    document ends there, goes to the other side. A window begins and ends at the starts of lines,
    except inside a line that is too long for that.

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
    # Only a side that reaches the document's edge gives its rest to the other. Otherwise every
    # keystroke on one side would change the budget of the other.
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


# A border between lines: its offset, and its number on the grid, which is 0 at the document's edge.
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
    """The window's edge on one side of the cursor, and the tokens between the two."""
    for lines, columns in _GRIDS:
        edges = _edges(cursor, borders(), lines, columns)
        edge, tokens, whole = _outermost(cursor, edges, budget, count)
        if whole or 2 * tokens >= budget:
            break
    return edge, tokens


def _edges(cursor: int, borders: Iterable[_Border], lines: int, columns: int) -> Iterator[int]:
    """The offsets at which a grid allows the window to end, the nearest to the cursor first."""
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
    """The farthest edge within the budget, the tokens up to it, and whether that is all text."""
    fitting = [cursor]
    estimate = 0
    whole = True
    for edge in edges:
        # Counted piece by piece from the cursor outward, since the whole text may be huge.
        if abs(edge - cursor) <= budget * REACH:
            estimate += count(fitting[-1], edge)
            if estimate <= budget:
                fitting.append(edge)
                continue
        whole = False
        break
    # The sum of the pieces can be too high or too low, where tokens join across an edge.
    while (tokens := count(cursor, fitting[-1])) > budget:
        fitting.pop()
        whole = False
    return fitting[-1], tokens, whole
