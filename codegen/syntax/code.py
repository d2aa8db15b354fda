"""The lines of code before a place, with strings and comments blanked out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen.syntax.lexis import Lexis
from codegen.syntax.scan import Frame, begins_statement, scan
from codegen.text import depth, opens_block

_LETTER: Final = re.compile(r"[^\n]")

# What opens a block where blocks are marked by indentation, beside what `opens_block` knows.
_KEY: Final = re.compile(r"[^#\n]*:(?:[ \t]+[|>][-+\d]*)?\s*")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of code, with those that go on with it inside a bracket or a string.

    `start` is its offset, `depth` how far in it is, in columns. In `code` every character of a
    string is `_`, of a comment a blank; it is empty for a line of comments, and has no trailing
    blanks.
    """

    start: int
    depth: int
    code: str

    @property
    def opens(self) -> bool:
        """Whether what follows may be farther in: a block's body, the value of a key."""
        return opens(self.code)


def opens(code: str) -> bool:
    """Whether what follows a line of code may be farther in: a block's body, the value of a key."""
    code = code.replace("\n", " ").rstrip()
    return opens_block(code) or code.endswith(("(", "[")) or _KEY.fullmatch(code) is not None


def code_lines(text: str, lexis: Lexis, stack: list[Frame], start: int, end: int) -> list[CodeLine]:
    """The lines of a part of a text that begins at the beginning of one.

    `stack` is what is open at `start`, and is kept up to `end`.
    """
    pieces: list[str] = []
    begins = [start] if begins_statement(stack) else []
    at = start
    for event in scan(text, lexis, stack, start, end):
        opened = (
            event.kind == "open" and event.frame is not None and event.frame.literal is not None
        )
        before = stack[:-1] if event.kind == "open" else stack
        if event.kind in ("close", "drop") and event.frame is not None:
            before = [*stack, event.frame]
        pieces.append(_blanked(text[at : event.start], before))
        mark = stack if opened else before
        pieces.append(_blanked(text[event.start : event.end], mark))
        at = event.end
        if event.kind == "line" and begins_statement(stack):
            begins.append(at)
    pieces.append(_blanked(text[at:end], stack))
    code = "".join(pieces)
    bounds = [*begins, end]
    return [
        CodeLine(begin, depth(line), line.rstrip())
        for begin, stop in zip(begins, bounds[1:], strict=False)
        for line in (code[begin - start : stop - start],)
    ]


def _blanked(piece: str, stack: Sequence[Frame]) -> str:
    literal = stack[-1].literal if stack else None
    if literal is None or not piece:
        return piece
    return _LETTER.sub(" " if literal.comment else "_", piece)
