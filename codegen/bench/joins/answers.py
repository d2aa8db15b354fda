"""What the scripted model writes: the removed piece, and then one of three things."""

import zlib
from dataclasses import dataclass
from typing import Final, Literal

from codegen.bench.joins.blocks import closing_line
from codegen.bench.joins.holes import Gap
from codegen.bench.joins.languages import cut_language
from codegen.bench.joins.source import Source

Mode = Literal["stops", "repeats", "elsewhere"]
MODES: Final[tuple[Mode, ...]] = ("stops", "repeats", "elsewhere")

Tail = Literal["", "file", "function", "fence", "prose", "outdent"]

BLOCKS: Final = frozenset({"body", "header-lines", "header-comment"})
"""The kinds that are bodies of blocks."""

FENCE: Final = "\n```\n"
PROSE: Final = "\n\nThis function returns the values that were found, and nothing else.\n"

# How much of the file is written again, at most.
_LINES: Final = 8
_CHARACTERS: Final = 400


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """All that the model writes, the truth first; `tail` names what comes after it."""

    mode: Mode
    tail: Tail
    text: str


def answer(gap: Gap, mode: Mode) -> WrittenAnswer:
    """What the model writes in a gap. In mode elsewhere the gap's place decides what comes."""
    if mode == "stops":
        return WrittenAnswer(mode, "", gap.truth)
    if mode == "repeats":
        lines = gap.after[:_CHARACTERS].splitlines(keepends=True)[:_LINES]
        return WrittenAnswer(mode, "file", gap.truth + "".join(lines))
    tail = _tail(gap)
    text = _elsewhere(gap, tail).replace("\n", gap.newline)
    return WrittenAnswer(mode, tail, gap.truth + text)


def _tail(gap: Gap) -> Tail:
    tails: list[Tail] = ["function", "fence", "prose"]
    # In arguments no statement comes, however far in.
    of_statements = not gap.before.rstrip().endswith(("(", "["))
    if gap.kind in BLOCKS and gap.variant in {"usual", "column1"} and of_statements:
        tails.append("outdent")
    return tails[zlib.crc32(f"{gap.path} {gap.start} {gap.variant}".encode()) % len(tails)]


def _elsewhere(gap: Gap, tail: Tail) -> str:
    """What comes after the truth, with line feeds."""
    language = cut_language(gap.language)
    text = gap.text.replace("\r\n", "\n")
    end = gap.end - gap.text.count("\r", 0, gap.end)
    in_block = gap.kind in BLOCKS and gap.variant in {"usual", "column1"}
    closing = closing_line(Source(gap.path, gap.language, text), end)
    outer = _outer(gap, closing)
    if tail == "outdent":
        return f"\n{outer}{language.statement}\n"
    begin = gap.rest
    if closing and (in_block or gap.kind == "element"):
        begin += f"\n{closing}"
    if tail == "fence":
        return begin + FENCE
    if tail == "prose":
        return begin + PROSE
    indent = outer if gap.kind in BLOCKS else ""
    lines = language.definition.splitlines(keepends=True)
    return f"{begin}\n\n" + "".join(indent + line for line in lines)


def _outer(gap: Gap, closing: str) -> str:
    """How far in the header of a block stands."""
    if closing:
        return closing[: len(closing) - len(closing.lstrip())]
    first = gap.text[gap.text.rfind("\n", 0, gap.start) + 1 :]
    own = first[: len(first) - len(first.lstrip())]
    for line in reversed(gap.before.splitlines()):
        indent = line[: len(line) - len(line.lstrip())]
        if line.strip() and len(indent) < len(own):
            return indent
    return ""
