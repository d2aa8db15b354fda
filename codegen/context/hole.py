"""The hole that a completion fills: of what kind it is, in what, and how far it reaches."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.kind import Kind, kind_of, values_of
from codegen.context.nearby import Bracket, Nearby, look_back
from codegen.context.scope import Definition, definitions_around
from codegen.document import Document
from codegen.lines import depth, indent_unit, is_word, opens_block
from codegen.syntax.registry import Blocks

Lines = Literal["single", "multi"]
Wanted = Literal["single", "multi", "auto"]

# Reasons why nothing is suggested at a place.
INSIDE_WORD: Final = "inside-word"
CLOSED_STATEMENT: Final = "closed-statement"

# How far after the cursor is looked, in code points: a gap longer than that is not one that a
# person wrote.
_SIGHT: Final = 4000

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
    file's indentation, and `by_indent` says that blocks are marked by that. `body_depth` is how
    far in the body of the innermost function is, in columns, 0 outside of one. `refusal` says why
    nothing should be suggested here, None where something may.
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
    body_depth: int = 0
    refusal: str | None = None

    @property
    def starts_below(self) -> bool:
        """Whether the completion may begin with a newline."""
        return not self.left.strip() or (not self.is_prose and opens_block(self.left))

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
    def closes_itself(self) -> bool:
        """Whether the completion has to close a bracket: it is open, and not closed below."""
        return bool(self.brackets) and not self.following.lstrip().startswith((")", "]", "}"))

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
        body_depth=_body_depth(text, scope, left),
        refusal=_refusal(document, nearby, values, right, blocks),
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
    return CLOSED_STATEMENT if _is_closed(document, nearby.left.rstrip(), blocks) else None


def _is_closed(document: Document, left: str, blocks: Blocks) -> bool:
    """Whether a line of code is a whole statement, to which nothing can be added."""
    if _DONE_WORDS.fullmatch(left):
        return True
    if blocks == "braces":
        return left.endswith((";", "}"))
    # A docstring, and nothing else on the line: what is left of strings are underscores.
    return not left.strip().strip("_") and document.before.endswith(('"""', "'''"))


def _body_depth(text: str, scope: tuple[Definition, ...], left: str) -> int:
    for definition in reversed(scope):
        if definition.kind == "function":
            start, end = definition.body
            inside = text[start:end].lstrip("{ \t\r\n")
            if inside.strip("} \t\r\n"):
                first = end - len(inside)
                return depth(text[text.rfind("\n", 0, first) + 1 : first] + "x")
            # An empty body is as far in as the cursor that is to fill it.
            header = text[text.rfind("\n", 0, definition.start) + 1 : definition.start + 1]
            return max(depth(header) + 4, depth(left + "x") if not left.strip() else 0)
    return 0


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
