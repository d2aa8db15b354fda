"""The graphs and weights that are written of the tiny model."""

import dataclasses
import re

import numpy as np
import onnx
import pytest
import torch

from codegen.engine.manifest import WEIGHTS_FILE, Shape
from codegen.errors import ExportError
from codegen.models.export.checkpoint import from_directory
from codegen.models.export.initializers import MATRIX, initializers, numbers
from codegen.models.export.quantize import bits_of, dequantize, rounded
from codegen.models.export.write import write
from tests.tiny_model import LAYERS, WINDOW, load, write_checkpoint, write_export


@pytest.fixture(params=["l4", "l1"])
def int4(request, tiny):
    return graph_of(tiny.int4, request.param)


@pytest.fixture
def fp32(tiny):
    return graph_of(tiny.fp32, "full")


def graph_of(model, path):
    return onnx.load(str(model.graph(path)), load_external_data=False).graph


def types_of(graph):
    return [node.op_type for node in graph.node]


def node_of(graph, name):
    return next(node for node in graph.node if node.name == name)


def attributes_of(node):
    return {
        attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute
    }


def places_of(graph):
    """Where each tensor lies: file, offset, bytes."""
    places = {}
    for tensor in graph.initializer:
        external = {entry.key: entry.value for entry in tensor.external_data}
        places[tensor.name] = (
            external["location"], int(external["offset"]), int(external["length"])
        )  # fmt: skip
    return places


def tensor_of(model, graph, name):
    """A tensor's values, as stored."""
    tensor = next(tensor for tensor in graph.initializer if tensor.name == name)
    _, offset, size = places_of(graph)[name]
    data = (model.directory / WEIGHTS_FILE).read_bytes()[offset : offset + size]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    return np.frombuffer(data, dtype).reshape(tuple(tensor.dims))


def check_inputs(graph):
    inputs = {value.name: value.type.tensor_type for value in graph.input}
    assert set(inputs) == {
        *("input_ids", "attention_mask", "logits_positions"),
        *(f"past_key_values.{n}.{kind}" for n in range(LAYERS) for kind in ("key", "value")),
    }
    positions = inputs["logits_positions"]
    assert positions.elem_type == onnx.TensorProto.INT64
    assert [dim.dim_param for dim in positions.shape.dim] == ["positions"]
    logits = next(value for value in graph.output if value.name == "logits")
    assert logits.type.tensor_type.shape.dim[1].dim_param == "positions"


def test_int4_multiplies_by_quantized_weights_only(int4):
    kinds = types_of(int4)
    assert "MatMul" not in kinds
    assert kinds.count("MatMulNBits") == 5 * LAYERS + 1
    assert kinds.count("GroupQueryAttention") == LAYERS
    for node in int4.node:
        if node.op_type == "MatMulNBits":
            weight, bits = node.input[1].rsplit(".q", 1)
            assert attributes_of(node)["bits"] == int(bits) == bits_of(weight)
            assert len(node.input) == (4 if bits == "4" else 3)  # with zero points or without


def test_fp32_multiplies_by_the_same_weights(tiny, fp32):
    assert types_of(fp32).count("MatMul") == 5 * LAYERS
    for name, values in initializers(from_directory(tiny.checkpoint)):
        if name == "lm_head.MatMul.weight":
            assert (tensor_of(tiny.fp32, fp32, "embedding") == values).all()
        else:
            wanted = values.T if name.endswith(MATRIX) else values
            assert (tensor_of(tiny.fp32, fp32, name) == wanted).all()


def test_positions_are_an_input(int4, fp32):
    for graph in (int4, fp32):
        check_inputs(graph)
        assert node_of(graph, "/lm_head/prune/Gather").input[1] == "logits_positions"


def test_the_embedding_is_the_heads_bytes(tiny, int4):
    places = places_of(int4)
    assert places["embedding"] == places["lm_head.MatMul.weight.q8"]
    gather = node_of(int4, "/model/embed_tokens/Gather")
    assert gather.op_type == "GatherBlockQuantized"
    assert (gather.input[0], gather.input[2]) == ("embedding", "lm_head.MatMul.weight.scales")
    assert node_of(int4, "/lm_head/MatMul").input[2] == "lm_head.MatMul.weight.scales"
    sizes = sum(size for name, (_, _, size) in places.items() if name != "embedding")
    assert tiny.int4.manifest.weights_bytes < sizes + 4096 * len(places)


def test_in_fp32_embedding_and_head_are_one_tensor(tiny, fp32):
    assert node_of(fp32, "/model/embed_tokens/Gather").input[0] == "embedding"
    head = node_of(fp32, "/lm_head/MatMul")
    assert (head.op_type, head.input[1]) == ("FusedMatMul", "embedding")
    wanted = tiny.reference().lm_head.weight.detach().numpy()
    assert (tensor_of(tiny.fp32, fp32, "embedding") == wanted).all()


def test_both_graphs_read_one_file_in_the_folder(tiny):
    l4, l1 = (graph_of(tiny.int4, path) for path in ("l4", "l1"))
    assert places_of(l4) == places_of(l1)
    assert {location for location, _, _ in places_of(l4).values()} == {WEIGHTS_FILE}
    assert sorted(tiny.int4.manifest.files) == [
        *("model.l1.onnx", "model.l4.onnx", WEIGHTS_FILE, "tokenizer.json", "vocabulary.npz"),
    ]
    size = (tiny.int4.directory / WEIGHTS_FILE).stat().st_size
    for _, offset, length in places_of(l4).values():
        assert offset % 4096 == 0
        assert offset + length <= size
    assert len(l4.initializer) == len(places_of(l4))
    for graph, level in ((l4, 4), (l1, 1)):
        levels = [
            attributes_of(node)["accuracy_level"]
            for node in graph.node
            if node.op_type == "MatMulNBits"
        ]
        assert set(levels) == {level}


def test_the_shape_of_the_written_model(tiny):
    for model in (tiny.fp32, tiny.int4):
        assert model.manifest.shape == Shape(
            layers=LAYERS, kv_heads=2, head_dim=16, vocabulary=tiny.vocabulary, window=WINDOW
        )


def builders_name(name):
    """What the builder calls a weight of transformers; None if it is not multiplied by."""
    if "norm" in name or name.endswith(".bias"):
        return None
    if name in {"lm_head.weight", "model.embed_tokens.weight"}:
        return "lm_head.MatMul.weight"
    module = re.sub(r"[qkv]_proj", "qkv_proj", name.removesuffix(".weight"))
    return f"{module.replace('self_attn', 'attn')}.MatMul.weight"


def test_int4_computes_what_its_weights_say(tiny):
    """Transformers, with every weight replaced by what it was rounded to."""
    model = tiny.reference()
    for name, values in model.state_dict().items():
        place = builders_name(name)
        if place in tiny.quantized:
            values.copy_(torch.from_numpy(dequantize(tiny.quantized[place])))
        elif place is not None:
            quantized = rounded(values.numpy(), bits_of(place))
            values.copy_(torch.from_numpy(dequantize(quantized)))
    prompt, continuation = tiny.prompts(1, 40, 20)
    with torch.no_grad():
        wanted = model(torch.tensor([[*prompt, *continuation]])).logits[0, 39:-1].numpy()
    largest = np.abs(wanted).max()
    exact = load(tiny.int4, "l1").score(prompt, continuation)
    assert np.abs(exact - wanted).max() < 1e-3 * largest
    # Level 4 rounds activations to 8 bits.
    rough = load(tiny.int4, "l4").score(prompt, continuation)
    assert np.abs(rough - wanted).max() < 0.1 * largest


def test_without_gptq_all_is_rounded(tiny, tmp_path):
    told, checkpoint = [], from_directory(tiny.checkpoint)
    written = write(
        checkpoint, tmp_path, dtype="fp32", quantize={}, target="cpu", advance=told.append
    )
    assert set(written.graphs) == {"l1", "l4"}
    graph = onnx.load(str(tmp_path / written.graphs["l4"]), load_external_data=False).graph
    assert "MatMul" not in types_of(graph)
    assert sum(told) == numbers(checkpoint.sizes)


def test_a_gpu_gets_one_path(tiny, tmp_path):
    checkpoint = from_directory(tiny.checkpoint)
    written = write(
        checkpoint, tmp_path, dtype="fp16", quantize={}, target="cuda", advance=lambda _: None
    )
    assert set(written.graphs) == {"l4"}


@pytest.mark.parametrize("field", ["hidden_size", "intermediate_size"])
def test_a_width_that_blocks_do_not_divide(tiny, tmp_path, field):
    checkpoint = from_directory(tiny.checkpoint)
    narrow = {"hidden_size": "hidden", "intermediate_size": "inner"}[field]
    sizes = dataclasses.replace(checkpoint.sizes, **{narrow: 72})
    with pytest.raises(ExportError, match="has 72 inputs, which blocks of 32 don't divide"):
        write_export(tmp_path / "int4", dataclasses.replace(checkpoint, sizes=sizes), "int4", {})


def test_separate_embedding_and_head(tokenizer_file, tmp_path):
    write_checkpoint(tmp_path / "checkpoint", tokenizer_file, tied=False)
    checkpoint = from_directory(tmp_path / "checkpoint")
    model = write_export(tmp_path / "fp32", checkpoint, "fp32")
    from transformers import AutoModelForCausalLM

    where = tmp_path / "checkpoint"
    reference = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32).eval()
    ids = list(range(50))
    with torch.no_grad():
        wanted = reference(torch.tensor([ids])).logits[0, 29:-1].numpy()
    logits = load(model).score(ids[:30], ids[30:])
    assert np.abs(logits - wanted).max() < 1e-3 * np.abs(wanted).max()
    with pytest.raises(ExportError, match="separate tensors for embedding and head"):
        write_export(tmp_path / "int4", checkpoint, "int4", {})


# An export for a GPU.


def test_only_a_graph_for_a_gpu_chooses_tokens(tiny):
    assert graph_of(tiny.fp32, "full").output[0].name == "logits"
    names = {value.name for value in graph_of(tiny.for_gpu, "full").output}
    others = {value.name for value in graph_of(tiny.fp32, "full").output}
    assert names - others == {"best_tokens", "best_logprobs"}


@pytest.mark.parametrize("name", ["top.onnx", "rows.onnx"])
def test_the_graphs_for_a_gpu_are_valid(tiny, name):
    path = tiny.for_gpu.directory / name
    onnx.checker.check_model(str(path), full_check=True)
    assert not (tiny.fp32.directory / name).exists()
