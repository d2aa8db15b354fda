"""What a call computed of the tokens that may come next."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.engine.tensors import StaticTensor


@dataclass(frozen=True, slots=True)
class Choice:
    """A token, and the natural logarithm of its probability at temperature 1, unconstrained."""

    token: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Best:
    """The likeliest tokens as the graph chose them on the device.

    `tokens` int64 and `logprobs` float32, both [batch, positions].
    """

    tokens: StaticTensor
    logprobs: StaticTensor


class NextTokens:
    """The logits of a call, and the likeliest tokens if the graph chooses them itself.

    It is read before the next call of the same form into the same caches, which overwrites it. On
    another device than the CPU, logits are copied here only when they are read, since those of one
    token are 300 KB or more.
    """

    def __init__(self, logits: StaticTensor, best: Best | None) -> None:
        """Reads nothing yet.

        Args:
            logits: [batch, positions, vocabulary].
            best: None if the graph doesn't choose.
        """
        self.device_logits = logits
        self._best = best
        self._logits_here: NDArray[np.float32] | None = None
        self._best_here: tuple[NDArray[Any], NDArray[Any]] | None = None

    def logits(self) -> NDArray[np.float32]:
        """The logits, [batch, positions, vocabulary]."""
        if self._logits_here is None:
            self._logits_here = self.device_logits.read().astype(np.float32, copy=False)
        return self._logits_here

    def best(self, row: int, position: int) -> Choice | None:
        """The likeliest token of a row at a position; None if the graph doesn't choose."""
        if self._best is None:
            return None
        if self._best_here is None:
            self._best_here = self._best.tokens.read(), self._best.logprobs.read()
        tokens, logprobs = self._best_here
        return Choice(int(tokens[row, position]), float(logprobs[row, position]))
