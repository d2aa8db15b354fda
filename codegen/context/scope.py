"""The definitions that the cursor stands in: its scope."""

import re
from dataclasses import dataclass
from typing import Final

from codegen.context.nearby import Nearby, known_language, look_back
from codegen.document import Document
from codegen.syntax.tree import Capture, SyntaxTree
from codegen.text import depth, opens_block

_DEFINITIONS: Final = ("class", "function")

# Headers of definitions, as they stand before a body's brace with the contents of closed brackets
# removed. The group is the name.
_HEADERS: Final = (
    (
        "class",
        re.compile(r"\bimpl\b(?:\s*<.*?>)?\s+(?:.*\bfor\s+)?(?:\w+::)*(\w+)[^=]*$", re.DOTALL),
    ),
    ("class", re.compile(r"\btype\s+(\w+)(?:\[\])?\s+(?:struct|interface)\s*$")),
    (
        "class",
        re.compile(
            r"^.*\b(?:class|interface|struct|enum|union|trait|namespace|mod|module)\s+"
            r"(\w[\w.:\\]*)[^=(]*$",
            re.DOTALL,
        ),
    ),
    ("class", re.compile(r"\brecord\s+(?:(?:class|struct)\s+)?(\w+)[^=]*$")),
    (
        "function",
        re.compile(
            r"\b(?:function|fn|func)\b\s*\*?\s*(?:\(\)\s*)?([\w$]+)\s*(?:<.*>|\[\])?\s*\(\)[^=]*$",
            re.DOTALL,
        ),
    ),
    (
        "function",
        re.compile(
            r"([\w$]+)\s*(?::[^=\n]{0,80})?(?::?=|:)\s*(?:async\s+)?"
            r"(?:(?:function\b\s*\*?|func)\s*\(\)[^=]*|(?:\(\)[^=]*|\w+\s*)=>|\|[^|]*\|)\s*$"
        ),
    ),
)
# The header of a function without a word such as `function`: in a class, or in a typed language.
_METHOD: Final = re.compile(
    r"(~?#?[\w$]+)\s*(?:<[^()]*>)?\s*\(\)(?:\s*\b(?:const|noexcept|override|final)\b)*\s*"
    r"(?:(?:throws\b|:|->)[^=(){}]*)?$"
)
_NO_METHOD: Final = re.compile(
    r"\b(?:if|for|foreach|while|switch|catch|synchronized|using|lock|function|func|fn|new|return|with"
    r"|match|else|do)\b|=(?!=)"
)
# How many code points of a header are looked at.
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function. `start` and `end` span all of it, `body` its body, in code points."""

    kind: str
    name: str
    start: int
    end: int
    body: tuple[int, int]


def definitions_around(document: Document, nearby: Nearby | None = None) -> tuple[Definition, ...]:
    """The definitions that the cursor stands in, the outermost first; () without a tree.

    `nearby` is the code before the cursor, if the caller has looked there already.
    """
    tree = document.tree
    if tree is None:
        return ()
    cursor = document.cursor
    if tree.grammar.language.blocks != "indent":
        inside = [
            found for found in tree.captures(cursor, cursor) if found.start < cursor < found.end
        ]
        known = _definitions(document.text, inside)
        language = tree.grammar.language
        mend = language.blocks == "braces" and not language.data
        return _mended(document, known, nearby or look_back(document)) if mend else known
    # To the tree a body ends at its last statement. Whether a blank line below still belongs to it
    # is decided by the cursor's column.
    last = len(document.text[:cursor].rstrip())
    column = _column(document)
    inside = [
        found
        for found in tree.captures(max(0, last - 1), last)
        if found.start < last <= found.end
        and (found.end > cursor or _indentation(document.text, found.start) < column)
    ]
    known = _definitions(document.text, inside)
    return _mended_by_indent(document, known, nearby or look_back(document), column)


def definition_of(text: str, capture: Capture) -> Definition:
    """The definition that a capture names."""
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


def _mended(
    document: Document, known: tuple[Definition, ...], nearby: Nearby
) -> tuple[Definition, ...]:
    """The definitions that the tree knows, and those that it misses since code is half-written.

    Text in an unclosed comment defines nothing.
    """
    if nearby.literal == "comment":
        known = tuple(outer for outer in known if outer.start < nearby.literal_start)
    bodies = {definition.body[0] for definition in known}
    definitions = list(known)
    for bracket in nearby.brackets:
        if bracket.mark != "{" or bracket.at in bodies:
            continue
        before = (outer for outer in definitions if outer.start < bracket.at)
        around = max(before, key=_start, default=None)
        header = _header(document, nearby, bracket.at, around)
        if header is not None and all(header.start != other.start for other in definitions):
            definitions.append(header)
    return tuple(sorted(definitions, key=_start))


def _mended_by_indent(
    document: Document, known: tuple[Definition, ...], nearby: Nearby, column: int
) -> tuple[Definition, ...]:
    """The definitions that the tree knows, and those whose headers are found by indentation.

    The cursor at `column` stands in the nearest line above that is indented less. That line in turn
    stands in the nearest line above it that is indented less, and so on.
    """
    tree, code = document.tree, nearby.code
    header = known_language(document).header
    if tree is None or header is None:
        return known
    found = {definition.start: definition for definition in known}
    end = code.rfind("\n")
    if nearby.literal in ("string", "docstring") and nearby.literal_start <= nearby.start + end:
        end = code.rfind("\n", 0, max(0, nearby.literal_start - nearby.start))
        column = depth(code[end + 1 :])
    while column > 0 and end >= 0:
        begin = code.rfind("\n", 0, end) + 1
        line = code[begin:end]
        if line.strip() and depth(line) < column and not _in_string(tree, nearby.start + begin):
            # A line that begins with a closing bracket: its statement begins at a line above with
            # the same indentation.
            column = depth(line) + (line.lstrip()[0] in ")]}")
            if match := header.match(line):
                groups = match.groupdict()
                kind = next(kind for kind in _DEFINITIONS if groups.get(kind))
                at, cursor = nearby.start + begin + match.start(kind), document.cursor
                body = nearby.start + begin + len(line.rstrip())
                found.setdefault(at, Definition(kind, match["name"], at, cursor, (body, cursor)))
        end = begin - 1
    return tuple(found[start] for start in sorted(found))


def _in_string(tree: SyntaxTree, line: int) -> bool:
    """Whether the line that begins at an offset begins inside a string."""
    return any(
        found.kind != "code" and found.start < line < found.end
        for found in tree.literals(line, line)
    )


def _start(definition: Definition) -> int:
    return definition.start


def _header(
    document: Document, nearby: Nearby, brace: int, around: Definition | None
) -> Definition | None:
    """The definition whose body begins with an unclosed brace, by the text before the brace."""
    parts = _parts(nearby, brace)
    head = "".join(letter for letter, _ in parts)
    found = next(
        ((kind, match) for kind, header in _HEADERS if (match := header.search(head))), None
    )
    if found is None and known_language(document).functions != "word":
        found = _method(head, around)
    if found is None:
        return None
    kind, match = found
    # Modifiers such as `public` may stand before the header on its line.
    at = nearby.code.rfind("\n", 0, parts[match.start(1)][1] - nearby.start) + 1
    while nearby.code[at].isspace():
        at += 1
    cursor = document.cursor
    return Definition(kind, match[1], nearby.start + at, cursor, (brace, cursor))


def _method(head: str, around: Definition | None) -> tuple[str, re.Match[str]] | None:
    """A function whose header has no word such as `function`.

    In another function the same text is a call before a block.
    """
    if around is not None and around.kind == "function":
        return None
    match = _METHOD.search(head)
    if match is None or _NO_METHOD.search(head, head.rfind("\n", 0, match.start()) + 1):
        return None
    return "function", match


def _parts(nearby: Nearby, brace: int) -> list[tuple[str, int]]:
    """The letters of a statement up to a brace with their offsets, without contents of brackets."""
    parts: list[tuple[str, int]] = []
    inner = 0
    for at in range(brace - 1, max(nearby.start, brace - _LONGEST) - 1, -1):
        letter = nearby.code[at - nearby.start]
        if not inner and letter in ";{}([":
            break
        inner += letter in ")]}"
        inner -= letter in "([{"
        if not inner or (inner == 1 and letter in ")]"):
            parts.append((letter, at))
    return parts[::-1]


def _column(document: Document) -> int:
    """The column that code at the cursor has or would have, in a language that indents blocks."""
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
    # An empty line between two lines that are indented farther just isn't indented yet.
    return max(column, min(depth(previous), depth(following)))


def _indentation(text: str, start: int) -> int:
    return depth(text[text.rfind("\n", 0, start) + 1 : start] + "x")
