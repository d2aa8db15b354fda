"""The default model's own weights, read from its GGUF file into the graphs' layout."""

import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from dev.bench_gpu.layout import Tensor, Values

# The names of a layer's tensors in a graph, and llama.cpp's. Several are one beside the other, and
# matrices are turned round: a graph has [inputs, outputs], GGUF [outputs, inputs].
_LAYER = {
    "input_layernorm.weight": ("attn_norm.weight",),
    "attn.qkv_proj.MatMul.weight": ("attn_q.weight", "attn_k.weight", "attn_v.weight"),
    "attn.qkv_proj.Add.bias": ("attn_q.bias", "attn_k.bias", "attn_v.bias"),
    "attn.o_proj.MatMul.weight": ("attn_output.weight",),
    "post_attention_layernorm.weight": ("ffn_norm.weight",),
    "mlp.gate_proj.MatMul.weight": ("ffn_gate.weight",),
    "mlp.up_proj.MatMul.weight": ("ffn_up.weight",),
    "mlp.down_proj.MatMul.weight": ("ffn_down.weight",),
}
_NAME = re.compile(r"model\.layers\.(\d+)\.(.+)")


def gguf_values(file: Path) -> Values:
    """Gives the weights of a GGUF file.

    Raises:
        KeyError: when called for a weight that the file doesn't have, or that isn't known here.
    """
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}

    def read(name: str) -> NDArray[Any]:
        tensor = tensors[name]
        flat = gguf.dequantize(tensor.data, tensor.tensor_type)
        # GGUF counts dimensions from the innermost outwards.
        dims = [int(size) for size in reversed(tensor.shape)]
        return np.asarray(flat, np.float32).reshape(dims)

    def values(tensor: Tensor) -> NDArray[Any]:
        if tensor.name == "embedding":
            # As the export does: of two roundings of one tensor, the head's is kept in more bits.
            return read("output.weight" if "output.weight" in tensors else "token_embd.weight")
        found = _NAME.fullmatch(tensor.name)
        if found is None:
            raise KeyError(tensor.name)
        layer, name = found.groups()
        if name == "final_norm_layernorm.weight":
            return read("output_norm.weight")
        whole = np.concatenate([read(f"blk.{layer}.{each}") for each in _LAYER[name]])
        return whole.T if whole.ndim == 2 else whole

    return values
