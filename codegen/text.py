"""Questions about texts and single lines that need no tree: indentation, brackets, words."""

import re
from collections import Counter
from itertools import pairwise
from typing import Final

# The header of one of Python's compound statements, after which only a block's body can follow.
_COMPOUND: Final = re.compile(
    r"\s*(?:async\s+)?"
    r"(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b.*:\s*"
)

# Statements after which nothing can follow in the same block.
_LEAVES: Final = re.compile(r"\s*(?:return|raise|pass|break|continue)\b")

# The columns of one level of indentation if a text doesn't show it, and the most that it may have.
_WIDTH: Final = 4
_WIDEST: Final = 8

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


def opens_block(line: str) -> bool:
    """Whether only a block's body can follow a line: it ends with a brace or begins a block."""
    line = line.rstrip()
    return line.endswith("{") or bool(_COMPOUND.fullmatch(line) and is_closed(line))


def is_closed(text: str) -> bool:
    """Whether all brackets that a text opens are closed in it."""
    opened, _ = open_brackets(text)
    return not opened


def open_brackets(text: str) -> tuple[int, int]:
    """How many brackets a text opens and doesn't close, and how many it closes and didn't open."""
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
    """A line's indentation in columns; a tab reaches to the next multiple of four."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(4))


def indent_unit(text: str) -> str:
    """One level of a text's indentation: a tab or some blanks; four blanks if it shows none."""
    lines = [line for line in text.splitlines() if line.strip()]
    tabs = sum(line.startswith("\t") for line in lines)
    blanks = sum(line.startswith(" ") for line in lines)
    if tabs > blanks:
        return "\t"
    steps = Counter(
        depth(line) - depth(above)
        for above, line in pairwise(lines)
        if opens_block(above) and depth(line) > depth(above)
    )
    width = steps.most_common(1)[0][0] if steps else _WIDTH
    return " " * min(width, _WIDEST)


def indent_below(line: str, unit: str, *, leaves: bool) -> str:
    """The indentation with which an editor begins the line after `line`.

    Args:
        line: a line of code, without its end.
        unit: one level of indentation.
        leaves: whether a block ends after what nothing can follow, as Python's do.
    """
    indent = line[: len(line) - len(line.lstrip())]
    if opens_block(line) or line.rstrip().endswith(("(", "[", "{")):
        return indent + unit
    return indent.removesuffix(unit) if leaves and _LEAVES.match(line) else indent


def is_word(letter: str) -> bool:
    """Whether a character can stand in a name."""
    return letter.isalnum() or letter == "_"


def same_line(line: str, other: str) -> bool:
    """Whether two lines are equal, apart from trailing blanks and from tabs for blanks."""
    return line.strip() == other.strip() and depth(line) == depth(other)


def scalar(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which UTF-8 can't represent.

    The number of code points stays the same.
    """
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
