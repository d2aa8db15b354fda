"""Models without weights: graphs, where their weights lie, and the weights written into place.

A folder of a model without weights holds

    codegen.json     the engine's manifest
    model.full.onnx  the graphs that the engine loads
    layout.json      where each tensor lies in the weights file, and of which kind it is
    constants.bin    the tensors that are no weights (the tables of rotary embedding), one after
                     the other
"""

import json
import os
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.engine.manifest import MANIFEST_FILE, WEIGHTS_FILE, ExportedModel, Manifest

LAYOUT, CONSTANTS = "layout.json", "constants.bin"

_CONSTANTS = ("cos_cache", "sin_cache")


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a weights file."""

    name: str
    dtype: str  # numpy's name
    dims: tuple[int, ...]
    offset: int
    bytes: int

    @property
    def constant(self) -> bool:
        """Whether it is no weight: its values come with the layout."""
        return self.name in _CONSTANTS

    @property
    def size(self) -> int:
        """How many values it has."""
        return int(np.prod(self.dims))


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies where in a weights file of so many bytes."""

    bytes: int
    tensors: tuple[Tensor, ...]

    @property
    def weights(self) -> tuple[Tensor, ...]:
        """All tensors but constants."""
        return tuple(tensor for tensor in self.tensors if not tensor.constant)


def read_layout(folder: Path) -> Layout:
    """The layout that lies in a folder."""
    raw = json.loads((folder / LAYOUT).read_text(encoding="utf-8"))
    return Layout(
        raw["bytes"],
        tuple(Tensor(**(tensor | {"dims": tuple(tensor["dims"])})) for tensor in raw["tensors"]),
    )


def strip(export: Path, out: Path) -> None:
    """Copies an export without its weights."""
    import onnx  # noqa: PLC0415 - the machine doesn't call this
    from onnx import helper  # noqa: PLC0415

    manifest = _manifest(export)
    out.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    for file in sorted(export.glob("*.onnx")):
        for tensor in onnx.load(str(file), load_external_data=False).graph.initializer:
            if tensor.data_location != onnx.TensorProto.EXTERNAL:
                continue  # a small one, which lies in the graph
            where = {entry.key: entry.value for entry in tensor.external_data}
            tensors[tensor.name] = Tensor(
                tensor.name,
                helper.tensor_dtype_to_np_dtype(tensor.data_type).name,
                tuple(tensor.dims),
                int(where["offset"]),
                int(where["length"]),
            )
        (out / file.name).write_bytes(file.read_bytes())
    weights = export / WEIGHTS_FILE
    layout = Layout(weights.stat().st_size, tuple(tensors.values()))
    with weights.open("rb") as source, (out / CONSTANTS).open("wb") as constants:
        for each in layout.tensors:
            if each.constant:
                source.seek(each.offset)
                constants.write(source.read(each.bytes))
    (out / LAYOUT).write_text(json.dumps(asdict(layout), indent=1), encoding="utf-8")
    (out / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")


def opened(folder: Path) -> ExportedModel:
    """A model whose weights were written, for the engine. It has no tokenizer."""
    return ExportedModel(folder, _manifest(folder))


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    return Manifest.from_json(path.read_text(encoding="utf-8"), path)


_LARGER = {"qkv_proj.MatMul": 0.06, "o_proj.MatMul": 0.04}

Values = Callable[[Tensor], NDArray[Any]]
"""Gives the values of a weight, of its dimensions."""


def fill(models: Sequence[Path], out: Sequence[Path], values: Values) -> None:
    """Writes weights for models without them, all from the same values rounded to fp16.

    Args:
        models: folders without weights, of the same tensors in several precisions.
        out: for each of them, the folder of the model with weights. One that is there stays.
        values: of each weight; called by several threads.

    Raises:
        ValueError: the models are not of the same tensors.
    """
    layouts = [read_layout(model) for model in models]
    first, *others = [[(each.name, each.dims) for each in layout.weights] for layout in layouts]
    if any(other != first for other in others):
        raise ValueError(f"{' and '.join(map(str, models))} have different tensors")
    todo = [
        (layout, model, target)
        for layout, model, target in zip(layouts, models, out, strict=True)
        if not (target / WEIGHTS_FILE).is_file()
    ]
    if not todo:
        return
    files = [_begin(layout, model, target) for layout, model, target in todo]
    named = [{tensor.name: tensor for tensor in layout.weights} for layout, _, _ in todo]

    def write(name: str) -> None:
        # What an fp16 file can't hold, its twin in fp32 must not have either.
        rounded = values(named[0][name]).astype(np.float16)
        for tensors, file in zip(named, files, strict=True):
            tensor = tensors[name]
            _write(file, np.ascontiguousarray(rounded, np.dtype(tensor.dtype)), tensor.offset)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        list(threads.map(write, named[0]))
    for (_, _, target), file in zip(todo, files, strict=True):
        os.close(file)
        (target / "partial").replace(target / WEIGHTS_FILE)


def _begin(layout: Layout, model: Path, target: Path) -> int:
    """Copies all but the weights into `target`; the weights file, open, with the constants."""
    target.mkdir(parents=True, exist_ok=True)
    for file in model.iterdir():
        if file.name != CONSTANTS:
            (target / file.name).write_bytes(file.read_bytes())
    weights = os.open(target / "partial", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.truncate(weights, layout.bytes)
    constants, position = (model / CONSTANTS).read_bytes(), 0
    for tensor in layout.tensors:
        if tensor.constant:
            _write(weights, constants[position : position + tensor.bytes], tensor.offset)
            position += tensor.bytes
    return weights


def _write(file: int, data: Any, offset: int) -> None:
    """Writes at a place; one call of the system writes at most 2 GB."""
    view = memoryview(data).cast("B")
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written


def random_values(seed: int) -> Values:
    """Values of the size that a model is initialised with, so that what it computes stays small.

    Matrices and biases have a standard deviation of 0.02, Qwen2's own `initializer_range`, and
    norms are near 1. Three things are otherwise, or the model would write one token for ever, or
    find several as likely, and a comparison of what it writes would say little:

    - Attention has larger weights, so that what comes next depends on what stands before.
    - Half of the last norm is negative. The head is the embedding, and would else find the token
      likeliest that came last.
    - The embedding's rows are of different lengths. Were all as long, the two likeliest tokens
      would be so close at one position in a hundred that rounding to fp16 decides between them.
    """

    def values(tensor: Tensor) -> NDArray[Any]:
        draw = np.random.Generator(np.random.SFC64([seed, zlib.crc32(tensor.name.encode())]))
        drawn = draw.standard_normal(tensor.dims, dtype=np.float32)
        if "norm" in tensor.name:
            drawn = 1 + 0.2 * drawn
            return drawn * draw.choice((-1, 1), tensor.dims) if "final" in tensor.name else drawn
        drawn *= next((size for part, size in _LARGER.items() if part in tensor.name), 0.02)
        if tensor.name == "embedding":
            spread = 0.7  # of the logarithm of the lengths
            lengths = draw.lognormal(-(spread**2), spread, (tensor.dims[0], 1))
            drawn *= lengths.astype(np.float32)
        return drawn

    return values
