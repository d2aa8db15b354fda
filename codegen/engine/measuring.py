"""Measures the compute paths of an export, in little time even on a slow or busy machine.

Each path computes several short calls of each size. The fastest of them counts, since other
programs can only make a call slower. A path that is far slower than another isn't measured further.
When the time is up, the figures measured until then are used.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers
from codegen.engine.device import Device
from codegen.engine.graph import Graph
from codegen.engine.manifest import ExportedModel, Shape
from codegen.engine.paths import ComputePaths
from codegen.errors import CancelledError

SIZES: Final = (1, 8, 32, 256)
"""Tokens in the calls that are measured: a step, short and long continuations, a prompt's chunk."""

LIMIT: Final = 10.0
"""Seconds that the measuring may take in all."""

ROUNDS: Final = 4
"""How many calls of each size are made, if there is time."""

HOPELESS: Final = 20.0
"""A path isn't measured further if it takes so many times as long as another path for a call."""

# The share of the remaining time that a path may take, if there are other paths after it.
_SHARE: Final = 0.7

Seconds = Mapping[str, Mapping[str, float]]
"""Seconds of the fastest call, by path and by the number of tokens; some may be missing."""


def measure(
    model: ExportedModel, device: Device, threads: int, limit: float = LIMIT
) -> tuple[ComputePaths, Seconds]:
    """Measures all paths on calls of all sizes, for at most `limit` seconds, and chooses.

    No graph is loaded once the time is up, but the loading of a graph can't be interrupted.

    Raises:
        CorruptModelError: a graph can't be loaded.
        OutOfMemoryError: there is no memory for a graph.
    """
    end = time.perf_counter() + limit
    paths, shape = likeliest_first(model), model.manifest.shape
    measured: dict[str, dict[str, float]] = {}
    for number, path in enumerate(paths):
        left = end - time.perf_counter()
        share = left if number == len(paths) - 1 else left * _SHARE
        if share > 0:
            with _ending(share) as cancel:
                graph = Graph(model.graph(path), shape, device, threads)
                times = _time_calls(graph, shape, device, _best(measured), cancel)
            if times:
                measured[path] = times
    return _choose(measured, paths[0]), measured


def likeliest_first(model: ExportedModel) -> list[str]:
    """The paths. The first is fastest on most machines, and is used where nothing was measured."""
    return sorted(model.manifest.graphs, key=lambda path: (path != "l4", path))


def _time_calls(
    graph: Graph, shape: Shape, device: Device, best: Mapping[str, float], cancel: CancelToken
) -> dict[str, float]:
    """Seconds of the fastest call by size, of the sizes that were reached until `cancel`.

    Args:
        graph: the path's.
        shape: the model's.
        device: where the graph runs.
        best: the seconds of the fastest other path, by size.
        cancel: ends the measuring, also in the middle of a call.
    """
    times: dict[str, float] = {}
    buffers = KvBuffers(shape, 1, max(SIZES) * 2, graph.kv_dtype, device.kind)
    ids = np.arange(max(SIZES), dtype=np.int64)[None] % shape.vocabulary
    for _ in range(ROUNDS):
        for size in SIZES:
            start = time.perf_counter()
            try:
                graph.run(buffers, ids[:, :size], max(SIZES), [size - 1], cancel)
            except CancelledError:
                return times
            took, key = time.perf_counter() - start, str(size)
            times[key] = min(took, times.get(key, took))
            if times[key] > HOPELESS * best.get(key, float("inf")):
                return times
    return times


@contextlib.contextmanager
def _ending(seconds: float) -> Iterator[CancelToken]:
    """A token that is cancelled after so many seconds."""
    cancel = CancelToken()
    timer = threading.Timer(seconds, cancel.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield cancel
    finally:
        timer.cancel()


def _best(measured: Seconds) -> dict[str, float]:
    best: dict[str, float] = {}
    for times in measured.values():
        for size, seconds in times.items():
            best[size] = min(seconds, best.get(size, seconds))
    return best


def _choose(measured: Seconds, likeliest: str) -> ComputePaths:
    """The fastest paths for single tokens and for prompts, and the size at which they change."""

    def fastest(size: int, otherwise: str) -> str:
        times = {path: by[str(size)] for path, by in measured.items() if str(size) in by}
        return min(times, key=times.__getitem__, default=otherwise)

    decode = fastest(1, likeliest)
    prefill = fastest(SIZES[-1], decode)
    switch = 2
    if prefill != decode:
        # The smallest measured size from which the prefill path is never slower.
        for size in reversed(SIZES):
            ours, others = (measured[path].get(str(size)) for path in (prefill, decode))
            if ours is None or (others is not None and ours > others):
                break
            switch = size
    return ComputePaths(decode, prefill, max(2, switch))
