"""Sources with a cursor mark, for tests that read like what a person sees."""

from codegen.document import Document

CURSOR = "‸"


def at_cursor(source: str) -> Document:
    """The document of a source in which `‸` marks the cursor."""
    before, mark, after = source.partition(CURSOR)
    assert mark, f"no cursor in {source!r}"
    return Document(before + after, len(before))
