"""Compute paths are timed briefly, and the fastest is found, however busy the machine is."""

import itertools
import threading
import time

import numpy as np
import pytest

from codegen.engine import measuring
from codegen.engine.device import Device
from codegen.engine.measuring import ROUNDS, SIZES, measure
from codegen.errors import CancelledError

CPU = Device("cpu")


class Machine:
    """Runs calls that take as long as it is told to, by a clock that nothing else moves.

    `seconds` are those of a call by path and size; `busy` says by what the next calls take longer.
    """

    def __init__(self, monkeypatch, seconds, busy=()):
        self.calls = []
        self.now = 0.0
        self._seconds = seconds
        self._busy = itertools.chain(busy, itertools.repeat(1.0))
        monkeypatch.setattr(measuring, "Graph", self._graph)
        monkeypatch.setattr(measuring, "KvBuffers", lambda *_: None)
        monkeypatch.setattr(measuring.time, "perf_counter", lambda: self.now)

    def _graph(self, path, *_):
        return _Graph(self, path.name.split(".")[1])

    def call(self, path, size):
        self.calls.append((path, size))
        self.now += self._seconds[path][SIZES.index(size)] * next(self._busy)


class _Graph:
    kv_dtype = np.float32

    def __init__(self, machine, path):
        self._machine, self._path = machine, path

    def run(self, _buffers, ids, *_):
        self._machine.call(self._path, ids.size)


@pytest.mark.parametrize(
    ("l4", "l1", "paths"),
    [
        # Tokens per call:  1     8    32   256
        ((0.1, 0.2, 0.3, 0.9), (0.2, 0.3, 0.4, 1.0), "l4"),
        ((0.1, 0.2, 0.3, 0.9), (0.2, 0.3, 0.25, 0.5), "l4+l1@32"),
        ((0.1, 0.2, 0.3, 0.9), (0.3, 0.3, 0.4, 0.5), "l4+l1@256"),
        ((0.2, 0.2, 0.3, 0.9), (0.1, 0.1, 0.2, 0.5), "l1"),
        # One that is hopeless for single tokens is not asked for more.
        ((0.02, 0.07, 0.25, 1.9), (0.55, 0.0, 0.0, 0.0), "l4"),
    ],
)
def test_the_faster_path_for_each_size(tiny, monkeypatch, l4, l1, paths):
    Machine(monkeypatch, {"l4": l4, "l1": l1})
    assert str(measure(tiny.int4, CPU, 1)[0]) == paths


def test_a_busy_moment_is_not_taken_for_the_machine(tiny, monkeypatch):
    quiet = (0.02, 0.05, 0.1, 0.6)
    busy = [5.0] * len(SIZES) * 2  # the first two rounds
    Machine(monkeypatch, {"l4": quiet, "l1": (9.0, 9.0, 9.0, 9.0)}, busy)
    _, seconds = measure(tiny.int4, CPU, 1)
    assert [seconds["l4"][str(size)] for size in SIZES] == pytest.approx(quiet)


def test_a_hopeless_path_is_called_once(tiny, monkeypatch):
    machine = Machine(monkeypatch, {"l4": (0.02, 0.05, 0.1, 0.6), "l1": (0.5, 0.6, 0.7, 2.7)})
    _, seconds = measure(tiny.int4, CPU, 1)
    assert machine.calls == [*(("l4", size) for size in SIZES * ROUNDS), ("l1", 1)]
    assert seconds["l1"] == {"1": 0.5}


def test_slower_but_not_hopeless_is_measured(tiny, monkeypatch):
    machine = Machine(monkeypatch, {"l4": (0.02, 0.05, 0.1, 0.6), "l1": (0.2, 0.2, 0.2, 0.2)})
    assert str(measure(tiny.int4, CPU, 1)[0]) == "l4+l1@256"
    assert machine.calls.count(("l1", 256)) == ROUNDS


class Stuck(_Graph):
    """A call that takes long ends when it is cancelled, as ONNX Runtime's do."""

    slow = 32

    def __init__(self, *_):
        self.calls = []

    def run(self, _buffers, ids, _past, _positions, cancel):
        if ids.size >= self.slow:
            ended = threading.Event()
            with cancel.on_cancel(ended.set):
                assert ended.wait(60)
            raise CancelledError("cancelled")
        cancel.check()


@pytest.mark.parametrize(("slow", "measured"), [(1, set()), (8, {"1"}), (256, {"1", "8", "32"})])
def test_the_time_is_bounded_whatever_a_call_takes(tiny, monkeypatch, slow, measured):
    monkeypatch.setattr(measuring, "Graph", Stuck)
    monkeypatch.setattr(measuring, "KvBuffers", lambda *_: None)
    monkeypatch.setattr(Stuck, "slow", slow)
    begin = time.perf_counter()
    paths, seconds = measure(tiny.int4, CPU, 1, limit=0.5)
    assert time.perf_counter() - begin < 30  # and not 60 for each of the paths
    assert (paths.decode, paths.prefill) in {("l4", "l4"), ("l1", "l1"), ("l4", "l1"), ("l1", "l4")}
    assert all(set(times) == measured for times in seconds.values())
    assert bool(seconds) == bool(measured)


def test_no_time_at_all_is_no_figures(tiny):
    paths, seconds = measure(tiny.int4, CPU, 1, limit=0.0)
    assert (str(paths), seconds) == ("l4", {})
