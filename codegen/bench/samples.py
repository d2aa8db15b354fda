"""What several samples of one prompt cost: as one batch, and one after the other."""

import inspect
import time
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen.bench.engine import Texts, pairwise
from codegen.cancel import CancelToken
from codegen.engine.types import Backend, GenerateRequest, Sampling
from codegen.models.loading import load_backend
from codegen.models.resolve import ready
from codegen.progress import Progress
from codegen.prompt.tokenizer import Tokenizer
from codegen.settings.config import Settings

PROMPT: Final = 200
"""Tokens of the prompt: as long as a problem of HumanEval that is asked as a chat."""

STEPS: Final = 128
"""Tokens of each sample, which none ends before."""

_TEMPERATURE, _TOP_P = 0.8, 0.95


@dataclass(frozen=True, slots=True)
class SampleRound:
    """Seconds for all samples: as one batch, and each with its own prompt, one after another."""

    batched: float
    single: float


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """What was measured; `speedup` is the median of the rounds' ratios."""

    model: str
    precision: str
    paths: str
    threads: int
    samples: int
    rounds: tuple[SampleRound, ...]

    @property
    def speedup(self) -> float:
        """How many times faster the batch was."""
        return pairwise(
            [each.single for each in self.rounds], [each.batched for each in self.rounds]
        )


def run_samples(settings: Settings, samples: int, rounds: int, progress: Progress) -> SampleFigures:
    """Measures in turn, so that both see the same machine.

    Raises:
        ModelError: there is no model.
    """
    model = ready(settings, progress)
    backend = load_backend(model, settings, progress)
    text = "".join(inspect.getsource(module) for module in (tokenize, inspect))
    texts = Texts(Tokenizer.load(model.tokenizer).encode(text))
    _seconds(backend, texts.take(PROMPT), [0])
    measured = []
    for number in range(rounds):
        progress.note(f"round {number + 1} of {rounds}")
        prompt = texts.take(PROMPT)
        batched = _seconds(backend, prompt, range(samples))
        single = sum(_seconds(backend, prompt, [seed]) for seed in range(samples))
        measured.append(SampleRound(batched, single))
    return SampleFigures(
        model=model.manifest.name,
        precision=model.manifest.precision,
        paths=str(backend.paths),
        threads=backend.threads,
        samples=samples,
        rounds=tuple(measured),
    )


def _seconds(backend: Backend, prompt: Sequence[int], seeds: Sequence[int]) -> float:
    samples = tuple(Sampling(_TEMPERATURE, top_p=_TOP_P, seed=seed) for seed in seeds)
    backend.forget()
    start = time.perf_counter()
    for _ in backend.generate(GenerateRequest(prompt, STEPS, samples), CancelToken()):
        pass
    return time.perf_counter() - start
