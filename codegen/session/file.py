"""One open file: its text, its trees, and what was suggested for it."""

import asyncio

from codegen.document import Document
from codegen.session.cache import SuggestionCache
from codegen.session.types import Selected, Trace
from codegen.syntax.registry import language_of
from codegen.syntax.trees import Trees


class OpenFile:
    """What a session knows of a file while it is open.

    Attributes:
        text: as it is now; a session sets it.
        trees: of the text, made by whoever reads it.
        reading: held while it is read.
    """

    def __init__(self, uri: str, path: str | None, language: str | None, text: str) -> None:
        """Parses nothing yet."""
        self.uri = uri
        self.path = path
        self.language = language
        self.text = text
        self.cache = SuggestionCache()
        self.trace: Trace | None = None
        self.trees = Trees(language_of(path, language))
        self.reading = asyncio.Lock()

    def forget(self) -> None:
        """Suggests anew; what is still on its way doesn't come here any more."""
        self.cache = SuggestionCache()

    def snapshot(self, cursor: int, selected: Selected | None = None) -> Document:
        """The file as it is now, or as it will be with the editor's own completion in it.

        It has no tree yet.

        Raises:
            ValueError: the cursor or the span lies outside the text.
        """
        text = self.text
        if selected is not None:
            if not 0 <= selected.start <= selected.end <= len(text):
                raise ValueError(f"a span {selected.start} to {selected.end} outside the text")
            text = text[: selected.start] + selected.text + text[selected.end :]
            cursor = selected.start + len(selected.text)
        return Document(text, cursor, self.path)


def accepted(document: Document, text: str) -> Document:
    """A document as it will be once a suggestion is accepted, without a tree."""
    return Document(
        document.before + text + document.after, document.cursor + len(text), document.path
    )
