"""A run in figures. All figures that are shown anywhere are computed here."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from codegen_eval.errors import DataError
from codegen_eval.metrics.baselines import Baseline, Verdicts, baselines, read_baselines
from codegen_eval.metrics.failures import classify, in_order
from codegen_eval.metrics.intervals import Estimate, mean
from codegen_eval.metrics.latency import Latency, latency
from codegen_eval.metrics.passk import pass_at_k
from codegen_eval.metrics.text import edit_similarity, exact, exact_stripped
from codegen_eval.runs import Run, RunInfo, Sample
from codegen_eval.suites.problem import Problem, Suite
from codegen_eval.suites.split import Split, half
from codegen_eval.suites.verdict import Result, Verdict

SPLITS: Final[tuple[Split, ...]] = ("all", "tune", "report")
_KS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sample with its problem and its verdict; `result` is None if it was not scored."""

    problem: Problem
    sample: Sample
    result: Result | None
    failure: str | None

    @property
    def passed(self) -> bool:
        """Whether the sample was scored and passed."""
        return self.result is not None and self.result.verdict is Verdict.PASSED


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """The figures of a half, or of all tasks.

    `pass_at` has an estimate for each k, over the tasks with at least k scored samples. A text
    metric is the mean over tasks of the mean over a task's samples. Only infilling suites have
    text metrics, since elsewhere very different texts are right. `failures` counts samples by
    class.
    """

    split: Split
    tasks: int
    groups: int
    samples: int
    scored: int
    passed: int
    pass_at: Mapping[int, Estimate]
    texts: Mapping[str, Estimate]
    failures: Mapping[str, int]
    latency: Latency
    baselines: tuple[Baseline, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in figures. `suite_tasks` is the number of tasks in the whole suite."""

    name: str
    info: RunInfo
    suite_tasks: int
    splits: Mapping[Split, SplitSummary]

    @property
    def seen(self) -> bool:
        """Whether the model may have been trained on the suite's texts."""
        return self.info.seen


def summarize(run: Run, suite: Suite) -> Summary:
    """The figures of a run.

    Raises:
        DataError: the run is not one of this suite's data, or its baselines can't be read.
    """
    found = outcomes(run, suite)
    scores = read_baselines(run.directory)
    return Summary(
        run.directory.name,
        run.info,
        len(suite.problems),
        {split: summarize_split(found, split, suite, scores) for split in SPLITS},
    )


def outcomes(run: Run, suite: Suite) -> list[Outcome]:
    """A run's samples with their problems and verdicts, in the suite's order.

    Raises:
        DataError: the run is not one of this suite's data.
    """
    if run.info.suite_sha256 != suite.sha256:
        raise DataError(
            f"{run.directory} was made from another version of {run.info.suite} than is here"
        )
    results = {(each.task_id, each.sample): each for each in run.results}
    by_task: dict[str, list[Sample]] = {}
    for sample in run.samples:
        by_task.setdefault(sample.task_id, []).append(sample)
    foreign = sorted(by_task.keys() - suite.problems.keys())
    if foreign:
        raise DataError(f"{run.directory} has {foreign[0]!r}, which is not a task of {suite.name}")
    found = []
    for task, problem in suite.problems.items():
        for sample in sorted(by_task.get(task, ()), key=lambda sample: sample.sample):
            result = results.get((task, sample.sample))
            failure = None if result is None else classify(problem, sample, result)
            found.append(Outcome(problem, sample, result, failure))
    return found


def in_split(found: Iterable[Outcome], split: Split) -> list[Outcome]:
    """The outcomes of a half, or all."""
    return [each for each in found if split in ("all", half(each.problem.group))]


def by_problem(found: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes by task id, in their order."""
    tasks: dict[str, list[Outcome]] = {}
    for each in found:
        tasks.setdefault(each.problem.task_id, []).append(each)
    return tasks


def summarize_split(
    found: Sequence[Outcome], split: Split, suite: Suite, scores: Mapping[str, Verdicts]
) -> SplitSummary:
    """The figures of a half, or of all; the baselines' are over the same tasks."""
    found = in_split(found, split)
    tasks = list(by_problem(found).values())
    problems = [samples[0].problem for samples in tasks]
    scored = [each for each in found if each.result is not None]
    return SplitSummary(
        split=split,
        tasks=len(tasks),
        groups=len({problem.group for problem in problems}),
        samples=len(found),
        scored=len(scored),
        passed=sum(each.passed for each in scored),
        pass_at=dict(_pass_at(tasks)),
        texts=dict(_texts(tasks)) if suite.kind == "infilling" else {},
        failures=in_order(Counter(each.failure for each in scored if each.failure)),
        latency=latency(each.sample for each in found),
        baselines=baselines(problems, scores),
    )


def _pass_at(tasks: Sequence[Sequence[Outcome]]) -> Iterator[tuple[int, Estimate]]:
    groups = [samples[0].problem.group for samples in tasks]
    counts = [sum(each.result is not None for each in samples) for samples in tasks]
    right = [sum(each.passed for each in samples) for samples in tasks]
    most = max(counts, default=0)
    for k in sorted({k for k in _KS if k < most} | {most} - {0}):
        values = [pass_at_k(n, c, k) for n, c in zip(counts, right, strict=True)]
        yield k, mean(values, groups)


def _texts(tasks: Sequence[Sequence[Outcome]]) -> Iterator[tuple[str, Estimate]]:
    groups = [samples[0].problem.group for samples in tasks]
    for name, measure in TEXT_METRICS.items():
        values = [
            math.fsum(measure(each.sample.completion, each.problem.reference) for each in samples)
            / len(samples)
            for samples in tasks
        ]
        yield name, mean(values, groups)


TEXT_METRICS: Final = {
    "exact": exact,
    "exact stripped": exact_stripped,
    "edit": edit_similarity,
}
"""The text metrics by their names in tables and files."""
