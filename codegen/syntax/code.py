"""The lines of code before a place, with strings and comments blanked out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen.syntax.lexis import Lexis
from codegen.syntax.scan import Frame, begins_statement, scan
from codegen.text import depth, opens_block

_LETTER: Final = re.compile(r"[^\n]")

# Lines that open a block which is marked by indentation, besides those that `opens_block` knows.
_KEY: Final = re.compile(r"[^#\n]*:(?:[ \t]+[|>][-+\d]*)?\s*")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of code, together with the lines that continue it inside a bracket or a string.

    `start` is its offset, `depth` its indentation in columns. In `code` each character of a string
    is `_` and each character of a comment a blank. It has no trailing blanks, and is empty for a
    line of comments.
    """

    start: int
    depth: int
    code: str

    @property
    def opens(self) -> bool:
        """Whether the next line may be indented farther, see `opens`."""
        return opens(self.code)


def opens(code: str) -> bool:
    """Whether the line below may be indented farther, as a block's body or a key's value is."""
    code = code.replace("\n", " ").rstrip()
    return opens_block(code) or code.endswith(("(", "[")) or _KEY.fullmatch(code) is not None


def code_lines(text: str, lexis: Lexis, stack: list[Frame], start: int, end: int) -> list[CodeLine]:
    """The lines of code between two offsets of a text; `start` is the beginning of a line.

    `stack` are the frames that are open at `start`. It is changed to those that are open at `end`.
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
