"""Rounding, and its layout, checked against ONNX Runtime's own operators."""

import gguf
import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from onnx import TensorProto, helper, numpy_helper

from codegen.models.export.gptq import gptq4
from codegen.models.export.quantize import (
    BLOCK,
    asymmetric4,
    bits_of,
    dequantize,
    pack4,
    rounded,
    symmetric8,
)

# No subnormal scales: a division by 15 of the smallest numbers is not one.
VALUES = st.floats(-1e4, 1e4, width=32, allow_subnormal=False).map(
    lambda value: 0.0 if abs(value) < 1e-30 else value
)
WEIGHTS = st.tuples(st.integers(1, 2), st.integers(1, 4)).flatmap(
    lambda size: arrays.arrays(np.float32, (size[0], size[1] * BLOCK), elements=VALUES)
)


def blocks_of(weight, block=BLOCK):
    return weight.reshape(weight.shape[0], -1, block)


def random_weight(rows, columns, seed=0):
    """Values of several sizes, and of one sign here and there."""
    random = np.random.default_rng(seed)
    weight = random.normal(size=(rows, columns)) * random.lognormal(size=(rows, 1))
    weight[0] = abs(weight[0])
    weight[1] = -abs(weight[1])
    return weight.astype(np.float32)


@given(WEIGHTS)
def test_4_bits_are_off_by_half_a_level_at_most(weight):
    quantized = asymmetric4(weight)
    assert quantized.scales.shape == (weight.shape[0], weight.shape[1] // BLOCK)
    assert (quantized.bits, quantized.scales.dtype) == (4, np.float32)
    error = np.abs(blocks_of(dequantize(quantized)) - blocks_of(weight)).max(axis=2)
    spread = np.maximum(blocks_of(weight).max(axis=2), 0) - np.minimum(
        blocks_of(weight).min(axis=2), 0
    )
    assert (error <= spread / 15 / 2 * 1.0001).all()


@given(WEIGHTS)
def test_8_bits_are_off_by_half_a_level_at_most(weight):
    quantized = symmetric8(weight)
    assert (quantized.bits, quantized.zeros, quantized.scales.dtype) == (8, None, np.float32)
    assert weight.shape[1] % quantized.block == 0
    blocks = blocks_of(weight, quantized.block)
    error = np.abs(blocks_of(dequantize(quantized), quantized.block) - blocks).max(axis=2)
    assert (error <= np.abs(blocks).max(axis=2) / 127 / 2 * 1.0001).all()


@given(WEIGHTS)
def test_rounding_twice_changes_nothing_more(weight):
    for bits in (4, 8):
        once = dequantize(rounded(weight, bits))
        assert np.allclose(dequantize(rounded(once, bits)), once, rtol=1e-5, atol=0)


def test_zeros_stay_zeros():
    weight = random_weight(4, 3 * BLOCK)
    weight[:, BLOCK : 2 * BLOCK] = 0
    weight[:, 0] = 0
    for bits in (4, 8):
        result = dequantize(rounded(weight, bits))
        assert (result[weight == 0] == 0).all()
        assert np.isfinite(result).all()
        assert (result != 0).any()


@pytest.mark.parametrize(
    ("blocks", "block"), [(1, 32), (2, 64), (3, 32), (4, 128), (6, 64), (28, 128), (152, 128)]
)
def test_8_bits_take_the_largest_block_that_fits(blocks, block):
    assert symmetric8(random_weight(2, blocks * BLOCK)).block == block


@pytest.mark.parametrize("seed", range(3))
def test_8_bits_in_blocks_of_32_keep_gguf_q8_0_exactly(seed):
    weight = random_weight(8, 5 * BLOCK, seed)
    kind = gguf.GGMLQuantizationType.Q8_0
    stored = gguf.dequantize(gguf.quantize(weight, kind), kind)
    assert (dequantize(symmetric8(stored)) == stored).all()


@pytest.mark.parametrize("count", range(1, 6))
def test_zero_points_of_any_number_of_blocks(count):
    levels = np.random.default_rng(count).integers(0, 16, (3, count * BLOCK)).astype(np.uint8)
    scales = np.ones((3, count), np.float32)
    zeros = (np.arange(3 * count).reshape(3, count) % 16).astype(np.uint8)
    quantized = pack4(levels, scales, zeros)
    assert quantized.packed.shape == (3, count, 16)
    assert quantized.zeros.shape == (3, (count + 1) // 2)
    assert (quantized.packed.dtype, quantized.zeros.dtype) == (np.uint8, np.uint8)
    wanted = blocks_of(levels.astype(np.float32)) - zeros[:, :, None]
    assert (dequantize(quantized) == wanted.reshape(3, -1)).all()


def test_the_low_nibble_is_first():
    levels = (np.arange(BLOCK) % 16).astype(np.uint8)[None]
    quantized = pack4(levels, np.ones((1, 1), np.float32), np.array([[3]], np.uint8))
    assert quantized.packed[0, 0, :2].tolist() == [0x10, 0x32]
    assert quantized.zeros.tolist() == [[3]]


# What ONNX Runtime makes of the same bytes.


def run_node(kind, inputs, output, constants, **attributes):
    """Runs one node of ONNX Runtime's own; inputs are fed in, constants are in the model."""
    types = {name: helper.np_dtype_to_tensor_dtype(value.dtype) for name, value in inputs.items()}
    node = helper.make_node(
        kind, [*inputs, *constants], ["y"], domain="com.microsoft", **attributes
    )
    if kind == "GatherBlockQuantized":  # the data comes first
        node.input[0], node.input[1] = node.input[1], node.input[0]
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(name, types[name], value.shape)
         for name, value in inputs.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, output)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def constants_of(quantized, packed):
    constants = {"packed": packed, "scales": quantized.scales}
    return constants if quantized.zeros is None else constants | {"zeros": quantized.zeros}


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize(("tokens", "level"), [(1, 1), (5, 1), (1, 4), (5, 4)])
def test_a_quantized_matmul_computes_as_numpy_does(bits, count, tokens, level):
    weight = random_weight(48, count * BLOCK)
    x = np.random.default_rng(1).normal(size=(tokens, count * BLOCK)).astype(np.float32)
    quantized = rounded(weight, bits)
    y = run_node(
        "MatMulNBits",
        {"x": x},
        (tokens, 48),
        constants_of(quantized, quantized.packed),
        K=weight.shape[1],
        N=48,
        bits=bits,
        block_size=quantized.block,
        accuracy_level=level,
    )
    wanted = x @ dequantize(quantized).T
    # Level 4 rounds x to 8 bits.
    assert np.abs(y - wanted).max() < (1e-5 if level == 1 else 0.03) * np.abs(wanted).max()


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_quantized_gather_gives_the_rows(bits, count):
    weight = random_weight(20, count * BLOCK)
    quantized = rounded(weight, bits)
    y = run_node(
        "GatherBlockQuantized",
        {"ids": np.array([[0, 19, 3], [1, 1, 2]], np.int64)},
        (2, 3, weight.shape[1]),
        constants_of(quantized, quantized.packed.reshape(20, -1)),
        bits=bits,
        block_size=quantized.block,
        gather_axis=0,
        quantize_axis=1,
    )
    assert (y == dequantize(quantized)[[[0, 19, 3], [1, 1, 2]]]).all()


# Which bits, and GPTQ.


@pytest.mark.parametrize(
    ("weight", "bits"),
    [
        ("lm_head.MatMul.weight", 8),
        ("model.layers.3.attn.qkv_proj.MatMul.weight", 8),
        ("model.layers.3.mlp.gate_proj.MatMul.weight", 4),
    ],
)
def test_bits_by_place(weight, bits):
    assert bits_of(weight) == bits
    assert rounded(random_weight(2, BLOCK), bits).bits == bits


def correlated(columns, seed):
    """A weight, and the second moments of inputs whose features hang together."""
    draw = np.random.default_rng(seed).normal
    mixing = draw(size=(columns // 4, columns))
    inputs = draw(size=(1000, columns // 4)) @ mixing + 0.1 * draw(size=(1000, columns))
    weight = draw(size=(24, columns))
    return weight.astype(np.float32), (inputs.T @ inputs).astype(np.float32)


def weighted_error(weight, hessian, quantized):
    """How far the outputs are off, over the inputs that the Hessian is of."""
    off = weight - dequantize(quantized)
    return float((off @ hessian * off).sum())


@pytest.mark.parametrize("columns", [BLOCK, 3 * BLOCK, 4 * BLOCK])
@pytest.mark.parametrize("seed", range(3))
def test_gptq_beats_plain_rounding(columns, seed):
    weight, hessian = correlated(columns, seed)
    before = weight.copy()
    adjusted, plain = gptq4(weight, hessian), asymmetric4(weight)
    assert (weight == before).all()
    assert [part.shape for part in (adjusted.packed, adjusted.scales, adjusted.zeros)] == [
        part.shape for part in (plain.packed, plain.scales, plain.zeros)
    ]
    assert weighted_error(weight, hessian, adjusted) < 0.5 * weighted_error(weight, hessian, plain)


def test_gptq_of_independent_inputs_is_plain_rounding():
    weight = random_weight(8, 2 * BLOCK)
    adjusted, plain = gptq4(weight, np.eye(2 * BLOCK, dtype=np.float32)), asymmetric4(weight)
    assert (adjusted.packed == plain.packed).all()
    assert np.allclose(adjusted.scales, plain.scales)
    assert (adjusted.zeros == plain.zeros).all()


def test_gptq_of_inputs_that_are_never_there():
    weight, hessian = correlated(2 * BLOCK, 0)
    hessian[5], hessian[:, 5] = 0, 0
    assert np.isfinite(dequantize(gptq4(weight, hessian))).all()
    assert np.isfinite(dequantize(gptq4(weight, np.zeros((64, 64), np.float32)))).all()
