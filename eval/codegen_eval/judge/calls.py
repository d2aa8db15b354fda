"""Judging by calls: the program's results against the trusted reference's."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from codegen_eval.errors import DataError
from codegen_eval.judge.box.limits import MAX_BYTES
from codegen_eval.judge.box.plain import PlainError, decode, encode, pack, unpack
from codegen_eval.judge.boxes import Boxes
from codegen_eval.judge.candidate import Candidate, Digest, Opaque, Raised
from codegen_eval.judge.compare import Comparison
from codegen_eval.judge.outcome import Decided
from codegen_eval.judge.wording import call, shown
from codegen_eval.sandbox.types import Limits
from codegen_eval.suites.problem import Calls, Problem
from codegen_eval.suites.verdict import Verdict

_REFERENCE: Final = Limits(
    cpu_seconds=120.0,
    wall_seconds=600.0,
    memory_bytes=6 << 30,
    output_bytes=300 << 20,
    line_bytes=MAX_BYTES,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An expected result: a line of plain data, Opaque, or the Digest of a large one.

    It is kept as a line because a value takes several times as much memory.
    """

    known: bytes | Opaque | Digest

    @property
    def value(self) -> Any:
        """The result itself; a Digest stays a Digest."""
        return decode(self.known) if isinstance(self.known, bytes) else self.known


@dataclass(frozen=True, slots=True)
class Expected:
    """The reference's results for all inputs, and the CPU time and memory that it took for them."""

    packed: Sequence[Any]
    results: Sequence[Wanted]
    cpu_seconds: float
    memory_bytes: int


class References:
    """Expected results, computed once for a problem, in a box of their own."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes
        self._lock = threading.Lock()
        self._locks: dict[int, threading.Lock] = {}
        self._known: dict[int, tuple[Calls, Expected]] = {}

    def expected(self, problem: Problem, check: Calls, slot: int) -> Expected:
        """A problem's expected results; threads that ask for the same problem wait for the first.

        Raises:
            DataError: the reference doesn't give plain data for every input.
            SandboxError: the reference can't be run.
        """
        # Holes of one function share their check, and its results too. It is kept with them, so
        # that no other can have its identity.
        key = id(check)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._known:
                self._known[key] = check, self._compute(problem, check, slot)
            return self._known[key][1]

    def again(
        self, problem: Problem, check: Calls, packed: Sequence[Any], slot: int
    ) -> Iterator[Any]:
        """The values of large results; Opaque where a result is too large to be sent."""
        with self._boxes.open("child", _REFERENCE, slot) as box:
            reference = Candidate(box, _REFERENCE, problem.entry_point)
            with _blamed(problem):
                reference.load(check.reference)
                for answer in reference.calls(packed):
                    yield answer.result

    def _compute(self, problem: Problem, check: Calls, slot: int) -> Expected:
        with self._boxes.open("child", _REFERENCE, slot) as box, _blamed(problem):
            reference = Candidate(box, _REFERENCE, problem.entry_point)
            packed = [pack([list(arguments), {}]) for arguments in check.inputs]
            reference.load(check.reference)
            answers = reference.calls(packed, digests=True)
            results = [
                _wanted(problem, check, arguments, answer.result)
                for arguments, answer in zip(packed, answers, strict=True)
            ]
            memory = reference.end()
            return Expected(packed, results, box.close().cpu_seconds, memory)


@contextmanager
def _blamed(problem: Problem) -> Iterator[None]:
    """Makes what would be a program's verdict an error of the problem."""
    try:
        yield
    except Decided as decided:
        raise DataError(f"{problem.task_id}: its reference: {decided.detail}") from decided
    except PlainError as error:
        raise DataError(f"{problem.task_id}: an input is not plain: {error}") from error


def _wanted(problem: Problem, check: Calls, packed: Any, result: Any) -> Wanted:
    if isinstance(result, Digest) or (isinstance(result, Opaque) and check.oracle == "found"):
        return Wanted(result)
    if isinstance(result, Opaque | Raised):
        raise DataError(
            f"{problem.task_id}: its reference gave {describe(result)} "
            f"{call(problem.entry_point, packed)}"
        )
    return Wanted(encode(result))


def judge_calls(
    problem: Problem,
    check: Calls,
    candidate: Candidate,
    expected: Expected,
    values: Callable[[Sequence[Any]], Iterator[Any]],
) -> None:
    """Compares the results of all inputs in their order; those with large results come last.

    Args:
        problem: the problem whose program is judged.
        check: the problem's check.
        candidate: the program, loaded.
        expected: the reference's results.
        values: gives the reference's large results for some arguments. It is called only where
            digests differ, since equal or nearly equal results may have different digests.

    Raises:
        Decided: the program is not right.
    """
    judge = _Judge(problem, Comparison(check))
    again = []
    answers = candidate.calls(expected.packed, digests=True)
    for packed, answer, wanted in zip(expected.packed, answers, expected.results, strict=True):
        if isinstance(answer.result, Digest) or isinstance(wanted.known, Digest):
            if isinstance(answer.result, Raised):
                judge.judge(packed, answer.result, None)
            if answer.result != wanted.known:
                again.append(packed)
        else:
            judge.judge(packed, answer.result, wanted.value)
    if again:
        for packed, answer, value in zip(again, candidate.calls(again), values(again), strict=True):
            judge.judge(packed, answer.result, value)


@dataclass(frozen=True, slots=True)
class _Judge:
    problem: Problem
    comparison: Comparison

    def judge(self, packed: Any, result: Any, wanted: Any) -> None:
        if isinstance(result, Raised):
            raise Decided(Verdict.ERROR, f"{result}, {self._doing(packed)}")
        if not self.comparison.same(unpack(packed)[0], result, wanted):
            # An iterator was used up by the comparison, but is described without its items.
            raise Decided(
                Verdict.WRONG,
                f"{self._doing(packed)}: expected {describe(wanted)}, got {describe(result)}",
            )

    def _doing(self, packed: Any) -> str:
        return call(self.problem.entry_point, packed)


def limits_for(limits: Limits, expected: Expected) -> Limits:
    """The limits, raised to a second and four times the reference's time, and twice its memory."""
    seconds = max(limits.cpu_seconds, 4 * expected.cpu_seconds + 1)
    return replace(
        limits,
        cpu_seconds=seconds,
        wall_seconds=limits.wall_seconds * seconds / limits.cpu_seconds,
        memory_bytes=max(limits.memory_bytes, 2 * expected.memory_bytes + (256 << 20)),
    )


def describe(result: Any) -> str:
    """A result in few words."""
    if isinstance(result, Opaque):
        return f"a {result.type_name}"
    return str(result) if isinstance(result, Raised) else shown(result)
