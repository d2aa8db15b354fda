"""Judging by assertions: the test runs in a trusted box, and the program in another.

Each call from the test to the program goes through this process, which passes on only plain data.
So a test sees values of builtin types, and no code of the program runs where the test decides.
"""

import json
import signal
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Final

from codegen_eval.errors import DataError
from codegen_eval.judge.box.examiner import MAX_TOTAL
from codegen_eval.judge.box.plain import PlainError, pack, parse
from codegen_eval.judge.boxes import Boxes
from codegen_eval.judge.calls import describe
from codegen_eval.judge.candidate import CallAnswer, Candidate, Opaque, Raised
from codegen_eval.judge.outcome import Decided
from codegen_eval.judge.wording import call, clipped
from codegen_eval.sandbox.types import Box, Limits
from codegen_eval.suites.problem import Assertions, Problem
from codegen_eval.suites.verdict import Verdict

_USES: Final = 100
"""Examinations in one box: its limit of CPU time is for all of them."""


class LostError(Exception):
    """The test's box ended before the test did."""


class Examiner:
    """Runs the tests of one worker, one after the other, in a box that is kept for all of them."""

    def __init__(self, boxes: Boxes, slot: int, limits: Limits) -> None:
        self._boxes = boxes
        self._slot = slot
        self._seconds = limits.cpu_seconds
        self._limits = replace(
            limits,
            cpu_seconds=_USES * limits.cpu_seconds,
            wall_seconds=86_400.0,
            output_bytes=_USES * MAX_TOTAL,
        )
        self._stack = ExitStack()
        self._box: Box | None = None
        self._uses = 0

    def examine(self, problem: Problem, check: Assertions, candidate: Candidate) -> None:
        """Runs a problem's test on a loaded program; returns if the program passes.

        Raises:
            Decided: it doesn't pass; the verdict says why.
            DataError: the test can't be run.
            LostError: the test's box ended, so there is no verdict.
            SandboxError: no box can be started.
        """
        box = self._ready()
        try:
            _send(
                box,
                {
                    "reference": pack(problem.program(problem.reference)),
                    "test": pack(check.test),
                    "entry": problem.entry_point,
                    "seconds": self._seconds,
                },
            )
            _examine(box, problem, candidate, self._seconds)
        except Decided:
            # The test may be waiting for an answer that won't come.
            if not _aborted(box):
                self.close()
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the box; the next test starts another."""
        self._box = None
        self._stack.close()

    def _ready(self) -> Box:
        self._uses += 1
        if self._box is None or self._uses > _USES:
            self.close()
            self._box = self._stack.enter_context(
                self._boxes.open("examiner", self._limits, self._slot)
            )
            self._uses = 1
        return self._box


def _examine(box: Box, problem: Problem, candidate: Candidate, seconds: float) -> None:
    doing, last = "before its first call", CallAnswer(None)
    slow = Decided(Verdict.TIMEOUT, f"more than {seconds:g} s of the test's own")
    while True:
        match _receive(box, slow):
            case ["call", packed]:
                doing = call(problem.entry_point, packed)
                (last,) = candidate.calls([packed], after=True)
                if isinstance(last.result, Opaque):
                    raise Decided(Verdict.WRONG, f"a {last.result.type_name}, {doing}")
                _send(box, _reply(last))
            case ["passed"]:
                return
            case ["raised"]:
                raise Decided(Verdict.ERROR, f"{last.result}, {doing}")
            case ["failed", str(error), str(line)]:
                raise Decided(Verdict.WRONG, _failed(error, line, doing, last))
            case ["slow"]:
                raise slow
            case ["overgrown", str(why)]:
                raise Decided(
                    Verdict.FORGED, f"answers that the test can't pass on ({why}), {doing}"
                )
            case ["broken", str(why)]:
                raise DataError(f"{problem.task_id}: its test can't be run: {clipped(why)}")
            case frame:
                raise LostError(f"{problem.task_id}: its test said {clipped(repr(frame))}")


def _reply(answer: CallAnswer) -> dict[str, Any]:
    if isinstance(answer.result, Raised):
        return {"raised": [answer.result.builtin, answer.result.message], "after": answer.after}
    return {"value": answer.packed, "after": answer.after}


def _failed(error: str, line: str, doing: str, last: CallAnswer) -> str:
    """The line that failed, and what the last call before it had given."""
    words = f"{clipped(line, 140)}: got {describe(last.result)}, {doing}"
    # An assertion's message is the test's own, and mostly says nothing.
    return words if error.startswith("AssertionError") else f"{error}, at {words}"


def _aborted(box: Box) -> bool:
    """Calls a test off that waits for an answer; whether it is over, in one way or another."""
    try:
        _send(box, {"aborted": True})
        return _receive(box, LostError()) == ["aborted"]
    except LostError:
        return False


def _send(box: Box, message: dict[str, Any]) -> None:
    box.send(json.dumps(message, separators=(",", ":")).encode())


def _receive(box: Box, slow: Exception) -> list[Any]:
    """The test's next words; raises `slow` where it was ended for its CPU time."""
    line = box.receive()
    if line is None:
        ending = box.close()
        if ending.signal == signal.SIGPROF:
            raise slow
        raise LostError(f"the test's box ended: {ending.reason}")
    try:
        frame = parse(line)
    except PlainError as error:
        raise LostError(f"the test's box said what can't be read: {error}") from error
    return frame if isinstance(frame, list) else [frame]
