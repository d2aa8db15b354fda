"""The engine and its processes, measured beside llama.cpp in one run."""

import contextlib
import datetime as dt
import inspect
import platform
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from codegen import __version__
from codegen.bench import llama
from codegen.bench.engine import (
    CONTEXT,
    PROMPT,
    STEPS,
    Decoded,
    ProcessFigures,
    Texts,
    cancel_latency,
    complete_process,
    count_parameters,
    decode,
    help_seconds,
    hole_in,
    prefill,
)
from codegen.bench.sizes import Measure, Sizes, measure
from codegen.engine.autotune import processor
from codegen.engine.device import choose_device, physical_cores
from codegen.engine.manifest import ExportedModel
from codegen.engine.types import Backend
from codegen.models.loading import load_backend
from codegen.models.resolve import GgufFile, ready, resolve
from codegen.models.store import Store
from codegen.progress import Progress
from codegen.prompt.tokenizer import Tokenizer
from codegen.settings.config import Settings

# A long module that every Python has.
_TEXT = tokenize, inspect


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured: llama.cpp's right after ours, so that both see the same machine.

    Prefill is in tokens per second, decoding in seconds a token, the rest in seconds.
    """

    prefill: float
    decode: Decoded
    cancel: float
    llama_prefill: float | None
    llama_decode: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured. `about` says where and of what; `gguf_bytes` is llama.cpp's file."""

    about: Mapping[str, str]
    rounds: tuple[Round, ...]
    processes: tuple[ProcessFigures, ...]
    help: float
    parameters: int | None
    weights_bytes: int
    gguf_bytes: int | None
    perplexity_ratio: float | None


def run(settings: Settings, rounds: int, llama_bench: Path | None, progress: Progress) -> Figures:
    """Measures everything; some minutes. Without llama-bench, and its file, only ours.

    Raises:
        ModelError: there is no model.
        EngineError: something failed that would have been measured.
    """
    model = ready(settings, progress)
    threads = settings.threads or physical_cores()
    gguf = _gguf(model, settings)
    program = llama.find(llama_bench)
    if program is None:
        progress.note(f"there is no llama-bench to compare with; get one: {llama.HOW_TO_GET}")
    elif gguf is None:
        progress.note(f"{model.manifest.source.file} is not here: nothing for llama-bench to run")
    ids, lines, counts = _text(Tokenizer.load(model.tokenizer))
    progress.note("measuring processes")
    help_ = help_seconds()
    options = ["--model", settings.model, "--device", settings.device]
    processes = complete_process(*hole_in(lines, counts), options)
    backend = load_backend(model, settings, progress)
    with contextlib.ExitStack() as stack:
        theirs = None
        if program is not None and gguf is not None:
            environ = stack.enter_context(llama.environment(program))
            theirs = llama.LlamaBench(program, environ, gguf, threads)
        texts = Texts(ids)
        progress.note("warming up")
        decode(backend, texts.take(CONTEXT))
        build = "not measured"
        if program is not None and theirs is not None:
            build = llama.version(program, theirs.prefill(PROMPT).build)
        measured = []
        for number in range(rounds):
            progress.note(f"round {number + 1} of {rounds}")
            measured.append(_round(backend, theirs, texts))
    parity = model.manifest.parity or {}
    return Figures(
        about=_about(model, str(backend.paths), threads, f"llama.cpp {build}"),
        rounds=tuple(measured),
        processes=tuple(processes),
        help=help_,
        parameters=None if gguf is None else count_parameters(gguf),
        weights_bytes=model.manifest.weights_bytes,
        gguf_bytes=None if gguf is None else gguf.stat().st_size,
        perplexity_ratio=parity.get("perplexity_ratio"),
    )


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """What is measured by size. `about` says where and of what; `measures` come one by one."""

    about: Mapping[str, str]
    measures: Iterator[Measure]


def run_sizes(settings: Settings, progress: Progress, sizes: Sizes) -> SizeFigures:
    """Measures requests of several sizes, without llama.cpp; some minutes on a CPU.

    Raises:
        ModelError: there is no model.
        EngineError: it can't be run.
    """
    model = ready(settings, progress)
    texts = Texts(_text(Tokenizer.load(model.tokenizer))[0])

    def load(capacity: int, capture: bool) -> Backend:
        return load_backend(model, settings, progress, capacity=capacity, capture=capture)

    captures = choose_device(settings.device).kind == "cuda"
    threads = settings.threads or physical_cores()
    about = _about(model, settings.compute_path, threads)
    return SizeFigures(about, measure(load, texts.take, sizes, progress, captures=captures))


def _about(model: ExportedModel, paths: str, threads: int, *others: str) -> dict[str, str]:
    """Where something is measured, and of what. `others` are more programs with versions."""
    manifest = model.manifest
    versions = (
        f"codegen {__version__}",
        f"Python {platform.python_version()}",
        f"onnxruntime {_onnxruntime()}",
        *others,
    )
    return {
        "machine": f"{processor()}, {platform.system()} {platform.release()}",
        "cores": str(physical_cores()),
        "threads": str(threads),
        "versions": ", ".join(versions),
        "model": f"{manifest.name}, {manifest.precision} for {manifest.target}, paths {paths}, "
        f"from {manifest.source.file}",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def _round(backend: Backend, theirs: llama.LlamaBench | None, texts: Texts) -> Round:
    ours_prefill = prefill(backend, texts.take(PROMPT))
    llama_prefill = theirs.prefill(PROMPT) if theirs is not None else None
    ours_decode = decode(backend, texts.take(CONTEXT))
    llama_decode = theirs.decode(STEPS, CONTEXT) if theirs is not None else None
    # Well within the prompt by the speed that was just seen, and still if it doubles.
    within = CONTEXT / ours_prefill / 3
    return Round(
        prefill=ours_prefill,
        decode=ours_decode,
        cancel=cancel_latency(backend, texts.take(CONTEXT), within),
        llama_prefill=None if llama_prefill is None else 1 / llama_prefill.per_token,
        llama_decode=None if llama_decode is None else llama_decode.per_token,
    )


def _gguf(model: ExportedModel, settings: Settings) -> Path | None:
    """The file that the export was made from, if it is here."""
    source = resolve(settings.model)
    if isinstance(source, GgufFile):
        return source.path
    path = Store(settings.cache_dir).download(model.manifest.source.file)
    return path if path.is_file() and path.suffix == ".gguf" else None


def _text(tokenizer: Tokenizer) -> tuple[list[int], list[str], list[int]]:
    """Real text: its token ids; and its lines, with the tokens of each."""
    text = "".join(inspect.getsource(module) for module in _TEXT)
    lines = text.splitlines(keepends=True)
    return tokenizer.encode(text), lines, [len(tokenizer.encode(line)) for line in lines]


def _onnxruntime() -> str:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return f"{metadata.version('onnxruntime-gpu')} (gpu build)"
    return metadata.version("onnxruntime")
