"""Syntax errors that a completion adds to its document."""

from codegen.document import Document
from codegen.syntax.tree import SyntaxTree


class Growth:
    """Counts the syntax errors of a document with a text at its cursor; 0 if it has no tree.

    The document's tree is edited, which is much faster than parsing the text.
    """

    def __init__(self, document: Document) -> None:
        """Counts nothing yet."""
        self._document = document
        self._errors: int | None = None
        self._added: dict[str, int] = {}

    @property
    def clean(self) -> bool:
        """Whether the document has no errors, so that an error is due to the inserted text."""
        # HTML's grammar reads templates, too, and finds errors all over them.
        known = self._tree is not None and self._tree.grammar.language.blocks != "none"
        return known and self._before() == 0

    def errors_added(self, text: str) -> int:
        """How many syntax errors the source has more with the text than without; 0 if fewer."""
        if self._tree is None:
            return 0
        if text not in self._added:
            at = self._document.cursor
            errors = self._tree.edited(at, at, text).errors()
            self._added[text] = max(0, errors - self._before())
        return self._added[text]

    def indent(self, at: int) -> str:
        """The indentation of the line that begins at an offset."""
        text = self._document.text
        end = text.find("\n", at)
        line = text[at : len(text) if end < 0 else end]
        return line[: len(line) - len(line.lstrip())]

    def _before(self) -> int:
        if self._errors is None:
            self._errors = 0 if self._tree is None else self._tree.errors()
        return self._errors

    @property
    def _tree(self) -> SyntaxTree | None:
        return self._document.tree
