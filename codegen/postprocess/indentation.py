"""Rules about how far in the lines of a completion stand."""

from itertools import pairwise
from typing import Final

from codegen.postprocess.joint import Joint
from codegen.syntax.code import opens
from codegen.text import depth, opens_block

# Columns of a level in what most models were trained on, and what is taken for one of blanks
# where the file shows none.
_USUAL: Final = 4


def misplaced(text: str, joint: Joint) -> str:
    """Moves a completion to where its lines can stand, if it had to choose that itself.

    In a language whose blocks are indented, a line farther in than the code before it needs a block
    to be opened, and what opens one needs a line farther in. So a text that is farther out than the
    line that follows and opens nothing is moved as far in as that; and likewise below the code
    above.
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
        # What is below may belong to the text, as a key's value or more of a list's element.
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
    """Indents by the file's own unit, tabs or blanks, and as many, if the file shows one."""
    unit, hole = joint.unit, joint.hole
    if unit is None or joint.in_text:
        return text
    lines = text.split("\n")
    base = depth(hole.left + "x")
    # The first line's indentation is the person's own, unless there is none yet.
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
    """By how many columns what is in a block is farther in than what opens it."""
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
