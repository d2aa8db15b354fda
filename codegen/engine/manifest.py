"""An exported model: a directory of ONNX graphs, their weights, a tokenizer, and a manifest.

    model.l4.onnx    the graph of one compute path; several paths share the weights
    model.l1.onnx
    model.onnx.data  the weights, memory-mapped by ONNX Runtime
    tokenizer.json   the tokenizer, as the `tokenizers` library reads it
    vocabulary.npz   the sorted vocabulary that healing looks tokens up in
    codegen.json     this module's Manifest
    top.onnx         in an export for a GPU: finds the likeliest tokens there
    rows.onnx        in an export for a GPU: copies rows of KV caches there

The manifest says what was exported from what, and lists every file with its size and sha256.
Opening checks the sizes and, when a file changed since it was last read whole, the hashes:
ONNX Runtime would compute nonsense from a flipped bit without a word.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from codegen.engine.device import DeviceKind
from codegen.errors import CorruptModelError, ModelMissingError
from codegen.files import read_file

Precision = Literal["int4", "fp32", "fp16"]
PrecisionWish = Literal["auto", "int4", "fp32", "fp16"]

FORMAT = 1
"""The version of the format. An export with another version is made again."""

MANIFEST_FILE = "codegen.json"
TOKENIZER_FILE = "tokenizer.json"
VOCABULARY_FILE = "vocabulary.npz"
WEIGHTS_FILE = "model.onnx.data"
TOP_FILE = "top.onnx"
ROWS_FILE = "rows.onnx"


@dataclass(frozen=True, slots=True)
class Source:
    """The file that the export was made from: its name, hash and size."""

    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of the export as it was written."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model that decide the sizes of the engine's buffers."""

    layers: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    window: int  # tokens, as the model was trained


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of codegen.json."""

    name: str
    family: str
    source: Source
    precision: Precision
    target: DeviceKind
    shape: Shape
    graphs: Mapping[str, str]  # compute path -> file
    files: Mapping[str, FileRecord]
    made_with: Mapping[str, str] = field(default_factory=dict)
    parity: Mapping[str, Any] | None = None
    format: int = FORMAT

    @property
    def weights_bytes(self) -> int:
        """The bytes of the weights file, all of which a decoding step reads."""
        return self.files[WEIGHTS_FILE].bytes

    def to_json(self) -> str:
        """The manifest as it is stored."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, where: Path) -> "Manifest":
        """Reads a stored manifest.

        Raises:
            CorruptModelError: not a manifest, or one of another format version.
        """
        try:
            raw = json.loads(text)
            version = raw["format"]
            if version != FORMAT:
                raise CorruptModelError(
                    f"{where} is an export of format {version}, and this codegen reads {FORMAT}; "
                    "export the model again"
                )
            raw["source"] = Source(**raw["source"])
            raw["shape"] = Shape(**raw["shape"])
            raw["files"] = {name: FileRecord(**record) for name, record in raw["files"].items()}
            manifest = cls(**raw)
            manifest._check_values()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CorruptModelError(f"{where} is not an export's manifest: {error}") from error
        for name in (*manifest.files, *manifest.graphs.values()):
            # A manifest may come from anywhere, and names files only beside itself.
            if Path(name).name != name or name in {"", ".", ".."}:
                raise CorruptModelError(f"{where} names a file outside its directory: {name!r}")
        return manifest

    def _check_values(self) -> None:
        """Raises ValueError if JSON gave a value that a size or a file's name can't have."""
        sizes = asdict(self.shape).values()
        if not all(isinstance(size, int) and size > 0 for size in sizes):
            raise ValueError("a size of the model's shape is not a whole number above 0")
        for name in (*self.files, *self.graphs.values()):
            if not isinstance(name, str) or "\0" in name:
                raise ValueError(f"{name!r} is not a file's name")
        if not all(isinstance(record.bytes, int) for record in self.files.values()):
            raise ValueError("a file's size is not a whole number")


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """An export that was opened: every file is there, with the size it should have."""

    directory: Path
    manifest: Manifest

    def graph(self, path: str) -> Path:
        """The ONNX file of a compute path."""
        return self.directory / self.manifest.graphs[path]

    @property
    def tokenizer(self) -> Path:
        """The tokenizer's file."""
        return self.directory / TOKENIZER_FILE

    @property
    def vocabulary(self) -> Path:
        """The sorted vocabulary's file."""
        return self.directory / VOCABULARY_FILE


def open_export(directory: Path) -> ExportedModel:
    """Opens an export after checking that its files are there and have the right sizes.

    Raises:
        ModelMissingError: there is no manifest in the directory.
        CorruptModelError: the manifest can't be read, or a file is missing or truncated.
    """
    path = directory / MANIFEST_FILE
    if path.is_fifo():
        raise CorruptModelError(f"{path} can't be read: it is a pipe")
    try:
        text = read_file(path).decode()
    except (FileNotFoundError, NotADirectoryError):
        raise ModelMissingError(
            f"{directory} is not an exported model: no {MANIFEST_FILE}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptModelError(f"{path} can't be read: {error}") from error
    manifest = Manifest.from_json(text, path)
    needed = {TOKENIZER_FILE, VOCABULARY_FILE, WEIGHTS_FILE, *manifest.graphs.values()}
    if manifest.target == "cuda":
        needed |= {TOP_FILE, ROWS_FILE}
    if missing := sorted(needed - manifest.files.keys()):
        raise CorruptModelError(f"{path} doesn't list {missing[0]}")
    for name, record in manifest.files.items():
        try:
            size = (directory / name).stat().st_size
        except OSError:
            raise CorruptModelError(
                f"{directory / name} is missing; export the model again"
            ) from None
        if size != record.bytes:
            raise CorruptModelError(
                f"{directory / name} has {size:,} bytes instead of {record.bytes:,}; "
                "export the model again"
            )
    return ExportedModel(directory=directory, manifest=manifest)
