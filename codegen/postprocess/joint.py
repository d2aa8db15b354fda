"""The joint: what a completion has to fit. What is open at the cursor, and what closes it.

Each delimiter that is open at the cursor has one owner: either the text after the cursor closes it
already, or the completion has to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen.context.hole import Hole
from codegen.document import Document
from codegen.postprocess.depths import indents_near, levels_at, unit_near
from codegen.postprocess.guard import guarded
from codegen.postprocess.owners import owners
from codegen.syntax.code import CodeLine, code_lines
from codegen.syntax.lexis import Lexis
from codegen.syntax.patterns import opening_pattern
from codegen.syntax.registry import lexis_of
from codegen.syntax.scan import Frame, frame_depth
from codegen.text import depth, is_word

# How many code points before and after the cursor are read.
_SIGHT: Final = 4000

# A line with one of these words opens a block of members, and not of statements.
_MEMBERS: Final = re.compile(
    r"\b(?:class|interface|struct|enum|union|trait|impl|object|extension|protocol|namespace"
    r"|module|mod|record)\b(?!.*=>)"
)


@dataclass(frozen=True, slots=True)
class Joint:
    """What a completion has to fit.

    Attributes:
        hole: the place of the cursor.
        lexis: how the language writes strings and comments.
        lead: a few characters before `begun`: the meaning of a mark may depend on them.
        begun: the beginning of a mark of several characters, if the cursor stands in such a mark.
        stack: what is open before `begun`, the innermost frame last.
        ends: for each frame of the stack, how many code points after the cursor the text closes it;
            None if the completion has to close it.
        spare: marks below the cursor that close nothing. A completion may leave open what they
            close.
        above: the last line of code before the cursor's line; None if there is none.
        levels: the indentation, in columns, of the blocks that a line at the cursor may belong to.
        opener: the indentation of the line that opened the innermost bracket or element, or -1.
        floor: a line that is indented this much or less leaves a block marked by indentation.
        unit: one level of indentation; None if the code near the cursor doesn't show it.
        indents: the blanks with which that code is indented.
        ahead: the next lines of code as they stand below the cursor: at least two, and enough of
            them to be told from others.
        roomy: whether the completion is all that is left of its block. Statements may then come
            after a blank line.
    """

    hole: Hole
    lexis: Lexis
    lead: str
    begun: str
    stack: tuple[Frame, ...]
    ends: tuple[int | None, ...]
    spare: tuple[str, ...]
    above: CodeLine | None
    levels: tuple[int, ...]
    opener: int
    floor: int
    unit: str | None
    indents: frozenset[str]
    ahead: str
    roomy: bool

    @property
    def in_text(self) -> bool:
        """Whether the cursor stands in a string or a comment."""
        return bool(self.stack) and self.stack[-1].literal is not None

    @property
    def next_line(self) -> str:
        """The line below the completion; empty if the cursor's own line goes on."""
        goes_on = bool(self.hole.right.strip()) and not self.hole.inserts_above
        return "" if goes_on else self.hole.following

    def is_closed(self, index: int) -> bool:
        """Whether the text after the cursor closes a frame of the stack."""
        return self.ends[index] is not None

    def right_of(self, index: int) -> str:
        """The cursor's line from the mark on that closes a frame; empty if it doesn't close it."""
        end = self.ends[index]
        return "" if end is None else self.hole.right[end:].rstrip()

    @property
    def until(self) -> int:
        """How far right of the cursor an open frame is closed, or else the line ends."""
        size = len(self.hole.right.rstrip())
        return min([size, *(end for end in self.ends if end is not None)])

    def spreads(self, text: str) -> bool:
        """Whether a text begins on a new line between two marks on the cursor's line."""
        return self.hole.opens and not self.hole.one_line and text.lstrip(" \t").startswith("\n")


def join(document: Document, hole: Hole) -> Joint:
    """Reads the text around a document's cursor. If that fails, nothing counts as open there."""
    bare = Joint(
        hole,
        Lexis(()),
        lead="",
        begun="",
        stack=(),
        ends=(),
        spare=(),
        above=None,
        levels=(),
        opener=-1,
        floor=-1,
        unit=None,
        indents=frozenset(),
        ahead="",
        roomy=False,
    )
    return guarded("reading around the cursor", bare, _join, document, hole)


def _join(document: Document, hole: Hole) -> Joint:
    text, cursor = document.text.replace("\r", " "), document.cursor
    tree = document.tree
    lexis = lexis_of(tree.grammar.language if tree is not None else None, document.path)
    start = _start(text, cursor)
    stack = _open_at(document, lexis, start)
    begun = _BEGUN.search(hole.left)
    opened = cursor - len(begun[0]) if begun and lexis.tags else cursor
    lines = code_lines(text, lexis, stack, start, opened)
    owned = owners(text, start, cursor, lexis, stack)
    after = _lines_below(text, cursor, lexis, stack)
    line = cursor - len(hole.left)
    above = next((code for code in reversed(lines) if code.start < line and code.code), None)
    brackets = (frame for frame in reversed(stack) if frame.literal is None)
    opener = next((frame_depth(text, frame) for frame in brackets), -1)
    following = depth(hole.following) if hole.following else -1
    function = _function(text, hole)
    ends_here = following < depth(hole.left + "x") or hole.following.lstrip()[:1] in _CLOSERS
    return Joint(
        hole=hole,
        lexis=lexis,
        lead=text[max(0, opened - _LEAD) : opened],
        begun=text[opened:cursor],
        stack=tuple(stack),
        ends=owned.ends,
        spare=owned.spare,
        above=above,
        levels=levels_at(lines, line),
        opener=opener,
        floor=max(following, function),
        unit=unit_near(document.path, hole, lines, after),
        indents=frozenset(indents_near(hole, lines, after)),
        ahead=_ahead(document, hole),
        roomy=hole.opens or (ends_here and _in_function(text, hole, stack)),
    )


_CLOSERS: Final = (")", "]", "}")

_BEGUN: Final = re.compile(r"<[\w:.!-]*\Z")

# Characters before a mark that may belong to it: `return /x/`.
_LEAD: Final = 8

# The most letters of a line that only ends a block.
_WORD: Final = 4


def _start(text: str, cursor: int) -> int:
    """The offset from which on the text is read: the start of a line, if that isn't far."""
    if cursor <= _SIGHT:
        return 0
    start = text.find("\n", cursor - _SIGHT, cursor) + 1
    return start or cursor - _SIGHT


def _open_at(document: Document, lexis: Lexis, start: int) -> list[Frame]:
    """The literal that the offset `start` stands in, by the tree; [] in code or without a tree."""
    text, tree = document.text, document.tree
    if start and tree is not None:
        for capture in tree.literals(start, start):
            if capture.start < start < capture.end and capture.kind != "code":
                at = capture.start
                for literal in lexis.literals:
                    if opening := opening_pattern(literal).match(text, at):
                        return [Frame(opening[0], literal.closer(opening), at, start, literal)]
    return []


def _function(text: str, hole: Hole) -> int:
    """The indentation of the innermost function's header; -1 outside of functions."""
    for definition in reversed(hole.scope):
        if definition.kind == "function":
            return depth(text[text.rfind("\n", 0, definition.start) + 1 : definition.start + 1])
    return -1


def _in_function(text: str, hole: Hole, stack: Sequence[Frame]) -> bool:
    if hole.scope:
        return hole.scope[-1].kind == "function"
    for frame in reversed(stack):
        if frame.closer == "}":
            start = text.rfind("\n", 0, frame.at) + 1
            return _MEMBERS.search(text, start, frame.at) is None
    return False


def _lines_below(text: str, cursor: int, lexis: Lexis, stack: Sequence[Frame]) -> list[CodeLine]:
    start = text.find("\n", cursor) + 1
    end = min(len(text), cursor + _SIGHT)
    return code_lines(text, lexis, list(stack), start, end) if 0 < start < end else []


def _ahead(document: Document, hole: Hole) -> str:
    if hole.right.strip() and not hole.inserts_above:
        return ""
    after = document.after[:_SIGHT].replace("\r", "")
    lines = ((hole.left if hole.inserts_above else "") + after).split("\n")
    kept: list[str] = []
    says = False
    for line in lines if hole.inserts_above else lines[1:]:
        if line.strip() or kept:
            kept.append(line.rstrip())
            says = says or _says(line)
        if says and len(kept) > 1 and kept[-1]:
            return "\n".join(kept)
    return ""


def _says(line: str) -> bool:
    """Whether a line has enough letters to be told from other lines."""
    return len(re.sub(r"\W", "", line)) > _WORD


# A statement after which the rest of its block is never reached.
_JUMP: Final = re.compile(r"\s*(?:return|raise|throw|break|continue|goto)\b")


def is_jump(line: str) -> bool:
    """Whether the rest of the block is never reached after a line."""
    return _JUMP.match(line) is not None


def same_statement(line: str, joint: Joint) -> bool:
    """Whether a completion's first line repeats the line that follows the hole.

    Its indentation counts only if it has few letters, as a line that ends a block: otherwise the
    model may have had no choice about the indentation.
    """
    hole = joint.hole
    words = _is_again(line.strip(), joint.next_line.strip())
    free = hole.is_unplaced or hole.inserts_above or (line.strip()[:1].isalnum() and _says(line))
    return words and (free or depth(line) == depth(hole.following))


# The beginning of a line that continues the chain of calls above it.
_LINK: Final = re.compile(r"(?:\??\.|->|\|>)\s*\w")


def _is_again(line: str, following: str) -> bool:
    """Whether a line equals another line, or is the beginning of that line's chain of calls."""
    if not _LINK.match(line) or not following.startswith(line):
        return line == following
    return not is_word(line[-1]) or not is_word(following[len(line) :][:1] or " ")
