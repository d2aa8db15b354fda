"""Null baselines: completions that need no model, to compare every score with.

A run may keep their scores in `baselines.json`: by name `pass@1`, `exact` and `edit` over all
scored tasks, and the ids of the tasks that `passed` and `failed`, from which the halves follow.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen.files import write_atomically
from codegen_eval.errors import DataError
from codegen_eval.metrics.text import edit_similarity, exact
from codegen_eval.suites.problem import Problem, Suite
from codegen_eval.suites.verdict import Result, Submission, Verdict

BASELINES_FILE: Final = "baselines.json"

Verdicts = Mapping[str, bool]
"""Whether the completion passed, by task id; tasks that were not scored are missing."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A null baseline's means over the same tasks as the model's; NaN where not scored."""

    name: str
    pass_at_1: float
    exact: float
    edit: float


def empty(_problem: Problem) -> str:
    """The empty completion."""
    return ""


def previous_line(problem: Problem) -> str:
    """The last whole line before the hole that isn't blank, with its newline."""
    lines = problem.prefix.split("\n")[:-1]
    return next((f"{line}\n" for line in reversed(lines) if line.strip()), "")


def reference(problem: Problem) -> str:
    """The original text of the hole, which passes unless the tests are wrong."""
    return problem.reference


BASELINES: Final[Mapping[str, Callable[[Problem], str]]] = {
    "empty": empty,
    "previous line": previous_line,
    "reference": reference,
}


def baseline_submissions(suite: Suite, name: str) -> list[Submission]:
    """A baseline's completion of every problem, to be judged like a model's."""
    complete = BASELINES[name]
    return [Submission(task, 0, complete(problem)) for task, problem in suite.problems.items()]


def baselines(
    problems: Sequence[Problem], scores: Mapping[str, Verdicts] | None = None
) -> tuple[Baseline, ...]:
    """The figures of all baselines over some problems; pass@1 is over the scored tasks only."""
    scores = scores or {}
    return tuple(_baseline(name, problems, scores.get(name, {})) for name in BASELINES)


def write_baselines(directory: Path, suite: Suite, results: Mapping[str, Iterable[Result]]) -> None:
    """Keeps the verdicts of baselines in a run's directory.

    Args:
        directory: the run's directory.
        suite: the suite that was judged.
        results: the verdicts of each baseline's submissions, by the baseline's name.

    Raises:
        OSError: the file can't be written.
    """
    content = {}
    for name in BASELINES:
        if name not in results:
            continue
        verdicts = {each.task_id: each.verdict is Verdict.PASSED for each in results[name]}
        problems = [each for task, each in suite.problems.items() if task in verdicts]
        row = _baseline(name, problems, verdicts)
        content[name] = {
            "pass@1": _or_none(row.pass_at_1),
            "exact": _or_none(row.exact),
            "edit": _or_none(row.edit),
            "passed": [each.task_id for each in problems if verdicts[each.task_id]],
            "failed": [each.task_id for each in problems if not verdicts[each.task_id]],
        }
    write_atomically(directory / BASELINES_FILE, json.dumps(content, indent=1) + "\n")


def read_baselines(directory: Path) -> dict[str, Verdicts]:
    """The verdicts of a run's baselines by name; empty where none were kept.

    Raises:
        DataError: the file can't be read.
    """
    path = directory / BASELINES_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): dict.fromkeys(map(str, row["passed"]), True)
            | dict.fromkeys(map(str, row["failed"]), False)
            for name, row in content.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path} can't be read: {error!r}") from error


def _baseline(name: str, problems: Sequence[Problem], verdicts: Verdicts) -> Baseline:
    complete = BASELINES[name]
    pairs = [(complete(problem), problem.reference) for problem in problems]
    return Baseline(
        name,
        _mean(verdicts[each.task_id] for each in problems if each.task_id in verdicts),
        _mean(exact(text, right) for text, right in pairs),
        _mean(edit_similarity(text, right) for text, right in pairs),
    )


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else math.nan


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
