"""The document with a completion growing in it, on its syntax tree."""

from dataclasses import dataclass
from typing import Final

from codegen.context.kind import open_values
from codegen.document import Document
from codegen.syntax.tree import SyntaxTree

# Completions whose trees are kept: those of one request.
_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Inside:
    """In what a text ends: a string or comment, and how many brackets are open there.

    Brackets are counted from the hole on: 0 where all that the text opened is closed, and below
    where it closed one that was open before.
    """

    literal: bool
    brackets: int

    @property
    def closed(self) -> bool:
        """Whether a statement can end here."""
        return not self.literal and self.brackets <= 0


class Growth:
    """Asks the tree about texts that are inserted at a document's cursor.

    A text that goes on from one that was asked about costs no more than what it adds.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._opened: int | None = None
        self._known: dict[str, Inside] = {}
        self._trees: dict[str, SyntaxTree] = {}
        self._errors: int | None = None

    def at(self, text: str) -> Inside:
        """In what an inserted text ends."""
        if self._opened is None:
            self._opened = len(open_values(self._document)[1])
        if text not in self._known:
            literal, brackets = open_values(self._with(text))
            self._known[text] = Inside(literal is not None, len(brackets) - self._opened)
        return self._known[text]

    def errors_added(self, text: str) -> int:
        """How many syntax errors the source has more with the text than without; 0 if fewer."""
        tree = self._document.tree
        if tree is None:
            return 0
        if self._errors is None:
            self._errors = tree.errors()
        return max(0, self._grown(text, tree).errors() - self._errors)

    def _with(self, text: str) -> Document:
        document = self._document
        cursor = document.cursor + len(text)
        tree = document.tree and self._grown(text, document.tree)
        whole = document.before + text + document.after if tree is None else tree.text
        return Document(whole, cursor, document.path, tree)

    def _grown(self, text: str, tree: SyntaxTree) -> SyntaxTree:
        if (known := self._trees.get(text)) is not None:
            return known
        base = max((known for known in self._trees if text.startswith(known)), key=len, default="")
        at = self._document.cursor + len(base)
        grown = self._trees.get(base, tree).edited(at, at, text[len(base) :])
        if len(self._trees) >= _KEPT:
            del self._trees[next(iter(self._trees))]
        self._trees[text] = grown
        return grown
