"""A Qwen2's graph, node by node, from its sizes alone.

The nodes, with their names, are those that onnxruntime-genai's model builder (0.18) makes of such a
model, fused attention and rotary embedding included; a test compares them. What is ours:

- `logits_positions`, an input, says for which tokens the head is computed: none of a prompt
  but its last, and any that a speculation wants to check.
- Embedding and head are one tensor where the model ties them, also when quantized.
- Instead of MatMul there is MatMulNBits, if the weights are quantized.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from codegen.engine.buffers import past_names, present_name
from codegen.engine.manifest import Shape
from codegen.models.export.quantize import bits_of, block_of
from codegen.models.export.sizes import Sizes

Dtype = Literal["fp32", "fp16"]
"""What activations are computed in, and weights that are not quantized."""

HEAD: Final = "lm_head.MatMul.weight"
TIED: Final = "embedding"
"""The tensor [vocabulary, hidden] that embedding and head share."""

_TYPES: Final = {"fp32": TensorProto.FLOAT, "fp16": TensorProto.FLOAT16}
_MICROSOFT: Final = "com.microsoft"
_OPSETS: Final = (("", 22), (_MICROSOFT, 1))
_IR_VERSION: Final = 10
_MASK: Final = "/model/attn_mask_reformat/attn_mask_subgraph"
_ONE: Final = "/model/constants/INT64/[1]"


def compose(sizes: Sizes, dtype: Dtype, *, quantized: bool) -> Any:
    """A graph without its tensors, whose names are those of `initializers.initializers`.

    Args:
        sizes: the model's.
        dtype: of activations, caches and logits.
        quantized: whether weights are MatMulNBits' (see `quantize.bits_of`), with the accuracy
            level 4. A model with separate tensors for embedding and head can't be quantized.

    Returns:
        An onnx.ModelProto.
    """
    composing = _Composing(sizes, dtype, quantized=quantized)
    composing.mask()
    composing.embedding()
    for number in range(sizes.layers):
        composing.layer(number)
    composing.head()
    opsets = [helper.make_opsetid(*opset) for opset in _OPSETS]
    return helper.make_model(
        composing.graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="codegen"
    )


def shape_of(sizes: Sizes) -> Shape:
    """The sizes as the engine knows them."""
    return Shape(
        layers=sizes.layers,
        kv_heads=sizes.kv_heads,
        head_dim=sizes.head_dim,
        vocabulary=sizes.vocabulary,
        window=sizes.window,
    )


class _Composing:
    """A graph that is being composed. `_stream` is the sum that layers add to."""

    def __init__(self, sizes: Sizes, dtype: Dtype, *, quantized: bool) -> None:
        self._sizes = sizes
        self._quantized = quantized
        self._stream = ""
        self._pending = ""  # what is to be added to the stream before it is normalised
        kind = _TYPES[dtype]
        batch = "batch_size"
        inputs: list[tuple[str, int, list[str | int]]] = [
            ("input_ids", TensorProto.INT64, [batch, "sequence_length"]),
            ("attention_mask", TensorProto.INT64, [batch, "total_sequence_length"]),
        ]
        outputs: list[tuple[str, int, list[str | int]]] = [
            ("logits", kind, [batch, "positions", sizes.vocabulary])
        ]
        pasts = past_names(shape_of(sizes))
        for past in pasts[::2] + pasts[1::2]:  # keys and values alternate there
            for values, name, length in (
                (inputs, past, "past_sequence_length"),
                (outputs, present_name(past), "total_sequence_length"),
            ):
                values.append((name, kind, [batch, sizes.kv_heads, length, "kv_cache_dim"]))
        inputs.append(("logits_positions", TensorProto.INT64, ["positions"]))
        self.graph = onnx.GraphProto(name="main_graph")
        self.graph.input.extend(helper.make_tensor_value_info(*value) for value in inputs)
        self.graph.output.extend(helper.make_tensor_value_info(*value) for value in outputs)

    def mask(self) -> None:
        """The lengths that GroupQueryAttention takes, from the attention mask."""
        self._constant(_ONE, [1], 1)
        total = self._node(f"{_MASK}/ReduceSum", "ReduceSum", ["attention_mask", _ONE], keepdims=0)
        last = self._node(f"{_MASK}/Sub", "Sub", [total, _ONE])
        self._node(f"{_MASK}/Sub/Cast", "Cast", [last], to=TensorProto.INT32)
        shape = self._node(f"{_MASK}/Shape", "Shape", ["attention_mask"])
        self._constant("/model/constants/INT64/1", [], 1)
        length = self._node(
            f"{_MASK}/Gather", "Gather", [shape, "/model/constants/INT64/1"], axis=0
        )
        self._node(f"{_MASK}/Gather/Cast", "Cast", [length], to=TensorProto.INT32)

    def embedding(self) -> None:
        name, ids = "/model/embed_tokens/Gather", "input_ids"
        if self._quantized:
            self._stream = self._node(
                name,
                "GatherBlockQuantized",
                [TIED, ids, f"{HEAD}.scales"],
                domain=_MICROSOFT,
                bits=bits_of(HEAD),
                block_size=block_of(bits_of(HEAD), self._sizes.hidden),
                gather_axis=0,
                quantize_axis=1,
            )
        else:
            table = TIED if self._sizes.tied else "model.embed_tokens.weight"
            self._stream = self._node(name, "Gather", [table, ids])

    def layer(self, number: int) -> None:
        sizes, layer = self._sizes, f"model/layers.{number}"
        hidden, keys = sizes.hidden, sizes.kv_heads * sizes.head_dim
        x = self._norm(f"{layer}/input_layernorm")
        x = self._matmul(f"{layer}/attn/qkv_proj", x, hidden, hidden + 2 * keys)
        bias = f"model.layers.{number}.attn.qkv_proj.Add.bias"
        x = self._node(f"/{layer}/attn/qkv_proj/Add", "Add", [x, bias])
        x = self._attention(number, x)
        self._pending = self._matmul(f"{layer}/attn/o_proj", x, hidden, hidden)
        x = self._norm(f"{layer}/post_attention_layernorm")
        gate = self._matmul(f"{layer}/mlp/gate_proj", x, hidden, sizes.inner)
        up = self._matmul(f"{layer}/mlp/up_proj", x, hidden, sizes.inner)
        odds = self._node(f"/{layer}/mlp/act_fn/Sigmoid", "Sigmoid", [gate])
        active = self._node(f"/{layer}/mlp/act_fn/Mul", "Mul", [gate, odds])
        x = self._node(f"/{layer}/mlp/Mul", "Mul", [active, up])
        self._pending = self._matmul(f"{layer}/mlp/down_proj", x, sizes.inner, hidden)

    def head(self) -> None:
        x = self._norm(f"model/layers.{self._sizes.layers}/final_norm_layernorm", is_last=True)
        chosen = "/lm_head/prune/Unsqueeze/output_0"  # the builder's graph has such a node
        self._node("/lm_head/prune/Gather", "Gather", [x, "logits_positions"], [chosen], axis=1)
        if self._sizes.tied and not self._quantized:
            self._node(
                "/lm_head/MatMul",
                "FusedMatMul",
                [chosen, TIED],
                ["logits"],
                domain=_MICROSOFT,
                transB=1,
            )
        else:
            self._matmul("lm_head", chosen, self._sizes.hidden, self._sizes.vocabulary, ["logits"])

    def _norm(self, path: str, *, is_last: bool = False) -> str:
        """The stream, normalised, after what is pending was added to it."""
        weight, epsilon = f"{path.replace('/', '.')}.weight", self._sizes.epsilon
        outputs = [f"/{path}/output_0", "", "", f"/{path}/output_3"]
        if self._pending:
            self._node(
                f"/{path}/SkipLayerNorm",
                "SkipSimplifiedLayerNormalization",
                [self._stream, self._pending, weight],
                outputs[:1] if is_last else outputs,
                domain=_MICROSOFT,
                epsilon=epsilon,
            )
            self._stream = outputs[3]
        else:
            self._node(
                f"/{path}/LayerNorm",
                "SimplifiedLayerNormalization",
                [self._stream, weight],
                outputs[:1],
                epsilon=epsilon,
                axis=-1,
                stash_type=1,
            )
        return outputs[0]

    def _attention(self, number: int, qkv: str) -> str:
        path, past = f"/model/layers.{number}/attn/GroupQueryAttention", f"past_key_values.{number}"
        keys, values = f"{past}.key", f"{past}.value"
        lengths = [f"{_MASK}/{cast}/Cast/output_0" for cast in ("Sub", "Gather")]
        output = f"{path}/output_0"
        self._node(
            path,
            "GroupQueryAttention",
            # Empty names are inputs that are left out: keys and values, which lie in qkv, and last
            # the positions, a bias and sinks.
            [qkv, "", "", keys, values, *lengths, "cos_cache", "sin_cache", "", "", ""],
            [output, present_name(keys), present_name(values)],
            domain=_MICROSOFT,
            num_heads=self._sizes.heads,
            kv_num_heads=self._sizes.kv_heads,
            scale=1 / math.sqrt(self._sizes.head_dim),
            local_window_size=-1,
            softcap=0.0,
            do_rotary=1,
            rotary_interleaved=0,
        )
        return output

    def _matmul(
        self, path: str, x: str, inputs: int, outputs: int, out: Sequence[str] | None = None
    ) -> str:
        node, weight = f"/{path}/MatMul", f"{path.replace('/', '.')}.MatMul.weight"
        if not self._quantized:
            return self._node(node, "MatMul", [x, weight], out)
        bits = bits_of(weight)
        names = [f"{weight}.q{bits}", f"{weight}.scales"]
        if bits == 4:
            names.append(f"{weight}.zeros")
        return self._node(
            node,
            "MatMulNBits",
            [x, *names],
            out,
            domain=_MICROSOFT,
            K=inputs,
            N=outputs,
            bits=bits,
            block_size=block_of(bits, inputs),
            accuracy_level=4,
        )

    def _node(
        self,
        name: str,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str] | None = None,
        domain: str = "",
        **attributes: float,
    ) -> str:
        outputs = outputs or [f"{name}/output_0"]
        node = helper.make_node(kind, inputs, outputs, name=name, domain=domain, **attributes)
        self.graph.node.append(node)
        return outputs[0]

    def _constant(self, name: str, dims: Sequence[int], value: int) -> None:
        tensor = numpy_helper.from_array(np.full(dims, value, np.int64), name)
        node = name.replace("constants", "constant_nodes", 1)
        self.graph.node.append(helper.make_node("Constant", [], [name], name=node, value=tensor))
