"""Which compute paths are fastest on this machine: measured once, remembered, shown.

The figures are forgotten when anything changes that they depend on: the export, ONNX Runtime,
the processor, the number of threads.
"""

import contextlib
import json
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.engine.buffers import KvBuffers
from codegen.engine.cancel import CancelToken
from codegen.engine.device import Device
from codegen.engine.graph import Graph
from codegen.engine.paths import ComputePaths, parse_paths
from codegen.models.manifest import ExportedModel
from codegen.models.progress import Progress
from codegen.models.store import Store, write_atomically

SIZES = (1, 8, 32, 256)
"""Tokens per call that are measured: a step, a short and a long continuation, a prompt's chunk."""

HOPELESS = 4.0
"""A path that takes this many times as long for one token is not measured further."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was measured: seconds of a call, by path and by tokens in the call."""

    paths: str
    seconds: dict[str, dict[str, float]]

    def speed(self, tokens: int) -> float:
        """Tokens per second of calls with that many tokens, by the path that is used for them."""
        path = parse_paths(self.paths, self.seconds).of(tokens)
        return tokens / self.seconds[path][str(tokens)]


def tuned(
    model: ExportedModel, device: Device, threads: int, store: Store, progress: Progress
) -> Tuning:
    """The remembered figures for this model here, measured if there are none.

    Raises:
        CorruptModelError: a graph can't be loaded.
    """
    if (known := recorded(model, device, threads, store)) is not None:
        return known
    progress.note("measuring which compute path is fastest here, once; some seconds")
    tuning = measure(model, device, threads)
    _remember(store.autotune, _key(model, device, threads), tuning)
    return tuning


def recorded(model: ExportedModel, device: Device, threads: int, store: Store) -> Tuning | None:
    """The remembered figures, or None."""
    raw: Any = _read(store.autotune).get(_key(model, device, threads))
    try:
        tuning = Tuning(paths=raw["paths"], seconds=raw["seconds"])
        parse_paths(tuning.paths, model.manifest.graphs)
        for size in SIZES:
            tuning.speed(size)
    except Exception:  # noqa: BLE001 - a file that anyone can edit; what is wrong is measured anew
        return None
    return tuning


def measure(model: ExportedModel, device: Device, threads: int) -> Tuning:
    """Times every path on calls of all sizes; takes some seconds."""
    seconds: dict[str, dict[str, float]] = {}
    for path in model.manifest.graphs:
        best = min((times["1"] for times in seconds.values()), default=float("inf"))
        seconds[path] = _time_path(model, path, device, threads, best)
    decode = min(seconds, key=lambda path: seconds[path]["1"])
    prefill = min(seconds, key=lambda path: seconds[path][str(SIZES[-1])])
    switch = 2
    if prefill != decode:
        # The smallest measured size from which the prefill path is never slower.
        for size in reversed(SIZES):
            if seconds[prefill][str(size)] > seconds[decode][str(size)]:
                break
            switch = size
    return Tuning(str(ComputePaths(decode, prefill, max(2, switch))), seconds)


def _time_path(
    model: ExportedModel, path: str, device: Device, threads: int, best: float
) -> dict[str, float]:
    shape = model.manifest.shape
    graph = Graph(model.graph(path), shape, device, threads)
    buffers = KvBuffers(shape, 1, max(SIZES) * 2, graph.kv_dtype, device.kind)
    cancel = CancelToken()
    ids = np.arange(max(SIZES), dtype=np.int64)[None] % shape.vocabulary

    def seconds(size: int, runs: int) -> float:
        took = []
        for _ in range(runs + 1):
            start = time.perf_counter()
            graph.run(buffers, ids[:, :size], max(SIZES), [size - 1], cancel)
            took.append(time.perf_counter() - start)
        # The first call of a size allocates; the least disturbed of the others counts.
        return min(took[1:])

    single = seconds(1, 1)
    if single > HOPELESS * best:
        # Still measured where it may win, on the largest size; between, it is as slow per call.
        return {str(size): seconds(size, 1) if size == SIZES[-1] else single for size in SIZES}
    return {"1": min(single, seconds(1, 3)), **{str(s): seconds(s, 2) for s in SIZES[1:]}}


def processor() -> str:
    """The processor's name, as its maker gives it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _key(model: ExportedModel, device: Device, threads: int) -> str:
    import onnxruntime  # noqa: PLC0415 - loaded by then; keeps importing this module light

    manifest = model.manifest
    weights = next(iter(sorted(manifest.files.items())))[1].sha256
    return "|".join(
        (
            manifest.source.sha256[:16],
            manifest.precision,
            f"format{manifest.format}",
            weights[:8],
            f"onnxruntime {onnxruntime.__version__}",
            device.kind,
            processor(),
            _flags(),
            f"{threads} threads",
        )
    )


def _flags() -> str:
    """What of the processor's abilities decides between kernels; machines can hide some."""
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                present = set(line.split())
                return "+".join(flag for flag in wanted if flag in present)
    return ""


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(path: Path, key: str, tuning: Tuning) -> None:
    # Only a shortcut: where the cache can't be written to, the next start measures again.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(_read(path) | {key: asdict(tuning)}, indent=1))
