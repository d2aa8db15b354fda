"""Finds the holes of a Python file: statements, blocks and bodies of its functions.

A hole begins after the indentation of its first line and ends before the newline of its last line:
that is the text which a user types after an editor has placed the cursor. It covers whole lines; a
line with several statements is never cut.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

HoleKind = Literal["statement", "block", "body"]

MAX_LINES: Final = 25
MAX_CHARACTERS: Final = 1500
_MAX_RUN: Final = 6  # statements of a block that is not a whole suite

# What ast calls a line: neither form feeds nor Unicode's separators end one.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_REST = re.compile(r"[ \t\f]*(?:#[^\r\n]*)?")
_COOKIE = re.compile(r"\A(?:[^\r\n]*(?:\r\n|\r|\n))?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TRIVIAL = (ast.Pass, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


@dataclass(frozen=True, slots=True)
class CutHole:
    """A span of a file's text, in code points. `first` and `last` are its lines, from 1.

    `function` is the qualified name of the outermost function around it, by which problems are
    grouped; `entry_point` is that of the innermost.
    """

    kind: HoleKind
    function: str
    entry_point: str
    start: int
    end: int
    first: int
    last: int

    @property
    def label(self) -> str:
        """A name that no other hole of the file has: "NAME/statement/L12"."""
        lines = f"L{self.first}" if self.first == self.last else f"L{self.first}-{self.last}"
        return f"{self.function}/{self.kind}/{lines}"


def decode(data: bytes) -> str | None:
    """A source file's text, if that is UTF-8 without a byte order mark or null characters."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.startswith("\ufeff") or "\0" in text:
        return None
    cookie = _COOKIE.match(text)
    if cookie and cookie[1].lower().replace("_", "-") not in {"utf-8", "utf8"}:
        return None
    return text


def holes(text: str) -> list[CutHole]:
    """All holes of a file, in the order of their places; none if the file doesn't parse.

    If a body has one statement, only the body is a hole.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: dict[tuple[int, int], CutHole] = {}
    for hole in _Cutter(text).walk(tree.body, (), None):
        span = hole.start, hole.end
        if span not in found or hole.kind == "body":
            found[span] = hole
    return [found[span] for span in sorted(found)]


class _Cutter:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = _LINE.findall(text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def walk(
        self, body: Sequence[ast.stmt], names: tuple[str, ...], outer: str | None
    ) -> Iterator[CutHole]:
        """The holes in `body`, in a scope called `names`, within the function `outer` if any."""
        for node in body:
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                inside = (*names, node.name)
                if isinstance(node, ast.ClassDef):
                    yield from self.walk(node.body, inside, outer)
                    continue
                function = outer or ".".join(inside)
                yield from self._in_function(node, function, ".".join(inside))
                yield from self.walk(node.body, inside, function)
            else:
                for suite in _suites(node):
                    yield from self.walk(suite, names, outer)

    def _in_function(self, node: _Function, function: str, name: str) -> Iterator[CutHole]:
        body = node.body[_documented(node) :]
        if hole := self._hole("body", body, function, name):
            yield hole
        pending = [body]
        while pending:
            suite = pending.pop()
            for at, statement in enumerate(suite):
                if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
                    continue
                inner = list(_suites(statement))
                pending += inner
                if not inner and (hole := self._hole("statement", [statement], function, name)):
                    yield hole
                for end in range(at + (1 if inner else 2), min(at + _MAX_RUN, len(suite)) + 1):
                    run = suite[at:end]
                    # The function's whole body is a kind of its own.
                    if run != body and (hole := self._hole("block", run, function, name)):
                        yield hole
            if suite is not body and len(suite) > _MAX_RUN:
                hole = self._hole("block", suite, function, name)
                if hole:
                    yield hole

    def _hole(
        self, kind: HoleKind, run: Sequence[ast.stmt], function: str, name: str
    ) -> CutHole | None:
        if not run or all(_is_trivial(statement) for statement in run):
            return None
        first, last = _first_line(run[0]), run[-1].end_lineno or run[-1].lineno
        start = self._starts[first - 1] + _indentation(self._lines[first - 1])
        column = run[-1].end_col_offset or 0
        end = self._offset(last, column)
        rest = _REST.match(self._text, end)
        end = rest.end() if rest else end
        text = self._text[start:end]
        whole = (
            start == self._offset(first, _first_column(run[0]))
            and self._text[end : end + 1] in ("", "\r", "\n")
            and last - first < MAX_LINES
            and len(text) <= MAX_CHARACTERS
        )
        return CutHole(kind, function, name, start, end, first, last) if whole else None

    def _offset(self, line: int, column: int) -> int:
        """The code point at a line and a column in UTF-8 bytes, as ast counts."""
        encoded = self._lines[line - 1].encode("utf-8", "surrogatepass")
        return self._starts[line - 1] + len(encoded[:column].decode("utf-8", "surrogatepass"))


def _suites(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The suites of a compound statement that is neither a function nor a class."""
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(node, name, None)
        if suite:
            yield suite
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _documented(node: _Function) -> int:
    first = node.body[0]
    return int(
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _is_trivial(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        # A docstring in an odd place, a literal, an ellipsis.
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, _TRIVIAL)


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", ())
    return min((decorator.lineno for decorator in decorators), default=statement.lineno)


def _first_column(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", ())
    # The "@" itself is no part of the tree.
    first = min(decorators, key=lambda node: node.lineno, default=None)
    return statement.col_offset if first is None else max(0, first.col_offset - 1)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))
