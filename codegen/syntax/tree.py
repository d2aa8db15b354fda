"""An immutable syntax tree of a text, edited in step with it.

tree-sitter counts bytes of UTF-8; everything here is asked, and answers, in code points.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from codegen.document import scalar
from codegen.syntax.grammar import Grammar


@dataclass(frozen=True, slots=True)
class Capture:
    """A node that the language's query named, by its span in code points.

    `inner` are the spans of what the same pattern named inside it: its "name", its "body".
    """

    kind: str
    start: int
    end: int
    inner: dict[str, tuple[int, int]]


class SyntaxTree:
    """The tree of one version of a text. Not to be built directly; see `parse`.

    `text` is the document's; `grammar` says what its nodes mean. Broken source has a tree too:
    what doesn't fit stands in it as errors.
    """

    __slots__ = ("_data", "_tree", "grammar", "text")

    def __init__(self, text: str, data: bytes, tree: tree_sitter.Tree, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
        self._data = data
        self._tree = tree

    @classmethod
    def parse(
        cls, text: str, grammar: Grammar, part: tuple[int, int] | None = None
    ) -> "SyntaxTree":
        """Parses a whole text, or only a part of it, given by its span: other code around it."""
        data = scalar(text).encode()
        parser = tree_sitter.Parser(grammar.compiled)
        if part is not None:
            start, end = (_bytes_at(text, data, offset) for offset in part)
            parser.included_ranges = [
                tree_sitter.Range(_point(data, start), _point(data, end), start, end)
            ]
        return cls(text, data, parser.parse(data), grammar)

    def edited(self, start: int, old_end: int, inserted: str) -> "SyntaxTree":
        """The tree after `text[start:old_end]` became `inserted`; only what changed is parsed."""
        text = self.text[:start] + inserted + self.text[old_end:]
        piece = scalar(inserted).encode()
        first, last = self._byte(start), self._byte(old_end)
        data = self._data[:first] + piece + self._data[last:]
        tree = self._tree.copy()
        new_last = first + len(piece)
        tree.edit(
            first,
            last,
            new_last,
            _point(self._data, first),
            _point(self._data, last),
            _point(data, new_last),
        )
        parser = tree_sitter.Parser(self.grammar.compiled)
        if ranges := tree.included_ranges:
            parser.included_ranges = ranges
        return SyntaxTree(text, data, parser.parse(data, tree), self.grammar)

    def captures(self, start: int, end: int) -> Iterator[Capture]:
        """What the query names of the nodes that touch a span, as they stand in the query."""
        return self._captures(self.grammar.query, start, end)

    def literals(self, start: int, end: int) -> Iterator[Capture]:
        """The strings, comments, and code in them, that touch a span."""
        return self._captures(self.grammar.literals, start, end)

    def _captures(self, query: tree_sitter.Query, start: int, end: int) -> Iterator[Capture]:
        cursor = tree_sitter.QueryCursor(query)
        # A span must not be empty, and a node that ends where it begins touches it.
        cursor.set_byte_range(max(0, self._byte(start) - 1), self._byte(end) + 1)
        for _, named in cursor.matches(self._tree.root_node):
            kinds = [kind for kind in named if kind not in _INNER]
            if kinds:
                node = named[kinds[0]][0]
                inner = {kind: self._span(named[kind][0]) for kind in named if kind in _INNER}
                yield Capture(kinds[0], *self._span(node), inner)

    def errors(self) -> int:
        """How many errors there are: what doesn't fit, and what is missing."""
        count = 0
        stack = [self._tree.root_node]
        while stack:
            node = stack.pop()
            if node.has_error:
                count += node.is_error or node.is_missing
                stack.extend(node.children)
        return count

    def _byte(self, offset: int) -> int:
        return _bytes_at(self.text, self._data, offset)

    def _span(self, node: tree_sitter.Node) -> tuple[int, int]:
        if len(self._data) == len(self.text):
            return node.start_byte, node.end_byte
        start = len(self._data[: node.start_byte].decode())
        return start, start + len(self._data[node.start_byte : node.end_byte].decode())


_INNER = frozenset({"name", "body"})


def _bytes_at(text: str, data: bytes, offset: int) -> int:
    if len(text) == len(data):
        return offset
    return len(scalar(text[:offset]).encode())


def _point(data: bytes, offset: int) -> tree_sitter.Point:
    row = data.count(b"\n", 0, offset)
    return tree_sitter.Point(row, offset - data.rfind(b"\n", 0, offset) - 1)
