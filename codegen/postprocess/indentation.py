"""Rules about how far in the lines of a completion stand."""

from typing import Final

from codegen.context.hole import Hole
from codegen.lines import depth, opens_block
from codegen.postprocess.growth import Growth

# Columns of a level in what most models were trained on.
_USUAL: Final = 4


def misplaced(text: str, hole: Hole, growth: Growth) -> str:
    """Moves a completion to where its lines can stand, if it had to choose that itself.

    In a language whose blocks are indented, a line farther in than the one before it needs a block
    to be opened, and what opens one needs a line farther in. So a text that is farther out than the
    line that follows and opens nothing is moved as far in as that; and likewise below the line
    above.
    """
    if not hole.is_unplaced:
        return text
    lines = [line for line in text.split("\n") if line.strip()]
    first, above = depth(lines[0]), depth(hole.above)
    following = depth(hole.following) if hole.following else 0
    wanted = first
    if opens_block(hole.above):
        if first <= above:
            wanted = following if following > above else above + len(hole.unit.expandtabs(_USUAL))
    elif following > depth(lines[-1]) and not opens_block(lines[-1]) and growth.at(text).closed:
        wanted = first + following - depth(lines[-1])
    elif first > above and hole.above:
        wanted = above
    return text if wanted == first else _moved(text, wanted - first, hole.unit)


def style(text: str, hole: Hole, _growth: Growth) -> str:
    """Indents by the file's own unit: tabs or blanks, and as many."""
    lines = text.split("\n")
    base = depth(hole.left + "x")
    # The first line's indentation is the person's own, unless there is none yet.
    own = range(0 if not hole.left else 1, len(lines))
    steps = {depth(lines[at]) - base for at in own if lines[at].strip()}
    factor = _factor(steps, len(hole.unit.expandtabs(_USUAL)))
    for at in own:
        body = lines[at].lstrip(" \t")
        if body:
            columns = depth(lines[at])
            columns = base + round((columns - base) * factor) if columns > base else columns
            lines[at] = _indent(columns, hole.unit) + body
    return "\n".join(lines)


def _factor(steps: set[int], unit: int) -> float:
    """By what a text's levels have to be multiplied, if they are another width than the file's."""
    inner = {step for step in steps if step > 0}
    if not inner or unit == _USUAL:
        return 1.0
    usual = all(step % _USUAL == 0 for step in inner)
    return unit / _USUAL if usual and (unit > _USUAL or min(inner) > unit) else 1.0


def _moved(text: str, columns: int, unit: str) -> str:
    return "\n".join(
        _indent(max(0, depth(line) + columns), unit) + line.lstrip(" \t") if line.strip() else line
        for line in text.split("\n")
    )


def _indent(columns: int, unit: str) -> str:
    if unit != "\t":
        return " " * columns
    return "\t" * (columns // _USUAL) + " " * (columns % _USUAL)
