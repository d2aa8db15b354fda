"""Finds out how a box ended, from the launcher's report and the parent's own reasons."""

import os
import signal
from collections.abc import Sequence

from codegen_eval.sandbox.types import Ending, Limits, Reason


def judge(
    report: Sequence[str], ours: Reason | None, sampled: float, limits: Limits, stderr: str
) -> Ending:
    """How a box ended.

    Args:
        report: the launcher's words: "ended", reason, wait status, CPU and wall seconds.
        ours: why the parent ended the box, if it did.
        sampled: CPU seconds that the parent saw the box's processes use.
        limits: the box's limits.
        stderr: the end of what the box wrote to stderr.
    """
    _, word, status, cpu, wall = report
    seconds = max(float(cpu), sampled)
    code, number = _decode(int(status))
    reason = Reason(word)
    if ours is Reason.OUTPUT or (reason is Reason.CLOSED and ours is not None):
        reason = ours  # the launcher only knows that it was closed
    elif reason is Reason.EXITED and number is not None:
        # The kernel's own limit may strike before the launcher looks.
        spent = number in {signal.SIGXCPU, signal.SIGKILL} and seconds >= limits.cpu_seconds
        reason = Reason.CPU if spent else Reason.SIGNAL
    return Ending(reason, code, number, seconds, float(wall), stderr)


def _decode(status: int) -> tuple[int | None, int | None]:
    """A wait status as exit code and signal; neither if the launcher could not tell."""
    if status < 0:
        return None, None
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status), None
    return None, os.WTERMSIG(status)
