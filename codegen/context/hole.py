"""The hole that a completion fills: of what kind it is, in what, and how far it reaches."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.kind import Kind, kind_of, values_of
from codegen.context.nearby import Bracket, Nearby, look_back
from codegen.context.scope import Definition, definitions_around
from codegen.document import Document
from codegen.syntax.language import Blocks
from codegen.text import indent_unit, is_word, opens_block

Lines = Literal["single", "multi"]
Wanted = Literal["single", "multi", "auto"]

# Reasons why nothing is suggested at a place.
INSIDE_WORD: Final = "inside-word"
CLOSED_STATEMENT: Final = "closed-statement"

# How far after the cursor is looked, in code points: a gap longer than that is not one that a
# person wrote.
_SIGHT: Final = 4000

_NAMES: Final = re.compile(r"\s*(?:import|export)\b")
_DONE_WORDS: Final = re.compile(r"\s*(?:pass|break|continue)\s*$")


@dataclass(frozen=True, slots=True)
class Hole:
    """What stands around the cursor.

    `left` and `right` are the cursor's line before and after it, without its newline.
    `following` is the line that comes next after the completion, without its newline and
    trailing blanks: usually the next one that is not blank, "" when there is none.
    `newline` is the document's. `scope` are the definitions around it, the outermost first.
    `brackets` are those that are open at the cursor, the outermost first, blocks' braces left
    out. `above` is the last line before the cursor's that isn't blank, `unit` one level of the
    file's indentation, and `by_indent` says that blocks are marked by that. `refusal` says why
    nothing should be suggested here, None where something may. `opens` says that the cursor's line
    ends, up to the cursor, with what opens a block or a bracket, `one_line` that a single line was
    asked for. `begins_at` is the offset at which the cursor's line begins, and `below_blank` says
    that the line above it is blank.
    """

    left: str
    right: str
    following: str
    lines: Lines
    newline: str
    kind: Kind = "statement"
    scope: tuple[Definition, ...] = ()
    brackets: str = ""
    above: str = ""
    unit: str = "    "
    by_indent: bool = False
    refusal: str | None = None
    opens: bool = False
    one_line: bool = False
    begins_at: int = 0
    below_blank: bool = False

    @property
    def starts_below(self) -> bool:
        """Whether the completion may begin with a newline."""
        return not self.left.strip() or self.opens

    @property
    def inserts_above(self) -> bool:
        """Whether the cursor stands before the code of its line.

        A completion that ends with a newline then pushes that code down.
        """
        return bool(self.right.strip()) and not self.left.strip()

    @property
    def is_unplaced(self) -> bool:
        """Whether the completion has to say itself how far in it stands.

        The cursor is at the start of an empty line, among code whose blocks are marked by that.
        """
        free = not self.left and not self.right.strip() and not self.brackets
        return self.by_indent and free and not self.is_prose

    @property
    def is_prose(self) -> bool:
        """Whether text for people is written here, or data, and not code."""
        return self.kind in ("string", "comment", "docstring")


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
    following = next((line.rstrip() for line in rest if line.strip()), "")
    nearby = look_back(document)
    blocks = document.tree.grammar.language.blocks if document.tree else _guess_blocks(document)
    values = values_of(document, nearby)
    above = text[max(0, start - _SIGHT) : start].rstrip()
    kind = kind_of(document, nearby, values, following)
    scope = definitions_around(document, nearby)
    code = nearby.left.rstrip()
    opens = nearby.literal is None and (opens_block(code) or code.endswith(("(", "[")))
    return Hole(
        left=left,
        right=right,
        following=following,
        lines=_decide(kind, left, right, wanted),
        newline=_newline(text, cursor),
        kind=kind,
        scope=scope,
        brackets="".join(bracket.mark for bracket in values),
        above=above[above.rfind("\n") + 1 :],
        unit=indent_unit(text[max(0, cursor - _SIGHT) : cursor + _SIGHT]),
        by_indent=blocks == "indent",
        refusal=_refusal(document, nearby, values, right, blocks),
        opens=opens,
        one_line=wanted == "single",
        begins_at=cursor - len(left),
        below_blank=not text[text.rfind("\n", 0, max(0, start - 1)) + 1 : start].strip()
        and start > 0,
    )


def _refusal(
    document: Document, nearby: Nearby, values: tuple[Bracket, ...], right: str, blocks: Blocks
) -> str | None:
    if not right.strip() and not nearby.left.strip():
        return None
    before = document.text[document.cursor - 1 : document.cursor]
    if is_word(before) and is_word(right[:1]):
        return INSIDE_WORD
    if nearby.literal is not None or values or right.strip():
        return None
    left = nearby.left.rstrip()
    return CLOSED_STATEMENT if _is_closed(document, left, blocks) else None


def _is_closed(document: Document, left: str, blocks: Blocks) -> bool:
    """Whether a line of code is a whole statement, to which nothing can be added."""
    if _DONE_WORDS.fullmatch(left):
        return True
    if blocks == "braces":
        # The names of an import stand in braces before what they come from.
        return left.endswith(";") or (left.endswith("}") and not _NAMES.match(left))
    # A docstring, and nothing else on the line: what is left of strings are underscores.
    return not left.strip().strip("_") and document.before.endswith(('"""', "'''"))


def _guess_blocks(document: Document) -> Blocks:
    """How an unknown language marks blocks: by the line ends that its text has."""
    text = document.text[max(0, document.cursor - _SIGHT) : document.cursor + _SIGHT]
    return "braces" if text.count(";\n") > text.count(":\n") else "none"


def _decide(kind: Kind, left: str, right: str, wanted: Wanted) -> Lines:
    """Whether a completion is one line or may be several.

    `auto`: one when anything follows on the cursor's line or the line is begun; several on a
    blank line, which is free for any code, and after what opens a block.
    """
    if wanted != "auto":
        return wanted
    if right.strip() or kind in ("string", "comment"):
        return "single"
    if kind == "docstring":
        return "single" if left.strip() else "multi"
    return "multi" if not left.strip() or opens_block(left) else "single"


def _newline(text: str, cursor: int) -> str:
    """The newline next to the cursor: a file's own even where it mixes them."""
    at = text.rfind("\n", 0, cursor)
    if at < 0:
        at = text.find("\n", cursor)
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
