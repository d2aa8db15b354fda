"""Tries holes: the tests must pass with the original text, and fail without it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from codegen.progress import Progress
from codegen_eval.mine.choice import HoleCandidate
from codegen_eval.repository.judge import judge_once, judge_repository
from codegen_eval.sandbox.types import Limits, Sandbox
from codegen_eval.suites.mined import MinedRepository
from codegen_eval.suites.problem import Problem
from codegen_eval.suites.verdict import Verdict

_TRIES: Final = 3
"""How many holes of a function are tried for each hole that it may have."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The holes that were kept. `dropped` counts those that were not, by reason."""

    kept: tuple[tuple[HoleCandidate, Problem], ...]
    tried: int
    dropped: Counter[str]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes problems of candidates. `texts` are the texts of files, by path.

    `plugins` says whether the tests need the installed plugins of pytest.
    """

    name: str
    root: Path
    python: Path
    texts: Mapping[str, str]
    plugins: bool

    def problem(self, candidate: HoleCandidate) -> Problem:
        """The problem that a candidate becomes."""
        hole, text = candidate.hole, self.texts[candidate.path]
        return Problem(
            task_id=f"{self.name}/{candidate.name}",
            group=f"{self.name}/{candidate.path}/{hole.function}",
            prefix=text[: hole.start],
            suffix=text[hole.end :],
            reference=text[hole.start : hole.end],
            entry_point=hole.entry_point,
            check=MinedRepository(
                self.root, candidate.path, candidate.tests, self.python, self.plugins
            ),
        )


class Bench:
    """Boxes in parallel, each in a slot of its own."""

    def __init__(self, sandbox: Sandbox, slots: int, limits: Limits) -> None:
        self.sandbox = sandbox
        self.limits = limits
        self.slots = slots
        self._free: SimpleQueue[int] = SimpleQueue()
        for slot in range(slots):
            self._free.put(slot)

    @contextmanager
    def slot(self) -> Iterator[int]:
        """A slot that no other thread has."""
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)


def try_holes(
    layers: Iterable[Sequence[HoleCandidate]],
    maker: Maker,
    bench: Bench,
    progress: Progress,
    *,
    limit: int,
    per_function: int,
) -> Tried:
    """Keeps up to `limit` holes, in the order of `layers`, with any number of slots.

    Raises:
        SandboxError: a box could not be started.
    """
    kept: list[tuple[HoleCandidate, Problem]] = []
    counts: Counter[tuple[str, str]] = Counter()
    attempts: Counter[tuple[str, str]] = Counter()
    dropped: Counter[str] = Counter()
    tried = 0
    pool = ThreadPoolExecutor(bench.slots, thread_name_prefix="codegen-mine")
    try:
        for layer in layers:
            # Within a layer no two holes are of one function, so none depends on another.
            open_ = [
                candidate
                for candidate in layer
                if counts[candidate.function] < per_function
                and attempts[candidate.function] < per_function * _TRIES
            ]
            for candidate, problem, reason in _in_order(pool, bench, open_, maker):
                tried += 1
                attempts[candidate.function] += 1
                if reason:
                    dropped[reason] += 1
                    continue
                counts[candidate.function] += 1
                kept.append((candidate, problem))
                progress.advance(1)
                if len(kept) == limit:
                    return Tried(tuple(kept), tried, dropped)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return Tried(tuple(kept), tried, dropped)


def _in_order(
    pool: ThreadPoolExecutor,
    bench: Bench,
    candidates: Sequence[HoleCandidate],
    maker: Maker,
) -> Iterator[tuple[HoleCandidate, Problem, str]]:
    """Tries a few holes ahead, and yields each with the reason to drop it, if any."""
    ahead: list[tuple[HoleCandidate, Problem, Future[str]]] = []
    rest = iter(candidates)
    while True:
        while len(ahead) < bench.slots * 2 and (candidate := next(rest, None)) is not None:
            problem = maker.problem(candidate)
            ahead.append((candidate, problem, pool.submit(reason_to_drop, problem, bench)))
        if not ahead:
            return
        candidate, problem, future = ahead.pop(0)
        yield candidate, problem, future.result()


def reason_to_drop(problem: Problem, bench: Bench) -> str:
    """Why a hole can't be a problem; "" if it can.

    If the file doesn't compile with an empty hole, `pass` is put there: otherwise every test would
    fail, whether it checks the hole's effect or not.
    """
    with bench.slot() as slot:
        for null in ("", "pass"):
            verdict, _ = judge_once(problem, null, bench.sandbox, slot, bench.limits)
            if verdict is not Verdict.SYNTAX:
                break
        if verdict is Verdict.PASSED:
            return "the tests pass without it"
        if verdict is Verdict.TIMEOUT:
            return "without it the tests run out of time"
        verdict, _ = judge_repository(problem, problem.reference, bench.sandbox, slot, bench.limits)
        return "" if verdict is Verdict.PASSED else f"the tests alone don't pass ({verdict})"
