"""Whether a device computes what it should: captured as eager, and CUDA as the CPU."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.backend import OnnxBackend
from codegen.engine.types import GenerateRequest
from dev.bench_gpu.shapes import Scale

SEED = 7
"""Of all that is drawn: weights, prompts."""

NEAR_TIE = 0.01
"""Two first choices are a near tie if their logits differ by at most this share of the largest.

An fp16 number is rounded by up to 0.0005 of itself; this is twenty times that, for what adds up
over the layers.
"""

AGREEMENT = 0.99
"""The share of positions at which both devices must find the same token likeliest."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a request gave: how much of its prompt was cached, and its tokens."""

    cached: int
    tokens: tuple[int, ...]


def write(backend: OnnxBackend, prompt: Sequence[int], tokens: int) -> Written:
    """The likeliest tokens after a prompt."""
    generation = backend.generate(GenerateRequest(prompt, max_tokens=tokens), CancelToken())
    written = [step.token for step in generation if step.token is not None]
    return Written(generation.usage.cached_tokens, tuple(written))


def play(backend: OnnxBackend, scale: Scale, vocabulary: int, draw: Generator) -> list[Written]:
    """Requests as an editor sends them, which use both slots and go back in them.

    Each prompt is new; then it is continued from the first third of what was written, by other
    tokens; and after every second prompt the prompt in the other slot goes on.
    """
    said: list[Written] = []
    other: list[int] = []
    for number in range(scale.same_prompts):
        length = int(draw.integers(*scale.same_lengths, endpoint=True))
        prompt = ids(draw, vocabulary, length)
        said.append(write(backend, prompt, scale.same_steps))
        back = [*prompt, *said[-1].tokens[: scale.same_steps // 3], *ids(draw, vocabulary, 3)]
        said.append(write(backend, back, scale.same_more))
        if number % 2 and other:
            other += ids(draw, vocabulary, 2)
            said.append(write(backend, other, scale.same_more))
        else:
            other = back
    return said


def first_difference(one: Sequence[Written], two: Sequence[Written]) -> str | None:
    """Where two runs of the same requests differ first; None if nowhere."""
    for number, (mine, yours) in enumerate(zip(one, two, strict=True)):
        if mine.cached != yours.cached:
            return f"request {number} had {mine.cached} and {yours.cached} tokens cached"
        pairs = zip(mine.tokens, yours.tokens, strict=False)
        for place, (left, right) in enumerate(pairs):
            if left != right:
                return f"request {number}, token {place}: {left} and {right}"
        if len(mine.tokens) != len(yours.tokens):
            return f"request {number} has {len(mine.tokens)} and {len(yours.tokens)} tokens"
    return None


def drawing() -> Generator:
    """A generator for prompts, the same at each call."""
    return np.random.default_rng(SEED)


def ids(draw: Generator, vocabulary: int, count: int) -> list[int]:
    """Random token ids."""
    return [int(each) for each in draw.integers(vocabulary, size=count)]


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near one device's logits are to those of the other, over some positions."""

    positions: int = 0
    same: int = 0  # positions at which both find the same token likeliest
    largest: float = 0.0  # difference of two logits
    total: float = 0.0  # of the differences' means, for each position
    spread: float = 0.0  # sum of the logits' standard deviations at each position
    worst_tie: float = 0.0  # how far apart two different first choices are, see NEAR_TIE

    def plus(self, right: NDArray[np.float32], measured: NDArray[np.float32]) -> "Nearness":
        """With more positions; both arrays are [positions, vocabulary], the first is believed."""
        # What is no number differs by more than any number does.
        difference = np.nan_to_num(np.abs(right - measured), nan=np.inf)
        rows = np.arange(len(right))
        choices, others = right.argmax(axis=1), measured.argmax(axis=1)
        gaps = (right[rows, choices] - right[rows, others]) / np.abs(right).max(axis=1)
        return Nearness(
            self.positions + len(right),
            self.same + int((choices == others).sum()),
            max(self.largest, float(difference.max())),
            self.total + float(difference.mean(axis=1).sum()),
            self.spread + float(right.std(axis=1).sum()),
            max(self.worst_tie, float(gaps.max())),
        )

    @property
    def agreement(self) -> float:
        """The share of positions with the same first choice."""
        return self.same / self.positions

    @property
    def mean(self) -> float:
        """The mean difference of two logits."""
        return self.total / self.positions

    def __str__(self) -> str:
        """The figures in a line."""
        return (
            f"{self.same} of {self.positions} first choices are the same; where they differ, their "
            f"logits are within {self.worst_tie:.4f} of the largest; logits differ by "
            f"{self.mean:.2g} in the mean and {self.largest:.2g} at most, and have a standard "
            f"deviation of {self.spread / self.positions:.2g}"
        )
