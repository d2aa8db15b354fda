"""Verdicts by a repository's own tests, which assert in the process of the judged program.

There a program can reach the assertions, so a forgery can't be made impossible, as it is where the
parent process compares. It is looked for in three ways:

1. Canaries: tests that must fail run in the same session, with random names and numbers. A program
   that patched pytest, the assertions or the comparisons makes them pass.
2. Strangers: a program whose tests passed is run once more, with the same tests rewritten so that
   they compare with a new object that equals nothing, a stranger. If a test passes still, or a
   value equals the stranger, the verdict is FORGED, unless the same happens with the reference.
3. The report: the tests' names, their outcomes, the last line and the exit code must all be there.
   So a program that ends the process early, or prints a report of its own, doesn't pass.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from codegen_eval.judge.wording import clipped
from codegen_eval.repository.canaries import EXPECTED, silent
from codegen_eval.repository.interpreter import interpreter
from codegen_eval.repository.probes import probed
from codegen_eval.repository.session import PytestPlan, PytestSession, run_session
from codegen_eval.sandbox.types import Limits, Sandbox
from codegen_eval.suites.mined import MinedRepository
from codegen_eval.suites.problem import Problem, Repository
from codegen_eval.suites.verdict import Verdict

_TESTS_FAILED: Final = 1  # pytest's exit status: the canaries did

MINIMUM: Final = Limits(
    memory_bytes=1 << 30,
    processes=32,
    file_bytes=32 << 20,
    scratch_bytes=256 << 20,
    output_bytes=16 << 20,
)
"""The least that a repository's tests may use, times excepted: they start threads and processes."""


def judge_repository(
    problem: Problem, completion: str, sandbox: Sandbox, slot: int, limits: Limits
) -> tuple[Verdict, str]:
    """Judges a completion of a problem whose check is a `Repository`.

    Returns:
        The verdict, and the reason in one line.

    Raises:
        SandboxError: a box could not be started.
        DataError: the interpreter or the repository's configuration can't be used.
    """
    tests = _Tests(problem, _repository(problem), sandbox, slot, _at_least(limits))
    verdict, detail = tests.judge(completion)
    return tests.probe(completion, detail) if verdict is Verdict.PASSED else (verdict, detail)


def judge_once(
    problem: Problem, completion: str, sandbox: Sandbox, slot: int, limits: Limits
) -> tuple[Verdict, str]:
    """Like `judge_repository`, without the second session for a program that passed."""
    tests = _Tests(problem, _repository(problem), sandbox, slot, _at_least(limits))
    return tests.judge(completion)


@dataclass(frozen=True, slots=True)
class _Tests:
    """A problem's tests, and where they run."""

    problem: Problem
    check: Repository
    sandbox: Sandbox
    slot: int
    limits: Limits

    def judge(self, completion: str) -> tuple[Verdict, str]:
        """The verdict of the unchanged tests."""
        try:
            self.problem.program(completion).encode()
        except UnicodeEncodeError:
            return Verdict.SYNTAX, "it can't be encoded in UTF-8"
        session = self._run(completion, {})
        found = _unfinished(session) or _failed(session, self.check.tests)
        if found is not None:
            return found[0], clipped(found[1])
        canaries = ", ".join(name.removeprefix("test_") for name in EXPECTED)
        return Verdict.PASSED, (
            f"{len(self.check.tests)} tests passed, asserting in the program's own process; "
            f"canaries held: {canaries}"
        )

    def probe(self, completion: str, detail: str) -> tuple[Verdict, str]:
        """The verdict on a program whose tests passed, by rewritten tests that must fail."""
        # An identifier that no test uses, and that no program knows.
        probe = f"_{secrets.token_hex(8)}"
        files = _rewritten(self.check, probe)
        if not files:
            return Verdict.PASSED, f"{detail}; no comparison could be probed"
        session = self._run(completion, files, probe)
        suspects = _suspects(session, self.check.tests)
        if suspects:
            honest = self._run(self.problem.reference, files, probe)
            suspects -= _suspects(honest, self.check.tests)
        if suspects:
            return Verdict.FORGED, (
                "where no comparison can hold, it does otherwise than the text that was there: "
                f"{min(suspects)}"
            )
        reached = sum(found.reached for found in session.probed.values())
        return Verdict.PASSED, f"{detail}; {reached} comparisons told a stranger apart"

    def _run(
        self, completion: str, rewritten: Mapping[str, bytes], probe: str = ""
    ) -> PytestSession:
        check = self.check
        plan = PytestPlan(
            root=check.root,
            tests=check.tests,
            files={**rewritten, check.path: self.problem.program(completion).encode()},
            probe=probe,
            compile=check.path,
            stop=not probe,
            plugins=check.plugins if isinstance(check, MinedRepository) else True,
        )
        python = interpreter(check.python)
        return run_session(plan, python, self.sandbox, self.slot, self.limits)


def _unfinished(session: PytestSession) -> tuple[Verdict, str] | None:
    """The verdict on a session without a usable report."""
    if session.timed_out:
        return Verdict.TIMEOUT, f"out of time after {session.ending.cpu_seconds:.1f} s of CPU"
    if session.foreign:
        return Verdict.FORGED, "something but the runner wrote into its report"
    if session.syntax:
        return Verdict.SYNTAX, session.syntax
    if session.status is None:
        ending = session.ending
        how = f"signal {ending.signal}" if ending.signal else f"exit code {ending.code}"
        said = ending.stderr.strip().splitlines()[-1:]
        return Verdict.ERROR, f"it ended before its tests did: {', '.join([how, *said])}"
    return None


def _failed(session: PytestSession, tests: Sequence[str]) -> tuple[Verdict, str] | None:
    """The verdict on a report in which a test failed or something is missing."""
    for test in tests:
        outcome = session.outcomes.get(test)
        if outcome is not None and outcome.outcome != "passed":
            verdict = Verdict.WRONG if outcome.asserted else Verdict.ERROR
            return verdict, f"{test}: {outcome.message or outcome.outcome}"
    if session.broken or session.outcomes.keys() != set(tests):
        return Verdict.ERROR, f"its tests could not be collected: {_broken(session)}"
    if canaries := silent(session.canaries):
        return Verdict.FORGED, f"a test that must fail did not: {canaries[0]}"
    chosen = sorted(test for test in session.collected if test in session.outcomes)
    if chosen != sorted(tests) or session.status != _TESTS_FAILED:
        return Verdict.FORGED, "the runner's report contradicts itself"
    return None


def _suspects(session: PytestSession, tests: Sequence[str]) -> set[str]:
    """Signs of forgery in a session with probes, unless the reference shows them, too."""
    if session.timed_out:
        return {"it runs out of time"}
    if session.status is None or session.foreign or silent(session.canaries):
        return {"it gives no report, or not the canaries'"}
    passed = {
        f"{test} passes"
        for test in tests
        if test in session.outcomes and session.outcomes[test].outcome == "passed"
    }
    held = {
        f"{test}, comparison {site} holds"
        for test, found in session.probed.items()
        for site in found.held
    }
    return passed | held


def _rewritten(check: Repository, probe: str) -> dict[str, bytes]:
    """The tests' files that have comparisons, rewritten; never the file with the hole."""
    result = {}
    for name in sorted({test.partition("::")[0] for test in check.tests} - {check.path}):
        source = _source(check.root / name)
        if source is not None and (text := probed(source, probe)) is not None:
            result[name] = text.encode()
    return result


def _source(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _broken(session: PytestSession) -> str:
    for message in session.broken.values():
        lines = [line for line in message.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("E ")] or lines
        if errors:
            return errors[-1].removeprefix("E ")
    return "they are not the ones that were asked for"


def _repository(problem: Problem) -> Repository:
    if not isinstance(problem.check, Repository):
        raise TypeError(f"{problem.task_id} is not judged by a repository's tests")
    return problem.check


def _at_least(limits: Limits) -> Limits:
    return replace(
        limits,
        memory_bytes=max(limits.memory_bytes, MINIMUM.memory_bytes),
        processes=max(limits.processes, MINIMUM.processes),
        file_bytes=max(limits.file_bytes, MINIMUM.file_bytes),
        scratch_bytes=max(limits.scratch_bytes, MINIMUM.scratch_bytes),
        output_bytes=max(limits.output_bytes, MINIMUM.output_bytes),
    )
