"""Where pieces can be removed: the places on one line, of each kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from codegen.bench.joins.source import CODE, COMMENT, STRING, Line, Source

Kind = Literal[
    "line",
    "rest-word",
    "rest-inside",
    "brackets",
    "string",
    "template",
    "fstring",
    "attribute",
    "text",
    "element",
    "body",
    "header-lines",
    "header-comment",
    "chain",
]
Variant = Literal["usual", "column1", "unclosed", "inline"]

_WORD: Final = re.compile(r"[^\W\d]\w*")
_QUOTES: Final = re.compile(r"(?s)([A-Za-z@$]*)(\"\"\"|'''|[\"'`])(.+)\2")
_OPENED: Final = re.compile(r"(\$\{|#\{|\$\(|\\\(|\{)(.+)[})]")
_GUESSED_CODE: Final = re.compile(r"(?:\$\{|\\\()([^(){}\n]+)[})]")
_ATTRIBUTE: Final = re.compile(r"(?<=\s)[\w:@.-]+=([\"'])([^\"'<>\n]+)\1")
_TEXT: Final = re.compile(r"(?<=[\w\"'/}])>([^<>{}\n]*\w[^<>{}\n]*)</")
_LINK: Final = re.compile(r"(?:\?\.|\.|->|::)[^\W\d]\w*[!?]?(?=\()")


@dataclass(frozen=True, slots=True)
class Place:
    """A piece that can be removed, by its span in the text with line feeds."""

    kind: Kind
    variant: Variant
    start: int
    end: int


Choice = tuple[Place, ...]
"""One piece, in all variants in which it can be removed."""


def whole_lines(source: Source) -> Iterator[Choice]:
    """Each line that isn't blank: with its indentation left, and with all of it removed."""
    for line in source.lines:
        if line.indent == line.end:
            continue
        usual = Place("line", "usual", line.indent, line.end)
        if line.indent > line.start:
            yield usual, Place("line", "column1", line.start, line.end)
        else:
            yield (usual,)


def rests(source: Source) -> Iterator[Choice]:
    """The rest of each line from each word, and from inside each."""
    for line in source.lines:
        for word in _WORD.finditer(source.text, line.indent, line.end):
            start = word.start()
            if start > line.indent and not _is_word(source.text[start - 1]):
                yield (Place("rest-word", "usual", start, line.end),)
            if len(word[0]) > 2:
                inside = start + 2 + (start + len(word[0])) % (len(word[0]) - 2)
                yield (Place("rest-inside", "usual", inside, line.end),)


def brackets(source: Source) -> Iterator[Choice]:
    """What stands in brackets that are closed on the same line."""
    if source.facts.markup:
        return
    for line in source.lines:
        for at in range(line.indent, line.end):
            end = source.partners.get(at, 0)
            if at < end < line.end:
                yield from _closed(source, "brackets", at + 1, end, line)


def strings(source: Source) -> Iterator[Choice]:
    """What stands in a string's quotes, on one line."""
    if source.facts.markup:
        return
    for start, end in source.strings:
        line = _line_at(source, start)
        found = _QUOTES.fullmatch(source.text, start, end)
        if found and end <= line.end and _is_outermost(source, start):
            yield from _closed(source, "string", found.start(3), found.end(3), line)


def code_in_strings(source: Source) -> Iterator[Choice]:
    """What stands in `${}` and the like, and in the braces of an f-string."""
    spans = source.code_in_strings or tuple(_guessed_code(source))
    for start, end in spans:
        line = _line_at(source, start)
        found = _OPENED.fullmatch(source.text, start, end)
        if found and end <= line.end and start and source.layers[start - 1] == STRING:
            kind: Kind = "fstring" if found[1] == "{" else "template"
            yield from _closed(source, kind, found.start(2), found.end(2), line)


def attributes(source: Source) -> Iterator[Choice]:
    """What stands in the quotes of a tag's attribute."""
    if not source.facts.tagged:
        return
    for line in source.lines:
        for found in _ATTRIBUTE.finditer(source.text, line.start, line.end):
            before = source.text[line.start : found.start()]
            begun = re.search(r"<[A-Za-z][^<>]*$", before)
            alone = not before.strip() and re.fullmatch(
                r"\s*/?>?", source.text[found.end() : line.end]
            )
            if source.layers[found.start()] == CODE and (begun or alone):
                yield from _closed(source, "attribute", found.start(2), found.end(2), line)


def texts(source: Source) -> Iterator[Choice]:
    """The text between an opening tag and its closing one."""
    if not source.facts.tagged:
        return
    for found in _TEXT.finditer(source.text):
        if source.has_code(found.start(), found.start() + 1):
            yield (Place("text", "usual", found.start(1), found.end(1)),)


def links(source: Source) -> Iterator[Choice]:
    """One call of a chain, with the next one behind it or on the line below."""
    for line, below in zip(source.lines, source.lines[1:], strict=False):
        text = source.text[line.indent : line.end]
        if _begins_link(source, line) and _begins_link(source, below):
            usual = Place("chain", "usual", line.indent, line.end)
            yield usual, Place("chain", "column1", line.start, line.end)
        for found in _LINK.finditer(text):
            start, opening = line.indent + found.start(), line.indent + found.end()
            closing = source.partners.get(opening, 0)
            if source.layers[start] == CODE and opening < closing < line.end:
                after = _LINK.match(source.text, closing + 1)
                if after and after.end() <= line.end and not text[: found.start()].isspace():
                    yield (Place("chain", "usual", start, closing + 1),)


def _closed(source: Source, kind: Kind, start: int, end: int, line: Line) -> Iterator[Choice]:
    """A piece whose closing mark the editor has put there, and once hasn't."""
    if source.text[start:end].strip():
        yield Place(kind, "usual", start, end), Place(kind, "unclosed", start, line.end)


def _begins_link(source: Source, line: Line) -> bool:
    return bool(_LINK.match(source.text, line.indent, line.end)) and (
        source.layers[line.indent] == CODE
    )


def _guessed_code(source: Source) -> Iterator[tuple[int, int]]:
    for start, end in source.strings:
        for found in _GUESSED_CODE.finditer(source.text, start, end):
            yield found.span()


def _is_outermost(source: Source, start: int) -> bool:
    return start == 0 or source.layers[start - 1] not in {STRING, COMMENT}


def _line_at(source: Source, at: int) -> Line:
    start = source.text.rfind("\n", 0, at) + 1
    end = source.text.find("\n", at)
    return Line(start, start, len(source.text) if end < 0 else end)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
