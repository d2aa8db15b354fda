"""What the scripted model writes: the removed piece, and then one of three things."""

import zlib
from dataclasses import dataclass
from typing import Final, Literal

from codegen.bench.joins.blocks import closing_line
from codegen.bench.joins.holes import Gap
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

# Another definition, and a statement, in each language; braces where none is named.
_BRACES: Final = ("function other(value) {\n  return value + 1;\n}\n", "total = compute(total);")
_CODE: Final[dict[str, tuple[str, str]]] = {
    "python": ("def other(value):\n    return value + 1\n", "total = compute(total)"),
    "go": (
        "func other(value int) int {\n\treturn value + 1\n}\n",
        "total := compute(value)",
    ),
    "rust": ("fn other(value: u32) -> u32 {\n    value + 1\n}\n", "let total = compute(value);"),
    "java": ("int other(int value) {\n    return value + 1;\n}\n", "total = compute(total);"),
    "c": ("int other(int value) {\n    return value + 1;\n}\n", "total = compute(total);"),
    "cpp": ("int other(int value) {\n    return value + 1;\n}\n", "total = compute(total);"),
    "csharp": ("int Other(int value)\n{\n    return value + 1;\n}\n", "total = Compute(total);"),
    "ruby": ("def other(value)\n  value + 1\nend\n", "total = compute(total)"),
    "php": ("function other($value) {\n    return $value + 1;\n}\n", "$total = compute($total);"),
    "shellscript": ('other() {\n  echo "$1"\n}\n', 'total="$(compute)"'),
    "html": ('<section class="other">\n  <p>More</p>\n</section>\n', "<p>More</p>"),
    "xml": ('<other name="more">\n  <value>1</value>\n</other>\n', '<value name="more" />'),
    "css": (".other {\n  margin: 0 auto;\n}\n", ".more { margin: 0; }"),
    "scss": (".other {\n  margin: 0 auto;\n}\n", ".more { margin: 0; }"),
    "sql": ("SELECT name, value\nFROM others\nWHERE value > 1;\n", "SELECT count(*) FROM others;"),
    "yaml": ("other:\n  name: more\n  value: 1\n", "more: 1"),
    "toml": ('[other]\nname = "more"\nvalue = 1\n', 'more = "1"'),
    "json": ('{\n  "other": 1\n}\n', '"more": 1'),
    "kotlin": ("fun other(value: Int): Int {\n    return value + 1\n}\n", "total = compute(total)"),
    "swift": (
        "func other(value: Int) -> Int {\n    return value + 1\n}\n",
        "total = compute(total)",
    ),
    "scala": ("def other(value: Int): Int = {\n  value + 1\n}\n", "val total = compute(value)"),
    "dart": ("int other(int value) {\n  return value + 1;\n}\n", "total = compute(total);"),
    "lua": ("local function other(value)\n  return value + 1\nend\n", "total = compute(total)"),
    "makefile": ("other: more\n\t$(CC) -o $@ $<\n", "MORE = 1"),
    "dockerfile": ("RUN make other\nCOPY . /other\n", "RUN make"),
    "ini": ("[other]\nname = more\nvalue = 1\n", "more = 1"),
    "cmake": ("function(other value)\n  message(${value})\nendfunction()\n", "set(TOTAL 1)"),
    "protobuf": ("message Other {\n  string name = 1;\n}\n", "string more = 9;"),
    "groovy": ("def other(value) {\n    return value + 1\n}\n", "total = compute(total)"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """All that the model writes, the truth first; `tail` names what comes after it."""

    mode: Mode
    tail: Tail
    text: str


def answer(gap: Gap, mode: Mode) -> Answer:
    """What the model writes in a gap. In mode elsewhere the gap's place decides what comes."""
    if mode == "stops":
        return Answer(mode, "", gap.truth)
    if mode == "repeats":
        lines = gap.after[:_CHARACTERS].splitlines(keepends=True)[:_LINES]
        return Answer(mode, "file", gap.truth + "".join(lines))
    tail = _tail(gap)
    text = _elsewhere(gap, tail).replace("\n", gap.newline)
    return Answer(mode, tail, gap.truth + text)


def _tail(gap: Gap) -> Tail:
    tails: list[Tail] = ["function", "fence", "prose"]
    # In arguments no statement comes, however far in.
    of_statements = not gap.before.rstrip().endswith(("(", "["))
    if gap.kind in BLOCKS and gap.variant in {"usual", "column1"} and of_statements:
        tails.append("outdent")
    return tails[zlib.crc32(f"{gap.path} {gap.start} {gap.variant}".encode()) % len(tails)]


def _elsewhere(gap: Gap, tail: Tail) -> str:
    """What comes after the truth, with line feeds."""
    function, statement = _CODE.get(gap.language, _BRACES)
    text = gap.text.replace("\r\n", "\n")
    end = gap.end - gap.text.count("\r", 0, gap.end)
    in_block = gap.kind in BLOCKS and gap.variant in {"usual", "column1"}
    closing = closing_line(Source(gap.path, gap.language, text), end)
    outer = _outer(gap, closing)
    if tail == "outdent":
        return f"\n{outer}{statement}\n"
    begin = gap.rest
    if closing and (in_block or gap.kind == "element"):
        begin += f"\n{closing}"
    if tail == "fence":
        return begin + FENCE
    if tail == "prose":
        return begin + PROSE
    indent = outer if gap.kind in BLOCKS else ""
    lines = function.splitlines(keepends=True)
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
