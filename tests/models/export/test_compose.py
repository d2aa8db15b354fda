"""Our graph, node by node and tensor by tensor, against that of onnxruntime-genai's builder."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from codegen.models.export.checkpoint import from_directory
from tests.models.export.builder import build, with_our_changes
from tests.tiny_model import write_checkpoint, write_export

pytestmark = pytest.mark.deep


def as_values(messages):
    return [message.SerializeToString() for message in messages]


def nodes_of(graph):
    return [
        (
            node.name, node.domain, node.op_type, list(node.input), list(node.output),
            {each.name: each.SerializeToString() for each in node.attribute},
        )
        for node in graph.node
    ]  # fmt: skip


# Torch rounds some cosines and sines to the neighbour of the nearest number.
OFF = {"fp32": 6e-8, "fp16": 5e-4}


@pytest.mark.parametrize(
    ("precision", "target", "tied"),
    [
        ("fp32", "cpu", True),
        ("fp32", "cpu", False),
        ("fp16", "cuda", True),
        ("fp16", "cuda", False),
    ],
)
def test_the_builder_makes_the_same(tokenizer_file, tmp_path, precision, target, tied):
    write_checkpoint(tmp_path / "checkpoint", tokenizer_file, tied=tied)
    built = build(tmp_path / "checkpoint", tmp_path / "built", precision=precision, target=target)
    checkpoint = from_directory(tmp_path / "checkpoint")
    export = write_export(tmp_path / "ours", checkpoint, precision)
    ours = onnx.load(str(export.graph("full")), load_external_data=False).graph
    theirs = with_our_changes(built)
    assert nodes_of(ours) == nodes_of(theirs)
    assert as_values(ours.input) == as_values(theirs.input)
    assert as_values(ours.output) == as_values(theirs.output)
    assert ours.name == theirs.name
    whole, original = (onnx.load(str(path)) for path in (export.graph("full"), built))
    assert as_values(whole.opset_import) == as_values(original.opset_import)
    assert whole.ir_version == original.ir_version
    stored, wanted = (
        {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        for model in (whole, original)
    )
    assert list(stored) == [tensor.name for tensor in theirs.initializer]
    if tied:
        wanted["embedding"] = wanted.pop("lm_head.MatMul.weight").T
    for name, values in wanted.items():
        assert stored[name].dtype == values.dtype
        off = np.abs(stored[name].astype(np.float64) - values).max()
        assert off <= (OFF[precision] if name in {"cos_cache", "sin_cache"} else 0), name
