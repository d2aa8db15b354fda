"""The whole export. Its directory gets its name only after it has passed the gate."""

import dataclasses
import importlib.metadata
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.engine.autotune import tuned
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, physical_cores
from codegen.engine.manifest import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    FileRecord,
    Manifest,
    Precision,
    Source,
    open_export,
)
from codegen.engine.paths import parse_paths
from codegen.errors import ExportError
from codegen.models.export import checkpoint as checkpoints
from codegen.models.export import parity
from codegen.models.export.builder import build
from codegen.models.export.quantize import Quantized
from codegen.models.export.recipe import has_passed
from codegen.models.store import Store, file_sha256, require_space, storing
from codegen.progress import Progress
from codegen.prompt.families import FamilyIds, recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer

if TYPE_CHECKING:
    from codegen.models.export.rewrite import Rewritten

SAMPLES = Path(__file__).with_name("samples.json")

SCRATCH = {".gguf": 10, "": 6}
"""Bytes of scratch space per byte of the source: two fp32 copies of the weights, and the result."""


def export_into(
    directory: Path,
    *,
    name: str,
    source_path: Path,
    source: Source,
    precision: Precision,
    device: Device,
    store: Store,
    progress: Progress,
    thorough: bool = False,
) -> None:
    """Exports a model into an empty directory that the caller keeps or removes.

    Args:
        directory: where to; also the scratch space.
        name: what the model is called.
        source_path: a GGUF file, or a Hugging Face directory.
        source: its name, hash and size.
        precision: of the weights.
        device: what it is to run on.
        store: where the measured paths are kept.
        progress: told of every step.
        thorough: whether all of the gate's tokens are compared, also where the project has done so
            for this file.

    Raises:
        CorruptModelError: the source can't be read.
        UnknownFamilyError: the source is of no supported family.
        ExportError: the builder failed.
        ParityError: what came out is not the same model.
        ModelError: the disk is full.
    """
    require_space(directory, SCRATCH[source_path.suffix] * source.bytes, f"exporting {name}")
    with storing(directory):
        making = _Making(directory, precision, device, store, progress)
        making.checkpoint(source_path)
        graph = making.build()
        rewritten = making.rewrite(graph, making.quantize() if precision == "int4" else None)
        manifest = Manifest(
            name=name,
            family=making.family,
            source=source,
            precision=precision,
            target=device.kind,
            shape=rewritten.shape,
            graphs=rewritten.graphs,
            files=_records(directory),
            made_with=_versions(),
        )
        _write(directory, manifest)
        if device.kind == "cpu":
            brief = not thorough and has_passed(source.sha256, precision)
            figures = making.judge(brief=brief)
            _write(directory, dataclasses.replace(manifest, parity=figures.as_json()))
            parity.check(figures, precision, brief=brief)
        shutil.rmtree(making.scratch)


class _Making:
    """An export that is being made. Its steps are announced and timed."""

    def __init__(
        self,
        directory: Path,
        precision: Precision,
        device: Device,
        store: Store,
        progress: Progress,
    ) -> None:
        self.scratch = directory / "scratch"
        self.family = ""
        self._directory = directory
        self._precision = precision
        self._device = device
        self._store = store
        self._progress = progress
        self._checkpoint = self.scratch / "checkpoint"
        self._samples: Mapping[str, list[parity.SampleHole]] = {}
        self.scratch.mkdir()

    def checkpoint(self, source: Path) -> None:
        """Converts the source to the form that the builder reads, and writes the tokenizer."""
        with self._step("reading the weights"):
            if source.is_dir():
                read = checkpoints.from_directory(source)
            else:
                self._checkpoint.mkdir()
                read = checkpoints.from_gguf(source, self._checkpoint)
            self._checkpoint, self.family = read.directory, read.family
            tokenizer = _tokenizer_files(self._checkpoint, self._directory)
            self._samples = sample_holes(tokenizer, recognise(tokenizer.special_ids))

    def build(self) -> Path:
        """Lets the builder make the graph: in fp32, if it is quantized for the CPU later."""
        full = "fp32" if self._device.kind == "cpu" and self._precision != "fp16" else "fp16"
        precision = full if self._precision == "int4" else self._precision
        with self._step(f"building the {precision} graph"):
            out = self.scratch / "built"
            return build(self._checkpoint, out, precision=precision, target=self._device.kind)

    def quantize(self) -> Mapping[str, Quantized]:
        """Rounds the weights that are adjusted to a sample of inputs."""
        from codegen.models.export.gptq import quantize_layers  # noqa: PLC0415 - imports torch

        texts = [(*hole.prompt, *hole.middle) for hole in self._samples["calibration"]]
        with self._step("quantizing"):
            return quantize_layers(self._checkpoint, texts, self._counter("quantizing", "layers"))

    def rewrite(self, graph: Path, quantized: Mapping[str, Quantized] | None) -> "Rewritten":
        """Writes our graphs and weights."""
        from codegen.models.export.rewrite import rewrite  # noqa: PLC0415 - imports onnx

        config = json.loads((self._checkpoint / "config.json").read_text(encoding="utf-8"))
        with self._step("writing the weights") as what:
            self._progress.start(what, graph.with_name("model.onnx.data").stat().st_size)
            return rewrite(
                graph,
                self._directory,
                quantize=quantized,
                window=int(config["max_position_embeddings"]),
                target=self._device.kind,
                advance=self._progress.advance,
            )

    def judge(self, *, brief: bool) -> parity.Parity:
        """Measures parity on the compute paths that this machine will use."""
        holes = self._samples["parity"][:: parity.BRIEF_EVERY if brief else 1]
        model, threads = open_export(self._directory), physical_cores()
        tuning = tuned(model, self._device, threads, self._store.autotune, self._progress)
        backend = OnnxBackend(
            model,
            device=self._device,
            threads=threads,
            paths=parse_paths(tuning.paths, model.manifest.graphs),
            capacity=1024,
        )
        with self._step("comparing with the original") as what:
            report = self._counter(what, "prompts")
            return parity.measure(self._checkpoint, backend, holes, report)

    @contextmanager
    def _step(self, what: str) -> Iterator[str]:
        start = time.monotonic()
        self._progress.note(f"{what} ...")
        try:
            yield what
        except MemoryError:
            raise ExportError(f"not enough memory while {what}") from None
        finally:
            self._progress.finish()
        self._progress.note(f"{what}: {time.monotonic() - start:.0f} s")

    def _counter(self, what: str, unit: str) -> Callable[[int, int], None]:
        """A callback of (done, in all) as a progress task that begins with the first call."""
        seen = 0

        def report(done: int, total: int) -> None:
            nonlocal seen
            if not seen:
                self._progress.start(what, total, unit=unit)
            self._progress.advance(done - seen)
            seen = done

        return report


def _tokenizer_files(checkpoint: Path, directory: Path) -> Tokenizer:
    shutil.copyfile(checkpoint / TOKENIZER_FILE, directory / TOKENIZER_FILE)
    tokenizer = Tokenizer.load(directory / TOKENIZER_FILE)
    with (directory / VOCABULARY_FILE).open("wb") as file:
        Vocabulary.of(tokenizer).dump(file)
    return tokenizer


def sample_holes(tokenizer: Tokenizer, ids: FamilyIds) -> Mapping[str, list[parity.SampleHole]]:
    """The fixed samples in a model's tokens: those for "calibration", and those for "parity"."""
    raw = json.loads(SAMPLES.read_text(encoding="utf-8"))
    return {
        kind: [
            parity.SampleHole(
                prompt=(
                    ids.fim_prefix,
                    *tokenizer.encode(hole["prefix"]),
                    ids.fim_suffix,
                    *tokenizer.encode(hole["suffix"]),
                    ids.fim_middle,
                ),
                middle=tuple(tokenizer.encode(hole["middle"])),
            )
            for hole in holes
        ]
        for kind, holes in raw.items()
    }


def _records(directory: Path) -> Mapping[str, FileRecord]:
    return {
        path.name: FileRecord(bytes=path.stat().st_size, sha256=file_sha256(path))
        for path in sorted(directory.iterdir())
        if path.is_file()
    }


def _versions() -> Mapping[str, str]:
    names = ("codegen-lsp", "onnxruntime-genai-cuda", "onnxruntime-genai", "transformers", "torch")
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _write(directory: Path, manifest: Manifest) -> None:
    (directory / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
