"""Sources with a cursor mark, for tests that read like what a person sees."""

from codegen.document import Document, open_document

CURSOR = "‸"


def at_cursor(source: str, path: str | None = None) -> Document:
    """The document of a source in which `‸` marks the cursor; parsed if `path` names a language."""
    before, mark, after = source.partition(CURSOR)
    assert mark, f"no cursor in {source!r}"
    return open_document(before + after, len(before), path)
