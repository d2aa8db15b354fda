"""A frame as a prompt's head, and where the anchor goes: what each family was shown to like."""

from dataclasses import dataclass
from typing import Final

from codegen.context.frame import Frame, anchor_above, lay_frame
from codegen.document import Document
from codegen.prompt.families import FamilyIds
from codegen.prompt.fim import Head, Prompt, build_frozen, build_head
from codegen.prompt.tokenizer import Tokenizer

# By how much what was typed since may go over the budget that a frame was laid for.
_SLACK: Final = 256


@dataclass(frozen=True, slots=True)
class Layout:
    """A frame with its head in tokens, and the budget that both were made for."""

    frame: Frame
    head: Head
    budget: int

    def prompt(self, document: Document, tokenizer: Tokenizer) -> Prompt:
        """The prompt for a document that this layout's frame holds."""
        return build_frozen(
            self.head, document.text[self.frame.anchor : document.cursor], tokenizer
        )


def lay(
    document: Document,
    budget: int,
    family: FamilyIds,
    tokenizer: Tokenizer,
    *,
    fold: bool = True,
) -> Layout:
    """Lays a new layout for a document's cursor, fitted to a budget of tokens.

    Args:
        document: the text, the cursor and the tree.
        budget: in tokens, without the marks.
        family: where it likes the anchor, and its marks.
        tokenizer: the model's.
        fold: whether what has no room is folded to signatures, or else cut off.
    """

    def count(text: str) -> int:
        return len(tokenizer.encode(text))

    anchor = anchor_above(document, family.family.anchor_lines)
    if count(document.text[anchor : document.cursor]) * 2 > budget:
        # Lines that alone take up the budget leave nothing for what stands around them.
        anchor = document.cursor
    frame = lay_frame(document, anchor, budget, count, fold=fold)
    before = "".join(piece.text for piece in frame.before)
    after = "".join(piece.text for piece in frame.after)
    return Layout(frame, build_head(before, after, family, tokenizer), budget)


def follow(
    last: Layout | None, document: Document, budget: int, window: int, tokenizer: Tokenizer
) -> tuple[Layout, Prompt] | None:
    """The last layout with what was typed since, None where a new one has to be laid.

    Args:
        last: what was laid before for the same document, if anything.
        document: as it is now.
        budget: in tokens, as for `lay`.
        window: tokens that a prompt may have at most.
        tokenizer: the model's.
    """
    # Where the machine turns out faster, more text has room, but not before a new place.
    if last is None or last.budget > budget or not last.frame.holds(document):
        return None
    prompt = last.prompt(document, tokenizer)
    if len(prompt.ids) > min(last.budget + _SLACK, window):
        return None
    return last, prompt
