"""Runs the self-test: every attack, then solutions that must pass and stubs that must fail."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen.errors import CodegenError
from codegen.progress import Progress
from codegen_eval.sandbox.types import Limits, Sandbox
from codegen_eval.sandbox.uids import SLOTS, slot_uid
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.score import score
from codegen_eval.selftest import solutions
from codegen_eval.selftest.attack import Attack, CheckKind, problem_of
from codegen_eval.selftest.attacks import ATTACKS
from codegen_eval.selftest.attacks.crowd import CROWDS
from codegen_eval.selftest.attacks.repository import REPOSITORY, make_repository
from codegen_eval.selftest.crowds import attack_in_crowds
from codegen_eval.selftest.report import Counted, Outcome, Report
from codegen_eval.selftest.scene import Scene, Stage, end, leftovers
from codegen_eval.suites.problem import Problem, Suite
from codegen_eval.suites.verdict import Result, Submission, Verdict

_CPU_SECONDS: Final = 10.0
"""As much as scoring grants, so that answers arrive on a slow and busy machine, too."""

_OUTLASTED_SECONDS: Final = 1.5
"""For attacks that may run out of CPU time, and then use all of it."""

_REPOSITORY_CPU_SECONDS: Final = 5.0
_WALL_SECONDS: Final = 45.0
_REPOSITORY_WALL_SECONDS: Final = 120.0
_SLEEP_SECONDS: Final = 4.0
_JUDGE_SECONDS: Final = 2.0
"""CPU time that the judge itself may take for one program, for any answer."""


@dataclass(frozen=True)
class _Options(ScoreOptions):
    """Limits for programs that solve the simplest of problems, or mean to exceed them."""

    @property
    def limits(self) -> Limits:
        return Limits(
            cpu_seconds=self.cpu_seconds,
            wall_seconds=self.wall_seconds,
            memory_bytes=self.memory_bytes,
            output_bytes=40 << 20,
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """An attack on one kind of judging."""

    attack: Attack
    kind: CheckKind
    scene: Scene
    problem: Problem

    @property
    def name(self) -> str:
        return self.problem.task_id

    @property
    def limits(self) -> tuple[float, float]:
        """The CPU and wall seconds that it is judged with."""
        if self.kind == "repository":
            return _REPOSITORY_CPU_SECONDS, _REPOSITORY_WALL_SECONDS
        outlasts = Verdict.TIMEOUT in self.attack.expected
        return (
            _OUTLASTED_SECONDS if outlasts else _CPU_SECONDS,
            _SLEEP_SECONDS if self.attack.sleeps else _WALL_SECONDS,
        )


def selftest(
    sandbox: Sandbox,
    data: Path | None,
    jobs: int,
    progress: Progress,
    *,
    quick: bool = False,
) -> Report:
    """Runs the whole self-test.

    Raises:
        DataError: an official data file is there and has another sha256.
        SandboxError: a solution or a stub could not be judged.
    """
    attacks = (*ATTACKS, *REPOSITORY)
    total = sum(len(attack.checks) for attack in attacks) + len(CROWDS) + 2
    progress.start("attacking", total, unit="attacks")
    outcomes = []
    try:
        for outcome in attack_all(sandbox, jobs, attacks):
            outcomes.append(outcome)
            progress.advance(1)
    finally:
        progress.finish()
    # As they stand in their tables, whoever came first.
    order = {
        f"{attack.name}/{kind}": place
        for place, attack in enumerate(attacks)
        for kind in attack.checks
    }
    outcomes.sort(key=lambda outcome: order.get(outcome.name, len(attacks)))
    canonical: list[Counted] = []
    stubs: list[Counted] = []
    notes = []
    for name, suite, missing in solutions.load(data):
        if suite is None:
            notes.append(missing)
            for counts in (canonical, stubs):
                counts.append(Counted(name, 0, 0))
            continue
        right, wrong = solutions.submissions(suite, quick=quick)
        progress.start(f"judging {name}", len(right) + len(wrong), unit="programs")
        try:
            for counts, programs, passing in ((canonical, right, True), (stubs, wrong, False)):
                counts.append(
                    solutions.count(
                        suite,
                        programs,
                        sandbox,
                        jobs,
                        passing=passing,
                        advance=lambda: progress.advance(1),
                    )
                )
        finally:
            progress.finish()
    return Report(
        sandbox=sandbox.name,
        user="root" if os.geteuid() == 0 else "ordinary",
        attacks=outcomes,
        canonical=canonical,
        stubs=stubs,
        notes=notes,
    )


def attack_all(
    sandbox: Sandbox, jobs: int, attacks: Sequence[Attack], *, crowds: bool = True
) -> Iterator[Outcome]:
    """Runs attacks, then those that must run alone, and then, with `crowds`, the crowds.

    Yields each outcome as soon as it is known. The last two outcomes say whether temporary folders
    or processes are left.
    """
    with Stage() as stage:
        cases = [_case(attack, kind, stage) for attack in attacks for kind in attack.checks]
        together = [case for case in cases if not case.attack.alone]
        for limits in sorted({case.limits for case in together}):
            cpu, wall = limits
            group = [case for case in together if case.limits == limits]
            yield from _judged(group, sandbox, _Options(jobs, cpu, wall_seconds=wall))
        for case in cases:
            if case.attack.alone:
                yield _alone(case, sandbox)
        if crowds:
            yield from attack_in_crowds(sandbox)
        left = stage.left()
        yield _afterwards("folders-left", "temporary folders of boxes that have ended", left)
    uids = None
    if (first := slot_uid(0)) is not None:
        uids = range(first, first + SLOTS)
    pids = leftovers(uids)
    yield _afterwards("processes-left", "processes of boxes that have ended", [*map(str, pids)])
    end(pids)


def _case(attack: Attack, kind: CheckKind, stage: Stage) -> _Case:
    scene = stage.scene(attack)
    name = f"{attack.name}/{kind}"
    if kind == "repository":
        problem = make_repository(name, stage.folder, stage.secret)
    else:
        problem = problem_of(attack.problem, kind, name, stage.secret)
    return _Case(attack, kind, scene, problem)


def _judged(cases: Sequence[_Case], sandbox: Sandbox, options: ScoreOptions) -> Iterator[Outcome]:
    """The outcomes of attacks, several at once."""
    by_name = {case.name: case for case in cases}
    suite = Suite(
        name="selftest",
        kind="completion",
        published="",
        source="",
        sha256="",
        problems={name: case.problem for name, case in by_name.items()},
    )
    submissions = [Submission(case.name, 0, case.scene.program) for case in cases]
    trouble = "it was not judged"
    try:
        for result in score(suite, submissions, options, sandbox):
            yield _outcome(by_name.pop(result.task_id), result)
    except CodegenError as error:
        # It comes after all results that there are.
        trouble = str(error)
    for case in by_name.values():
        yield _outcome(case, None, trouble)


def _alone(case: _Case, sandbox: Sandbox) -> Outcome:
    """An attack on the judge itself, whose CPU time is that of this process."""
    cpu, wall = case.limits
    before = time.process_time()
    outcome = next(_judged([case], sandbox, _Options(cpu_seconds=cpu, wall_seconds=wall)))
    spent = time.process_time() - before
    if spent <= _JUDGE_SECONDS:
        return outcome
    detail = f"the judge itself took {spent:.1f} s of CPU time; {outcome.detail}"
    return Outcome(
        outcome.name, outcome.about, outcome.verdict, outcome.expected, ok=False, detail=detail
    )


def _outcome(case: _Case, result: Result | None, trouble: str = "") -> Outcome:
    attack = case.attack
    verdict = "none" if result is None else result.verdict.value
    expected = tuple(each.value for each in attack.expected)
    broken = list(case.scene.broken())
    detail = trouble if result is None else result.detail
    return Outcome(
        case.name,
        attack.about,
        verdict,
        expected,
        ok=verdict in expected and not broken,
        detail="; ".join([*broken, *([detail] if detail else [])]),
    )


def _afterwards(name: str, about: str, left: Sequence[str]) -> Outcome:
    verdict = "error" if left else "passed"
    return Outcome(name, about, verdict, ("passed",), not left, ", ".join(left))
