"""The judgement of one completion, and the exception that ends judging early."""

import signal
from dataclasses import dataclass

from codegen_eval.judge.wording import clipped
from codegen_eval.sandbox.types import Ending, Limits, Reason
from codegen_eval.suites.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, its reason in one line, and the CPU time of the program's box."""

    verdict: Verdict
    detail: str
    cpu_seconds: float = 0.0


class Decided(Exception):  # noqa: N818 - not an error: the verdict stands, wherever it was found
    """Ends judging because the verdict is known and nothing that follows can change it."""

    def __init__(self, verdict: Verdict, detail: str) -> None:
        super().__init__(verdict, detail)
        self.verdict = verdict
        self.detail = clipped(detail)


def ended(ending: Ending, limits: Limits, doing: str) -> Decided:
    """The verdict that follows from the end of a box while the program was `doing` something."""
    match ending.reason:
        case Reason.CPU:
            return Decided(
                Verdict.TIMEOUT, f"more than {limits.cpu_seconds:.3g} s of CPU time, {doing}"
            )
        case Reason.WALL:
            return Decided(Verdict.TIMEOUT, f"more than {limits.wall_seconds:.3g} s, {doing}")
        case Reason.OUTPUT:
            return Decided(Verdict.FORGED, f"wrote more than any answer takes, {doing}")
        case Reason.SIGNAL:
            return Decided(Verdict.ERROR, f"killed by {_signal(ending.signal)}, {doing}")
    how = f"code {ending.code}" if ending.reason is Reason.EXITED else ending.reason.value
    return Decided(Verdict.ERROR, f"the process ended ({how}), {doing}")


def _signal(number: int | None) -> str:
    try:
        return signal.Signals(number or 0).name
    except ValueError:
        return f"signal {number}"
