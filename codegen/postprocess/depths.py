"""How far in lines of code are, by the code near the cursor."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from codegen.context.hole import Hole
from codegen.syntax.code import CodeLine
from codegen.syntax.registry import prefers_tabs

# An element of a list in YAML: its content is farther in.
_DASH: Final = re.compile(r"\s*(-\s+)")

# Columns of one level of indentation at most.
_WIDEST: Final = 8

# Lines above and below whose indentation tells whether it is of tabs.
_NEAR: Final = 4


def levels_at(lines: Sequence[CodeLine], line: int) -> tuple[int, ...]:
    """How far in the blocks are that the last line of code before an offset stands in."""
    levels: list[int] = []
    for one in reversed(lines):
        if one.start >= line or not one.code:
            continue
        dash = _DASH.match(one.code)
        for column in (*((one.depth + len(dash[1]),) if dash else ()), one.depth):
            if not levels or column < levels[-1]:
                levels.append(column)
    return tuple(levels)


def unit_near(
    path: str | None, hole: Hole, above: Sequence[CodeLine], below: Sequence[CodeLine]
) -> str | None:
    """One level of indentation; the cursor's own line counts most, then the code near it."""
    near = indents_near(hole, above, below)
    if near.count("\t") * 2 > len(near):
        return "\t"
    steps = Counter(
        after.depth - before.depth
        for lines in (above, below)
        for before, after in pairwise([one for one in lines if one.code])
        if before.opens and after.depth > before.depth
    )
    if steps:
        return " " * min(steps.most_common(1)[0][0], _WIDEST)
    return "\t" if not near and prefers_tabs(path) else None


def indents_near(hole: Hole, above: Sequence[CodeLine], below: Sequence[CodeLine]) -> list[str]:
    """With what the cursor's line begins, or else the code near it."""
    if hole.left[:1].isspace():
        return list(hole.left[: len(hole.left) - len(hole.left.lstrip())])
    near = [one.code[0] for one in reversed(above) if one.depth and one.code][:_NEAR]
    return near + [one.code[0] for one in below if one.depth and one.code][:_NEAR]
