"""A checkpoint as graphs and one weights file.

Tensors are read, quantized and written one at a time, so memory stays at the largest, the head.
All graphs, one per compute path, share the weights file, which is memory-mapped.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from codegen.engine.device import DeviceKind
from codegen.engine.manifest import WEIGHTS_FILE, Shape
from codegen.errors import ExportError
from codegen.models.export.checkpoint import Checkpoint
from codegen.models.export.compose import HEAD, TIED, Dtype, compose, shape_of
from codegen.models.export.initializers import MATRIX, initializers
from codegen.models.export.on_device import choose_best, write_rows, write_top
from codegen.models.export.quantize import BLOCK, Quantized, bits_of, rounded

ALIGNMENT = 4096  # of a tensor in the weights file, so that it can be mapped by itself
ACCURACY_LEVELS = {"l4": 4, "l1": 1}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: a graph's file per compute path, and the model's sizes."""

    graphs: Mapping[str, str]
    shape: Shape


def write(
    checkpoint: Checkpoint,
    out: Path,
    *,
    dtype: Dtype,
    quantize: Mapping[str, Quantized] | None,
    target: DeviceKind,
    advance: Callable[[int], None],
) -> Written:
    """Writes a checkpoint's graphs and their weights into `out`.

    Args:
        checkpoint: the model.
        out: an existing directory.
        dtype: of activations, and of weights that are not quantized.
        quantize: None quantizes nothing. Else every matrix is quantized, and those that are in the
            mapping already have been.
        target: what it is to run on. For a GPU the graph chooses tokens itself, and graphs are
            written that do more there.
        advance: told how many numbers every tensor has that was written.

    Raises:
        ExportError: the model can't be quantized.
    """
    sizes = checkpoint.sizes
    if quantize is not None:
        _require_quantizable(checkpoint)
    model = compose(sizes, dtype, quantized=quantize is not None)
    numbers = np.dtype(np.float32 if dtype == "fp32" else np.float16)
    with (out / WEIGHTS_FILE).open("wb") as file:
        _write_weights(
            checkpoint, _Weights(file, model.graph.initializer, numbers), quantize, advance
        )
    shape = shape_of(sizes)
    if target == "cuda":
        kind = helper.np_dtype_to_tensor_dtype(numbers)
        write_top(out, shape, kind)
        write_rows(out, shape, kind)
        choose_best(model.graph)
    graphs = {}
    for path in _paths(target, quantized=quantize is not None):
        for node in model.graph.node:
            for attribute in node.attribute:
                if attribute.name == "accuracy_level" and path in ACCURACY_LEVELS:
                    attribute.i = ACCURACY_LEVELS[path]
        graphs[path] = f"model.{path}.onnx"
        onnx.save(model, str(out / graphs[path]))
    return Written(graphs, shape)


def _paths(target: DeviceKind, *, quantized: bool) -> tuple[str, ...]:
    """The compute paths. The levels make a difference on the CPU alone."""
    if not quantized:
        return ("full",)
    return tuple(ACCURACY_LEVELS) if target == "cpu" else ("l4",)


def _write_weights(
    checkpoint: Checkpoint,
    weights: "_Weights",
    quantize: Mapping[str, Quantized] | None,
    advance: Callable[[int], None],
) -> None:
    for name, values in initializers(checkpoint):
        if not name.endswith(MATRIX):
            weights.store(name, values)
        elif quantize is not None:
            weights.store_quantized(name, quantize.get(name) or rounded(values, bits_of(name)))
        elif name == HEAD and checkpoint.sizes.tied:
            weights.store(TIED, values)
        else:
            weights.store(name, values.T)
        advance(values.size)


def _require_quantizable(checkpoint: Checkpoint) -> None:
    if not checkpoint.sizes.tied:
        raise ExportError(
            "the model has separate tensors for embedding and head, which int4 can't share; "
            "export it as fp32"
        )
    for name, shape in checkpoint.sizes.shapes().items():
        if len(shape) == 2 and shape[1] % BLOCK:
            raise ExportError(f"{name} has {shape[1]} inputs, which blocks of {BLOCK} don't divide")


class _Weights:
    """The weights file while it is written, and the tensors that point into it.

    Floats are written as `numbers`.
    """

    def __init__(self, file: BinaryIO, tensors: Any, numbers: np.dtype[Any]) -> None:
        self._file = file
        self._tensors = tensors
        self._numbers = numbers

    def store(self, name: str, values: NDArray[Any]) -> Any:
        if values.dtype == np.float32:
            values = values.astype(self._numbers, copy=False)
        self._file.write(b"\0" * (-self._file.tell() % ALIGNMENT))
        offset = self._file.tell()
        self._file.write(np.ascontiguousarray(values).data)
        tensor = TensorProto()
        tensor.name = name
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor.dims.extend(values.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (
            ("location", WEIGHTS_FILE),
            ("offset", str(offset)),
            ("length", str(self._file.tell() - offset)),
        ):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        self._tensors.append(tensor)
        return tensor

    def store_quantized(self, name: str, quantized: Quantized) -> None:
        packed = self.store(f"{name}.q{quantized.bits}", quantized.packed)
        self.store(f"{name}.scales", quantized.scales)
        if quantized.zeros is not None:
            self.store(f"{name}.zeros", quantized.zeros)
        if name == HEAD:
            # The same bytes under a second name, in the shape that the embedding wants.
            alias = copy.deepcopy(packed)
            alias.name = TIED
            rows, blocks, inner = quantized.packed.shape
            alias.dims[:] = [rows, blocks * inner]
            self._tensors.append(alias)
