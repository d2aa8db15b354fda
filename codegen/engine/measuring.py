"""Timing the compute paths of an export: briefly, however slow or busy the machine is.

Each path gets several short calls of each size, of which the fastest counts: what else runs here
only ever makes a call slower. A path that turns out hopeless is not gone on with, and when the
time is up, what was measured until then has to do.
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
"""Tokens per call that are measured: a step, a short and a long continuation, a prompt's chunk."""

LIMIT: Final = 10.0
"""Seconds that all of it may take."""

ROUNDS: Final = 4
"""Calls of each size, if there is time."""

HOPELESS: Final = 20.0
"""A path that takes so many times as long as another for a call is not measured further."""

# Of the time that is left, what a path may take while there are others.
_SHARE: Final = 0.7

Seconds = Mapping[str, Mapping[str, float]]
"""Of the fastest call, by path and by tokens in the call; what isn't in it was not measured."""


def measure(
    model: ExportedModel, device: Device, threads: int, limit: float = LIMIT
) -> tuple[ComputePaths, Seconds]:
    """Times every path on calls of all sizes, for `limit` seconds at most, and chooses.

    A graph is not loaded once the time is up, but its loading can't be interrupted.

    Raises:
        CorruptModelError: a graph can't be loaded.
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
    """The paths, the one first that is right on most machines, and where nothing was measured."""
    return sorted(model.manifest.graphs, key=lambda path: (path != "l4", path))


def _time_calls(
    graph: Graph, shape: Shape, device: Device, best: Mapping[str, float], cancel: CancelToken
) -> dict[str, float]:
    """Seconds of the fastest call by size, as far as one gets until it is cancelled.

    Args:
        graph: of the path.
        shape: the model's.
        device: where the graph runs.
        best: what other paths took, by size.
        cancel: ends it, amid a call if need be.
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
    """The fastest path for single tokens, and for prompts, and from which size on that is taken."""

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
