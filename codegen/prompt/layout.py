"""The layout: a frame as the head of a prompt, with the anchor where the family wants it."""

from dataclasses import dataclass
from typing import Final

from codegen.context.frame import Frame, anchor_above, lay_frame
from codegen.context.scope import Definition
from codegen.document import Document
from codegen.prompt.families import FamilyIds
from codegen.prompt.fim import Head, Prompt, build_frozen, build_head
from codegen.prompt.tokenizer import Tokenizer

# By how many tokens the typed text may exceed the budget that a frame was laid for.
_SLACK: Final = 256


@dataclass(frozen=True, slots=True)
class Layout:
    """A frame, its head in tokens, and the budget of tokens that both were made for."""

    frame: Frame
    head: Head
    budget: int

    def prompt(self, document: Document, tokenizer: Tokenizer) -> Prompt:
        """The prompt for a document that the frame of this layout fits, see `Frame.holds`."""
        return build_frozen(
            self.head, document.text[self.frame.anchor : document.cursor], tokenizer
        )


def lay(
    document: Document,
    budget: int,
    family: FamilyIds,
    tokenizer: Tokenizer,
    *,
    scope: tuple[Definition, ...],
    fold: bool = True,
) -> Layout:
    """Makes a new layout for a document's cursor, fitted to a budget of tokens.

    Args:
        document: the text, the cursor and the tree.
        budget: in tokens, without the marks.
        family: the model's family, with the ids of its marks.
        tokenizer: the model's.
        scope: the definitions around the cursor.
        fold: whether the parts that have no room are folded to signatures; otherwise they are cut
            off.
    """

    def count(text: str) -> int:
        return len(tokenizer.encode(text))

    anchor = anchor_above(document, family.family.anchor_lines)
    if count(document.text[anchor : document.cursor]) * 2 > budget:
        # The lines since the anchor would leave too little of the budget for the text around them.
        anchor = document.cursor
    frame = lay_frame(document, anchor, budget, count, scope=scope, fold=fold)
    before = "".join(piece.text for piece in frame.before)
    after = "".join(piece.text for piece in frame.after)
    return Layout(frame, build_head(before, after, family, tokenizer), budget)


def follow(
    last: Layout | None, document: Document, budget: int, window: int, tokenizer: Tokenizer
) -> tuple[Layout, Prompt] | None:
    """The last layout and the prompt for what was typed since; None if a new layout is needed.

    Args:
        last: the last layout of the same document, if there is one.
        document: as it is now.
        budget: in tokens, as for `lay`.
        window: how many tokens a prompt may have at most.
        tokenizer: the model's.
    """
    # If the budget has shrunk, the last layout is too large. If it has grown, the last layout is
    # kept.
    if last is None or last.budget > budget or not last.frame.holds(document):
        return None
    prompt = last.prompt(document, tokenizer)
    if len(prompt.ids) > min(last.budget + _SLACK, window):
        return None
    return last, prompt
