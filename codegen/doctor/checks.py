"""The doctor's checks; a check that isn't ok says what to do."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

from codegen.cancel import CancelToken
from codegen.engine.cuda import Obstacle
from codegen.engine.device import Device, DeviceWish
from codegen.engine.manifest import ExportedModel
from codegen.engine.nvidia import Card
from codegen.engine.types import Backend, GenerateRequest
from codegen.errors import CorruptModelError
from codegen.models.catalogue import CatalogueEntry
from codegen.models.resolve import ExportDirectory, find_export, resolve
from codegen.models.store import Store
from codegen.progress import human_bytes
from codegen.settings.config import Settings

Status = Literal["ok", "warning", "failed"]

MODEL: Final = "model"  # the name of the check that fails if there is no model

_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
_TOKENS: Final = 16  # generated to measure the speed
_SLOWED = 3.0  # a speed that is so many times lower than the first measured one is a warning


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check; `advice` says what to do, None if it is ok."""

    name: str
    status: Status
    detail: str
    advice: str | None = None


def python_version(version: tuple[int, ...]) -> Check:
    """Checks Python's version; the detail says where it is installed."""
    detail = f"{'.'.join(map(str, version))}, {sys.executable}"
    if version[:2] < (3, 11):
        return Check("python", "failed", detail, "install codegen with Python 3.11 or newer")
    return Check("python", "ok", detail)


def runtime_packages(installed: Mapping[str, str]) -> Check:
    """Checks that exactly one package of ONNX Runtime is installed."""
    detail = ", ".join(f"{name} {version}" for name, version in installed.items())
    if len(installed) == 1:
        return Check("runtime package", "ok", detail)
    wrong = (
        f"{detail}: they share a folder, and break each other" if installed else "none is installed"
    )
    return Check("runtime package", "failed", wrong, reinstall())


def device_choice(device: Device) -> Check:
    """Shows where models run, and why they don't run on a GPU."""
    if device.obstacle is None:
        return Check("device", "ok", device.kind)
    detail = f"running on the CPU: {device.obstacle.sentence}"
    if not device.card:
        return Check("device", "ok", detail)
    advice = device.obstacle.advice or "codegen config set device cpu, to see this no more"
    return Check("device", "warning", detail, advice)


def gpu(card: Card) -> Check:
    """Shows the card that models would run on, and how much of its memory is free."""
    free, total = human_bytes(card.free), human_bytes(card.total)
    return Check("gpu", "ok", f"{card.name}, {free} of {total} free, driver {card.driver}")


def gpu_memory(shortage: Obstacle, wanted: DeviceWish) -> Check:
    """Tells that the model doesn't fit into the memory that is free on the card."""
    status: Status = "failed" if wanted == "cuda" else "warning"
    return Check("gpu memory", status, shortage.sentence, shortage.advice)


def processor_features(name: str, cpuinfo: Path, machine: str) -> Check:
    """Shows the processor and those of its instruction sets that make models fast."""
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    lines = [line for line in text.splitlines() if line.startswith(("flags", "Features"))]
    if not lines:
        return Check("processor", "ok", f"{name}; its instruction sets are not known here")
    features = [feature for feature in _FEATURES if feature in lines[0].split()]
    detail = " ".join((f"{name},", *features)) if features else name
    if machine in {"x86_64", "AMD64"} and "avx2" not in features:
        advice = "completing will be slow; let a virtual machine see the host's processor"
        return Check("processor", "warning", detail, advice)
    return Check("processor", "ok", detail)


def threads(wanted: int | None, cores: int) -> Check:
    """Checks that there are no more threads than physical cores."""
    detail = f"{wanted or cores}, physical cores: {cores}"
    if wanted is not None and wanted > cores:
        advice = "more threads than cores wait for each other: unset CODEGEN_THREADS"
        return Check("threads", "warning", detail, advice)
    return Check("threads", "ok", detail)


def memory(total: int, available: int, needed: int) -> Check:
    """Compares the memory, in bytes, with what the model needs."""
    parts = human_bytes(available), human_bytes(total), human_bytes(needed)
    detail = "{} of {} available, about {} needed".format(*parts)
    if available >= needed:
        return Check("memory", "ok", detail)
    advice = "close what uses much memory, or choose a smaller model; codegen model list"
    return Check("memory", "failed" if total < needed else "warning", detail, advice)


def cache_directory(root: Path, needed: int) -> Check:
    """Checks that the cache can be written to, and has room for `needed` bytes."""
    there = next(path for path in (root, *root.parents) if path.exists())
    advice = "set CODEGEN_CACHE_DIR to a directory of yours, on a disk with room"
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        detail = f"{root} can't be written to: {error.strerror}"
        return Check("cache", "failed" if needed else "warning", detail, advice)
    detail = f"{root}, {human_bytes(free)} free"
    if free < needed:
        return Check("cache", "warning", f"{detail}, {human_bytes(needed)} needed", advice)
    return Check("cache", "ok", detail)


def download_state(settings: Settings, *, exported: bool) -> Iterator[Check]:
    """Checks the file that the model is exported from, if it is a model of the catalogue."""
    source, store = resolve(settings.model), Store(settings.cache_dir)
    if not isinstance(source, CatalogueEntry):
        return
    path = store.download(source.file)
    if not path.is_file() and exported:
        yield Check("download", "ok", "not here, and only another export would need it")
    elif not path.is_file():
        advice = f"codegen model pull {source.name} ({human_bytes(source.bytes)})"
        yield Check("download", "warning", "not here", advice)
    elif store.sha256(path) != source.sha256:
        advice = f"codegen model remove {source.name}, then codegen model pull {source.name}"
        yield Check("download", "warning", f"{path} is damaged", advice)
    else:
        yield Check("download", "ok", f"{path}, its hash is the catalogue's")


def model_state(settings: Settings) -> tuple[ExportedModel | None, Check]:
    """Finds the export to complete with, None if it is missing or damaged; and checks it."""
    again = f"codegen model export {settings.model}"
    try:
        model = find_export(settings)
    except CorruptModelError as error:
        own = isinstance(resolve(settings.model), ExportDirectory)
        advice = "copy it again from where it came from" if own else f"{again} --force"
        return None, Check(MODEL, "failed", str(error), advice)
    if model is not None:
        manifest = model.manifest
        what = f"{manifest.name}, {manifest.precision} for {manifest.target}"
        size = human_bytes(manifest.weights_bytes)
        detail = f"{what}, format {manifest.format}, {size}, all hashes right"
        return model, Check(MODEL, "ok", detail)
    advice = f"{again} (some minutes, once)"
    return None, Check(MODEL, "failed", f"{settings.model} is not exported", advice)


def parity(figures: Mapping[str, Any] | None, target: str) -> Check:
    """Shows how close the exported model is to the original, as measured after the export."""
    if figures:
        parts = (
            f"{name.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
            for name, value in figures.items()
        )
        return Check("parity", "ok", ", ".join(parts))
    # An export for a GPU may be made on a machine without one.
    if target == "cuda":
        return Check("parity", "ok", "not measured for this device")
    return Check("parity", "warning", "not measured", "codegen model export makes and measures it")


def measure_speed(backend: Backend, prompt: Sequence[int]) -> tuple[float, float]:
    """Measures the prefill of a prompt and the decoding after it, in tokens per second."""
    generation = backend.generate(GenerateRequest(prompt, max_tokens=_TOKENS), CancelToken())
    # The first token comes with the prefill.
    steps = sum(1 for _ in generation) - 1
    usage = generation.usage
    computed = usage.prompt_tokens - usage.cached_tokens
    return computed / max(usage.prefill_seconds, 1e-9), steps / max(usage.decode_seconds, 1e-9)


def rate(speed: float | None) -> str:
    """A speed for people."""
    return "not measured" if speed is None else f"{speed:.0f} tokens/s"


def speed(now: tuple[float, float], then: tuple[float, float]) -> Check:
    """Compares the speeds of measure_speed with those that were measured at the first run."""
    detail = f"{now[0]:.0f} tokens/s in a prompt, {now[1]:.1f} tokens/s one by one"
    if any(before > _SLOWED * today for today, before in zip(now, then, strict=True)):
        once = f"{then[0]:.0f} and {then[1]:.1f} were measured here once"
        advice = f"{once}: look for what else keeps the processor busy"
        return Check("speed", "warning", detail, advice)
    return Check("speed", "ok", detail)


def installed() -> dict[str, str]:
    """The installed packages of ONNX Runtime, with their versions."""
    names = (distribution.metadata["Name"] for distribution in metadata.distributions())
    return {name: metadata.version(name) for name in names if name in _RUNTIMES}


def reinstall() -> str:
    """The commands after which only the package that codegen depends on is installed."""
    windows, linux = os.name == "nt", sys.platform == "linux" and platform.machine() == "x86_64"
    wanted = "onnxruntime-gpu" if windows or linux else "onnxruntime"
    pip = f"{sys.executable} -m pip"
    return f"{pip} uninstall -y {' '.join(_RUNTIMES)} && {pip} install --no-deps {wanted}"
