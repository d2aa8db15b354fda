"""onnxruntime-genai's model builder, whose graphs ours are compared with."""

import os
import subprocess
import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper


def build(checkpoint: Path, out: Path, *, precision: str, target: str) -> Path:
    """Builds `out`/model.onnx from a Hugging Face directory, in a process of its own."""
    command = [
        sys.executable,
        *("-m", "onnxruntime_genai.models.builder"),
        *("-i", str(checkpoint), "-o", str(out), "-c", str(out / "cache")),
        *("-p", precision, "-e", target, "--extra_options"),
        *("prune_lm_head=true", "hf_remote=false", "hf_token=false"),
    ]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, errors="replace", env=environment
    )
    graph = out / "model.onnx"
    assert done.returncode == 0, done.stderr
    assert graph.is_file(), done.stderr
    return graph


def with_our_changes(built: Path) -> onnx.GraphProto:
    """The builder's graph, with what ours has otherwise: see `codegen.models.export.compose`."""
    graph = onnx.load(str(built), load_external_data=False).graph
    nodes = {node.name: node for node in graph.node}
    # The positions that the head sees are an input: the builder prunes to the last one. With a list
    # of positions the axis stays, so that there is nothing to unsqueeze.
    gather, unsqueeze = nodes["/lm_head/prune/Gather"], nodes["/lm_head/prune/Unsqueeze"]
    graph.node.remove(nodes["/model/constant_nodes/INT64/-1"])
    gather.input[1], gather.output[0] = "logits_positions", unsqueeze.output[0]
    graph.node.remove(unsqueeze)
    graph.input.append(
        helper.make_tensor_value_info("logits_positions", TensorProto.INT64, ["positions"])
    )
    graph.output[0].type.tensor_type.shape.dim[1].dim_param = "positions"
    del graph.value_info[:]
    # If embedding and head are one tensor, it lies as the embedding reads it.
    if (transpose := nodes.get("/model/embed_tokens/Transpose")) is not None:
        graph.node.remove(transpose)
        nodes["/model/embed_tokens/Gather"].input[0] = "embedding"
        head = nodes["/lm_head/MatMul"]
        head.op_type, head.domain, head.input[1] = "FusedMatMul", "com.microsoft", "embedding"
        head.attribute.append(helper.make_attribute("transB", 1))
        tensor = next(one for one in graph.initializer if one.name == "lm_head.MatMul.weight")
        tensor.name = "embedding"
        tensor.dims[:] = reversed(tensor.dims)
    return graph
