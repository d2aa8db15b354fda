"""A model's sizes, from a GGUF file or a config.json, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from codegen.errors import CorruptModelError, UnknownFamilyError

if TYPE_CHECKING:
    from codegen.models.export.gguffile import GgufModel

_LONGEST: Final = 1 << 22
"""Tokens of a window, at most. A larger number is damage, and would make a table that fills the
memory; the longest of Qwen's models has 2 ** 20."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers that make one Qwen2 out of all of them."""

    vocabulary: int
    hidden: int
    inner: int  # of the feed-forward part
    layers: int
    heads: int
    kv_heads: int
    window: int  # tokens that the model was trained on
    epsilon: float  # of the normalisations
    theta: float  # the base of the rotary angles
    tied: bool  # whether embedding and head are one tensor

    @property
    def head_dim(self) -> int:
        """The numbers per head."""
        return self.hidden // self.heads

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every tensor of the model by its name in transformers, with its shape."""
        keys = self.kv_heads * self.head_dim
        shapes: dict[str, tuple[int, ...]] = {
            "model.embed_tokens.weight": (self.vocabulary, self.hidden)
        }
        for number in range(self.layers):
            layer = f"model.layers.{number}"
            shapes |= {
                f"{layer}.input_layernorm.weight": (self.hidden,),
                f"{layer}.self_attn.q_proj.weight": (self.hidden, self.hidden),
                f"{layer}.self_attn.q_proj.bias": (self.hidden,),
                f"{layer}.self_attn.k_proj.weight": (keys, self.hidden),
                f"{layer}.self_attn.k_proj.bias": (keys,),
                f"{layer}.self_attn.v_proj.weight": (keys, self.hidden),
                f"{layer}.self_attn.v_proj.bias": (keys,),
                f"{layer}.self_attn.o_proj.weight": (self.hidden, self.hidden),
                f"{layer}.post_attention_layernorm.weight": (self.hidden,),
                f"{layer}.mlp.gate_proj.weight": (self.inner, self.hidden),
                f"{layer}.mlp.up_proj.weight": (self.inner, self.hidden),
                f"{layer}.mlp.down_proj.weight": (self.hidden, self.inner),
            }
        shapes["model.norm.weight"] = (self.hidden,)
        if not self.tied:
            shapes["lm_head.weight"] = (self.vocabulary, self.hidden)
        return shapes

    @property
    def parameters(self) -> int:
        """How many numbers the model has."""
        return sum(int(np.prod(shape)) for shape in self.shapes().values())


def of_gguf(read: "GgufModel", *, tied: bool) -> Sizes:
    """The sizes that a GGUF file names.

    Raises:
        CorruptModelError: some are missing, or make no model.
        UnknownFamilyError: the model computes something that an export doesn't.
    """
    scaling = read.word("rope.scaling.type", "none")
    if scaling != "none":
        raise UnknownFamilyError(f"{read.path} scales its rotary angles ({scaling}), which {_NOT}")
    heads = read.number("attention.head_count")
    numbers = {
        "vocabulary": len(read.tokens),
        "hidden": read.number("embedding_length"),
        "inner": read.number("feed_forward_length"),
        "layers": read.number("block_count"),
        "heads": heads,
        "kv_heads": read.number("attention.head_count_kv", heads),
        "window": read.number("context_length"),
        "epsilon": read.number("attention.layer_norm_rms_epsilon"),
        "theta": read.number("rope.freq_base", 10_000.0),
    }
    return _checked(numbers, tied=tied, where=str(read.path))


def of_config(config: Mapping[str, Any], where: str) -> Sizes:
    """The sizes that a config.json names; `where` is its path, for messages.

    Raises:
        CorruptModelError: some are missing, or make no model.
        UnknownFamilyError: the model computes something that an export doesn't.
    """
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(rope, dict):
        raise CorruptModelError(f"{where} is damaged: its rope_parameters are {rope!r}")
    kind = rope.get("rope_type", rope.get("type", "default"))
    unknown = {
        "rope_type": kind if kind != "default" else None,
        "hidden_act": config.get("hidden_act") if config.get("hidden_act") != "silu" else None,
        "use_sliding_window": config.get("use_sliding_window") or None,
        "quantization_config": config.get("quantization_config") and "set",
    }
    for field, value in unknown.items():
        if value is not None:
            raise UnknownFamilyError(f"{where} has the {field} {value!r}, which {_NOT}")
    names = {
        "vocabulary": "vocab_size",
        "hidden": "hidden_size",
        "inner": "intermediate_size",
        "layers": "num_hidden_layers",
        "heads": "num_attention_heads",
        "kv_heads": "num_key_value_heads",
        "window": "max_position_embeddings",
        "epsilon": "rms_norm_eps",
    }
    for name in names.values():
        if name not in config:
            raise CorruptModelError(f"{where} doesn't say its {name}")
    numbers = {field: config[name] for field, name in names.items()}
    numbers["theta"] = rope.get("rope_theta", config.get("rope_theta", 10_000.0))
    return _checked(numbers, tied=bool(config.get("tie_word_embeddings", False)), where=where)


def rotary(sizes: Sizes, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines of the rotary angles of the first `count` positions, [count, head_dim / 2].

    The angles are computed in fp32, as transformers does (`modeling_rope_utils.py`), and their
    cosines and sines are rounded once.
    """
    exponents = np.arange(0, sizes.head_dim, 2, dtype=np.float32) / np.float32(sizes.head_dim)
    powers = np.power(sizes.theta, exponents.astype(np.float64)).astype(np.float32)
    angles = np.outer(np.arange(count, dtype=np.float32), np.float32(1) / powers)
    exact = angles.astype(np.float64)
    return np.cos(exact).astype(np.float32), np.sin(exact).astype(np.float32)


_NOT: Final = "codegen can't export"


def _checked(numbers: Mapping[str, Any], *, tied: bool, where: str) -> Sizes:
    for name, value in numbers.items():
        kind = (int, float) if name in {"epsilon", "theta"} else int
        if isinstance(value, bool) or not isinstance(value, kind) or not 0 < value < float("inf"):
            raise CorruptModelError(f"{where} is damaged: its {name} is {value!r}")
    sizes = Sizes(**numbers, tied=tied)
    if sizes.hidden % sizes.heads or sizes.heads % sizes.kv_heads or sizes.head_dim % 2:
        raise CorruptModelError(
            f"{where} is damaged: {sizes.hidden} numbers in {sizes.heads} heads, "
            f"{sizes.kv_heads} of them for keys"
        )
    if sizes.window > _LONGEST:
        raise CorruptModelError(f"{where} is damaged: its window is {sizes.window}")
    return sizes
