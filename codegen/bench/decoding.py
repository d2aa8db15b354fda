"""Times single requests to a backend: a prompt, the steps after it, a suggestion, a batch.

Times include all that a caller waits for: the model, choosing tokens, and Python.
"""

import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.cancel import CancelToken
from codegen.engine.types import Backend, GenerateRequest, Sampling
from codegen.errors import EngineError


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some times, and the times between which nine tenths of them lie; seconds."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """Of at least one time."""
        ordered = sorted(seconds)
        edge = len(ordered) // 20
        return cls(statistics.median(ordered), ordered[edge], ordered[-1 - edge], len(ordered))


def prompt_seconds(backend: Backend, prompt: Sequence[int]) -> float:
    """Seconds of a prompt from its first token: what the caches hold is dropped before.

    Raises:
        UsageError: the prompt is empty, or too long for the window.
    """
    backend.forget()
    start = time.perf_counter()
    backend.warm(prompt, CancelToken())
    return time.perf_counter() - start


def step_seconds(backend: Backend, prompt: Sequence[int], steps: int) -> list[float]:
    """Seconds of each of some decoding steps after a prompt, which is not counted.

    Raises:
        EngineError: the window ended before.
    """
    # The first token comes out of the prompt's own computation.
    request = GenerateRequest(prompt, max_tokens=steps + 1)
    times = [
        time.perf_counter()
        for step in backend.generate(request, CancelToken())
        if step.token is not None
    ]
    if len(times) != steps + 1:
        raise EngineError(f"{len(times)} tokens were written instead of {steps + 1}")
    return [after - before for before, after in itertools.pairwise(times)]


def suggestion_seconds(
    backend: Backend, cached: Sequence[int], typed: Sequence[int], tokens: int
) -> float:
    """Seconds of a request of some tokens, when all of its prompt but what was typed is cached.

    Args:
        backend: what is measured.
        cached: the prompt that is computed before, uncounted.
        typed: what the request's prompt has after it; at least one token.
        tokens: how many are written.

    Raises:
        EngineError: another part of the prompt was cached, or the window ended before.
    """
    backend.warm(cached, CancelToken())
    generation = backend.generate(
        GenerateRequest([*cached, *typed], max_tokens=tokens), CancelToken()
    )
    start = time.perf_counter()
    written = sum(step.token is not None for step in generation)
    seconds = time.perf_counter() - start
    if generation.usage.cached_tokens != len(cached):
        raise EngineError(
            f"{generation.usage.cached_tokens} tokens were cached instead of {len(cached)}"
        )
    if written != tokens:
        raise EngineError(f"{written} tokens were written instead of {tokens}")
    return seconds


def batch_rate(backend: Backend, prompt: Sequence[int], samples: int, steps: int) -> float:
    """Tokens per second of several samples of one prompt.

    The prompt isn't counted, nor the first step, before which the prompt's cache is copied for each
    sample. The samples are drawn at temperature 0.8, as an evaluation draws them, each by its own
    seed.

    Raises:
        EngineError: the window ended before.
    """
    # The first tokens come out of the prompt's own computation.
    uncounted = 2 * samples
    request = GenerateRequest(
        prompt,
        max_tokens=steps + 2,
        samples=tuple(Sampling(temperature=0.8, seed=seed) for seed in range(samples)),
    )
    start, written = 0.0, 0
    for step in backend.generate(request, CancelToken()):
        written += step.token is not None
        if written == uncounted:
            start = time.perf_counter()
    if written != uncounted + samples * steps:
        raise EngineError(f"{written} tokens were written instead of {uncounted + samples * steps}")
    return samples * steps / (time.perf_counter() - start)
