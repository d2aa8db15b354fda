"""A key of all that a verdict depends on: completions with the same key get the same verdict."""

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any, Final

from codegen_eval.judge.box.plain import pack
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.suites.problem import Calls, Problem, Repository, Suite
from codegen_eval.suites.verdict import Submission

_JUDGING: Final = ("judge", "repository", "scoring")
"""The packages whose code decides a verdict."""


class Keys:
    """The keys of a suite's completions under the given limits, in this version and environment."""

    def __init__(self, suite: Suite, options: ScoreOptions, sandbox: str) -> None:
        self._suite = suite
        self._common = {
            "suite": suite.name,
            "limits": dataclasses.asdict(options.limits),
            "sandbox": sandbox,
            "python": [platform.python_implementation(), platform.python_version()],
            "numpy": _numpy(),
            "judge": _judge(),
        }
        self._problems: dict[str, str] = {}

    def of(self, submission: Submission) -> str:
        """A completion's key."""
        task_id = submission.task_id
        if task_id not in self._problems:
            self._problems[task_id] = _sha256(_content(self._suite.problems[task_id]))
        kind = "program" if submission.whole else "completion"
        return _sha256(
            {**self._common, "problem": self._problems[task_id], kind: pack(submission.completion)}
        )


def _content(problem: Problem) -> Any:
    """All of a problem that its verdicts can depend on, as JSON has it."""
    check = problem.check
    content: dict[str, Any]
    if isinstance(check, Repository):
        content = {
            **{name: str(getattr(check, name)) for name in ("root", "path", "python")},
            "tests": check.tests,
        }
    elif isinstance(check, Calls):
        content = {
            "inputs": [pack(list(arguments)) for arguments in check.inputs],
            "reference": pack(check.reference),
            "atol": check.atol,
            "oracle": check.oracle,
        }
    else:
        content = {"test": pack(check.test)}
    texts = (problem.prefix, problem.suffix, problem.reference)
    return [problem.task_id, problem.entry_point, *map(pack, texts), type(check).__name__, content]


def _judge() -> str:
    """The judge's version: the hash of its sources, so that a changed judge has another."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for package in _JUDGING:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _numpy() -> str | None:
    try:
        return importlib.metadata.version("numpy")
    except importlib.metadata.PackageNotFoundError:
        return None


def _sha256(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
