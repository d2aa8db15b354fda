"""The code just before the cursor, with its strings and comments blanked out.

The tree says where strings and comments are. The code itself is read as plain text, since the tree
of half-written code can't be relied on.
"""

import re
from dataclasses import dataclass
from typing import Final

from codegen.document import Document
from codegen.syntax.language import Language
from codegen.syntax.plain import UNKNOWN
from codegen.text import depth

# How many code points and lines before the cursor are read; of an enormous line twice as many code
# points. A bracket that was opened farther up counts as forgotten.
_SIGHT: Final = 4000
_LINES: Final = 80

# How many code points before a bracket are looked at, and how many brackets may be open in each
# other: nobody writes more than that.
_LONGEST: Final = 400
_DEEPEST: Final = 100

_LETTER: Final = re.compile(r"[^\r\n]")
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"

# Words that begin a line only outside of round and square brackets. A bracket that is still open
# before such a line was forgotten, and must not make an argument of everything below it.
_STATEMENT: Final = re.compile(
    r"\s*(?:def|import(?!\s*\()|return|while|with|try|raise|del|global|nonlocal|assert|pass|break"
    r"|continue|elif|except|finally|impl|enum|use|package|let|var|throw|#\s*include)\b"
)
# Words that may also begin a parameter or an argument. Such a line is indented farther than the
# line of the open bracket.
_STATEMENT_OR_VALUE: Final = re.compile(
    r"\s*(?:(?:class|fn|func|struct|pub|const|public|private|protected|static)\b|@\w)"
)

# A line of comment, for texts without a tree.
_COMMENT_LINE: Final = re.compile(r"\s*(?://|/\*|(?:#|--|;;)\s)")

# The prefix of a string, before its quote.
_PREFIX: Final = re.compile(r"[\w$@]*$")

# A fence in Markdown. Where its code is the document, the text above it is not a part of that.
_FENCE: Final = re.compile(r"^[ \t]*(?:```|~~~).*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bracket:
    """An opening bracket that is not closed before the cursor; `at` is its offset."""

    mark: str
    at: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """The code from the offset `start` to the cursor.

    `code` is as long as that text. Each character of a string is `_` in it, each character of a
    comment is a blank, and newlines are kept. `brackets` are those that are open at the cursor,
    the outermost first. `literal` is the kind of literal that the cursor stands in, None in code,
    and `literal_start` the offset where that literal begins.
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

    @property
    def above(self) -> str:
        """The last line of code above the cursor's, without trailing blanks."""
        end = self.code.rfind("\n") + 1
        code = self.code[:end].rstrip()
        return code[code.rfind("\n") + 1 :]

    def header(self, offset: int) -> str:
        """The code before a brace at an offset; if the brace stands alone, of the line above."""
        return self._line(offset, self.code[: offset - self.start].rstrip())

    def until(self, offset: int) -> str:
        """The code before an offset of the document on its line."""
        return self._line(offset, self.code[: offset - self.start])

    def _line(self, offset: int, code: str) -> str:
        return code[max(code.rfind("\n") + 1, offset - self.start - _LONGEST) :]


def known_language(document: Document) -> Language:
    """The language of a document's tree; UNKNOWN where there is no tree."""
    return document.tree.grammar.language if document.tree is not None else UNKNOWN


def look_back(document: Document) -> Nearby:
    """The code before a document's cursor."""
    start = _start(document)
    text, cursor = document.text, document.cursor
    if known_language(document).prose:
        return Nearby(start, _blanked(text[start:cursor], " "), (), "comment", start)
    code, literal, literal_start = _masked(document, start)
    if "```" in code or "~~~" in code:
        for fence in _FENCE.finditer(code):
            code = _blanked(code[: fence.end()], " ") + code[fence.end() :]
    if literal is None:
        literal, literal_start = _unclosed(document, code, start)
        if literal is not None:
            at = literal_start - start
            code = code[:at] + _blanked(code[at:], " " if literal == "comment" else "_")
    if literal == "string" and (at := _code_in(document, literal_start)) >= max(start, 1):
        literal, literal_start = None, cursor
        code = code[: at - start] + text[at:cursor]
    return Nearby(start, code, _open(code, start), literal, literal_start)


def _start(document: Document) -> int:
    text, cursor = document.text, document.cursor
    start = cursor
    for _ in range(_LINES):
        start = max(text.rfind("\n", 0, start - 1) + 1, 0) if start else 0
        if start == 0 or cursor - start > _SIGHT:
            break
    return max(start, cursor - 2 * _SIGHT)


def _blanked(text: str, blank: str) -> str:
    return _LETTER.sub(blank, text)


def _masked(document: Document, start: int) -> tuple[str, str | None, int]:
    """The code with its literals blanked out; the kind and start of the cursor's own literal."""
    text, cursor = document.text, document.cursor
    code = list(text[start:cursor])
    literal, literal_start = None, cursor
    for kind, begin, end in _literals(document, start):
        low, high = max(begin, start), min(end, cursor)
        piece = text[low:high]
        if kind != "code":
            piece = _blanked(piece, " " if kind == "comment" else "_")
        code[low - start : high - start] = piece
        if begin < cursor < end or (cursor == end and _goes_on(kind, text[begin:end])):
            literal, literal_start = (None if kind == "code" else kind), begin
    return "".join(code), literal, literal_start


def _literals(document: Document, start: int) -> list[tuple[str, int, int]]:
    """Literals between `start` and the cursor, the outer ones before what they hold."""
    if document.tree is None:
        return []
    found = [
        (capture.kind, capture.start, capture.end)
        for capture in document.tree.literals(start, document.cursor)
        if capture.start < document.cursor
        # JavaScript's grammar takes a comment that isn't closed for a regular expression.
        and not (capture.kind == "string" and document.text.startswith("/*", capture.start))
    ]
    # The query names a docstring a string, too: sorted last, "docstring" is what counts.
    found.sort(key=lambda item: (item[1], -item[2], item[0] != "string"))
    return found


def _goes_on(kind: str, literal: str) -> bool:
    """Whether text that is typed at the end of a literal belongs to the literal."""
    if kind == "comment":
        return not literal.endswith(("*/", "-->", "\n"))
    return False


def _unclosed(document: Document, code: str, start: int) -> tuple[str | None, int]:
    """The kind of the literal that isn't closed before the cursor, and where it begins."""
    quote = _unclosed_quote(code, known_language(document))
    comment = _unclosed_comment(document, code)
    if comment is not None and (quote is None or comment < quote):
        return "comment", start + comment
    if quote is not None:
        return _kind_of_quote(code, quote), start + quote
    return None, document.cursor


def _unclosed_comment(document: Document, code: str) -> int | None:
    if document.tree is None:
        line = code.rfind("\n") + 1
        return line if _COMMENT_LINE.match(code, line) else None
    marks = document.tree.grammar.language.block_comment
    if marks is None:
        return None
    at = code.rfind(marks[0])
    return at if at >= 0 and marks[1] not in code[at:] else None


def _unclosed_quote(code: str, language: Language) -> int | None:
    """Where an unclosed string begins, in code whose other strings are blanked out."""
    for mark in language.long_quotes:
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
        elif letter in language.quotes and not (letter == "'" and line[at - 1 : at].isalnum()):
            quote, begin = letter, at
        at += 1
    return start + begin if quote else None


def _code_in(document: Document, start: int) -> int:
    """The offset of the mark that opens code in a string, if the cursor is in that code; else 0.

    `start` is where the string begins. Without a tree that is the quote, and a prefix of the string
    stands before it.
    """
    interpolation = known_language(document).interpolation
    if interpolation is None:
        return 0
    mark = interpolation.mark
    text, cursor = document.text, document.cursor
    if text[start] in "\"'`" and (prefix := _PREFIX.search(text[max(0, start - 3) : start])):
        start -= len(prefix[0])
    at = text.rfind(mark, start, cursor)
    if at < 0 or not interpolation.string.match(text, start, at) or text[at - 1] in ("\\", mark):
        return 0
    inside = text[at + len(mark) : cursor]
    return at if inside.count("}") <= inside.count("{") else 0


def _kind_of_quote(code: str, quote: int) -> str:
    """Whether an unclosed string is a "docstring" or a "string" that is a value."""
    if not code.startswith(('"""', "'''"), quote):
        return "string"
    before = code[:quote].rstrip(" \t")
    opens = before.rstrip().endswith(":") or not before.strip()
    return "docstring" if opens and (not before or before.endswith(("\n", "\r"))) else "string"


def _open(code: str, start: int) -> tuple[Bracket, ...]:
    stack: list[Bracket] = []
    at = 0
    for line in code.splitlines(keepends=True):
        if stack:
            _forget(stack, line, code, start)
        for column, letter in enumerate(line):
            if letter in _OPENING:
                stack.append(Bracket(letter, start + at + column))
            elif letter in _CLOSING:
                wanted = _OPENING[_CLOSING.index(letter)]
                # The mark that closes an outer bracket also closes the forgotten ones inside it.
                if any(bracket.mark == wanted for bracket in stack):
                    while stack.pop().mark != wanted:
                        pass
        at += len(line)
    return tuple(stack[-_DEEPEST:])


def _forget(stack: list[Bracket], line: str, code: str, start: int) -> None:
    """Drops the brackets that must have been forgotten, since a line can't stand in them."""
    surely = _STATEMENT.match(line)
    if not surely and not _STATEMENT_OR_VALUE.match(line):
        return
    while stack and stack[-1].mark in "([":
        if not surely:
            opened = code.rfind("\n", 0, stack[-1].at - start) + 1
            if depth(line) > depth(code[opened : stack[-1].at - start] + "x"):
                return
        stack.pop()
