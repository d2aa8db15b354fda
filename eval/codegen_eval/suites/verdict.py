"""What is judged, and the verdict on it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a completion was judged."""

    PASSED = "passed"
    WRONG = "wrong"  # it ran, and a result was not the expected one
    ERROR = "error"  # it raised, crashed, or ended before it had answered
    TIMEOUT = "timeout"  # it ran out of CPU time, alone on the machine too
    FORGED = "forged"  # it tried to pass without computing the result
    SYNTAX = "syntax"  # it doesn't compile


@dataclass(frozen=True, slots=True)
class Submission:
    """A completion of a problem. `sample` is its number among those of the same task, from 0.

    With `whole`, the completion is a whole program and doesn't go into the problem's hole.
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
