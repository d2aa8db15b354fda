"""Choosing a token from logits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.engine.types import Constraint, Sampling


@dataclass(frozen=True, slots=True)
class Choice:
    """A token, and the natural logarithm of its probability at temperature 1, unconstrained."""

    token: int
    logprob: float


class Sampler:
    """Draws the tokens of one sample. Its random state is its own, so samples can't mix."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))

    def choose(self, logits: NDArray[np.float32], constraint: Constraint | None) -> Choice:
        """The next token.

        Args:
            logits: [vocabulary], not changed.
            constraint: which tokens may be chosen; None when any may.
        """
        allowed = constraint.allowed() if constraint is not None else None
        candidates = logits if allowed is None else logits[allowed]
        index = int(candidates.argmax()) if self._sampling.greedy else self._draw(candidates)
        token = index if allowed is None else int(allowed[index])
        top = float(logits.max())
        normaliser = top + float(np.log(np.exp(logits - top).sum(dtype=np.float64)))
        return Choice(token=token, logprob=float(logits[token]) - normaliser)

    def _draw(self, logits: NDArray[np.float32]) -> int:
        """Samples an index by temperature, then top-k, then top-p (nucleus)."""
        sampling = self._sampling
        # The largest becomes 0, so that no temperature is too low to divide by.
        with np.errstate(over="ignore"):
            scaled = (logits.astype(np.float64) - logits.max()) / sampling.temperature
        if 0 < sampling.top_k < scaled.size:
            kept = np.argpartition(scaled, -sampling.top_k)[-sampling.top_k :]
        else:
            kept = np.arange(scaled.size)
        weights = np.exp(scaled[kept])
        weights /= weights.sum()
        if sampling.top_p < 1.0:
            order = np.argsort(-weights, kind="stable")
            before = np.cumsum(weights[order]) - weights[order]
            # The token that crosses the threshold is kept, so that one always is.
            order = order[before < max(sampling.top_p, 0.0)] if sampling.top_p > 0 else order[:1]
            kept, weights = kept[order], weights[order]
            weights = weights / weights.sum()
        drawn = np.searchsorted(np.cumsum(weights), self._random.random(), side="right")
        return int(kept[min(int(drawn), kept.size - 1)])
