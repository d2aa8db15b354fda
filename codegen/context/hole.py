"""The hole that a completion fills: its kind, the definitions around it, and how long it may be."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.kind import Kind, kind_of, values_of
from codegen.context.nearby import Bracket, Nearby, look_back
from codegen.context.scope import Definition, definitions_around
from codegen.document import Document
from codegen.reasons import Reason
from codegen.syntax.language import Blocks
from codegen.text import indent_unit, is_word, opens_block

Lines = Literal["single", "multi"]
Wanted = Literal["single", "multi", "auto"]


# How many code points before and after the cursor are looked at: nobody writes longer gaps.
_SIGHT: Final = 4000

_NAMES: Final = re.compile(r"\s*(?:import|export)\b")
_DONE_WORDS: Final = re.compile(r"\s*(?:pass|break|continue)\s*$")


@dataclass(frozen=True, slots=True)
class Hole:
    """The place of the cursor, and what stands around it.

    left: the cursor's line before the cursor.
    right: the cursor's line after the cursor, without its newline.
    following: the line that comes next after the completion, without its newline and trailing
        blanks. Usually it is the next line that is not blank; "" if there is none.
    lines: whether the completion is one line or may be several.
    newline: the one that the document uses here.
    kind: what is being written.
    scope: the definitions around the cursor, the outermost first.
    brackets: those that are open at the cursor, the outermost first, without the braces of blocks.
    above: the last line above the cursor's that isn't blank.
    unit: one level of the file's indentation.
    by_indent: whether the language marks blocks by indentation.
    refusal: the reason to suggest nothing here, None if something may be suggested.
    opens: whether the text before the cursor ends with what opens a block or a bracket.
    one_line: whether a single line was asked for.
    begins_at: the offset at which the cursor's line begins.
    below_blank: whether the line above the cursor's is blank.
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
    refusal: Reason | None = None
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
        """Whether the completion has to bring its own indentation, and that decides its block.

        The cursor is at the start of an empty line, and the language marks blocks by indentation.
        """
        free = not self.left and not self.right.strip() and not self.brackets
        return self.by_indent and free and not self.is_prose

    @property
    def is_prose(self) -> bool:
        """Whether the cursor stands in a string or comment, and not in code."""
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
) -> Reason | None:
    if not right.strip() and not nearby.left.strip():
        return None
    before = document.text[document.cursor - 1 : document.cursor]
    if is_word(before) and is_word(right[:1]):
        return Reason.INSIDE_WORD
    if nearby.literal is not None or values or right.strip():
        return None
    left = nearby.left.rstrip()
    return Reason.CLOSED_STATEMENT if _is_closed(document, left, blocks) else None


def _is_closed(document: Document, left: str, blocks: Blocks) -> bool:
    """Whether a line of code is a whole statement, to which nothing can be added."""
    if _DONE_WORDS.fullmatch(left):
        return True
    if blocks == "braces":
        # After the names of an import, in braces, comes the module that they are from.
        return left.endswith(";") or (left.endswith("}") and not _NAMES.match(left))
    # Only a docstring stands on the line: in `left` strings are underscores.
    return not left.strip().strip("_") and document.before.endswith(('"""', "'''"))


def _guess_blocks(document: Document) -> Blocks:
    """How an unknown language marks blocks, guessed from the ends of its lines."""
    text = document.text[max(0, document.cursor - _SIGHT) : document.cursor + _SIGHT]
    return "braces" if text.count(";\n") > text.count(":\n") else "none"


def _decide(kind: Kind, left: str, right: str, wanted: Wanted) -> Lines:
    """Whether a completion is one line or may be several.

    With `auto` it is one line where the cursor's line is begun or something follows on it, and
    several on a blank line and after what opens a block.
    """
    if wanted != "auto":
        return wanted
    if right.strip() or kind in ("string", "comment"):
        return "single"
    if kind == "docstring":
        return "single" if left.strip() else "multi"
    return "multi" if not left.strip() or opens_block(left) else "single"


def _newline(text: str, cursor: int) -> str:
    """The newline nearest to the cursor, since a file may mix both kinds."""
    at = text.rfind("\n", 0, cursor)
    if at < 0:
        at = text.find("\n", cursor)
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
