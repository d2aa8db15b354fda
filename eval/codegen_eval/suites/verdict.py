"""What is judged, and what comes of it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a completion was found to be."""

    PASSED = "passed"
    WRONG = "wrong"  # it ran, and a result was not the expected one
    ERROR = "error"  # it raised, crashed, or ended before it had answered
    TIMEOUT = "timeout"  # it ran out of CPU time, alone on the machine too
    FORGED = "forged"  # it tried to pass otherwise than by computing
    SYNTAX = "syntax"  # it doesn't compile


@dataclass(frozen=True, slots=True)
class Submission:
    """A completion of a problem; `sample` counts those of one task, from 0, in order.

    A `whole` one is a program that stands for itself, not in the problem's hole.
    """

    task_id: str
    sample: int
    completion: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict with its reason in one line: the failing input, the exception, the limit."""

    task_id: str
    sample: int
    verdict: Verdict
    detail: str
    cpu_seconds: float = 0.0
