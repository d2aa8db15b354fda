"""What can be said of single lines: indentation, brackets, whether they open a block."""

import re
from typing import Final

# A line that only a block's body can follow: a brace, or one of Python's compound statements.
_COMPOUND: Final = re.compile(
    r"\s*(?:async\s+)?"
    r"(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b.*:\s*"
)

_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


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
