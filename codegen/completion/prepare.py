"""The beginning of every completion: which hole it is, and whether a model is asked."""

from dataclasses import dataclass
from typing import Final

from codegen.completion.options import CompletionOptions
from codegen.context.hole import Hole, Lines, find_hole
from codegen.document import Document
from codegen.reasons import Reason

# A line is seldom longer than the first, a block that fits a screen seldom than the second.
_MAX_TOKENS: Final[dict[Lines, int]] = {"single": 128, "multi": 256}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document whose hole was found; `refusal` is the reason why no model is asked, if so."""

    document: Document
    options: CompletionOptions
    hole: Hole
    refusal: Reason | None

    @property
    def max_tokens(self) -> int:
        """Tokens that the completion may have."""
        spreads = self.hole.lines == "multi" or (self.hole.opens and not self.hole.one_line)
        return self.options.max_tokens or _MAX_TOKENS["multi" if spreads else "single"]

    def reserved(self, window: int) -> int:
        """Tokens of a model's window that are kept free for a completion.

        They are the same for one line and for several, since a prompt must serve both.
        """
        return self.options.max_tokens or min(max(_MAX_TOKENS.values()), window // 2)


def prepare(document: Document, options: CompletionOptions) -> Prepared:
    """Finds the hole at a document's cursor, and decides whether a model is asked to fill it.

    The command line and the session both begin here. It is pure, and may run in any thread.
    """
    hole = find_hole(document, options.lines)
    refusal = None if options.insist else hole.refusal
    if not document.text.strip():
        # A blank document gives a model nothing to go by, whoever asks.
        refusal = Reason.EMPTY_DOCUMENT
    return Prepared(document, options, hole, refusal)
