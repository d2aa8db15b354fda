"""Checks that right programs pass and wrong ones fail: the suites' own solutions, and stubs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from codegen_eval.errors import DataMissingError
from codegen_eval.sandbox.types import Sandbox
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.score import score
from codegen_eval.selftest.report import Counted
from codegen_eval.suites.problem import Suite
from codegen_eval.suites.registry import load_suite
from codegen_eval.suites.split import choose
from codegen_eval.suites.verdict import Submission, Verdict

SUITES: Final = ("humaneval", "humaneval+")
STUBS: Final = ("    pass\n", "", "    raise NotImplementedError\n")
QUICK: Final = 20
"""Problems of each suite in a quick self-test."""


def submissions(suite: Suite, *, quick: bool) -> tuple[list[Submission], list[Submission]]:
    """A suite's own solutions, and stubs of the same functions."""
    problems = choose(suite.problems.values(), "all", QUICK if quick else None)
    return (
        [Submission(problem.task_id, 0, problem.reference) for problem in problems],
        [
            Submission(problem.task_id, sample, stub)
            for problem in problems
            for sample, stub in enumerate(STUBS)
        ],
    )


def load(data: Path | None) -> Iterator[tuple[str, Suite | None, str]]:
    """The suites with their names; None and the reason for a suite whose data isn't here."""
    for name in SUITES:
        try:
            yield name, load_suite(name, data), ""
        except DataMissingError as error:
            yield name, None, f"{name}: {error}"


def count(
    suite: Suite,
    submitted: list[Submission],
    sandbox: Sandbox,
    jobs: int,
    *,
    passing: bool,
    advance: Callable[[], None],
) -> Counted:
    """Judges programs that must all pass, or must all fail."""
    good = 0
    unexpected = []
    for result in score(suite, submitted, ScoreOptions(jobs=jobs), sandbox):
        advance()
        if (result.verdict is Verdict.PASSED) is passing:
            good += 1
        else:
            unexpected.append(f"{result.task_id}: {result.verdict}, {result.detail}")
    return Counted(suite.name, good, len(submitted), tuple(sorted(unexpected)))
