"""Watches limits of a whole box that the kernel enforces per process only, or not at all."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from codegen_eval.sandbox.types import Limits, Reason

_INTERVAL = 0.25
_TICKS = os.sysconf("SC_CLK_TCK")


class TreeWatch:
    """Samples a box's processes until it is stopped.

    A short-lived process can end unseen between two samples; the wall time bounds such processes.
    """

    def __init__(
        self,
        root: int,
        ours: int,
        limits: Limits,
        end: Callable[[Reason], None],
        *,
        count: bool,
    ) -> None:
        """Starts watching.

        Args:
            root: the first process of the tree.
            ours: how many generations from `root` on are trusted and don't count.
            limits: the box's limits.
            end: called once, in another thread, when a limit is exceeded.
            count: whether to limit the number of processes and threads.
        """
        self._root = root
        self._ours = ours
        self._limits = limits
        self._end = end
        self._count = count
        self._seconds: dict[tuple[int, int], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="box-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops watching; returns once nothing is sampled any more."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def seconds(self) -> float:
        """CPU seconds of all processes seen, those that have ended included."""
        return sum(self._seconds.values())

    def _run(self) -> None:
        while not self._stop.wait(_INTERVAL):
            alive = 0
            for pid in _descendants(self._root, self._ours):
                alive += self._sample(pid)
            if self.seconds > self._limits.cpu_seconds:
                self._end(Reason.CPU)
                return
            if self._count and alive > self._limits.processes:
                self._end(Reason.PROCESSES)
                return

    def _sample(self, pid: int) -> int:
        """Notes a process's time; how many threads it has."""
        try:
            line = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return 0
        # The fields after the name, from the third on: state is 0, utime 11, stime 12.
        fields = line.rpartition(b")")[2].split()
        used = (int(fields[11]) + int(fields[12])) / _TICKS
        self._seconds[pid, int(fields[19])] = used
        return int(fields[17])


def _descendants(root: int, skip: int) -> Iterator[int]:
    generation = [root]
    while generation:
        if skip > 0:
            skip -= 1
        else:
            yield from generation
        generation = [child for pid in generation for child in _children(pid)]


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
    except FileNotFoundError:
        if Path("/proc/self/task").joinpath(str(os.getpid()), "children").exists():
            return []
    except OSError:
        return []
    try:  # a kernel without CONFIG_PROC_CHILDREN
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []
