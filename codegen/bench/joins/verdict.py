"""What became of the truth in a suggestion, in one word."""

from dataclasses import dataclass
from typing import Literal

from codegen.bench.joins.answers import WrittenAnswer
from codegen.bench.joins.holes import Gap

Verdict = Literal[
    "exact",
    "cut-short",
    "runs-over",
    "moved",
    "other",
    "nothing",
    "refused",
    "exception",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A gap, what the model wrote in it, and what was suggested of that; None for nothing.

    `reason` says why there is nothing, or what was raised or logged. `adds_errors` says whether
    the file has more syntax errors with the suggestion than it had; None where nothing is shown,
    or no grammar tells.
    """

    gap: Gap
    answer: WrittenAnswer
    verdict: Verdict
    suggestion: str | None = None
    reason: str | None = None
    adds_errors: bool | None = None

    @property
    def right(self) -> bool:
        """Whether it is as it should be.

        After a whole line of code other code may come: there it is enough if that fits, and
        nothing of what follows is repeated.
        """
        if self.verdict == "exact":
            return True
        if self.gap.kind != "line" or self.answer.tail != "function" or self.suggestion is None:
            return False
        begins = self.suggestion.startswith(self.gap.truth.rstrip())
        following = next((line for line in self.gap.after.splitlines() if line.strip()), "")
        added = self.suggestion[len(self.gap.truth.rstrip()) :].splitlines()
        repeats = bool(following) and following.rstrip() in (line.rstrip() for line in added)
        return begins and not repeats and not self.adds_errors


def compare(suggestion: str, gap: Gap) -> Verdict:
    """How a suggestion differs from the truth.

    Blanks and newlines at its end don't count where nothing follows on the cursor's line.
    """
    truth = gap.truth
    if not gap.rest.strip():
        suggestion, truth = suggestion.rstrip(), truth.rstrip()
    if suggestion == truth:
        return "exact"
    if truth.startswith(suggestion):
        return "cut-short"
    if suggestion.startswith(truth):
        return "runs-over"
    if _unplaced(suggestion) == _unplaced(truth):
        return "moved"
    return "other"


def _unplaced(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]
