"""From a completion to a verdict, for every kind of check that a problem may have."""

from dataclasses import dataclass
from typing import Final

from codegen_eval.judge.box.limits import MAX_BYTES
from codegen_eval.judge.outcome import Judgement
from codegen_eval.judge.programs import ProgramJudge, program_slot
from codegen_eval.repository.judge import judge_repository
from codegen_eval.sandbox.types import Limits, Sandbox
from codegen_eval.suites.problem import Problem, Repository

_OUTPUT: Final = 300 << 20
"""Bytes; more than an honest program ever writes (`judge/box/child.py` bounds its answers)."""


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What a program may use, and how many programs are judged at once.

    Both times are lower bounds. In a suite of calls a program gets four times the reference's CPU
    time if that is more. The wall time, which ends programs that sleep, is at least three times
    the CPU time.
    """

    jobs: int = 1
    cpu_seconds: float = 10.0
    wall_seconds: float = 60.0
    memory_bytes: int = 1 << 30

    @property
    def limits(self) -> Limits:
        """The limits of a program's box."""
        return Limits(
            cpu_seconds=self.cpu_seconds,
            wall_seconds=max(self.wall_seconds, 3 * self.cpu_seconds),
            memory_bytes=self.memory_bytes,
            output_bytes=_OUTPUT,
            line_bytes=MAX_BYTES,
        )


class Judge:
    """Judges completions, in several threads at once: each thread has its own worker number."""

    def __init__(self, sandbox: Sandbox, options: ScoreOptions) -> None:
        self._sandbox = sandbox
        self._limits = options.limits
        self._programs = ProgramJudge(sandbox, options.limits)

    def judge(self, problem: Problem, completion: str, worker: int = 0) -> Judgement:
        """Judges a completion.

        Raises:
            SandboxError: a box can't be started.
            DataError: the problem itself can't be judged, as when its reference fails.
        """
        if not isinstance(problem.check, Repository):
            return self._programs.judge(problem, completion, worker)
        verdict, detail = judge_repository(
            problem, completion, self._sandbox, program_slot(worker), self._limits
        )
        return Judgement(verdict, detail)

    def close(self) -> None:
        """Ends all boxes of programs; a thread that waits for one gets a meaningless verdict."""
        self._programs.close()

    def release(self) -> None:
        """Closes the boxes of tests, which are kept from judgement to judgement."""
        self._programs.release()
