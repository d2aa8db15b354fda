"""Runs all checks, one after the other.

Nothing is fetched or exported. Checks that need a model run only if there is one. This module can
be imported without ONNX Runtime, since it also has to find a broken ONNX Runtime.
"""

import dataclasses
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from codegen.cancel import CancelToken
from codegen.completion.complete import complete, result
from codegen.completion.model import Model
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.doctor import checks
from codegen.doctor.checks import Check
from codegen.document import open_document
from codegen.engine.device import Device, choose_device, physical_cores
from codegen.engine.manifest import ExportedModel
from codegen.engine.nvidia import first_card
from codegen.errors import CodegenError, EngineError, OutOfMemoryError
from codegen.models.store import Store
from codegen.progress import Progress
from codegen.settings.config import Settings

# Bytes of memory while the default model completes, and the part of them that is not weights.
_MEMORY, _BESIDE_WEIGHTS = 1_300_000_000, 800_000_000
_EXPORTING = 1_200_000_000  # of disk, to fetch and export it

_PROMPT: Final = 512  # tokens of the prompt that the speed is measured on

# The text before a hole and after it, and the text that every working model writes into it.
_BEFORE, _AFTER, _WRITTEN = "def add(a, b):\n    return ", "\n\n\nprint(add(1, 2))\n", "a + b"


def examine(settings: Settings, progress: Progress) -> Iterator[Check]:
    """Yields the results of all checks, as soon as they are there.

    Raises:
        UsageError: settings.model is neither a name of the catalogue nor a path.
    """
    yield checks.python_version(sys.version_info[:3])
    yield checks.runtime_packages(checks.installed())
    try:
        import onnxruntime as ort  # noqa: PLC0415 - see the module's docstring

        from codegen.engine.autotune import processor  # noqa: PLC0415

        providers = ", ".join(ort.get_available_providers())
        yield Check("onnxruntime", "ok", f"{ort.__version__}, with {providers}")
        if (card := first_card()) is not None:
            yield checks.gpu(card)
        device = choose_device(settings.device)
    except (ImportError, AttributeError) as error:  # half a package imports as an empty module
        yield Check("onnxruntime", "failed", f"can't be imported: {error}", checks.reinstall())
        return
    except EngineError as error:
        yield Check("device", "failed", str(error), "or use --device cpu")
        return
    yield checks.device_choice(device)
    yield checks.processor_features(processor(), Path("/proc/cpuinfo"), platform.machine())
    yield checks.threads(settings.threads, physical_cores())
    model, state = checks.model_state(settings)
    if model is not None and device.kind == "cuda":
        from codegen.models.fitting import memory_obstacle  # noqa: PLC0415 - see the docstring

        if (shortage := memory_obstacle(model.manifest)) is not None:
            yield checks.gpu_memory(shortage, settings.device)
            if settings.device == "auto":
                # As a model is loaded then; see codegen.models.loading.
                settings = dataclasses.replace(settings, device="cpu")
                device = Device("cpu", shortage, card=True)
                model, state = checks.model_state(settings)
    memory_needed = _MEMORY if model is None else model.manifest.weights_bytes + _BESIDE_WEIGHTS
    machine = psutil.virtual_memory()
    yield checks.memory(machine.total, machine.available, memory_needed)
    yield checks.cache_directory(settings.cache_dir, 0 if model is not None else _EXPORTING)
    yield from checks.download_state(settings, exported=model is not None)
    yield state
    try:
        if model is not None:
            yield checks.parity(model.manifest.parity, model.manifest.target)
            yield from _running(model, device, settings, progress)
    except CodegenError as error:
        advice = f"codegen model verify {settings.model}"
        if isinstance(error, OutOfMemoryError):
            advice = "close other programs, or use a smaller model"
        yield Check("engine", "failed", str(error), advice)


def _running(
    model: ExportedModel, device: Device, settings: Settings, progress: Progress
) -> Iterator[Check]:
    """Runs the checks that need the loaded model."""
    from codegen.engine.autotune import Tuning, tuned  # noqa: PLC0415
    from codegen.engine.measuring import SIZES  # noqa: PLC0415
    from codegen.models.loading import load_model  # noqa: PLC0415 - see the module's docstring

    store = Store(settings.cache_dir)
    tuning = tuned(model, device, settings.threads or physical_cores(), store.autotune, progress)
    chunk = SIZES[-1]
    times = "; ".join(
        f"{path}: {checks.rate(one_by_one)} one by one, {checks.rate(in_prompt)} in a prompt"
        for path in tuning.seconds
        for alone in (Tuning(path, tuning.seconds),)
        for one_by_one, in_prompt in ((alone.speed(1), alone.speed(chunk)),)
    )
    pinned = "" if settings.compute_path == "auto" else f"{settings.compute_path} is set; fastest: "
    yield Check("compute paths", "ok", f"{pinned}{tuning.paths}, of {times}")
    # Named by its directory, so that nothing is fetched or exported if it is removed meanwhile.
    loaded = load_model(dataclasses.replace(settings, model=str(model.directory)), progress)
    prompt = loaded.tokenizer.encode(Path(os.__file__).read_text(encoding="utf-8"))[:_PROMPT]
    now = checks.measure_speed(loaded.backend, prompt)
    # A compute path that the user set may be slower than the measured one.
    then = (0.0, 0.0) if pinned else (tuning.speed(chunk) or 0.0, tuning.speed(1) or 0.0)
    yield checks.speed(now, then)
    yield self_test(loaded)


def self_test(model: Model) -> Check:
    """Fills a hole that has an obvious answer; wrong prompts or broken weights don't find it."""
    document = open_document(_BEFORE + _AFTER, len(_BEFORE), "add.py")
    completion = result(complete(model, prepare(document, CompletionOptions()), CancelToken()))
    text = next((candidate.text for candidate in completion.suggestions), "")
    if _WRITTEN in text:
        return Check("self-test", "ok", f"a known hole is filled with {text!r}")
    detail = f"a known hole is filled with {text!r} instead of {_WRITTEN!r}"
    advice = f"codegen model export {model.name} --force, or choose another model"
    return Check("self-test", "failed", detail, advice)
