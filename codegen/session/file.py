"""One open file: its text, the tree in step with it, and what was laid and suggested for it."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.document import Document
from codegen.session.cache import SuggestionCache
from codegen.session.types import Edit, Selected, Trace
from codegen.syntax.opening import MAX_PARSED, parse, tree_at
from codegen.syntax.registry import language_of
from codegen.syntax.tree import SyntaxTree

if TYPE_CHECKING:
    from codegen.engine.types import Backend
    from codegen.prompt.layout import Layout


@dataclass(slots=True)
class Laid:
    """The layout of a file's last prompt.

    It is the engine's thread that lays it, one job after the other, so that each job sees what the
    one before it laid.
    """

    layout: "Layout | None" = None


@dataclass(frozen=True, slots=True)
class _Touched:
    """The span that edits have changed: its start, and its end before and after them."""

    start: int
    old: int
    new: int

    def and_then(self, edit: Edit, grown: int) -> "_Touched":
        """The span together with that of one more edit."""
        beyond = max(0, edit.end - self.new)
        return _Touched(min(self.start, edit.start), self.old + beyond, self.new + beyond + grown)


class OpenFile:
    """What a session knows of a file while it is open."""

    def __init__(self, uri: str, path: str | None, language: str | None, text: str) -> None:
        """Parses the whole text, once."""
        self.uri = uri
        self.path = path
        self.language = language
        self.text = text
        self.cache = SuggestionCache()
        self.trace: Trace | None = None
        self._tree = parse(text, language_of(path, language))
        self._unparsed = len(text) > MAX_PARSED
        self._touched: _Touched | None = None
        self._laid: tuple[weakref.ref[Backend], Laid] | None = None

    def laid(self, backend: "Backend") -> Laid:
        """What was laid for a model; another one, or the same loaded anew, begins with nothing.

        A layout is made of one model's tokens.
        """
        if self._laid is None or self._laid[0]() is not backend:
            self._laid = weakref.ref(backend), Laid()
        return self._laid[1]

    def forget(self) -> None:
        """Lays and suggests anew; what is still on its way doesn't come here any more."""
        self.cache = SuggestionCache()
        self._laid = None

    def edit(self, edits: Sequence[Edit], text: str) -> None:
        """Takes edits, each of the text that the one before it left, and what they end with.

        Parsing waits until the tree is wanted: of a burst of edits only the outcome is parsed, as
        one edit of the span that they touch together.
        """
        for edit in edits:
            grown = len(edit.text) - (edit.end - edit.start)
            if self._touched is None:
                self._touched = _Touched(edit.start, edit.end, edit.end + grown)
            else:
                self._touched = self._touched.and_then(edit, grown)
        self.text = text
        if len(text) > MAX_PARSED:
            self._tree = self._touched = None
            self._unparsed = True

    @property
    def tree(self) -> SyntaxTree | None:
        """The tree of the text as it is now; None where there is none for its language."""
        if self._unparsed and len(self.text) <= MAX_PARSED:
            self._tree = parse(self.text, language_of(self.path, self.language))
            self._unparsed = False
        elif self._touched is not None and self._tree is not None:
            start, old_end, new_end = self._touched.start, self._touched.old, self._touched.new
            self._tree = self._tree.edited(start, old_end, self.text[start:new_end])
        self._touched = None
        return self._tree

    def snapshot(self, cursor: int, selected: Selected | None = None) -> Document:
        """The file as it is now, or as it will be with the editor's own completion in it.

        Raises:
            ValueError: the cursor or the span lies outside the text.
        """
        text, tree = self.text, self.tree
        if selected is not None:
            if not 0 <= selected.start <= selected.end <= len(text):
                raise ValueError(f"a span {selected.start} to {selected.end} outside the text")
            text = text[: selected.start] + selected.text + text[selected.end :]
            if tree is not None:
                tree = tree.edited(selected.start, selected.end, selected.text)
            cursor = selected.start + len(selected.text)
        return _document(text, cursor, self.path, tree)

    def accepted(self, document: Document, text: str) -> Document:
        """A document as it will be once a suggestion is accepted."""
        tree = document.tree
        # In a fence the tree is the fence's own, and an edit may end it.
        grown = tree.edited(document.cursor, document.cursor, text) if tree is not None else None
        return Document(
            document.before + text + document.after,
            document.cursor + len(text),
            document.path,
            grown,
        )


def _document(text: str, cursor: int, path: str | None, tree: SyntaxTree | None) -> Document:
    return Document(text, cursor, path, tree and tree_at(tree, cursor))
