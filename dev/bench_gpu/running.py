"""Runs the steps one after the other, each as a process, within a number of seconds in all.

A step reports what it measures in a file, line by line, and each line is in the results at once. A
step isn't started with less time left than it needs; one that takes longer than it may is ended.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.bench_gpu.results import Results

_POLL = 0.1  # seconds between two looks at what a step reported
_RESERVE = 3.0  # seconds at the end for writing and for ending a step
_PATIENCE = 2.0  # seconds that a step has to end by itself


@dataclass(frozen=True, slots=True)
class Step:
    """A process that measures.

    `least` is how many seconds must be left for it to be worth starting, `limit` how many it may
    take; a failure of what isn't `required` doesn't fail the run.
    """

    name: str
    command: Sequence[str]
    least: float
    limit: float
    required: bool = True
    needs: tuple[str, ...] = ()  # steps that must be done


class Run:
    """A run that ends by itself."""

    def __init__(
        self,
        results: Results,
        seconds: float,
        log: Path,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the time.

        Args:
            results: where what is reported goes.
            seconds: that the whole run may take.
            log: the file for what the steps print.
            note: told of every step.
            clock: seconds.
        """
        self._results = results
        self._log = log
        self._note = note
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that steps may still take."""
        return self._end - _RESERVE - self._clock()

    def step(self, step: Step, environment: Mapping[str, str], report: Path) -> bool:
        """Runs a step, if there is time; whether all is well with it.

        Args:
            step: what to run.
            environment: of the process; `CODEGEN_BENCH_LIMIT` tells it how many seconds it has.
            report: the file in which the process reports.
        """
        for needed in step.needs:
            if self._results.steps.get(needed, {}).get("state") != "done":
                return self._skip(step, f"{needed} isn't done")
        if self.left < step.least:
            return self._skip(
                step, f"{max(0.0, self.left):.0f} s are left, {step.least:.0f} needed"
            )
        limit, start = min(step.limit, self.left), self._clock()
        self._note(f"{step.name}: at most {limit:.0f} s")
        self._results.step(step.name, "running")
        report.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            log.write(f"\n=== {step.name}\n".encode())
            log.flush()
            process = subprocess.Popen(
                step.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment, "CODEGEN_BENCH_LIMIT": f"{limit:.1f}"},
                start_new_session=True,  # so that what it starts is ended with it
            )
            reported = _Reported(report)
            try:
                ended = self._watch(step.name, process, reported, start + limit)
            finally:
                _end(process)
        self._take(step.name, reported)
        seconds = self._clock() - start
        if ended:
            return self._over(step, "ended", seconds, f"it took longer than {limit:.0f} s")
        if process.returncode:
            return self._over(step, "failed", seconds, self._last_words(process.returncode))
        self._note(f"{step.name}: done in {seconds:.1f} s")
        self._results.step(step.name, "done", seconds)
        return True

    def _watch(
        self, name: str, process: subprocess.Popen[bytes], reported: "_Reported", end: float
    ) -> bool:
        """Takes in what a process reports until it is over; whether its time was over before."""
        while process.poll() is None:
            self._take(name, reported)
            if self._clock() >= end:
                return True
            time.sleep(_POLL)
        return False

    def _take(self, name: str, reported: "_Reported") -> None:
        for line in reported.lines():
            self._results.add(name, line)

    def _last_words(self, status: int) -> str:
        """Why a step failed: its exit status, and what it printed last."""
        with self._log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 1000))
            lines = log.read().decode(errors="replace").rstrip().splitlines()
        return f"exit status {status}: {lines[-1]}"

    def _skip(self, step: Step, why: str) -> bool:
        self._note(f"{step.name}: skipped, {why}")
        self._results.step(step.name, "skipped", why=why)
        return not step.required

    def _over(self, step: Step, state: str, seconds: float, why: str) -> bool:
        self._note(f"{step.name}: {state}, {why}")
        self._results.step(step.name, state, seconds, why)
        return not step.required


class _Reported:
    """The file in which a step reports, read as it grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def lines(self) -> list[dict[str, Any]]:
        """The lines that have come since the last call; one that is only begun comes later."""
        if not self._file.is_file():
            return []
        data = self._file.read_bytes()[self._read :]
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process with all that it started."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # One that the system can't end, because it waits for a driver, must not hold up the rest.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
