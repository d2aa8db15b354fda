"""One open file: its text, its syntax trees, and its last suggestions."""

import asyncio

from codegen.document import Document
from codegen.session.cache import SuggestionCache
from codegen.session.types import Selected, Trace
from codegen.syntax.registry import language_of
from codegen.syntax.trees import Trees


class OpenFile:
    """A file while it is open in the editor.

    Attributes:
        text: the text as it is now; the session sets it.
        cache: the last suggestions.
        trace: what became of the last request.
        trees: the syntax trees of the last texts; the Reader makes them.
        reading: the lock that is held while the Reader reads the file.
    """

    def __init__(self, uri: str, path: str | None, language: str | None, text: str) -> None:
        """Makes a file without suggestions; nothing is parsed yet.

        Args:
            uri: the editor's name of the file.
            path: its absolute path, None for a text that is in no file.
            language: the editor's language id.
            text: the text.
        """
        self.uri = uri
        self.path = path
        self.language = language
        self.text = text
        self.cache = SuggestionCache()
        self.trace: Trace | None = None
        self.trees = Trees(language_of(path, language))
        self.reading = asyncio.Lock()

    def forget(self) -> None:
        """Drops all suggestions; a completion that is still running fills the old cache only."""
        self.cache = SuggestionCache()

    def snapshot(self, cursor: int, selected: Selected | None = None) -> Document:
        """The document at a cursor, without a tree; the text is as it is now.

        If the editor's own completion is selected, the document is as if that were accepted.

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
    """A document as it is after a suggestion was accepted, without a tree."""
    return Document(
        document.before + text + document.after, document.cursor + len(text), document.path
    )
