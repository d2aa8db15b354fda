"""Scores a run's samples, and the null baselines of the same tasks."""

import os
from collections.abc import Collection
from pathlib import Path

from codegen.progress import Progress
from codegen_eval.metrics.baselines import (
    BASELINES,
    baseline_submissions,
    read_baselines,
    write_baselines,
)
from codegen_eval.sandbox.types import Sandbox
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.score import score
from codegen_eval.scoring.scores import score_file
from codegen_eval.suites.problem import Suite
from codegen_eval.suites.verdict import Result, Verdict


def score_run(suite: Suite, directory: Path, sandbox: Sandbox, progress: Progress) -> None:
    """Scores all samples of a run, and the null baselines of the same tasks.

    Samples that were scored before are not scored again.

    Raises:
        SandboxError: some samples could not be judged; the verdicts on all others are written.
    """
    options = ScoreOptions(jobs=len(os.sched_getaffinity(0)))
    results = score_file(suite, directory, options, sandbox, progress)
    _score_baselines(
        suite, directory, {result.task_id for result in results}, options, sandbox, progress
    )


def _score_baselines(  # noqa: PLR0917 - one caller, above
    suite: Suite,
    directory: Path,
    tasks: Collection[str],
    options: ScoreOptions,
    sandbox: Sandbox,
    progress: Progress,
) -> None:
    known = read_baselines(directory)
    left = {
        name: [
            each
            for each in baseline_submissions(suite, name)
            if each.task_id in tasks and each.task_id not in known.get(name, {})
        ]
        for name in BASELINES
    }
    if not any(left.values()):
        return
    results = {
        name: [
            Result(task_id, 0, Verdict.PASSED if passed else Verdict.WRONG, "")
            for task_id, passed in known.get(name, {}).items()
        ]
        for name in BASELINES
    }
    progress.start("scoring what costs nothing", sum(map(len, left.values())), unit="completions")
    try:
        for name, submissions in left.items():
            for result in score(suite, submissions, options, sandbox):
                results[name].append(result)
                progress.advance(1)
    finally:
        progress.finish()
    write_baselines(directory, suite, results)
