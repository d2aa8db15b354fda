"""What prompts, steps, a suggestion and batches of several sizes take: how an engine scales.

On a GPU, steps are measured as they are captured and replayed, and eager.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from codegen.bench.decoding import (
    Spread,
    batch_rate,
    prompt_seconds,
    step_seconds,
    suggestion_seconds,
)
from codegen.engine.types import Backend
from codegen.progress import Progress


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is measured; all counts but `repeats` and `samples` are tokens."""

    prompts: tuple[int, ...] = (128, 512, 2000, 4000, 8000)
    cached: int = 2000  # before the steps and the suggestion
    steps: int = 64
    typed: int = 4  # since the cached prompt, before the suggestion
    suggestion: int = 32
    samples: tuple[int, ...] = (1, 4, 16, 64)
    sample_prompt: int = 200  # as long as a problem of HumanEval that is asked as a chat
    sample_steps: int = 64
    repeats: int = 3

    @property
    def short(self) -> int:
        """The capacity that all but the longest prompts need."""
        return self.cached + self.typed + max(self.suggestion, self.steps) + 16


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure; `low` and `high` are those between which nine tenths of the times lie."""

    name: str
    unit: Literal["ms", "tokens/s"]
    value: float
    low: float | None = None
    high: float | None = None


Load = Callable[[int, bool], Backend]
"""Loads the model: with caches of so many tokens; steps captured, if the device can do that."""

Take = Callable[[int], Sequence[int]]
"""Gives a text of so many tokens, each time another one."""


def measure(
    load: Load, take: Take, sizes: Sizes, progress: Progress, *, captures: bool
) -> Iterator[Measure]:
    """Measures one after the other, and gives each when it is there.

    Raises:
        EngineError: the model can't be run, or something was cached that should not have been.
        OutOfMemoryError: there is no memory for the longest prompts or the largest batch.
    """
    backend = load(sizes.short, True)
    progress.note("measuring prompts")
    yield from _prompts(
        backend, take, [size for size in sizes.prompts if size <= sizes.cached], sizes.repeats
    )
    progress.note("measuring steps")
    prompt = take(sizes.cached)
    yield _steps(backend, prompt, sizes, "captured" if captures else "")
    yield _suggestion(backend, prompt, take, sizes)
    if captures:
        del backend  # first, since both may not fit
        backend = load(sizes.short, False)
        yield _steps(backend, prompt, sizes, "eager")
    del backend
    progress.note("measuring samples")
    backend = load(sizes.sample_prompt + sizes.sample_steps + 16, True)
    for samples in sizes.samples:
        prompt = take(sizes.sample_prompt)
        batch_rate(backend, prompt, samples, 2)  # kernels for this size are chosen
        rate = batch_rate(backend, prompt, samples, sizes.sample_steps)
        yield Measure(f"{samples} samples at once", "tokens/s", rate)
    longer = [size for size in sizes.prompts if size > sizes.cached]
    if longer:
        del backend
        progress.note("measuring longer prompts")
        yield from _prompts(load(max(longer) + 16, True), take, longer, sizes.repeats)


def _prompts(
    backend: Backend, take: Take, lengths: Sequence[int], repeats: int
) -> Iterator[Measure]:
    for length in lengths:
        prompt_seconds(backend, take(length))  # kernels for its chunks are chosen
        times = [prompt_seconds(backend, take(length)) for _ in range(repeats)]
        yield _milliseconds(f"a prompt of {length:,} tokens", Spread.of(times))


def _steps(backend: Backend, prompt: Sequence[int], sizes: Sizes, how: str) -> Measure:
    step_seconds(backend, prompt, 8)  # captures
    times = [
        each for _ in range(sizes.repeats) for each in step_seconds(backend, prompt, sizes.steps)
    ]
    name = f"a step after {sizes.cached:,} tokens"
    return _milliseconds(f"{name}, {how}" if how else name, Spread.of(times))


def _suggestion(backend: Backend, prompt: Sequence[int], take: Take, sizes: Sizes) -> Measure:
    times = [
        suggestion_seconds(backend, prompt, take(sizes.typed), sizes.suggestion)
        for _ in range(sizes.repeats + 1)
    ]
    return _milliseconds(
        f"{sizes.suggestion} tokens after {sizes.cached:,} cached ones and {sizes.typed} typed",
        Spread.of(times[1:]),
    )


def _milliseconds(name: str, spread: Spread) -> Measure:
    return Measure(name, "ms", spread.median * 1000, spread.low * 1000, spread.high * 1000)
