"""What an export for a GPU has beside the model, so that little has to be copied from the device.

- The model's graph chooses the likeliest tokens itself: a greedy step brings home a token and its
  log-probability instead of 300 KB of logits.
- `top.onnx` finds the few likeliest tokens, from which a sample is nearly always drawn.
- `rows.onnx` copies rows of KV caches, for samples that share a prompt.

All their operators have CUDA kernels for fp16 and fp32 (docs/OperatorKernels.md in ONNX Runtime's
repository), so that nothing passes the host between them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import onnx
from onnx import TensorProto, helper

from codegen.engine.buffers import past_names, present_name
from codegen.engine.graph import BEST_LOGPROBS, BEST_TOKENS
from codegen.engine.manifest import ROWS_FILE, TOP_FILE, Shape
from codegen.engine.top import TOP

_OPSET: Final = 17
_IR_VERSION: Final = 8  # of that opset
_Value = tuple[str, int, Sequence[str | int]]


def choose_best(graph: Any) -> None:
    """Adds two outputs to a model's graph: the likeliest tokens, and their log-probabilities.

    Both are [batch, positions]. Of equally likely tokens the CPU takes the one with the smallest
    id. The probabilities are summed in fp32, since fp16 would lose most of 150,000 terms.
    """
    _constant(graph, "last_axis", [-1])
    _node(graph, "ArgMax", ["logits"], "best_index", axis=-1, keepdims=1)
    _node(graph, "GatherElements", ["logits", "best_index"], "best_logit", axis=-1)
    _node(graph, "Sub", ["logits", "best_logit"], "below_best")
    _node(graph, "Cast", ["below_best"], "below_best_fp32", to=TensorProto.FLOAT)
    _node(graph, "Exp", ["below_best_fp32"], "best_odds")
    _node(graph, "ReduceSum", ["best_odds", "last_axis"], "best_odds_sum", keepdims=0)
    _node(graph, "Log", ["best_odds_sum"], "best_odds_log")
    _node(graph, "Neg", ["best_odds_log"], BEST_LOGPROBS)
    _node(graph, "Squeeze", ["best_index", "last_axis"], BEST_TOKENS)
    dims = ["batch_size", "positions"]
    for name, kind in ((BEST_TOKENS, TensorProto.INT64), (BEST_LOGPROBS, TensorProto.FLOAT)):
        graph.output.append(helper.make_tensor_value_info(name, kind, dims))


def write_top(directory: Path, shape: Shape, dtype: int) -> None:
    """Writes `top.onnx`, which `codegen.engine.top` runs.

    Inputs: logits [batch, 1, vocabulary] of ONNX's type `dtype`; inverse_temperatures float32
    [batch, 1, 1]. Outputs, the largest first: scores float32 [batch, TOP], the logits less the
    largest of them, divided by the temperature; tokens int64 [batch, TOP]. And log_sums and
    log_sums_at_1, float32 [batch]: the logarithms of the sums of exp(score) over the whole
    vocabulary, at the temperature and at temperature 1.
    """
    graph = onnx.GraphProto(name="top")
    _constant(graph, "count", [TOP])
    _constant(graph, "first", [0])
    _constant(graph, "middle", [1])
    _constant(graph, "last_axes", [1, 2])
    _node(graph, "TopK", ["logits", "count"], "largest", "their_tokens", axis=-1)
    _node(graph, "Gather", ["largest", "first"], "peak", axis=-1)
    for name in ("logits", "largest"):
        _node(graph, "Sub", [name, "peak"], f"{name}_below")
        _node(graph, "Cast", [f"{name}_below"], f"{name}_fp32", to=TensorProto.FLOAT)
        _node(graph, "Mul", [f"{name}_fp32", "inverse_temperatures"], f"{name}_scaled")
    for name, out in (("logits_scaled", "log_sums"), ("logits_fp32", "log_sums_at_1")):
        _node(graph, "Exp", [name], f"{name}_odds")
        _node(graph, "ReduceSum", [f"{name}_odds", "last_axes"], f"{name}_sum", keepdims=0)
        _node(graph, "Log", [f"{name}_sum"], out)
    _node(graph, "Squeeze", ["largest_scaled", "middle"], "scores")
    _node(graph, "Squeeze", ["their_tokens", "middle"], "tokens")
    inputs: list[_Value] = [
        ("logits", dtype, ["batch", 1, shape.vocabulary]),
        ("inverse_temperatures", TensorProto.FLOAT, ["batch", 1, 1]),
    ]
    outputs: list[_Value] = [
        ("scores", TensorProto.FLOAT, ["batch", TOP]),
        ("tokens", TensorProto.INT64, ["batch", TOP]),
        ("log_sums", TensorProto.FLOAT, ["batch"]),
        ("log_sums_at_1", TensorProto.FLOAT, ["batch"]),
    ]
    _save(graph, directory / TOP_FILE, inputs, outputs)


def write_rows(directory: Path, shape: Shape, dtype: int) -> None:
    """Writes `rows.onnx`, which `codegen.engine.rows` runs.

    Inputs: rows int64 [count], and the caches as the model takes them, [batch, ...]. Outputs: the
    caches of these rows as the model gives them, [count, ...].
    """
    graph = onnx.GraphProto(name="rows")
    inputs: list[_Value] = [("rows", TensorProto.INT64, ["count"])]
    outputs: list[_Value] = []
    for past in past_names(shape):
        _node(graph, "Gather", [past, "rows"], present_name(past), axis=0)
        inputs.append((past, dtype, ["batch", shape.kv_heads, "capacity", shape.head_dim]))
        outputs.append(
            (present_name(past), dtype, ["count", shape.kv_heads, "capacity", shape.head_dim])
        )
    _save(graph, directory / ROWS_FILE, inputs, outputs)


def _node(graph: Any, kind: str, inputs: Sequence[str], *outputs: str, **attributes: int) -> None:
    name = f"/chooser/{outputs[0]}"
    graph.node.append(helper.make_node(kind, inputs, outputs, name=name, **attributes))


def _constant(graph: Any, name: str, values: Sequence[int]) -> None:
    # A node, since all initializers of a model's graph lie in its weights file.
    tensor = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
    graph.node.append(
        helper.make_node("Constant", [], [name], name=f"/chooser/{name}", value=tensor)
    )


def _save(graph: Any, path: Path, inputs: Sequence[_Value], outputs: Sequence[_Value]) -> None:
    graph.input.extend(helper.make_tensor_value_info(*value) for value in inputs)
    graph.output.extend(helper.make_tensor_value_info(*value) for value in outputs)
    opset = helper.make_opsetid("", _OPSET)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION), str(path))
