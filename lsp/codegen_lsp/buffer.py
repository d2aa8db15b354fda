"""An open document's text, as the client has it, kept in step by its changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from codegen.errors import CodegenError, PositionError
from codegen.session.types import Edit
from codegen_lsp.positions import Encoding, LineIndex
from codegen_lsp.window import Window

# Line and character, both from 0, the character in units of the buffer's encoding.
Position: TypeAlias = tuple[int, int]


class StaleVersionError(CodegenError):
    """Changes came with a version that isn't newer than the document's."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change as the client describes it: the new text of a range, or of all if that is None."""

    range: tuple[Position, Position] | None
    text: str


class Buffer:
    """An open document. Attributes are only for reading; `language` is the client's name for it."""

    __slots__ = ("_lines", "encoding", "language", "text", "version")

    def __init__(self, text: str, version: int, encoding: Encoding, language: str = "") -> None:
        self.text = text
        self.version = version
        self.encoding = encoding
        self.language = language
        self._lines = LineIndex(text)

    def apply(self, changes: Iterable[Change], version: int) -> tuple[Edit, ...]:
        """Applies all changes, each to what the one before it left, or none of them.

        Raises StaleVersionError for a version that isn't greater than the one that is here, and
        PositionError for a range that ends before it starts or has negative numbers.
        """
        if version <= self.version:
            raise StaleVersionError(
                f"version {version} of a document came after its version {self.version}"
            )
        try:
            text, edits = self._applied(changes)
        except PositionError:
            self._lines = LineIndex(self.text)
            raise
        self.text, self.version = text, version
        return tuple(edits)

    def offset(self, position: Position) -> int:
        """The offset of a position, in code points; see LineIndex.offset."""
        return self._lines.offset(self.text, *position, self.encoding)

    def position(self, offset: int) -> Position:
        """The position of an offset in code points; see LineIndex.position."""
        return self._lines.position(self.text, offset, self.encoding)

    def _applied(self, changes: Iterable[Change]) -> tuple[str, list[Edit]]:
        """The text after all changes, and their edits; the line index is of that text then."""
        window = Window(self.text)
        edits = []
        for change in changes:
            if change.range is None:
                edits.append(Edit(0, self._lines.length, change.text))
                window = Window(change.text)
                self._lines = LineIndex(change.text)
                continue
            first, last = change.range
            if first > last:
                raise PositionError(f"the range from {_shown(first)} to {_shown(last)} is reversed")
            part, base = window.around(*self._lines.lines(first[0], last[0]))
            start = self._lines.offset(part, *first, self.encoding, base)
            end = self._lines.offset(part, *last, self.encoding, base)
            edits.append(Edit(start, end, change.text))
            part = window.replace(start, end, change.text)
            self._lines.edit(part, start, end, start + len(change.text), base)
        return window.text, edits


def _shown(position: Position) -> str:
    line, character = position
    return f"{line}:{character}"
