"""The hole that a completion fills: the cursor's line, what follows it, and how far it reaches."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from codegen.document import Document

Lines = Literal["single", "multi"]
Wanted = Literal["single", "multi", "auto"]

# How far around the cursor is looked, in code points: a line or a gap longer than that is not
# one that a person wrote.
_SIGHT: Final = 4000

# A line that only a block's body can follow: a brace, or one of Python's compound statements.
_COMPOUND: Final = re.compile(
    r"\s*(?:async\s+)?"
    r"(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b.*:\s*"
)

_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Hole:
    """What stands around the cursor.

    `left` and `right` are the cursor's line before and after it, without its newline.
    `following` is the line that comes next after the completion, without its newline and
    trailing blanks: usually the next one that is not blank, "" when there is none.
    `newline` is the document's.
    """

    left: str
    right: str
    following: str
    lines: Lines
    newline: str

    @property
    def starts_below(self) -> bool:
        """Whether the completion may begin with a newline."""
        return not self.left.strip() or opens_block(self.left)

    @property
    def inserts_above(self) -> bool:
        """Whether the cursor stands before the code of its line.

        A completion that ends with a newline then pushes that code down.
        """
        return bool(self.right.strip()) and not self.left.strip()


def find_hole(document: Document, wanted: Wanted = "auto") -> Hole:
    """The hole at a document's cursor."""
    text, cursor = document.text, document.cursor
    start = max(text.rfind("\n", 0, cursor) + 1, cursor - _SIGHT)
    left = text[start:cursor]
    rest = [line.rstrip("\r") for line in text[cursor : cursor + _SIGHT].split("\n")]
    right = rest[0]
    if right.strip() and not left.strip():
        rest[0] = left + right
    else:
        del rest[0]
    return Hole(
        left=left,
        right=right,
        following=next((line.rstrip() for line in rest if line.strip()), ""),
        lines=_decide(left, right, wanted),
        newline=_newline(text, cursor),
    )


def decide_lines(document: Document, wanted: Wanted = "auto") -> Lines:
    """Whether a completion is one line or may be several.

    `auto`: one when anything follows on the cursor's line or the line is begun; several on a
    blank line, which is free for any code, and after what opens a block.
    """
    return find_hole(document, wanted).lines


def opens_block(line: str) -> bool:
    """Whether only a block's body can follow a line."""
    line = line.rstrip()
    return line.endswith("{") or bool(_COMPOUND.fullmatch(line) and is_closed(line))


def is_closed(text: str) -> bool:
    """Whether each of a text's opening brackets is closed in it."""
    opened, _ = open_brackets(text)
    return not opened


def open_brackets(text: str) -> tuple[int, int]:
    """How many opening brackets are not closed in a text, and closing ones not opened."""
    stack: list[str] = []
    unopened = 0
    for letter in text:
        if letter in "([{":
            stack.append(letter)
        elif letter in _PAIRS:
            if stack and stack[-1] == _PAIRS[letter]:
                stack.pop()
            else:
                unopened += 1
    return len(stack), unopened


def depth(line: str) -> int:
    """A line's indentation in columns, tabs reaching to the next multiple of four."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(4))


def same_line(line: str, other: str) -> bool:
    """Whether two lines are equal but for trailing blanks and the way they are indented."""
    return line.strip() == other.strip() and depth(line) == depth(other)


def _decide(left: str, right: str, wanted: Wanted) -> Lines:
    if wanted != "auto":
        return wanted
    if right.strip():
        return "single"
    return "multi" if not left.strip() or opens_block(left) else "single"


def _newline(text: str, cursor: int) -> str:
    """The newline next to the cursor: a file's own even where it mixes them."""
    at = text.rfind("\n", 0, cursor)
    if at < 0:
        at = text.find("\n", cursor)
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
