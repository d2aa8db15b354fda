"""The frame: the parts of a prompt that stay the same while somebody types in one place.

The anchor is the start of a line, at or above the cursor's line. The text before the anchor and the
text after the cursor are written into the prompt once: they are the frame. The lines from the
anchor to the cursor come last in the prompt, so a keystroke changes nothing else. A frame is used
until the text around the cursor differs from it, the cursor stands above the anchor, or too much
text stands between the two; then a new frame is laid.
"""

from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.budget import Shares
from codegen.context.outline import EMPTY, Skeleton, skeleton
from codegen.context.scope import Definition
from codegen.context.window import Count, Window, fit_window, window_above, window_below
from codegen.document import Document

PieceKind = Literal["skeleton", "before", "after", "below", "typed"]

# With more lines or code points than this between the anchor and the cursor a new frame is laid.
# The model takes these lines for its own words, and the more there are, the less it looks at the
# text after the cursor.
MAX_LINES: Final = 24
MAX_TYPED: Final = 1600

# Marks that an editor itself sets after the cursor when a bracket or quote is typed, and how many.
_CLOSERS: Final = ")]}\"'`>"
_MAX_CLOSERS: Final = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prompt.

    `start` and `end` are the span of the document, in code points, that the piece stands for, and
    `tokens` is the length of `text`. The text of a `folded` piece is signatures, in place of the
    span's own text.
    """

    kind: PieceKind
    start: int
    end: int
    text: str
    tokens: int
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a prompt that stay the same, and the anchor, an offset in code points.

    `before` are the pieces before the anchor, `after` those after the cursor. `left_out` are
    sentences that say which parts of the file are missing, and why. `ends` says that `after`
    reaches to the end of the file.
    """

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    anchor: int
    left_out: tuple[str, ...] = ()
    ends: bool = False

    @property
    def tokens(self) -> int:
        """The tokens of all pieces."""
        return sum(piece.tokens for piece in (*self.before, *self.after))

    def holds(self, document: Document) -> bool:
        """Whether the frame still fits a document: between anchor and cursor it may differ."""
        typed = document.text[self.anchor : document.cursor]
        if (
            not self.anchor <= document.cursor
            or len(typed) > MAX_TYPED
            or typed.count("\n") > MAX_LINES
        ):
            return False
        near = self.before[-1].text
        start = self.anchor - len(near)
        if start < 0 or not document.text.startswith(near, start):
            return False
        right = self.after[0].text
        end = len(document.text)
        for at in range(document.cursor, document.cursor + _MAX_CLOSERS + 1):
            # Text that was added below the end of the file would stand in no part of the prompt.
            if document.text.startswith(right, at) and (not self.ends or at + len(right) == end):
                return True
            if at >= end or document.text[at] not in _CLOSERS:
                return False
        return False


def anchor_above(document: Document, lines: int) -> int:
    """The start of the line that stands `lines` lines above the cursor's."""
    at = document.text.rfind("\n", 0, document.cursor) + 1
    for _ in range(lines):
        if at == 0:
            break
        at = document.text.rfind("\n", 0, at - 1) + 1
    # The text since the anchor is computed anew at every keystroke, so it must not be too long.
    return at if document.cursor - at <= MAX_TYPED else document.cursor


def lay_frame(
    document: Document,
    anchor: int,
    budget: int,
    count_tokens: Count,
    *,
    scope: tuple[Definition, ...],
    fold: bool = True,
) -> Frame:
    """Lays the frame: the text before the anchor and after the cursor that fits a budget.

    A file that fits is taken whole. If it doesn't fit, the lines near the cursor are taken, and the
    parts that are far from it are folded to signatures.

    Args:
        document: the text, the cursor, and the tree in which the signatures are found.
        anchor: the start of a line, at or above the cursor.
        budget: in tokens, for the frame and the lines since the anchor together.
        count_tokens: gives the number of tokens of a text.
        scope: the definitions around the cursor, which are folded last.
        fold: whether the far parts are folded to signatures; otherwise they are cut off.
    """
    text = document.text
    room = max(0, budget - count_tokens(text[anchor : document.cursor]))
    above, below = fit_window(document, room, count_tokens, anchor=anchor)
    if not fold or document.tree is None or (above.start == 0 and below.end == len(text)):
        return _frame(document, above, below, EMPTY, EMPTY)
    shares = Shares.of(room)
    head = tail = EMPTY
    if above.start:
        above = window_above(text, anchor, shares.before, count_tokens)
        head = skeleton(document, (0, above.start), scope, shares.skeleton, count_tokens)
    if below.end < len(text):
        spare = room - above.tokens - head.tokens
        tail = skeleton(
            document, (below.end, len(text)), scope, min(shares.below, spare), count_tokens
        )
        below = window_below(text, document.cursor, spare - tail.tokens, count_tokens)
    return _frame(document, above, below, head, tail)


def _frame(
    document: Document, above: Window, below: Window, head: Skeleton, tail: Skeleton
) -> Frame:
    text = document.text
    before = [Piece("before", above.start, above.end, text[above.start : above.end], above.tokens)]
    after = [Piece("after", below.start, below.end, text[below.start : below.end], below.tokens)]
    left_out = []
    if head.text:
        before.insert(0, Piece("skeleton", 0, above.start, head.text, head.tokens, folded=True))
    if tail.text:
        end = len(text)
        after.append(Piece("below", below.end, end, tail.text, tail.tokens, folded=True))
    if above.start:
        left_out.append(_why(0, above.start, head))
    if below.end < len(text):
        left_out.append(_why(below.end, len(text), tail))
    ends = below.end == len(text)
    return Frame(tuple(before), tuple(after), above.end, tuple(left_out), ends)


def _why(start: int, end: int, skeleton_: Skeleton) -> str:
    what = "folded to signatures" if skeleton_.text else "left out"
    more = f", {skeleton_.left_out} signatures left out" if skeleton_.left_out else ""
    return f"{what}: characters {start} to {end}, over the budget{more}"
