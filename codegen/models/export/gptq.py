"""GPTQ: rounding that makes up for itself (Frantar et al., https://arxiv.org/abs/2210.17323).

Weights are rounded column by column, and what a column's rounding does to the output on a
sample of real inputs is corrected in the columns still to come. Layer by layer, so that a
layer's inputs are those that the quantized layers before it give.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from codegen.models.export import checkpoint as checkpoints
from codegen.models.export.quantize import BLOCK, Quantized, dequantize, pack4

DAMPING = 0.01  # of the Hessian's mean diagonal, as in the paper
ADJUSTED = ("mlp.gate_proj",)
"""The modules in 4 bits (see `quantize.bits_of`). What has 8 is exact enough to be rounded."""


def quantize_layers(
    checkpoint: Path, samples: Sequence[Sequence[int]], report: Callable[[int, int], None]
) -> Mapping[str, Quantized]:
    """Quantizes the 4-bit weights of every layer.

    Args:
        checkpoint: a Hugging Face directory.
        samples: token ids of the texts that inputs are taken from.
        report: told of layers done and in all.

    Returns:
        The builder's name of a weight to the weight.
    """
    model = checkpoints.load(checkpoint)
    result: dict[str, Quantized] = {}
    with torch.no_grad():
        # The first layer's call is caught with all its arguments, masks and rotations included.
        calls = [_first_call(model, sample) for sample in samples]
        layers = model.model.layers
        for number, layer in enumerate(layers):
            hessians = _hessians(layer, calls)
            for name in ADJUSTED:
                module = layer.get_submodule(name)
                quantized = gptq4(module.weight, hessians[name])
                result[f"model.layers.{number}.{name}.MatMul.weight"] = quantized
                module.weight.copy_(torch.from_numpy(dequantize(quantized)))
            calls = [((_output(layer, args, kwargs), *args[1:]), kwargs) for args, kwargs in calls]
            report(number + 1, len(layers))
    return result


def gptq4(weight: torch.Tensor, hessian: torch.Tensor) -> Quantized:
    """Rounds a weight [N, K] to 4 bits, given the inputs' second moments [K, K].

    Each block's scale and zero point come from its range once the columns before it have been
    corrected for.
    """
    rows, columns = weight.shape
    work = weight.clone()
    upper = _inverse_factor(hessian)
    levels = np.empty((rows, columns), np.uint8)
    scales = np.empty((rows, columns // BLOCK), np.float32)
    zeros = np.empty((rows, columns // BLOCK), np.uint8)
    for block in range(columns // BLOCK):
        begin, end = block * BLOCK, (block + 1) * BLOCK
        part = work[:, begin:end].clone()
        high, low = part.amax(1).clamp(min=0), part.amin(1).clamp(max=0)
        scale = (high - low) / 15
        scale[scale == 0] = 1
        zero = torch.round(-low / scale).clamp(0, 15)
        errors = torch.empty_like(part)
        factor = upper[begin:end, begin:end]
        for column in range(BLOCK):
            level = torch.clamp(torch.round(part[:, column] / scale) + zero, 0, 15)
            levels[:, begin + column] = level.to(torch.uint8).numpy()
            error = (part[:, column] - (level - zero) * scale) / factor[column, column]
            part[:, column:].addr_(error, factor[column, column:], alpha=-1)
            errors[:, column] = error
        work[:, end:].addmm_(errors, upper[begin:end, end:], alpha=-1)
        scales[:, block] = scale.numpy()
        zeros[:, block] = zero.to(torch.uint8).numpy()
    return pack4(levels, scales, zeros)


def _inverse_factor(hessian: torch.Tensor) -> torch.Tensor:
    """The upper Cholesky factor of the damped Hessian's inverse."""
    damped = hessian.clone()
    damped.diagonal().add_(DAMPING * damped.diagonal().mean() + 1e-8)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True)


def _hessians(layer: Any, calls: Sequence[Any]) -> dict[str, torch.Tensor]:
    """The second moments of the inputs of a layer's adjusted modules."""
    moments: dict[str, torch.Tensor] = {}

    def watch(name: str) -> Callable[[Any, Any], None]:
        def hook(_module: Any, inputs: Any) -> None:
            rows = inputs[0].reshape(-1, inputs[0].shape[-1])
            moments[name] = moments.get(name, 0) + rows.T @ rows

        return hook

    handles = [layer.get_submodule(n).register_forward_pre_hook(watch(n)) for n in ADJUSTED]
    for args, kwargs in calls:
        layer(*args, **kwargs)
    for handle in handles:
        handle.remove()
    return moments


class _CaughtError(Exception):
    """Ends a forward pass at its first layer."""


def _first_call(model: Any, sample: Sequence[int]) -> Any:
    caught: list[Any] = []

    def catch(_module: Any, args: Any, kwargs: Any) -> None:
        caught.append((args, kwargs))
        raise _CaughtError

    handle = model.model.layers[0].register_forward_pre_hook(catch, with_kwargs=True)
    try:
        model(torch.tensor([list(sample)]), use_cache=False)
    except _CaughtError:
        pass
    finally:
        handle.remove()
    return caught[0]


def _output(layer: Any, args: Any, kwargs: Any) -> torch.Tensor:
    out = layer(*args, **kwargs)
    return out[0] if isinstance(out, tuple) else out
