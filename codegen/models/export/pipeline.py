"""The whole export. Its directory gets its name only after it has passed the gate."""

import dataclasses
import importlib.metadata
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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
from codegen.models.export import parity
from codegen.models.export.checkpoint import Checkpoint, from_directory, from_gguf
from codegen.models.export.gptq import quantize_layers
from codegen.models.export.initializers import numbers
from codegen.models.export.quantize import Quantized
from codegen.models.export.recipe import has_passed
from codegen.models.export.write import Written, write
from codegen.models.store import Store, file_sha256, require_space, storing
from codegen.progress import Progress
from codegen.prompt.families import FamilyIds, recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer

SAMPLES = Path(__file__).with_name("samples.json")

SPACE = {"fp32": 4.1, "fp16": 2.1, "int4": 1.2}
"""Bytes of disk per parameter. In int4 most parameters have 8 bits; the tokenizer and the alignment
of the weights are in the rest."""


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
        directory: where to.
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
        ExportError: the model can't be exported so, or there is too little memory.
        ParityError: what came out is not the same model.
        ModelError: the disk is full.
    """
    with storing(directory):
        making = _Making(directory, precision, device, store, progress)
        checkpoint = making.read(source_path)
        parameters = checkpoint.sizes.parameters
        require_space(directory, int(SPACE[precision] * parameters), f"exporting {name}")
        quantized = making.quantize(checkpoint) if precision == "int4" else None
        written = making.write(checkpoint, quantized)
        manifest = Manifest(
            name=name,
            family=checkpoint.family,
            source=source,
            precision=precision,
            target=device.kind,
            shape=written.shape,
            graphs=written.graphs,
            files=_records(directory),
            made_with=_versions(),
        )
        _write(directory, manifest)
        if device.kind == "cpu":
            brief = not thorough and has_passed(source.sha256, precision)
            figures = making.judge(checkpoint, brief=brief)
            _write(directory, dataclasses.replace(manifest, parity=figures.as_json()))
            parity.check(figures, precision, brief=brief)


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
        self._directory = directory
        self._precision = precision
        self._device = device
        self._store = store
        self._progress = progress
        self._samples: Mapping[str, list[parity.SampleHole]] = {}

    def read(self, source: Path) -> Checkpoint:
        """Reads what the source says of itself, and writes the tokenizer."""
        with self._step("reading the model"):
            checkpoint = from_directory(source) if source.is_dir() else from_gguf(source)
            tokenizer = _tokenizer_files(checkpoint, self._directory)
            self._samples = sample_holes(tokenizer, recognise(tokenizer.special_ids))
        return checkpoint

    def quantize(self, checkpoint: Checkpoint) -> Mapping[str, Quantized]:
        """Rounds the weights that are adjusted to a sample of inputs."""
        texts = [(*hole.prompt, *hole.middle) for hole in self._samples["calibration"]]
        with self._step("quantizing") as what:
            return quantize_layers(checkpoint, texts, self._counter(what, "layers"))

    def write(self, checkpoint: Checkpoint, quantized: Mapping[str, Quantized] | None) -> Written:
        """Writes our graphs and weights: for the CPU in fp32, if they aren't to be fp16."""
        full = self._device.kind == "cpu" and self._precision != "fp16"
        with self._step("writing the weights") as what:
            self._progress.start(what, numbers(checkpoint.sizes), unit="weights")
            return write(
                checkpoint,
                self._directory,
                dtype="fp32" if full or self._precision == "fp32" else "fp16",
                quantize=quantized,
                target=self._device.kind,
                advance=self._progress.advance,
            )

    def judge(self, checkpoint: Checkpoint, *, brief: bool) -> parity.Parity:
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
            wanted = parity.originals(checkpoint, holes, self._counter(what, "layers"))
            return parity.measure(wanted, backend, holes, self._counter(what, "prompts"))

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


def _tokenizer_files(checkpoint: Checkpoint, directory: Path) -> Tokenizer:
    (directory / TOKENIZER_FILE).write_bytes(checkpoint.tokenizer)
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
    names = (
        "codegen-lsp",
        "onnx",
        "gguf",
        "safetensors",
        "numpy",
        "onnxruntime-gpu",
        "onnxruntime",
    )
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _write(directory: Path, manifest: Manifest) -> None:
    (directory / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
