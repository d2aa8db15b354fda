"""GPTQ: rounding that makes up for itself (Frantar et al., https://arxiv.org/abs/2210.17323).

Weights are rounded column by column, and what a column's rounding does to the output on a
sample of real inputs is corrected in the columns still to come. Layer by layer, so that a
layer's inputs are those that the quantized layers before it give.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from codegen.models.export.checkpoint import Checkpoint
from codegen.models.export.quantize import BLOCK, Quantized, dequantize, pack4
from codegen.models.export.reference import embedded, read_layer

DAMPING = 0.01  # of the Hessian's mean diagonal, as in the paper


def quantize_layers(
    checkpoint: Checkpoint, samples: Sequence[Sequence[int]], report: Callable[[int, int], None]
) -> Mapping[str, Quantized]:
    """Quantizes the 4-bit weights of every layer, which are the gates' (see `quantize.bits_of`).

    What has 8 bits is exact enough to be rounded.

    Args:
        checkpoint: the model.
        samples: token ids of the texts that inputs are taken from.
        report: told of layers done and in all.

    Returns:
        The graph's name of a weight to the weight.
    """
    count, hidden = checkpoint.sizes.layers, checkpoint.sizes.hidden
    states = embedded(checkpoint, samples)
    result: dict[str, Quantized] = {}
    for number in range(count):
        layer = read_layer(checkpoint, number)
        hessian = np.zeros((hidden, hidden), np.float32)
        for place, x in enumerate(states):
            states[place] = layer.attend(x)
            inputs = layer.inputs(states[place])
            hessian += inputs.T @ inputs
        quantized = gptq4(layer.gate, hessian)
        result[f"model.layers.{number}.mlp.gate_proj.MatMul.weight"] = quantized
        gate = dequantize(quantized)
        states = [layer.feed(x, gate) for x in states]
        report(number + 1, count)
    return result


def gptq4(weight: NDArray[np.float32], hessian: NDArray[np.float32]) -> Quantized:
    """Rounds a weight [N, K] to 4 bits, given the inputs' second moments [K, K].

    Each block's scale and zero point come from its range once the columns before it have been
    corrected for.
    """
    rows, columns = weight.shape
    # By columns, which are what is worked on: [K, N].
    work = np.array(weight.T, order="C")
    upper = _inverse_factor(hessian)
    levels = np.empty((columns, rows), np.uint8)
    scales = np.empty((columns // BLOCK, rows), np.float32)
    zeros = np.empty((columns // BLOCK, rows), np.uint8)
    for block in range(columns // BLOCK):
        begin, end = block * BLOCK, (block + 1) * BLOCK
        part = work[begin:end]
        high, low = np.maximum(part.max(axis=0), 0), np.minimum(part.min(axis=0), 0)
        scale = (high - low) / np.float32(15)
        scale[scale == 0] = 1
        zero = np.clip(np.rint(-low / scale), 0, 15)
        errors = np.empty_like(part)
        factor = upper[begin:end, begin:end]
        for column in range(BLOCK):
            level = np.clip(np.rint(part[column] / scale) + zero, 0, 15)
            levels[begin + column] = level
            errors[column] = (part[column] - (level - zero) * scale) / factor[column, column]
            part[column:] -= factor[column, column:, None] * errors[column]
        work[end:] -= upper[begin:end, end:].T @ errors
        scales[block], zeros[block] = scale, zero
    return pack4(*(np.ascontiguousarray(each.T) for each in (levels, scales, zeros)))


def _inverse_factor(hessian: NDArray[np.float32]) -> NDArray[np.float32]:
    """The upper Cholesky factor of the damped Hessian's inverse."""
    damped = hessian.astype(np.float64)
    damped[np.diag_indices_from(damped)] += DAMPING * damped.diagonal().mean() + 1e-8
    lower = np.linalg.cholesky(np.linalg.inv(damped))
    return lower.T.astype(np.float32)
