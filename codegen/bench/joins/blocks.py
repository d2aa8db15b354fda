"""Where pieces of several lines can be removed: bodies of blocks, and elements of lists."""

import re
from collections.abc import Iterator
from typing import Final

from codegen.bench.joins.places import Choice, Kind, Place
from codegen.bench.joins.source import CODE, COMMENT, STRING, Line, Source

# How many lines a body has that is removed.
_LINES: Final = range(2, 17)

# What makes the next line deeper, at the end of a line's code.
_OPENERS: Final = re.compile(r"(?:[{(\[:]|=>|->|\b(?:do|then|else|begin|in)|\|[\w\s,*&()]*\|)$")
_TAG: Final = re.compile(r"<[A-Za-z][^<>]*(?<!/)>$")
_CLOSING: Final = re.compile(r"[)\]}]|(?:end|fi|done|esac)\b")


def bodies(source: Source) -> Iterator[Choice]:
    """What stands in a block of a few lines, with the cursor as Enter behind its header leaves it.

    Besides with the line empty, with the closing line missing, and between both brackets.
    """
    for number, header in enumerate(source.lines[:-2]):
        end = source.code_end(header)
        if source.lines[number + 1].indent == source.lines[number + 1].end:
            continue
        if not _opens(source, header, end):
            continue
        depth, kind = _header(source, header, end)
        last = _last_line(source, number, depth)
        if last - number not in _LINES or not _is_balanced(source, header.end, last):
            continue
        yield tuple(_body(source, kind, number, last, end))


def elements(source: Source) -> Iterator[Choice]:
    """One line of a list, a call or the like that has a line for each element, but the last."""
    for number, header in enumerate(source.lines[:-3]):
        opening = source.code_end(header) - 1
        if opening < header.indent or source.text[opening] not in "([{":
            continue
        closing = source.partners.get(opening, 0)
        if closing <= header.end or source.layers[opening] != CODE:
            continue
        inner = [line for line in source.lines[number + 1 :] if line.end < closing]
        if not inner or source.depth(inner[0]) <= source.depth(header):
            continue
        same = [line for line in inner if source.depth(line) == source.depth(inner[0])]
        separate = _separate(source, source.text[opening])
        if not all(_ends(source, line, separate) for line in same[:-1]):
            continue
        for line in same[:-1]:
            is_code = source.layers[line.indent] != COMMENT
            if is_code and _is_balanced_line(source, line):
                usual = Place("element", "usual", line.indent, line.end)
                yield usual, Place("element", "column1", line.start, line.end)


def closing_line(source: Source, at: int) -> str:
    """The first line after an offset that isn't blank, if it is one that closes a block."""
    line = next((text for text in source.text[at:].split("\n")[1:] if text.strip()), "")
    is_tag = source.facts.markup and line.lstrip().startswith("</")
    return line if is_tag or _CLOSING.match(line.lstrip()) else ""


def _body(source: Source, kind: Kind, number: int, last: int, header_end: int) -> Iterator[Place]:
    first, end = source.lines[number + 1], source.lines[last].end
    yield Place(kind, "usual", first.indent, end)
    yield Place(kind, "column1", first.start, end)
    closer = next((line for line in source.lines[last + 1 :] if line.indent < line.end), None)
    if closer is None or not _CLOSING.match(source.text, closer.indent):
        return
    if not _opens(source, closer, source.code_end(closer)):
        yield Place(kind, "unclosed", first.indent, closer.end)
    if source.partners.get(header_end - 1) == closer.indent and kind != "header-comment":
        yield Place(kind, "inline", header_end, closer.indent)


def _opens(source: Source, line: Line, end: int) -> bool:
    """Whether a line's code ends as a block's header does."""
    if end <= line.indent or source.layers[line.indent] == STRING:
        return False
    text = source.text[line.indent : end]
    if source.facts.markup:
        return bool(_TAG.search(text))
    if source.layers[end - 1] == CODE and _OPENERS.search(text):
        return True
    words = source.facts.headers
    return words is not None and bool(re.match(rf"(?:{words})(?:\b|$)", text))


def _header(source: Source, line: Line, end: int) -> tuple[int, Kind]:
    """How far in a header begins, which may be some lines above, and what kind it is."""
    kind: Kind = "body" if end == len(source.text[: line.end].rstrip()) else "header-comment"
    for at in range(line.indent, end):
        opening = source.partners.get(at, at)
        if source.text[at] in ")]" and opening < line.start:
            start = source.text.rfind("\n", 0, opening) + 1
            begun = source.text[start:opening]
            indent = start + len(begun) - len(begun.lstrip())
            return source.depth(Line(start, indent, opening)), "header-lines"
    return source.depth(line), kind


def _last_line(source: Source, number: int, depth: int) -> int:
    """The number of the last line that is deeper than a header, among those right below it."""
    last = number
    for below in range(number + 1, len(source.lines)):
        line = source.lines[below]
        if line.indent == line.end:
            continue
        in_string = source.layers[line.start : line.start + 1] == STRING
        if (source.depth(line) <= depth and not in_string) or last - number > _LINES[-1]:
            break
        last = below
    return last


def _is_balanced(source: Source, start: int, last: int) -> bool:
    end = source.lines[last].end
    return (
        all(
            start <= source.partners.get(at, -1) < end
            for at in range(start, end)
            if source.text[at] in "()[]{}" and source.layers[at] == CODE
        )
        or not source.facts.balanced
    )


def _is_balanced_line(source: Source, line: Line) -> bool:
    return all(
        line.start <= source.partners.get(at, -1) < line.end
        for at in range(line.start, line.end)
        if source.text[at] in "()[]{}" and source.layers[at] == CODE
    )


def _separate(source: Source, opening: str) -> str:
    """What ends an element."""
    return "" if opening == "(" and not source.facts.commas_in_rounds else ","


def _ends(source: Source, line: Line, separate: str) -> bool:
    end = source.code_end(line)
    return end == line.indent or source.text[:end].endswith((separate, "(", "[", "{"))
