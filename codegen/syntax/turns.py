"""Long calls of tree-sitter: other threads get their turns meanwhile, and none runs for ever.

tree-sitter holds the interpreter's lock while it parses or looks for a query's patterns. It calls
back now and then, which is when the lock can be given to another thread.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

import tree_sitter

from codegen.errors import CodegenError

PARSE_SECONDS: Final = 3.0
"""CPU time after which a text's parsing is given up."""

QUERY_SECONDS: Final = 3.0
"""CPU time after which a query is given up; the largest text that is parsed needs less."""

# Matches of a query that may be in progress at once: those of broken code multiply.
_MATCHES: Final = 1024

# Seconds after which another thread gets a turn, and how long it is waited for: without a wait this
# thread would have the lock again before another one wakes up.
_TURN: Final = 0.002
_WAIT: Final = 0.0002

# What the parser reads at once, or a query looks through, in bytes.
_PART: Final = 16384


class ParsingTooLongError(CodegenError):
    """A text whose parsing takes too long."""


class _Turns:
    """What a long call does now and then; called by tree-sitter, it says whether to stop."""

    __slots__ = ("_end", "_next")

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds
        self._next = time.perf_counter() + _TURN

    def __call__(self, *_: object) -> bool:
        """Gives other threads a turn if it is time; whether the CPU time is used up."""
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
        parser: with its language, and the ranges that are to be parsed.
        data: the text.
        old: the tree of what the text was before, edited to it.

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
    """What a query finds in a span of bytes; what was found so far if it takes too long.

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
                    # What touches two parts is found twice.
                    key = (pattern, *(one.id for nodes in named.values() for one in nodes))
                    if key in seen:
                        continue
                    seen.add(key)
                yield pattern, named
        if turns():
            return


# Children beside each other without a list's structure, from which on an error is too wide for a
# query: for each child it looks at all that follow.
_WIDE: Final = 1000

# Levels from which on what a query looks for is too deep in: it takes as long for each. It begins
# so many above the span then.
_DEEP: Final = 10_000
_LEVELS: Final = 100


def _starts(root: tree_sitter.Node, start: int, end: int) -> list[tree_sitter.Node]:
    """The nodes where a query begins: the root, or what is whole in it if an error is too wide."""
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
    """The root, or a node not far above a span that is too deep in it."""
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
    found = []
    cursor = node.walk()
    more = cursor.goto_first_child_for_byte(start) is not None
    while more and (child := cursor.node) is not None and child.start_byte <= end:
        found.append(child)
        more = cursor.goto_next_sibling()
    return found
