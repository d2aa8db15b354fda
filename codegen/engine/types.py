"""The seam between text and tokens: what a backend is asked, and what it answers.

A backend speaks token ids only. `codegen.engine.backend` is the product's, and
`codegen.engine.scripted` a deterministic one for tests of logic.
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
    """How one sample chooses its tokens. The default is greedy."""

    temperature: float = 0.0
    top_k: int = 0  # 0: all
    top_p: float = 1.0
    seed: int = 0

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature <= 0.0 or self.top_k == 1


class Constraint(Protocol):
    """What the next tokens may be. Immutable: `advance` gives the constraint after a token."""

    def allowed(self) -> NDArray[np.int64] | None:
        """Ids that may come next, sorted; None when any may."""

    def advance(self, token: int) -> "Constraint":
        """The constraint that holds after `token`."""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One prompt, and how many samples of it to draw.

    Samples share the prompt's KV cache and are decoded as one batch.
    """

    prompt: Sequence[int]
    max_tokens: int
    samples: tuple[Sampling, ...] = (Sampling(),)
    stop_ids: frozenset[int] = frozenset()
    constraint: Constraint | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One token of one sample, or its end.

    `token` is None on a step that only ends the sample (a stop id is never passed on).
    `logprob` is the natural logarithm of the token's probability under the model at
    temperature 1, before any constraint; of the stop id on a step that ends by it.
    """

    sample: int
    token: int | None
    logprob: float
    finish: FinishReason | None = None


class Generation(Protocol):
    """A running request: iterate for its steps; `end` samples that the caller has enough of."""

    def __iter__(self) -> Iterator[Step]:
        """Steps of all samples, in the order in which they are computed."""

    def end(self, sample: int) -> None:
        """Computes nothing more for `sample`."""

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""


class Backend(Protocol):
    """Token ids in, steps out.

    `generate`, `warm` and `forget` may be called from any thread; one of them runs at a time.
    """

    @property
    def window(self) -> int:
        """Tokens of prompt and completion together that fit."""

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Generation:
        """Starts a request. Iterating raises CancelledError once `cancel` is set."""

    def warm(self, prompt: Sequence[int], cancel: CancelToken) -> Usage:
        """Computes a prompt into a KV slot, so that a later request finds it there."""

    def forget(self) -> None:
        """Drops what the KV slots hold: the next prompt is computed from its first token.

        What stands in a cache decides which kernels compute the rest, and their last bits differ.
        """
