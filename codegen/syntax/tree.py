"""An immutable syntax tree of a text, edited in step with it.

tree-sitter counts bytes of UTF-8. Everything here takes and returns offsets in code points.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import tree_sitter

from codegen.syntax.grammar import Grammar
from codegen.syntax.turns import matches, parsed
from codegen.text import scalar

_INNER: Final = frozenset({"name", "body"})

# Code points between two marks. At most two such pieces are encoded to convert an offset.
_STEP: Final = 1024


@dataclass(frozen=True, slots=True)
class Capture:
    """A node that the language's query names, by its span in code points.

    `inner` has the spans of its "name" and its "body", as far as the same pattern names them.
    """

    kind: str
    start: int
    end: int
    inner: dict[str, tuple[int, int]]


class SyntaxTree:
    """The tree of one version of a text. Not to be built directly; see `parse`.

    `text` is the document's; `grammar` says what its nodes mean. Broken source has a tree, too:
    the parts that don't fit the grammar are errors in it.
    """

    __slots__ = ("_data", "_marks", "_part", "_tree", "grammar", "text")

    def __init__(
        self,
        text: str,
        data: bytes,
        tree: tree_sitter.Tree,
        grammar: Grammar,
        *,
        marks: "_Marks | None",
        part: tuple[int, int] | None,
    ) -> None:
        self.text = text
        self.grammar = grammar
        self._data = data
        self._tree = tree
        self._marks = marks
        self._part = part

    @classmethod
    def parse(
        cls, text: str, grammar: Grammar, part: tuple[int, int] | None = None
    ) -> "SyntaxTree":
        """Parses a text, or only the part with the given span if other text is around it.

        Raises:
            ParsingTooLongError: see `codegen.syntax.turns`.
        """
        data = scalar(text).encode()
        marks = _Marks.of(text, len(data))
        if part is not None:
            start, end = part
            part = part if marks is None else (marks.byte(text, start), marks.byte(text, end))
        tree = parsed(_parser(grammar, data, part), data)
        return cls(text, data, tree, grammar, marks=marks, part=part)

    def edited(self, start: int, old_end: int, inserted: str) -> "SyntaxTree":
        """The tree after `text[start:old_end]` became `inserted`. Only what changed is parsed.

        If the text has errors, the tree may differ from the one that `parse` makes: parts that were
        understood before the error came are kept where possible.

        Raises:
            ParsingTooLongError: see `codegen.syntax.turns`.
        """
        text = self.text[:start] + inserted + self.text[old_end:]
        piece = scalar(inserted).encode()
        first, last = self._byte(start), self._byte(old_end)
        data = self._data[:first] + piece + self._data[last:]
        new_last = first + len(piece)
        begin = _point(self._data, first)
        tree = self._tree.copy()
        tree.edit(
            first,
            last,
            new_last,
            begin,
            _point(self._data, last, first, begin),
            _point(data, new_last, first, begin),
        )
        part = self._part and _moved(self._part, first, last, new_last)
        if self._marks is None or len(data) == len(text):
            marks = _Marks.of(text, len(data))
        else:
            added = len(text) - len(self.text), len(data) - len(self._data)
            marks = self._marks.edited(text, start, old_end, *added)
        tree = parsed(_parser(self.grammar, data, part), data, tree)
        return SyntaxTree(text, data, tree, self.grammar, marks=marks, part=part)

    def captures(
        self, start: int, end: int, kinds: Collection[str] | None = None
    ) -> Iterator[Capture]:
        """The nodes that touch a span and that the query names.

        Args:
            start: the offset where the span begins.
            end: the offset where it ends.
            kinds: the kinds of captures that are wanted; all if None.
        """
        return self._captures(self.grammar.query, start, end, kinds)

    def literals(self, start: int, end: int) -> Iterator[Capture]:
        """The strings and comments, and the code in strings, that touch a span."""
        return self._captures(self.grammar.literals, start, end, None)

    def _captures(
        self, query: tree_sitter.Query, start: int, end: int, kinds: Collection[str] | None
    ) -> Iterator[Capture]:
        first, last = self._byte(start), self._byte(end)
        # The span must not be empty. A node that ends where the span begins touches it.
        for _, named in matches(query, self._tree.root_node, max(0, first - 1), last + 1):
            for kind in named:
                if kind not in _INNER:
                    break
            else:
                continue
            if kinds is not None and kind not in kinds:
                continue
            node = named[kind][0]
            # A pattern that begins outside of the named node may match though the node is
            # elsewhere.
            if node.end_byte < first or node.start_byte > last:
                continue
            inner = {kind: self._span(named[kind][0]) for kind in named if kind in _INNER}
            yield Capture(kind, *self._span(node), inner)

    def errors(self) -> int:
        """How many errors the tree has: nodes that don't fit the grammar, and missing nodes."""
        count = 0
        stack = [self._tree.root_node]
        while stack:
            node = stack.pop()
            if node.has_error:
                count += node.is_error or node.is_missing
                stack.extend(node.children)
        return count

    def _byte(self, offset: int) -> int:
        return offset if self._marks is None else self._marks.byte(self.text, offset)

    def _span(self, node: tree_sitter.Node) -> tuple[int, int]:
        start, end = node.start_byte, node.end_byte
        if self._marks is None:
            return start, end
        return self._marks.char(self._data, start), self._marks.char(self._data, end)


class _Marks:
    """Offsets of a text in code points and in bytes of UTF-8, at marks that are not far apart.

    Counting from the text's start would take longer than parsing what a keystroke changed.
    """

    __slots__ = ("_bytes", "_chars")

    def __init__(self, chars: list[int], bytes_: list[int]) -> None:
        self._chars = chars
        self._bytes = bytes_

    @classmethod
    def of(cls, text: str, size: int) -> "_Marks | None":
        """The marks of a text with `size` bytes; None if it has as many code points."""
        if size == len(text):
            return None
        marks = cls([0], [0])
        marks._measure(text, len(text))
        return marks

    def edited(self, text: str, start: int, old_end: int, chars: int, bytes_: int) -> "_Marks":
        """The marks after an edit that made the text longer by so many code points and bytes."""
        kept = bisect_right(self._chars, start)
        after = max(kept, bisect_left(self._chars, old_end))
        marks = _Marks(self._chars[:kept], self._bytes[:kept])
        rest = [at + chars for at in self._chars[after:]]
        marks._measure(text, rest[0] if rest else len(text))
        marks._chars += rest
        marks._bytes += [at + bytes_ for at in self._bytes[after:]]
        return marks

    def _measure(self, text: str, end: int) -> None:
        """Adds marks from the last mark up to an offset, none of them close to that offset."""
        at, size = self._chars[-1], self._bytes[-1]
        while end - at > 2 * _STEP:
            size += _size(text[at : at + _STEP])
            at += _STEP
            self._chars.append(at)
            self._bytes.append(size)

    def byte(self, text: str, offset: int) -> int:
        """An offset in code points as one in bytes."""
        mark = bisect_right(self._chars, offset) - 1
        return self._bytes[mark] + _size(text[self._chars[mark] : offset])

    def char(self, data: bytes, offset: int) -> int:
        """An offset in bytes as one in code points."""
        mark = bisect_right(self._bytes, offset) - 1
        return self._chars[mark] + len(data[self._bytes[mark] : offset].decode())


def _size(text: str) -> int:
    # A lone surrogate is as long as the U+FFFD that stands for it.
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _parser(grammar: Grammar, data: bytes, part: tuple[int, int] | None) -> tree_sitter.Parser:
    parser = tree_sitter.Parser(grammar.compiled)
    if part is not None:
        start, end = part
        begin = _point(data, start)
        parser.included_ranges = [
            tree_sitter.Range(begin, _point(data, end, start, begin), start, end)
        ]
    return parser


def _moved(part: tuple[int, int], first: int, last: int, new_last: int) -> tuple[int, int]:
    """The span of a part after an edit. Text inserted at its very borders belongs to the part."""
    start, end = part
    added = new_last - last
    start = start if start <= first else max(start, last) + added
    end = end + added if end >= last else min(end, first)
    return min(start, end), end


def _point(
    data: bytes, offset: int, known: int = 0, at: tree_sitter.Point | None = None
) -> tree_sitter.Point:
    """The row and column of an offset, counted from the offset `known` at the point `at`."""
    row = data.count(b"\n", known, offset)
    column = offset - data.rfind(b"\n", 0, offset) - 1
    return tree_sitter.Point(row if at is None else at.row + row, column)
