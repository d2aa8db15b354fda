"""A model's tensors under the names that they have in a graph, one after the other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from codegen.models.export.checkpoint import EMBEDDING, Checkpoint
from codegen.models.export.compose import HEAD
from codegen.models.export.sizes import Sizes, rotary

MATRIX = ".MatMul.weight"
"""What the names of matrices end with."""


def initializers(checkpoint: Checkpoint) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """All tensors in the order of the nodes that use them; the embedding only if it isn't the head.

    Matrices are as in the checkpoint, [outputs, inputs], with query, key and value in one.
    """
    sizes, read = checkpoint.sizes, checkpoint.tensors.tensor
    if not sizes.tied:
        yield EMBEDDING, read(EMBEDDING)
    for number in range(sizes.layers):
        layer = f"model.layers.{number}"
        yield f"{layer}.input_layernorm.weight", read(f"{layer}.input_layernorm.weight")
        for kind, end in (("MatMul", "weight"), ("Add", "bias")):
            parts = [read(f"{layer}.self_attn.{part}_proj.{end}") for part in "qkv"]
            yield f"{layer}.attn.qkv_proj.{kind}.{end}", np.concatenate(parts)
        if number == 0:
            cosines, sines = rotary(sizes, sizes.window)
            yield "cos_cache", cosines
            yield "sin_cache", sines
        yield f"{layer}.attn.o_proj{MATRIX}", read(f"{layer}.self_attn.o_proj.weight")
        name = f"{layer}.post_attention_layernorm.weight"
        yield name, read(name)
        for part in ("gate_proj", "up_proj", "down_proj"):
            yield f"{layer}.mlp.{part}{MATRIX}", read(f"{layer}.mlp.{part}.weight")
    yield f"model.layers.{sizes.layers}.final_norm_layernorm.weight", read("model.norm.weight")
    yield HEAD, read(checkpoint.head)


def numbers(sizes: Sizes) -> int:
    """How many numbers the tensors of a model's graph have: its parameters, and the two tables."""
    return sizes.parameters + sizes.window * sizes.head_dim
