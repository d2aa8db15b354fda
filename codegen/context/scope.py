"""In which definitions the cursor stands."""

from dataclasses import dataclass

from codegen.context.lines import depth, opens_block
from codegen.document import Document
from codegen.syntax.tree import Capture

_DEFINITIONS = ("class", "function")


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function: its name, and the spans of all of it and of its body."""

    kind: str
    name: str
    start: int
    end: int
    body: tuple[int, int]


def definitions_around(document: Document) -> tuple[Definition, ...]:
    """The definitions that the cursor stands in, the outermost first; () without a tree."""
    tree = document.tree
    if tree is None:
        return ()
    cursor = document.cursor
    if tree.grammar.language.blocks != "indent":
        inside = [
            found for found in tree.captures(cursor, cursor) if found.start < cursor < found.end
        ]
        return _definitions(document.text, inside)
    # A body ends at its last statement, and the blank line below it may still be a part of it:
    # what the cursor's column says.
    last = len(document.text[:cursor].rstrip())
    column = _column(document)
    inside = [
        found
        for found in tree.captures(max(0, last - 1), last)
        if found.start < last <= found.end
        and (found.end > cursor or _indentation(document.text, found.start) < column)
    ]
    return _definitions(document.text, inside)


def definition_of(text: str, capture: Capture) -> Definition:
    """What a capture says of a definition."""
    name = capture.inner.get("name")
    body = capture.inner.get("body", (capture.end, capture.end))
    spelt = text[slice(*name)] if name else ""
    return Definition(capture.kind, spelt, capture.start, capture.end, body)


def _definitions(text: str, captures: list[Capture]) -> tuple[Definition, ...]:
    found = {
        capture.start: definition_of(text, capture)
        for capture in captures
        if capture.kind in _DEFINITIONS
    }
    return tuple(found[start] for start in sorted(found))


def _column(document: Document) -> int:
    """How far in the code at the cursor is, whatever stands on its line already."""
    text, cursor = document.text, document.cursor
    start = text.rfind("\n", 0, cursor) + 1
    left = text[start:cursor]
    if left.strip():
        return depth(left)
    column = len(left.expandtabs(4))
    above = text[:start].rstrip()
    previous = above[above.rfind("\n") + 1 :]
    if opens_block(previous):
        return max(column, depth(previous) + 1)
    after = text[cursor : cursor + 4000]
    following = next((line for line in (left + after).split("\n") if line.strip()), "")
    # Between two lines that are farther in, an empty one is only not indented yet.
    return max(column, min(depth(previous), depth(following)))


def _indentation(text: str, start: int) -> int:
    return depth(text[text.rfind("\n", 0, start) + 1 : start] + "x")
