"""What a completion does to the syntax of its document, on the document's tree."""

from codegen.document import Document
from codegen.syntax.tree import SyntaxTree


class Growth:
    """Counts the syntax errors of a document with a text at its cursor; none without a tree.

    The document's tree is edited, which costs little.
    """

    def __init__(self, document: Document) -> None:
        """Knows nothing of the document yet."""
        self._document = document
        self._errors: int | None = None
        self._added: dict[str, int] = {}

    @property
    def clean(self) -> bool:
        """Whether the document has no errors: then one that a text adds is the text's own."""
        # A template is none of HTML's, and is full of errors to its grammar.
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
