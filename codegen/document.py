"""An immutable text with a cursor, counted in code points."""

from dataclasses import dataclass

from codegen.syntax.opening import parse, tree_at
from codegen.syntax.registry import language_of
from codegen.syntax.tree import SyntaxTree


@dataclass(frozen=True, slots=True)
class Document:
    """What the person sees, and where they are in it.

    `text` keeps its line endings as they are. It may hold lone surrogates (an editor can send
    them, and undecodable bytes of a file are kept as them); whoever encodes it must expect that.
    `cursor` is an offset into `text` in code points, 0 <= cursor <= len(text). `tree` is the
    text's own; None where its language is not known or has no grammar here.
    """

    text: str
    cursor: int
    path: str | None = None
    tree: SyntaxTree | None = None

    def __post_init__(self) -> None:
        """Refuses a cursor outside the text."""
        if not 0 <= self.cursor <= len(self.text):
            raise ValueError(f"cursor {self.cursor} outside a text of {len(self.text)}")

    @property
    def before(self) -> str:
        """The text before the cursor."""
        return self.text[: self.cursor]

    @property
    def after(self) -> str:
        """The text after the cursor."""
        return self.text[self.cursor :]


def open_document(
    text: str, cursor: int, path: str | None = None, language_id: str | None = None
) -> Document:
    """A document with the tree of its language, or of the fenced code that the cursor is in."""
    tree = parse(text, language_of(path, language_id))
    return Document(text, cursor, path, tree and tree_at(tree, cursor))
