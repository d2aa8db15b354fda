"""Choosing a token from logits."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from codegen.engine.next_tokens import Choice, NextTokens
from codegen.engine.types import Constraint, Sampling

_FEW: Final = 128
"""So many of the likeliest tokens are searched for the nucleus first; nearly always it is there."""


class Sampler:
    """Draws the tokens of a sample. It has a random state of its own, so samples can't mix."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))

    def choose(self, logits: NDArray[np.float32], constraint: Constraint | None) -> Choice:
        """The next token.

        Args:
            logits: [vocabulary]; they are not changed.
            constraint: says which tokens may be chosen; None if any token may.
        """
        allowed = constraint.allowed() if constraint is not None else None
        candidates = logits if allowed is None else logits[allowed]
        index = int(candidates.argmax()) if self._sampling.greedy else self._draw(candidates)
        token = index if allowed is None else int(allowed[index])
        top = float(logits.max())
        normaliser = top + float(np.log(np.exp(logits - top).sum(dtype=np.float64)))
        return Choice(token=token, logprob=float(logits[token]) - normaliser)

    def choose_from(self, tokens: NextTokens, row: int, constraint: Constraint | None) -> Choice:
        """The next token of a row: the graph's own choice if it is what `choose` would say.

        Logits then stay where they are. They are needed for samples, and where not every token is
        allowed.
        """
        best = tokens.best(row) if self._sampling.greedy else None
        if best is not None and (constraint is None or constraint.allowed() is None):
            return best
        return self.choose(tokens.logits()[row, 0], constraint)

    def _draw(self, logits: NDArray[np.float32]) -> int:
        """Samples an index by temperature, then top-k, then top-p (nucleus)."""
        sampling = self._sampling
        # The largest logit becomes 0, so that it stays finite however low the temperature is.
        with np.errstate(over="ignore"):
            scaled = (logits.astype(np.float64) - logits.max()) / sampling.temperature
        if 0 < sampling.top_k < scaled.size:
            kept = np.argpartition(scaled, -sampling.top_k)[-sampling.top_k :]
        else:
            kept = np.arange(scaled.size)
        weights = np.exp(scaled[kept])
        weights /= weights.sum()
        if sampling.top_p < 1.0:
            order = _nucleus(weights, sampling.top_p)
            kept, weights = kept[order], weights[order]
            weights = weights / weights.sum()
        drawn = np.searchsorted(np.cumsum(weights), self._random.random(), side="right")
        return int(kept[min(int(drawn), kept.size - 1)])


def _nucleus(weights: NDArray[np.float64], top_p: float) -> NDArray[np.int64]:
    """The indices of the fewest largest weights that sum up to `top_p`, at least one of them.

    The largest comes first, and of equal weights the one with the smaller index. Only the largest
    few are sorted, since sorting a vocabulary takes as long as a step of a small model.
    """
    few = _FEW
    while few < weights.size:
        largest = np.sort(np.argpartition(weights, -few)[-few:])
        order = largest[np.argsort(-weights[largest], kind="stable")]
        nucleus = _reaching(weights[order], top_p)
        # Weights that equal the smallest of them may have been left out.
        if weights[order[nucleus - 1]] > weights[order[-1]]:
            return order[:nucleus]
        few *= 8
    order = np.argsort(-weights, kind="stable")
    return order[: _reaching(weights[order], top_p)]


def _reaching(descending: NDArray[np.float64], top_p: float) -> int:
    """How many of the weights it takes to reach `top_p`."""
    before = np.cumsum(descending) - descending
    return max(1, int((before < top_p).sum()))
