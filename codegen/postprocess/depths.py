"""Indentation: the unit and the levels that the code near the cursor has."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from codegen.context.hole import Hole
from codegen.syntax.code import CodeLine
from codegen.syntax.registry import prefers_tabs

# The dash of a list's element in YAML, after which its content is indented farther.
_DASH: Final = re.compile(r"\s*(-\s+)")

# The most columns that one level of indentation may have.
_WIDEST: Final = 8

# How many indented lines above, and how many below, tell whether tabs are used.
_NEAR: Final = 4


def levels_at(lines: Sequence[CodeLine], line: int) -> tuple[int, ...]:
    """The indentation, in columns, of the blocks around the last line of code before an offset.

    The innermost block comes first.
    """
    levels: list[int] = []
    for above in reversed(lines):
        if above.start >= line or not above.code:
            continue
        dash = _DASH.match(above.code)
        for column in (*((above.depth + len(dash[1]),) if dash else ()), above.depth):
            if not levels or column < levels[-1]:
                levels.append(column)
    return tuple(levels)


def unit_near(
    path: str | None, hole: Hole, above: Sequence[CodeLine], below: Sequence[CodeLine]
) -> str | None:
    """One level of indentation as text: a tab, or some blanks; None if nothing tells.

    The blanks at the start of the cursor's line say whether it is a tab. If there are none, the
    lines near it say so. The commonest step after a line that opens a block says how many blanks
    it is. If no line near the cursor is indented, it is a tab where the file's type prefers tabs.
    """
    near = indents_near(hole, above, below)
    if near.count("\t") * 2 > len(near):
        return "\t"
    steps = Counter(
        after.depth - before.depth
        for lines in (above, below)
        for before, after in pairwise([line for line in lines if line.code])
        if before.opens and after.depth > before.depth
    )
    if steps:
        return " " * min(steps.most_common(1)[0][0], _WIDEST)
    return "\t" if not near and prefers_tabs(path) else None


def indents_near(hole: Hole, above: Sequence[CodeLine], below: Sequence[CodeLine]) -> list[str]:
    """The blanks that the cursor's line begins with, or else the first blank of lines near it."""
    if hole.left[:1].isspace():
        return list(hole.left[: len(hole.left) - len(hole.left.lstrip())])
    near = [line.code[0] for line in reversed(above) if line.depth and line.code][:_NEAR]
    return near + [line.code[0] for line in below if line.depth and line.code][:_NEAR]
