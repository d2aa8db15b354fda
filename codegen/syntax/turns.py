"""Long calls of tree-sitter: other threads get turns meanwhile, and a call ends after some seconds.

tree-sitter holds the interpreter's lock while it parses or looks for a query's patterns. It calls
back now and then; then the lock can be given to another thread.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

import tree_sitter

from codegen.errors import CodegenError

PARSE_SECONDS: Final = 3.0
"""Seconds of CPU time after which the parsing of a text is given up."""

QUERY_SECONDS: Final = 3.0
"""Seconds of CPU time after which a query is given up. No text that is parsed needs as much."""

# How many matches of a query may be in progress at once: in broken code they multiply.
_MATCHES: Final = 1024

# Seconds after which another thread gets a turn, and seconds that this thread then waits. Without
# the wait it would take the lock again before another thread wakes up.
_TURN: Final = 0.002
_WAIT: Final = 0.0002

# How many bytes the parser reads, or a query looks through, at once.
_PART: Final = 16384


class ParsingTooLongError(CodegenError):
    """The parsing of a text took too long."""


class _Turns:
    """The callback of a long call, with which tree-sitter asks now and then whether to stop."""

    __slots__ = ("_end", "_next")

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds
        self._next = time.perf_counter() + _TURN

    def __call__(self, *_: object) -> bool:
        """Gives other threads a turn if it is time. Returns whether the CPU time is used up."""
        if time.perf_counter() < self._next:
            return False
        if threading.active_count() > 1:
            time.sleep(_WAIT)
        self._next = time.perf_counter() + _TURN
        return time.thread_time() > self._end


def parsed(
    parser: tree_sitter.Parser, data: bytes, old: tree_sitter.Tree | None = None
) -> tree_sitter.Tree:
    """The tree of a text in UTF-8.

    Args:
        parser: has the language, and the ranges to be parsed.
        data: the text.
        old: the tree of the text before an edit, with the edit applied to it.

    Raises:
        ParsingTooLongError: it took more than PARSE_SECONDS.
    """

    def read(offset: int, _: tree_sitter.Point) -> bytes:
        return data[offset : offset + _PART]

    turns = _Turns(PARSE_SECONDS)
    try:
        if old is None:
            return parser.parse(read, progress_callback=turns)
        return parser.parse(read, old, progress_callback=turns)
    except ValueError as error:
        raise ParsingTooLongError(f"{len(data)} bytes took too long to parse") from error


Match = tuple[int, dict[str, list[tree_sitter.Node]]]


def matches(
    query: tree_sitter.Query, root: tree_sitter.Node, start: int, end: int
) -> Iterator[Match]:
    """The matches of a query in a span of bytes; if it takes too long, those found until then.

    A long span is looked through in parts. The binding's own callback can't be used here: it is
    called with options that are gone by then (tree-sitter 0.26.1), and crashes.
    """
    turns = _Turns(QUERY_SECONDS)
    seen: set[tuple[int, ...]] = set()
    for first in range(start, end, _PART):
        last = min(first + _PART, end)
        for node in _starts(root, first, last):
            cursor = tree_sitter.QueryCursor(query, match_limit=_MATCHES)
            cursor.set_byte_range(first, last)
            for pattern, named in cursor.matches(node):
                if end - start > _PART:
                    # A match that touches two parts is found twice.
                    key = (pattern, *(node.id for nodes in named.values() for node in nodes))
                    if key in seen:
                        continue
                    seen.add(key)
                yield pattern, named
        if turns():
            return


# With more children than this an error is too wide for a query, which for each child looks at all
# children that follow.
_WIDE: Final = 1000

# A query takes time for each level above the span. From _DEEP levels on it begins _LEVELS levels
# above the span, and not at the root.
_DEEP: Final = 10_000
_LEVELS: Final = 100


def _starts(root: tree_sitter.Node, start: int, end: int) -> list[tree_sitter.Node]:
    """The nodes where a query begins: the root, or those without errors if an error is too wide."""
    if root.descendant_count > _DEEP:
        root = _near(root, start, end)
    whole: list[tree_sitter.Node] = []
    wide = False
    stack = [root]
    while stack:
        node = stack.pop()
        if not node.has_error or node.end_byte - node.start_byte < _WIDE:
            whole.append(node)
        else:
            wide |= node.is_error and node.child_count > _WIDE
            stack += reversed(_touching(node, start, end))
    return whole if wide else [root]


def _near(root: tree_sitter.Node, start: int, end: int) -> tree_sitter.Node:
    """The root; if the span is too deep in it, a node some levels above the span."""
    above = deque([root], _LEVELS)
    level, cursor = 0, root.walk()
    while cursor.goto_first_child_for_byte(start) is not None:
        node = cursor.node
        if node is None or node.start_byte > start or node.end_byte < end:
            break
        above.append(node)
        level += 1
    return above[0] if level > _DEEP else root


def _touching(node: tree_sitter.Node, start: int, end: int) -> list[tree_sitter.Node]:
    """A node's children that touch a span of bytes."""
    children = []
    cursor = node.walk()
    more = cursor.goto_first_child_for_byte(start) is not None
    while more and (child := cursor.node) is not None and child.start_byte <= end:
        children.append(child)
        more = cursor.goto_next_sibling()
    return children
