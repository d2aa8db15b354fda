"""Rules about the indentation of a completion."""

from itertools import pairwise
from typing import Final

from codegen.postprocess.joint import Joint
from codegen.syntax.code import opens
from codegen.text import depth, opens_block

# Columns of one level in most of the code that models were trained on. Where a file shows no unit
# of indentation, this many blanks are one level.
_USUAL: Final = 4


def misplaced(text: str, joint: Joint) -> str:
    """Indents a completion so that it fits the lines around it, if it chose its indentation itself.

    In a language whose blocks are indented, a line may only be indented farther than the line above
    if that opens a block; and after a line that opens a block, a line must be indented farther. So
    a text that opens no block is moved to the indentation of the line that follows, if that is
    indented farther; and in the same way it is moved to fit the line above.
    """
    hole = joint.hole
    if not hole.is_unplaced or joint.stack or joint.above is None:
        return text
    lines = [line for line in text.split("\n") if line.strip()]
    first, above = depth(lines[0]), joint.above.depth
    following = depth(hole.following) if hole.following else 0
    wanted = first
    if joint.above.opens:
        listed = first == above and lines[0].lstrip().startswith("- ")
        # The lines below may belong to the text, as the value of a key or the rest of an element.
        leads = opens(lines[-1]) or lines[-1].lstrip().startswith("- ")
        if following > above and (first <= above or not (leads and first < following)):
            wanted = following
        elif first <= above and not listed:
            unit = joint.unit or " " * min(_steps("", lines, by_indent=True) or {_USUAL})
            wanted = above + len(unit.expandtabs(_USUAL))
    elif following > depth(lines[-1]) and not opens(lines[-1]) and following in joint.levels:
        wanted = first + following - depth(lines[-1])
    elif first > above and first not in joint.levels:
        wanted = above
    return text if wanted == first else _moved(text, wanted - first, joint.unit)


def style(text: str, joint: Joint) -> str:
    """Replaces the completion's unit of indentation by the file's own, if the file shows one."""
    unit, hole = joint.unit, joint.hole
    if unit is None or joint.in_text:
        return text
    lines = text.split("\n")
    base = depth(hole.left + "x")
    # The first line keeps its indentation if the user has typed it already.
    own = range(0 if not hole.left else 1, len(lines))
    width = len(unit.expandtabs(_USUAL))
    usual = width != _USUAL and _steps(hole.left, lines, by_indent=hole.by_indent) == {_USUAL}
    usual = usual and all(
        (depth(lines[at]) - base) % _USUAL == 0 for at in own if lines[at].strip()
    )
    factor = width / _USUAL if usual else 1.0
    for at in own:
        body = lines[at].lstrip(" \t")
        blanks = lines[at][: len(lines[at]) - len(body)]
        other = blanks.startswith(" " * _USUAL) if unit == "\t" else "\t" in blanks
        foreign = other and (" " if unit == "\t" else "\t") not in joint.indents
        before = lines[at - 1] if at else joint.above.code if joint.above else ""
        if body and not before.endswith("\\") and (foreign or (factor != 1.0 and unit != "\t")):
            columns = depth(lines[at])
            columns = base + round((columns - base) * factor) if columns > base else columns
            lines[at] = _indent(columns, unit) + body
    return "\n".join(lines)


def _steps(left: str, lines: list[str], *, by_indent: bool) -> set[int]:
    """By how many columns the blocks of a text are indented: all numbers that occur."""
    full = [line for line in (left + lines[0], *lines[1:]) if line.strip()]
    return {
        depth(below) - depth(line)
        for line, below in pairwise(full)
        if (opens(line) if by_indent else opens_block(line)) and depth(below) > depth(line)
    }


def _moved(text: str, columns: int, unit: str | None) -> str:
    return "\n".join(
        _indent(max(0, depth(line) + columns), unit) + line.lstrip(" \t") if line.strip() else line
        for line in text.split("\n")
    )


def _indent(columns: int, unit: str | None) -> str:
    if unit != "\t":
        return " " * columns
    return "\t" * (columns // _USUAL) + " " * (columns % _USUAL)
