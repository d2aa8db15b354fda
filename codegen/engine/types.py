"""The seam between text and tokens: the requests to a backend, and its answers.

A backend knows token ids and no text. `codegen.engine.backend` is the product's backend, and
`codegen.engine.scripted` is a deterministic backend for tests of logic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.outcome import FinishReason, Usage


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a sample chooses its tokens. By default it always takes the likeliest."""

    temperature: float = 0.0
    top_k: int = 0  # 0: all
    top_p: float = 1.0
    seed: int = 0

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature <= 0.0 or self.top_k == 1


class Constraint(Protocol):
    """Says which tokens may come next. It is immutable: `advance` returns the next constraint."""

    def allowed(self) -> NDArray[np.int64] | None:
        """The ids that may come next, sorted; None if any token may."""

    def advance(self, token: int) -> "Constraint":
        """The constraint that holds after `token`."""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A prompt, and the samples to draw from it.

    Samples share the prompt's KV cache and are decoded as one batch. With `drafts`, a single greedy
    sample may be written several tokens at a time. That is faster, but which tokens one call
    computes then depends on what was learned and measured, and so do the last bits of the results.
    """

    prompt: Sequence[int]
    max_tokens: int
    samples: tuple[Sampling, ...] = (Sampling(),)
    stop_ids: frozenset[int] = frozenset()
    constraint: Constraint | None = None
    drafts: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A token of a sample, or the end of the sample.

    `token` is None on a step that only ends the sample, since a stop id is never passed on.
    `logprob` is the natural logarithm of the probability that the model gives to the token, or to
    the stop id, at temperature 1 and before any constraint.
    """

    sample: int
    token: int | None
    logprob: float
    finish: FinishReason | None = None


class Generation(Protocol):
    """A running request. Iterating gives its steps, and `end` stops a sample early."""

    def __iter__(self) -> Iterator[Step]:
        """The steps of all samples, in the order in which they are computed."""

    def end(self, sample: int) -> None:
        """Computes nothing more for `sample`."""

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""


class Backend(Protocol):
    """Takes token ids and gives steps.

    Any thread may call `generate`, `warm` and `forget`. They run one after the other.
    """

    @property
    def window(self) -> int:
        """How many tokens, prompt and completion together, a request may have."""

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Generation:
        """Starts a request. Iterating raises CancelledError once `cancel` is set."""

    def warm(self, prompt: Sequence[int], cancel: CancelToken) -> Usage:
        """Computes a prompt into a KV slot, so that a later request finds it there."""

    def forget(self) -> None:
        """Empties the KV slots: the next prompt is computed from its first token.

        How much of a prompt is in a cache decides which kernels compute the rest, and the results
        of two kernels may differ in their last bits.
        """
