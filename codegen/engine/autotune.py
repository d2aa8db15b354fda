"""The speeds of the compute paths on this machine: measured once, remembered, and corrected.

The figures hold for an export, a version of ONNX Runtime, a processor and a number of threads; if
any of these changes, the paths are measured again. A real prompt that is computed faster corrects
them, since the machine may have been busy while it was measured.
"""

import contextlib
import json
import math
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from codegen.engine.device import Device
from codegen.engine.manifest import ExportedModel
from codegen.engine.measuring import LIMIT, SIZES, likeliest_first, measure
from codegen.engine.paths import parse_paths
from codegen.errors import ConfigError
from codegen.files import read_json, write_atomically
from codegen.progress import Progress

BRIEF: Final = 3.0
"""Seconds that measuring may take where the figures can't be kept, and every process measures."""

# A prompt corrects the figures if it took less than this share of the time that they say.
_NEWS: Final = 0.95

# Figures that couldn't be written to a file, by that file and the key that they would have in it.
_unwritten: dict[tuple[Path, str], "Tuning"] = {}


@dataclass(frozen=True, slots=True)
class Tuning:
    """The figures: seconds of a call, by path and by the number of tokens in the call.

    Calls that took too long to be measured are missing.
    """

    paths: str
    seconds: Mapping[str, Mapping[str, float]]

    def speed(self, tokens: int) -> float | None:
        """Tokens per second of calls with that many tokens, by the path that computes them.

        If these calls were not measured, it is the speed of the next smaller calls that have
        several tokens, too. None if there are no such figures.
        """
        times = self.seconds[self._path(tokens)]
        for size in reversed([size for size in SIZES if size <= tokens]):
            if str(size) in times and (size > 1 or tokens == 1):
                return size / times[str(size)]
        return None

    @property
    def step_seconds(self) -> Mapping[int, float]:
        """Seconds of calls by the number of their tokens, by the path that computes single ones."""
        return {int(size): took for size, took in self.seconds[self._path(1)].items()}

    def faster(self, tokens: int, seconds: float) -> "Tuning":
        """The figures with `seconds` for calls of `tokens` tokens by the path of such calls."""
        path = self._path(tokens)
        return Tuning(
            self.paths, {**self.seconds, path: {**self.seconds[path], str(tokens): seconds}}
        )

    def _path(self, tokens: int) -> str:
        return parse_paths(self.paths, self.seconds).of(tokens)


class PromptSpeed:
    """How fast prompts are computed. It begins with the measured speed.

    If the engine computes a full chunk of a real prompt clearly faster, that speed replaces it, and
    is kept in the file. A slower chunk changes nothing. The engine reports every chunk. Any thread
    may read the value.
    """

    def __init__(self, tuning: Tuning, file: Path, key: str) -> None:
        """Begins with the figures that are kept in a file under a key."""
        self.tuning = tuning
        self._file = file
        self._key = key

    @property
    def value(self) -> float | None:
        """Tokens per second; None if that is not known."""
        return self.tuning.speed(SIZES[-1])

    def saw(self, tokens: int, seconds: float) -> None:
        """Reports that a chunk of a prompt took so many seconds."""
        if tokens != SIZES[-1] or seconds <= 0:
            return
        known = self.value
        if known is None or seconds < _NEWS * tokens / known:
            self.tuning = self.tuning.faster(tokens, seconds)
            _remember(self._file, self._key, self.tuning)


def prompt_speed(
    model: ExportedModel, device: Device, threads: int, file: Path, progress: Progress
) -> PromptSpeed:
    """The speed of prompts by the figures of `tuned`, which real prompts then correct."""
    tuning = tuned(model, device, threads, file, progress)
    return PromptSpeed(tuning, file, _key(model, device, threads))


def tuned(
    model: ExportedModel, device: Device, threads: int, file: Path, progress: Progress
) -> Tuning:
    """The figures for a model on this machine. If none are remembered, they are measured.

    Raises:
        CorruptModelError: a graph can't be loaded.
        OutOfMemoryError: there is no memory for a graph.
    """
    known = recorded(model, device, threads, file)
    if known is None:
        known = _unwritten.get((file, _key(model, device, threads)))
    return known or measured_anew(model, device, threads, file, progress)


def measured_anew(
    model: ExportedModel, device: Device, threads: int, file: Path, progress: Progress
) -> Tuning:
    """Measures, and remembers the figures in place of earlier ones.

    If the time was too short for a single figure, the path that is fastest on most machines is
    used, and the next process measures again.

    Raises:
        CorruptModelError: a graph can't be loaded.
        OutOfMemoryError: there is no memory for a graph.
    """
    lasting = _can_write(file)
    again = "once" if lasting else "each time, since the cache can't be written to"
    progress.note(f"measuring which compute path is fastest here, {again}; some seconds")
    paths, seconds = measure(model, device, threads, LIMIT if lasting else BRIEF)
    key = _key(model, device, threads)
    if not seconds:
        likeliest = likeliest_first(model)[0]
        _unwritten[file, key] = Tuning(likeliest, {likeliest: {}})
        return _unwritten[file, key]
    tuning = Tuning(str(paths), seconds)
    if not _remember(file, key, tuning):
        _unwritten[file, key] = tuning
    return tuning


def recorded(model: ExportedModel, device: Device, threads: int, file: Path) -> Tuning | None:
    """The remembered figures; None if there are none for this model and machine."""
    tuning = _read(file).get(_key(model, device, threads))
    if tuning is None or not tuning.seconds.keys() <= model.manifest.graphs.keys():
        return None
    return tuning


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
    """The processor's abilities that decide which kernels run. A virtual machine may hide some."""
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                present = set(line.split())
                return "+".join(flag for flag in wanted if flag in present)
    return ""


def _read(path: Path) -> dict[str, Tuning]:
    """All figures in a file that can be used."""
    known = read_json(path)
    if not isinstance(known, dict):
        return {}
    tunings = {key: _tuning(raw) for key, raw in known.items()}
    return {key: tuning for key, tuning in tunings.items() if tuning is not None}


def _tuning(raw: Any) -> Tuning | None:
    """Figures as they were read from a file; None if they are not valid."""
    if not isinstance(raw, dict) or raw.keys() != {"paths", "seconds"}:
        return None
    paths, seconds = raw["paths"], raw["seconds"]
    if not isinstance(paths, str) or not isinstance(seconds, dict):
        return None
    sizes = {str(size) for size in SIZES}
    for times in seconds.values():
        if not isinstance(times, dict) or not times.keys() <= sizes:
            return None
        if not all(isinstance(took, float) and 0 < took < math.inf for took in times.values()):
            return None
    try:
        parse_paths(paths, seconds)
    except ConfigError:
        return None
    return Tuning(paths, seconds)


def _can_write(path: Path) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return True
    except OSError:
        return False


def _remember(path: Path, key: str, tuning: Tuning) -> bool:
    """Writes the figures into the file. Returns whether that was possible."""
    known = {other: asdict(value) for other, value in _read(path).items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(known | {key: asdict(tuning)}, indent=1))
    except OSError:
        return False
    return True
