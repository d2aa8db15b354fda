"""Runs a repository's tests, to find which ones are steady and which lines each executes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from codegen.progress import Progress
from codegen_eval.errors import DataError
from codegen_eval.repository.interpreter import Interpreter
from codegen_eval.repository.session import PytestPlan, PytestSession, run_session
from codegen_eval.sandbox.types import Limits, Sandbox

SURVEY_LIMITS: Final = Limits(
    cpu_seconds=1800.0,
    wall_seconds=1800.0,
    memory_bytes=4 << 30,
    processes=64,
    file_bytes=64 << 20,
    scratch_bytes=1 << 30,
    output_bytes=128 << 20,
)


@dataclass(frozen=True, slots=True)
class Survey:
    """The steady tests with their seconds, and by file and line the steady tests that execute it.

    A test is steady if it passed twice. `failed`, `skipped` and `flaky` count the others. `plugins`
    says whether any test needs the installed plugins of pytest.
    """

    seconds: Mapping[str, float]
    executed: Mapping[str, Mapping[int, frozenset[str]]]
    failed: int
    skipped: int
    flaky: int
    plugins: bool


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the tests of a repository."""

    python: Interpreter
    sandbox: Sandbox

    def start(self, plan: PytestPlan) -> PytestSession:
        """Runs a session, which may fail.

        Raises:
            SandboxError: the box could not be started.
        """
        return run_session(plan, self.python, self.sandbox, 0, SURVEY_LIMITS)

    def run(self, plan: PytestPlan) -> PytestSession:
        """Runs a session to its end.

        Raises:
            DataError: it ended early, or ran no test; the message says why.
            SandboxError: the box could not be started.
        """
        session = self.start(plan)
        if session.timed_out:
            raise DataError(
                f"the tests took more than {SURVEY_LIMITS.cpu_seconds:.0f} s; name some by --tests"
            )
        if session.status is None or session.foreign:
            raise DataError(f"pytest did not get to its end: {_why(session)}")
        if not session.outcomes:
            raise DataError(f"pytest ran no test: {_why(session)}")
        return session


def _passed(session: PytestSession) -> set[str]:
    return {test for test, found in session.outcomes.items() if found.outcome == "passed"}


def survey(
    root: Path,
    sources: Sequence[str],
    arguments: tuple[str, ...],
    runner: Runner,
    progress: Progress,
) -> Survey:
    """Runs all tests twice, the first time under coverage, the second without installed plugins.

    If a test needs the plugins, all tests run a third time, with plugins.

    Raises:
        DataError: pytest couldn't run the tests, no test passed, or no test executes the tree's own
            files.
        SandboxError: a box could not be started.
    """
    progress.note("running the tests under coverage")
    plan = PytestPlan(root=root, tests=None, arguments=arguments, cover=tuple(sources))
    first = runner.run(plan)
    progress.note(f"{len(first.outcomes)} tests; running them again")
    again = PytestPlan(root=root, tests=None, arguments=arguments)
    bare = runner.start(replace(again, plugins=False))
    plugins, second = False, bare
    if not _passed(first) <= _passed(bare):
        second = runner.run(again)
        # What fails both with and without them is no reason to load them.
        plugins = not _passed(first) & _passed(second) <= _passed(bare)
    counts = {"failed": 0, "skipped": 0, "flaky": 0}
    seconds: dict[str, float] = {}
    twice = {test for test in first.collected if first.collected.count(test) > 1}
    for test in sorted(first.outcomes.keys() | second.outcomes.keys()):
        ways = [s.outcomes[test].outcome for s in (first, second) if test in s.outcomes]
        if len(ways) < 2 or ways[0] != ways[1]:
            counts["flaky"] += 1
        elif ways[0] != "passed":
            counts["failed" if ways[0] == "failed" else "skipped"] += 1
        elif test not in twice and _is_plain(test):
            seconds[test] = second.outcomes[test].seconds
    if not seconds:
        raise DataError(f"no test passed twice: {_why(first)}")
    executed = _executed(first, seconds.keys())
    if not any(executed.values()):
        raise DataError(
            "the tests execute no line of this folder's files: they import the package from "
            "elsewhere, or the package is not in this folder"
        )
    return Survey(
        seconds=seconds,
        executed=executed,
        failed=counts["failed"],
        skipped=counts["skipped"],
        flaky=counts["flaky"],
        plugins=plugins,
    )


def _executed(
    session: PytestSession, steady: AbstractSet[str]
) -> dict[str, dict[int, frozenset[str]]]:
    """By file and line, the steady tests that execute it."""
    result = {}
    for path, lines_of in session.lines.items():
        tests_of: dict[int, set[str]] = defaultdict(set)
        for test in lines_of.keys() & steady:
            for line in lines_of[test]:
                tests_of[line].add(test)
        result[path] = {line: frozenset(tests) for line, tests in tests_of.items()}
    return result


def _is_plain(test: str) -> bool:
    """Whether a node id can be told on a line, and names a file within the tree."""
    path = test.partition("::")[0]
    return test.isprintable() and path.endswith(".py") and ".." not in path.split("/")


def _why(session: PytestSession) -> str:
    """The likeliest reason, in one line."""
    texts = [
        *session.broken.values(),
        *(o.message for o in session.outcomes.values() if o.outcome == "failed"),
        session.ending.stderr,
    ]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    raised = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    telling = raised or [line for line in lines if "Error" in line] or lines
    return telling[0][:300] if telling else f"the box ended by {session.ending.reason}"
