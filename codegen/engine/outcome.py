"""Why a sample ended, and what a request cost; importing this loads nothing heavy."""

from dataclasses import dataclass, replace
from enum import StrEnum


class FinishReason(StrEnum):
    """Why a sample ended."""

    STOP = "stop"  # a stop id or stop string
    LENGTH = "length"  # the request's max_tokens, or the model's window
    HOLE = "hole"  # the text reached the natural end of the hole
    TIME = "time"  # whoever waits for it had enough

    @property
    def cut_off(self) -> bool:
        """Whether there would have been more."""
        return self in (FinishReason.LENGTH, FinishReason.TIME)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request cost, in tokens and seconds.

    Of the decoded tokens, `accepted_tokens` were computed as parts of drafts, which had
    `drafted_tokens` in all.
    """

    prompt_tokens: int
    cached_tokens: int
    prefill_seconds: float
    decode_seconds: float
    decoded_tokens: int
    drafted_tokens: int = 0
    accepted_tokens: int = 0

    def with_prompt(self, prompt: "Usage") -> "Usage":
        """The cost of a request together with that of its prompt, which was computed before it."""
        return replace(
            self,
            cached_tokens=prompt.cached_tokens,
            prefill_seconds=self.prefill_seconds + prompt.prefill_seconds,
        )

    def plus(self, second: "Usage") -> "Usage":
        """The cost of two requests, the second of which goes on with the prompt of the first."""
        return replace(
            self,
            prefill_seconds=self.prefill_seconds + second.prefill_seconds,
            decode_seconds=self.decode_seconds + second.decode_seconds,
            decoded_tokens=self.decoded_tokens + second.decoded_tokens,
            drafted_tokens=self.drafted_tokens + second.drafted_tokens,
            accepted_tokens=self.accepted_tokens + second.accepted_tokens,
        )
