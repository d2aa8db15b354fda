"""The first stage of a completion: finds the hole, and decides whether the model is asked."""

from dataclasses import dataclass
from typing import Final

from codegen.completion.options import CompletionOptions
from codegen.context.hole import Hole, Lines, find_hole
from codegen.document import Document
from codegen.reasons import Reason

# A line seldom has more tokens than "single", and a block that fits a screen than "multi".
_MAX_TOKENS: Final[dict[Lines, int]] = {"single": 128, "multi": 256}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document and its hole. `refusal` is why no model is asked, None if a model is asked."""

    document: Document
    options: CompletionOptions
    hole: Hole
    refusal: Reason | None

    @property
    def max_tokens(self) -> int:
        """The most tokens that the completion may have."""
        spreads = self.hole.lines == "multi" or (self.hole.opens and not self.hole.one_line)
        return self.options.max_tokens or _MAX_TOKENS["multi" if spreads else "single"]

    def reserved(self, window: int) -> int:
        """How many tokens of a model's window are kept free for a completion.

        The number is the same for one line and for several lines, since a prompt must serve both.
        """
        return self.options.max_tokens or min(max(_MAX_TOKENS.values()), window // 2)


def prepare(document: Document, options: CompletionOptions) -> Prepared:
    """Finds the hole at a document's cursor, and decides whether a model is asked to fill it.

    The command line and the session both begin here. The function is pure, and may run in any
    thread.
    """
    hole = find_hole(document, options.lines)
    refusal = None if options.insist else hole.refusal
    if not document.text.strip():
        # A blank document shows a model nothing, so it is not asked even if the user insists.
        refusal = Reason.EMPTY_DOCUMENT
    return Prepared(document, options, hole, refusal)
