"""The builder's graph to ours.

- `logits_positions`, an input, says for which tokens the head is computed: none of a prompt
  but its last, and any that a speculation wants to check.
- Embedding and head are one tensor where the model ties them, also when quantized: two names
  for the same bytes of the weights file, which is memory-mapped.
- MatMul with constant weights becomes MatMulNBits; one graph per compute path over one file.

Weights are copied one at a time from the builder's file, so memory stays at one tensor.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from codegen.engine.buffers import past_names
from codegen.engine.device import DeviceKind
from codegen.engine.manifest import WEIGHTS_FILE, Shape
from codegen.errors import ExportError
from codegen.models.export.on_device import choose_best, write_rows, write_top
from codegen.models.export.quantize import BLOCK, Quantized, bits_of, rounded

ALIGNMENT = 4096  # of a tensor in the weights file, so that it can be mapped by itself
HEAD = "lm_head.MatMul.weight"
ACCURACY_LEVELS = {"l4": 4, "l1": 1}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was written: a graph's file per compute path, and the model's sizes."""

    graphs: Mapping[str, str]
    shape: Shape


def rewrite(
    built: Path,
    out: Path,
    *,
    quantize: Mapping[str, Quantized] | None,
    window: int,
    target: DeviceKind,
    advance: Callable[[int], None],
) -> Rewritten:
    """Writes our graphs and their weights into `out`.

    Args:
        built: the builder's model.onnx.
        out: an existing directory.
        quantize: None keeps the precision that was built. Else every weight is quantized, and
            those that are in the mapping already have been.
        window: tokens that the model was trained on.
        target: what it is to run on. For a GPU the graph chooses tokens itself, and graphs are
            written that do more there.
        advance: told of every weight's bytes as they are read.

    Raises:
        ExportError: the graph is not of the shape that this code knows.
    """
    model = onnx.load(str(built), load_external_data=False)
    with (out / WEIGHTS_FILE).open("wb") as file:
        rewriting = _Rewriting(model.graph, built.parent, file, advance)
        rewriting.select_logits()
        rewriting.tie_embedding(quantized=quantize is not None)
        rewriting.copy_weights(quantize)
    shape = _shape(model.graph, window)
    if target == "cuda":
        write_top(out, shape, _type_of(model.graph.output, "logits"))
        write_rows(out, shape, _type_of(model.graph.input, past_names(shape)[0]))
        choose_best(model.graph)
    graphs = {}
    for path in ("full",) if quantize is None else ACCURACY_LEVELS:
        for node in model.graph.node:
            for attribute in node.attribute:
                if attribute.name == "accuracy_level" and path in ACCURACY_LEVELS:
                    attribute.i = ACCURACY_LEVELS[path]
        graphs[path] = f"model.{path}.onnx"
        onnx.save(model, str(out / graphs[path]))
    return Rewritten(graphs, shape)


class _Rewriting:
    """One graph being rewritten."""

    def __init__(
        self, graph: Any, source: Path, weights: BinaryIO, advance: Callable[[int], None]
    ) -> None:
        self._graph = graph
        self._source = source
        self._weights = weights
        self._advance = advance
        self._initializers = {tensor.name: tensor for tensor in graph.initializer}
        self._embedding: Any = None

    def select_logits(self) -> None:
        """Makes the positions that the head sees an input: the builder prunes to the last one."""
        gather = self._node("/lm_head/prune/Gather")
        unsqueeze = self._node("/lm_head/prune/Unsqueeze")
        gather.input[1] = "logits_positions"
        # With a list of positions the axis stays, so there is nothing to unsqueeze.
        gather.output[0] = unsqueeze.output[0]
        self._graph.node.remove(unsqueeze)
        self._graph.input.append(
            helper.make_tensor_value_info("logits_positions", TensorProto.INT64, ["positions"])
        )
        logits = next(value for value in self._graph.output if value.name == "logits")
        logits.type.tensor_type.shape.dim[1].dim_param = "positions"
        del self._graph.value_info[:]

    def tie_embedding(self, *, quantized: bool) -> None:
        """Lets the embedding read the head's tensor, [vocabulary, hidden]."""
        gather = self._node("/model/embed_tokens/Gather")
        source = gather.input[0]
        if transpose := next((node for node in self._graph.node if source in node.output), None):
            self._graph.node.remove(transpose)
            gather.input[0] = "embedding"
            self._embedding = gather
        elif quantized:
            raise ExportError(
                "the model has separate tensors for embedding and head, which int4 can't share; "
                "export it as fp32"
            )

    def copy_weights(self, quantize: Mapping[str, Quantized] | None) -> None:
        """Copies every initializer into our weights file, quantizing what is multiplied by."""
        matmuls = {node.input[1]: node for node in self._graph.node if node.op_type == "MatMul"}
        del self._graph.initializer[:]
        for name, tensor in self._initializers.items():
            values = self._read(tensor)
            node = matmuls.get(name)
            if node is None:
                self._store(name, values)
            elif quantize is not None:
                self._quantize(node, name, values, quantize)
            elif name == HEAD and self._embedding is not None:
                self._store("embedding", values.T)
                node.op_type, node.domain = "FusedMatMul", "com.microsoft"
                node.input[1] = "embedding"
                node.attribute.append(helper.make_attribute("transB", 1))
            else:
                self._store(name, values)
            self._advance(values.nbytes)

    def _quantize(
        self, node: Any, name: str, values: NDArray[Any], done: Mapping[str, Quantized]
    ) -> None:
        inputs, outputs = values.shape
        if inputs % BLOCK:
            raise ExportError(f"{name} has {inputs} inputs, which blocks of {BLOCK} don't divide")
        quantized = done.get(name)
        if quantized is None:
            weight = np.ascontiguousarray(values.T, np.float32)  # [N, K]
            quantized = rounded(weight, bits_of(name))
        packed = self._store(f"{name}.q{quantized.bits}", quantized.packed)
        scales = quantized.scales.astype(values.dtype)
        names = [packed.name, self._store(f"{name}.scales", scales).name]
        if quantized.zeros is not None:
            names.append(self._store(f"{name}.zeros", quantized.zeros).name)
        attributes = {
            "K": inputs,
            "N": outputs,
            "bits": quantized.bits,
            "block_size": quantized.block,
        }
        node.op_type, node.domain = "MatMulNBits", "com.microsoft"
        node.input[:] = [node.input[0], *names]
        node.attribute.extend(
            helper.make_attribute(key, value)
            for key, value in (attributes | {"accuracy_level": 4}).items()
        )
        if name == HEAD and (gather := self._embedding):
            # The same bytes under a second name, in the shape that the gather wants.
            alias = copy.deepcopy(packed)
            alias.name = "embedding"
            alias.dims[:] = [outputs, inputs]
            self._graph.initializer.append(alias)
            gather.op_type, gather.domain = "GatherBlockQuantized", "com.microsoft"
            gather.input[:] = ["embedding", gather.input[1], names[1]]
            gather.attribute.extend(
                helper.make_attribute(key, value)
                for key, value in {
                    "bits": quantized.bits,
                    "block_size": quantized.block,
                    "gather_axis": 0,
                    "quantize_axis": 1,
                }.items()
            )

    def _node(self, name: str) -> Any:
        for node in self._graph.node:
            if node.name == name:
                return node
        raise ExportError(f"the builder's graph has no node {name}: its version may be too new")

    def _read(self, tensor: Any) -> NDArray[Any]:
        if tensor.data_location != TensorProto.EXTERNAL:
            return np.asarray(numpy_helper.to_array(tensor))
        where = {entry.key: entry.value for entry in tensor.external_data}
        path = self._source / where["location"]
        if path.parent != self._source:
            raise ExportError(f"external data outside the model's directory: {where['location']!r}")
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        return np.memmap(
            path, dtype=dtype, mode="r", offset=int(where["offset"]), shape=tuple(tensor.dims)
        )

    def _store(self, name: str, values: NDArray[Any]) -> Any:
        self._weights.write(b"\0" * (-self._weights.tell() % ALIGNMENT))
        offset = self._weights.tell()
        self._weights.write(np.ascontiguousarray(values).tobytes())
        tensor = TensorProto()
        tensor.name = name
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor.dims.extend(values.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (
            ("location", WEIGHTS_FILE),
            ("offset", str(offset)),
            ("length", str(self._weights.tell() - offset)),
        ):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        self._graph.initializer.append(tensor)
        return tensor


def _type_of(values: Sequence[Any], name: str) -> int:
    """ONNX's type of an input or output."""
    return next(int(value.type.tensor_type.elem_type) for value in values if value.name == name)


def _shape(graph: Any, window: int) -> Shape:
    past = [value for value in graph.input if value.name.startswith("past_key_values.")]
    dims = past[0].type.tensor_type.shape.dim
    logits = next(value for value in graph.output if value.name == "logits")
    # The builder leaves the head's size symbolic; the rotary cache holds half of it per token.
    cache = next(tensor for tensor in graph.initializer if tensor.name == "cos_cache")
    return Shape(
        layers=len(past) // 2,
        kv_heads=int(dims[1].dim_value),
        head_dim=2 * int(cache.dims[1]),
        vocabulary=int(logits.type.tensor_type.shape.dim[2].dim_value),
        window=window,
    )
