"""Choosing a token from logits."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from codegen.engine.next_tokens import Choice, NextTokens
from codegen.engine.top import TOP, TopRow
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

    @property
    def temperature(self) -> float:
        """Above 0, also where the likeliest token is always taken."""
        return self._sampling.temperature if not self._sampling.greedy else 1.0

    @property
    def draws_from_few(self) -> bool:
        """Whether a token is drawn, and seldom from more than the few likeliest."""
        sampling = self._sampling
        return not sampling.greedy and (sampling.top_p < 1.0 or 0 < sampling.top_k <= TOP)

    def choose_from(
        self,
        tokens: NextTokens,
        row: int,
        position: int,
        constraint: Constraint | None,
        top: TopRow | None,
    ) -> Choice:
        """The token after a position of a row, as `choose` says; without its logits if possible.

        Args:
            tokens: what the model computed.
            row: which row of it.
            position: which of its positions.
            constraint: says which tokens may be chosen; None if any token may.
            top: the likeliest tokens, if they were found on the device.
        """
        free = constraint is None or constraint.allowed() is None
        if free and self._sampling.greedy:
            choice = tokens.best(row, position)
        elif free and top is not None:
            choice = self._draw_top(top)
        else:
            choice = None
        return choice or self.choose(tokens.logits()[row, position], constraint)

    def _draw_top(self, top: TopRow) -> Choice | None:
        """Draws from the likeliest tokens; None if it could be one that isn't among them."""
        sampling = self._sampling
        weights = np.exp(top.scores.astype(np.float64) - top.log_sum)
        if 0 < sampling.top_k <= weights.size:
            weights = weights[: sampling.top_k] / weights[: sampling.top_k].sum()
        elif sampling.top_k or weights.sum() < sampling.top_p:
            return None
        if sampling.top_p < 1.0:
            weights = weights[: _reaching(weights, sampling.top_p)]
            weights = weights / weights.sum()
        index = self._index(weights)
        logprob = float(top.scores[index]) * sampling.temperature - top.log_sum_at_1
        return Choice(int(top.tokens[index]), logprob)

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
        return int(kept[self._index(weights)])

    def _index(self, weights: NDArray[np.float64]) -> int:
        """Draws an index by the weights, whose sum is 1."""
        drawn = np.searchsorted(np.cumsum(weights), self._random.random(), side="right")
        return min(int(drawn), weights.size - 1)


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
