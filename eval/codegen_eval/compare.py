"""Compares two runs of one suite, problem by problem, and says what may be chance."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal

from codegen_eval.errors import DataError
from codegen_eval.metrics.intervals import Difference, Estimate, McNemar, difference, mcnemar, mean
from codegen_eval.metrics.summary import Outcome, by_problem, in_split, outcomes
from codegen_eval.metrics.text import exact
from codegen_eval.runs import Run, RunInfo
from codegen_eval.suites.problem import Suite
from codegen_eval.suites.split import Split

Pairing = Literal["seed", "number"]
Pair = tuple[Outcome, Outcome]

_SUITE_FIELDS: Final = ("suite", "suite_sha256", "kind")


@dataclass(frozen=True, slots=True)
class Measure:
    """A yes-or-no measure of both runs, over the pairs of samples.

    `first` and `second` are means over problems. `mcnemar`, `gained` and `lost` use only the first
    pair of each problem, since several samples of one problem are not independent.
    """

    name: str
    first: Estimate
    second: Estimate
    difference: Difference
    mcnemar: McNemar
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of two runs.

    `pairs` is the number of samples that both runs have scored, of `problems` problems;
    `only_first` and `only_second` count those that only one has. If `clustered`, some tasks were
    cut from the same problem, and McNemar's test gives too small a p. `differing` are the fields of
    RunInfo that differ, with both values.
    """

    suite: str
    split: Split
    first: str
    second: str
    pairing: Pairing
    problems: int
    groups: int
    pairs: int
    only_first: int
    only_second: int
    measures: tuple[Measure, ...]
    differing: tuple[tuple[str, str, str], ...]
    seen: tuple[bool, bool]

    @property
    def clustered(self) -> bool:
        """Whether problems share groups."""
        return self.groups < self.problems


def compare(first: Run, second: Run, suite: Suite, split: Split = "all") -> Comparison:
    """Pairs two runs by problem and sample, and measures the second against the first.

    Samples are paired by their seed, or by their number if both runs are greedy or have no seed in
    common.

    Raises:
        DataError: the runs are of different suites, or have no scored sample in common.
    """
    for name in _SUITE_FIELDS:
        ours, theirs = getattr(first.info, name), getattr(second.info, name)
        if ours != theirs:
            raise DataError(
                f"{first.directory} and {second.directory} can't be compared: "
                f"their {name} is {ours!r} and {theirs!r}"
            )
    left = _scored(first, suite, split)
    right = _scored(second, suite, split)
    pairing, pairs = _pair(left, right, greedy=_greedy(first.info) and _greedy(second.info))
    if not pairs:
        raise DataError(
            f"{first.directory} and {second.directory} have no scored sample in common"
            + ("" if split == "all" else f" in the half {split!r}")
        )
    measures: list[tuple[str, Callable[[Outcome], bool]]] = [("pass@1", _passed)]
    if suite.kind == "infilling":
        measures.append(("exact", _exact))
    problems = {pair[0].problem.task_id: pair[0].problem.group for pair in pairs}
    return Comparison(
        suite=suite.name,
        split=split,
        first=first.directory.name,
        second=second.directory.name,
        pairing=pairing,
        problems=len(problems),
        groups=len({*problems.values()}),
        pairs=len(pairs),
        only_first=len(left) - len(pairs),
        only_second=len(right) - len(pairs),
        measures=tuple(_measure(name, pairs, measure) for name, measure in measures),
        differing=tuple(differing(first.info, second.info)),
        seen=(first.info.seen, second.info.seen),
    )


def differing(first: RunInfo, second: RunInfo) -> Iterable[tuple[str, str, str]]:
    """The fields in which two runs differ, with both values as text."""
    for field in fields(RunInfo):
        ours, theirs = getattr(first, field.name), getattr(second, field.name)
        if ours != theirs:
            yield field.name, str(ours), str(theirs)


def _scored(run: Run, suite: Suite, split: Split) -> list[Outcome]:
    found = in_split(outcomes(run, suite), split)
    return [each for each in found if each.result is not None]


def _greedy(info: RunInfo) -> bool:
    return info.temperature <= 0


def _pair(
    left: Sequence[Outcome], right: Sequence[Outcome], *, greedy: bool
) -> tuple[Pairing, list[Pair]]:
    pairings: tuple[tuple[Pairing, Callable[[Outcome], int]], ...] = (
        ("seed", lambda each: each.sample.seed),
        ("number", lambda each: each.sample.sample),
    )
    for pairing, key in pairings[1:] if greedy else pairings:
        there = {(each.problem.task_id, key(each)): each for each in right}
        keyed = (((each.problem.task_id, key(each)), each) for each in left)
        pairs = [(each, there[place]) for place, each in keyed if place in there]
        if pairs:
            return pairing, pairs
    return "number", []


def _measure(name: str, pairs: Sequence[Pair], measure: Callable[[Outcome], bool]) -> Measure:
    seconds = {id(ours): theirs for ours, theirs in pairs}
    tasks = list(by_problem(ours for ours, _ in pairs).values())
    groups = [samples[0].problem.group for samples in tasks]
    first = [sum(map(measure, samples)) / len(samples) for samples in tasks]
    second = [
        sum(measure(seconds[id(each)]) for each in samples) / len(samples) for samples in tasks
    ]
    gained, lost = [], []
    for samples in tasks:
        ours, theirs = measure(samples[0]), measure(seconds[id(samples[0])])
        if theirs > ours:
            gained.append(samples[0].problem.task_id)
        elif ours > theirs:
            lost.append(samples[0].problem.task_id)
    return Measure(
        name,
        mean(first, groups),
        mean(second, groups),
        difference([b - a for a, b in zip(first, second, strict=True)], groups),
        mcnemar(len(gained), len(lost)),
        tuple(gained),
        tuple(lost),
    )


def _passed(outcome: Outcome) -> bool:
    return outcome.passed


def _exact(outcome: Outcome) -> bool:
    return exact(outcome.sample.completion, outcome.problem.reference)
