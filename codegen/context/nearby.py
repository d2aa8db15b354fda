"""The code just before the cursor, with its literals blanked out.

The tree says what is a string or a comment; the rest is read as plain text, since half-written
code has no other shape.
"""

import re
from dataclasses import dataclass
from typing import Final

from codegen.document import Document

# How far back is looked, in code points and lines. A bracket that was opened farther up is taken
# for one that somebody forgot.
_SIGHT: Final = 4000
_LINES: Final = 80

_OPENING: Final = "([{"
_CLOSING: Final = ")]}"

# What begins a line only outside of round and square brackets: one that is still open there was
# forgotten, and must not make an argument of everything below it.
_STATEMENT: Final = re.compile(
    r"\s*(?:(?:def|class|import|return|while|with|try|raise|del|global|nonlocal|assert|pass|break"
    r"|continue|elif|except|finally|fn|func|impl|struct|enum|use|pub|package|let|const|var|throw"
    r"|public|private|protected|static|#include)\b|@\w)"
)

_LITERALS: Final = ("string", "docstring", "comment")


@dataclass(frozen=True, slots=True)
class Bracket:
    """An opening bracket that is not closed before the cursor; `at` is its offset."""

    mark: str
    at: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """The code from `start` to the cursor.

    `code` is as long as that, with `_` for every character of a string and a blank for every one
    of a comment, newlines kept. `brackets` are open at the cursor, the outermost first. `literal`
    says in what the cursor stands, None in code; `literal_start` is where that begins.
    """

    start: int
    code: str
    brackets: tuple[Bracket, ...]
    literal: str | None
    literal_start: int

    @property
    def left(self) -> str:
        """The code before the cursor on its line."""
        return self.code[self.code.rfind("\n") + 1 :]

    def until(self, offset: int) -> str:
        """The code before an offset of the document on its line."""
        code = self.code[: offset - self.start]
        return code[code.rfind("\n") + 1 :]


def look_back(document: Document) -> Nearby:
    """The code before a document's cursor."""
    text, cursor = document.text, document.cursor
    start = cursor
    for _ in range(_LINES):
        start = max(text.rfind("\n", 0, start - 1) + 1, 0) if start else 0
        if start == 0 or cursor - start > _SIGHT:
            break
    code = list(text[start:cursor])
    literal, literal_start = None, cursor
    for kind, begin, end in _literals(document, start):
        low, high = max(begin, start), min(end, cursor)
        if kind == "code":
            code[low - start : high - start] = text[low:high]
        else:
            blank = " " if kind == "comment" else "_"
            code[low - start : high - start] = [
                letter if letter in "\r\n" else blank for letter in text[low:high]
            ]
        if begin < cursor < end or (cursor == end and _goes_on(kind, text[begin:end])):
            literal, literal_start = (None if kind == "code" else kind), begin
    masked = "".join(code)
    if literal is None and (quote := _unclosed_quote(masked)) is not None:
        literal, literal_start = _kind_of_quote(masked, quote), start + quote
        masked = masked[:quote] + re.sub(r"[^\r\n]", "_", masked[quote:])
    return Nearby(start, masked, _open(masked, start), literal, literal_start)


def _literals(document: Document, start: int) -> list[tuple[str, int, int]]:
    """Literals between `start` and the cursor, the outer ones before what they hold."""
    if document.tree is None:
        return []
    found = [
        (capture.kind, capture.start, capture.end)
        for capture in document.tree.literals(start, document.cursor)
        if capture.start < document.cursor
    ]
    # A docstring is a string too; named last, it is what counts.
    found.sort(key=lambda item: (item[1], -item[2], item[0] != "string"))
    return found


def _goes_on(kind: str, literal: str) -> bool:
    """Whether what is written at a literal's end still belongs to it."""
    if kind == "comment":
        return not literal.endswith(("*/", "-->", "\n"))
    return False


def _unclosed_quote(code: str) -> int | None:
    """Where a string begins that isn't closed, in code whose other strings are blanked out."""
    for mark in ('"""', "'''"):
        if code.count(mark) % 2:
            return code.rindex(mark)
    start = code.rfind("\n") + 1
    line = code[start:]
    at = 0
    quote = ""
    begin = 0
    while at < len(line):
        letter = line[at]
        if letter == "\\":
            at += 1
        elif quote:
            if letter == quote:
                quote = ""
        elif letter in "\"'`" and not (letter == "'" and line[at - 1 : at].isalnum()):
            quote, begin = letter, at
        at += 1
    return start + begin if quote else None


def _kind_of_quote(code: str, quote: int) -> str:
    """Whether a string that is not closed documents something, or is a value."""
    if not code.startswith(('"""', "'''"), quote):
        return "string"
    before = code[:quote].rstrip(" \t")
    opens = before.rstrip().endswith(":") or not before.strip()
    return "docstring" if opens and (not before or before.endswith(("\n", "\r"))) else "string"


def _open(code: str, start: int) -> tuple[Bracket, ...]:
    stack: list[Bracket] = []
    at = 0
    for line in code.splitlines(keepends=True):
        if stack and _STATEMENT.match(line):
            while stack and stack[-1].mark in "([":
                stack.pop()
        for column, letter in enumerate(line):
            if letter in _OPENING:
                stack.append(Bracket(letter, start + at + column))
            elif letter in _CLOSING:
                wanted = _OPENING[_CLOSING.index(letter)]
                # What closes an outer bracket closes those that were forgotten inside it.
                if any(bracket.mark == wanted for bracket in stack):
                    while stack.pop().mark != wanted:
                        pass
        at += len(line)
    return tuple(stack)
