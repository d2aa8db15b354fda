"""What stands still while one types: the text before an anchor and after the hole.

The anchor is a line's start at or above the cursor's line. What stands before it, and what
follows the cursor, is laid down once; the lines since the anchor come last in the prompt, and are
all that a keystroke changes. A frame serves as long as it still says what stands around the
cursor, and then a new one is laid.
"""

from dataclasses import dataclass
from typing import Final, Literal

from codegen.context.budget import Shares
from codegen.context.outline import EMPTY, Skeleton, skeleton
from codegen.context.scope import definitions_around
from codegen.context.window import Count, Window, fit_window, window_above, window_below
from codegen.document import Document

PieceKind = Literal["skeleton", "before", "after", "below", "typed"]

# Lines and code points since the anchor from which on a new frame is laid: a model writes on in
# what it takes for its own words, and the more these are, the less it looks at what follows.
MAX_LINES: Final = 24
MAX_TYPED: Final = 1600

# What an editor sets behind the cursor by itself when a bracket or quote is typed.
_CLOSERS: Final = ")]}\"'`>"
_MAX_CLOSERS: Final = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prompt: what it is, the span that it stands for, and what it costs.

    `folded` pieces are signatures in place of what the span holds.
    """

    kind: PieceKind
    start: int
    end: int
    text: str
    tokens: int
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The frozen parts of a prompt, and the anchor between them, an offset in code points.

    `left_out` says what of the file is not in it: how many signatures, and why. `ends` says that
    after the lines below the cursor there is nothing more.
    """

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    anchor: int
    left_out: tuple[str, ...] = ()
    ends: bool = False

    @property
    def tokens(self) -> int:
        """What the pieces cost together."""
        return sum(piece.tokens for piece in (*self.before, *self.after))

    def holds(self, document: Document) -> bool:
        """Whether a document's cursor still stands in this frame: only typing came between."""
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
            # What came below the end would stand in no part of the prompt.
            if document.text.startswith(right, at) and (not self.ends or at + len(right) == end):
                return True
            if at >= end or document.text[at] not in _CLOSERS:
                return False
        return False


def anchor_above(document: Document, lines: int) -> int:
    """The start of the line so many lines above the cursor's."""
    at = document.text.rfind("\n", 0, document.cursor) + 1
    for _ in range(lines):
        if at == 0:
            break
        at = document.text.rfind("\n", 0, at - 1) + 1
    # A line that is too long to be typed again at every keystroke is no place for an anchor.
    return at if document.cursor - at <= MAX_TYPED else document.cursor


def lay_frame(
    document: Document, anchor: int, budget: int, count_tokens: Count, *, fold: bool = True
) -> Frame:
    """Fits what stands around the lines since the anchor to a budget.

    A file that fits is taken whole. Of one that does not, the lines near the cursor are taken, and
    what is far is folded to signatures.

    Args:
        document: the text, the cursor, and the tree that tells signatures.
        anchor: a line's start at or above the cursor.
        budget: in tokens, for the frame and the lines since the anchor together.
        count_tokens: the tokens of a text.
        fold: whether what is far is folded, or else cut off.
    """
    text = document.text
    room = max(0, budget - count_tokens(text[anchor : document.cursor]))
    above, below = fit_window(document, room, count_tokens, anchor=anchor)
    if not fold or document.tree is None or (above.start == 0 and below.end == len(text)):
        return _frame(document, above, below, EMPTY, EMPTY)
    shares = Shares.of(room)
    scope = definitions_around(document)
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
