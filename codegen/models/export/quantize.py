"""Block quantization, in the layout of ONNX Runtime's MatMulNBits and GatherBlockQuantized.

A weight [N, K] (N outputs) is cut along K into blocks, each with its own scale and, in 4 bits,
its own zero point: w = (q - zero) * scale. Layout of the operators:
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
"""Weights of a block in 4 bits: more would cost too much of what 4 bits can tell apart."""

BLOCKS8 = (128, 64, BLOCK)
"""Weights of a block in 8 bits, the first that divides K. Large blocks cost nothing that can be
seen, and a prompt runs a quarter faster in blocks of 128 than in blocks of 32
(docs/benchmarks.md)."""


def bits_of(weight: str) -> int:
    """How many bits a weight of the int4 export gets, by its place in the model.

    Only the gate projections, which GPTQ rounds well, are in 4 bits. With most of the layers'
    weights in 4 bits one token in sixteen is another one on code newer than the model; this way
    one in twenty-eight (docs/benchmarks.md).

    Args:
        weight: the builder's name, as in "model.layers.3.mlp.down_proj.MatMul.weight".
    """
    return 4 if "gate_proj" in weight.split(".") else 8


def block_of(bits: int, inputs: int) -> int:
    """How many weights of `inputs`, which 32 divides, are a block."""
    return BLOCK if bits == 4 else next(size for size in BLOCKS8 if inputs % size == 0)


@dataclass(frozen=True, slots=True)
class Quantized:
    """A weight [N, K] in blocks.

    With B = `block` weights each: `packed` is uint8 [N, K/B, B/2] in 4 bits (low nibble first) and
    [N, K/B, B] in 8; `scales` float32 [N, K/B]; `zeros` uint8 [N, ceil(K/B/2)], two to a byte, in
    4 bits only (in 8 bits the zero point is the operators' default, 128).
    """

    bits: int
    block: int
    packed: NDArray[np.uint8]
    scales: NDArray[np.float32]
    zeros: NDArray[np.uint8] | None


def rounded(weight: NDArray[np.float32], bits: int) -> Quantized:
    """A weight [N, K] rounded to 4 or 8 bits."""
    return symmetric8(weight) if bits == 8 else asymmetric4(weight)


def asymmetric4(weight: NDArray[np.float32]) -> Quantized:
    """Rounds to 4 bits with a zero point per block, the range including 0.

    Symmetric rounding would waste one of sixteen levels and doubles the divergence.
    """
    rows, columns = weight.shape
    blocks = weight.reshape(rows, columns // BLOCK, BLOCK)
    high = np.maximum(blocks.max(axis=2, keepdims=True), 0)
    low = np.minimum(blocks.min(axis=2, keepdims=True), 0)
    scales = (high - low) / np.float32(15)
    scales[scales == 0] = 1
    zeros = np.clip(np.rint(-low / scales), 0, 15)
    levels = np.clip(np.rint(blocks / scales) + zeros, 0, 15).astype(np.uint8)
    return pack4(levels.reshape(rows, columns), scales[:, :, 0], zeros[:, :, 0].astype(np.uint8))


def pack4(
    levels: NDArray[np.uint8], scales: NDArray[np.float32], zeros: NDArray[np.uint8]
) -> Quantized:
    """Packs levels [N, K], each 0 to 15, with scales and zero points [N, K/32]."""
    rows, count = scales.shape
    blocks = levels.reshape(rows, count, BLOCK)
    if count % 2:
        zeros = np.pad(zeros, ((0, 0), (0, 1)))
    return Quantized(
        bits=4,
        block=BLOCK,
        packed=blocks[:, :, 0::2] | (blocks[:, :, 1::2] << np.uint8(4)),
        scales=scales.astype(np.float32),
        zeros=zeros[:, 0::2] | (zeros[:, 1::2] << np.uint8(4)),
    )


def symmetric8(weight: NDArray[np.float32]) -> Quantized:
    """Rounds to 8 bits around 128; K must be divided by 32."""
    rows, columns = weight.shape
    block = block_of(8, columns)
    blocks = weight.reshape(rows, columns // block, block)
    scales = np.abs(blocks).max(axis=2, keepdims=True) / np.float32(127)
    scales[scales == 0] = 1
    levels = (np.rint(blocks / scales) + 128).astype(np.uint8)
    return Quantized(
        bits=8,
        block=block,
        packed=levels,
        scales=scales[:, :, 0].astype(np.float32),
        zeros=None,
    )


def dequantize(quantized: Quantized) -> NDArray[np.float32]:
    """The weight [N, K] that the operators compute with."""
    if quantized.zeros is None:
        levels = quantized.packed.astype(np.float32) - 128
    else:
        rows, count, _ = quantized.packed.shape
        both = np.stack([quantized.packed & 15, quantized.packed >> 4], axis=-1)
        pairs = np.stack([quantized.zeros & 15, quantized.zeros >> 4], axis=-1)
        zeros = pairs.reshape(rows, -1)[:, :count, None].astype(np.float32)
        levels = both.reshape(rows, count, quantized.block).astype(np.float32) - zeros
    blocks: NDArray[np.float32] = levels * quantized.scales[:, :, None]
    return blocks.reshape(blocks.shape[0], -1)
