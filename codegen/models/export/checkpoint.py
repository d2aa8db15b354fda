"""A GGUF file or a Hugging Face directory as what an export is made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import gguf
import numpy as np
import safetensors
from numpy.typing import NDArray

from codegen.errors import CorruptModelError, ExportError, UnknownFamilyError
from codegen.models.export.gguffile import GgufModel, read_gguf
from codegen.models.export.sizes import Sizes, of_config, of_gguf
from codegen.prompt.families import recognise

ARCHITECTURES = frozenset({"qwen2"})
"""Architectures that `compose` and `reference` know, and whose tensors need no permutation between
GGUF and safetensors."""

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"


class Tensors(Protocol):
    """The weights, by their names in transformers, each read when it is asked for."""

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor."""
        ...

    def rows(self, name: str, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Some rows of a tensor, [rows, ...]."""
        ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model: its family's name, its sizes, its tokenizer.json, and its weights."""

    family: str
    sizes: Sizes
    tokenizer: bytes
    tensors: Tensors

    @property
    def head(self) -> str:
        """The name of the head's tensor, [vocabulary, hidden]."""
        return EMBEDDING if self.sizes.tied else HEAD


def from_gguf(file: Path) -> Checkpoint:
    """Reads a GGUF file's head. Tensors are dequantized by the `gguf` package.

    Where a model ties embedding and head but the file has both, as two roundings of one tensor,
    the head's is taken for both: makers keep it in more bits.

    Raises:
        CorruptModelError: not a GGUF file, or one that is damaged.
        UnknownFamilyError: its tokenizer or architecture is not supported.
    """
    read = read_gguf(file)
    family = recognise({text: number for number, text in enumerate(read.tokens)}).family
    _require_architecture(read.architecture, file)
    tokenizer = read.tokenizer().to_str(pretty=True).encode("utf-8")
    tensors = _GgufTensors(file, _by_our_names(read))
    tied = HEAD not in tensors.found or tensors.are_alike(EMBEDDING, HEAD)
    sizes = of_gguf(read, tied=tied)
    if tied and HEAD in tensors.found:
        tensors.found[EMBEDDING] = tensors.found.pop(HEAD)
    _require_shapes(sizes, {name: _shape(each) for name, each in tensors.found.items()}, file)
    return Checkpoint(family.name, sizes, tokenizer, tensors)


def from_directory(directory: Path) -> Checkpoint:
    """Reads a Hugging Face directory's head.

    Raises:
        CorruptModelError: no config.json, tokenizer.json or safetensors in it, or damaged ones.
        UnknownFamilyError: its tokenizer or architecture is not supported.
    """
    if not any(directory.glob("*.safetensors")):
        pickles = any(directory.glob("*.bin")) or any(directory.glob("*.pt"))
        hint = "; pickled weights are not read, since loading one can run anything"
        raise CorruptModelError(f"{directory} has no .safetensors file{hint if pickles else ''}")
    config = _read_json(directory / "config.json")
    tokenizer = _read_json(directory / "tokenizer.json")
    added = tokenizer.get("added_tokens", [])
    family = recognise({str(token["content"]): int(token["id"]) for token in added}).family
    if "auto_map" in config:
        raise UnknownFamilyError(f"{directory} needs code of its own, which codegen never runs")
    _require_architecture(config.get("model_type"), directory)
    sizes = of_config(config, str(directory / "config.json"))
    tensors = _Safetensors(directory)
    _require_shapes(sizes, tensors.shapes, directory)
    return Checkpoint(family.name, sizes, (directory / "tokenizer.json").read_bytes(), tensors)


def _require_architecture(name: object, where: Path) -> None:
    if name not in ARCHITECTURES:
        raise UnknownFamilyError(
            f"{where} has the architecture {name!r}; codegen exports "
            f"{', '.join(sorted(ARCHITECTURES))}"
        )


def _require_shapes(sizes: Sizes, found: Mapping[str, Sequence[int]], where: Path) -> None:
    for name, shape in sizes.shapes().items():
        if name not in found:
            raise CorruptModelError(f"{where} has no tensor for {name}")
        if tuple(found[name]) != shape:
            raise CorruptModelError(
                f"{where} is damaged: {name} is {list(found[name])} instead of {list(shape)}"
            )


@dataclass(frozen=True, slots=True)
class _GgufTensors:
    """The tensors of a GGUF file, the library's, by our names."""

    file: Path
    found: dict[str, Any]

    def tensor(self, name: str) -> NDArray[np.float32]:
        return self._dequantized(self.found[name], slice(None))

    def rows(self, name: str, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._dequantized(self.found[name], numbers)

    def are_alike(self, one: str, other: str) -> bool:
        """Whether two tensors are roundings of the same weights, judged by some of their rows."""
        if not {one, other} <= self.found.keys():
            return False
        first, second = (self._dequantized(self.found[name], slice(512)) for name in (one, other))
        return first.shape == second.shape and _same_tensor(first, second)

    def _dequantized(self, tensor: Any, rows: Any) -> NDArray[np.float32]:
        try:
            flat = gguf.dequantize(tensor.data[rows], tensor.tensor_type)
        except NotImplementedError:
            kind = tensor.tensor_type.name
            raise ExportError(
                f"{self.file} has tensors of type {kind}, which can't be read"
            ) from None
        values: NDArray[np.float32] = flat.astype(np.float32, copy=False)
        return values.reshape((-1, *_shape(tensor)[1:]))


class _Safetensors:
    """The tensors of a directory: of model.safetensors, or of all files if it isn't there."""

    def __init__(self, directory: Path) -> None:
        whole = directory / "model.safetensors"
        paths = [whole] if whole.exists() else sorted(directory.glob("*.safetensors"))
        self._files: dict[str, Any] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        for path in paths:
            try:
                file: Any = safetensors.safe_open(path, framework="np")
                for name in file.keys():  # noqa: SIM118 - not a mapping
                    self._files[name] = file
                    self.shapes[name] = tuple(file.get_slice(name).get_shape())
            except (OSError, safetensors.SafetensorError) as error:
                raise CorruptModelError(f"{path} can't be read: {error}") from error

    def tensor(self, name: str) -> NDArray[np.float32]:
        values: NDArray[np.float32] = self._files[name].get_tensor(name).astype(np.float32)
        return values

    def rows(self, name: str, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.tensor(name)[numbers]


# Of a layer's tensors in GGUF. Source: MODEL_ARCH.QWEN2 in gguf-py's tensor_mapping.py.
_PARTS: Final = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def _by_our_names(read: GgufModel) -> dict[str, Any]:
    names = {EMBEDDING: "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    names[HEAD] = "output.weight"
    for number in range(int(read.number("block_count"))):
        for ours, theirs in _PARTS.items():
            for end in ("weight", "bias"):
                names[f"model.layers.{number}.{ours}.{end}"] = f"blk.{number}.{theirs}.{end}"
    return {ours: read.tensors[name] for ours, name in names.items() if name in read.tensors}


def _shape(tensor: Any) -> tuple[int, ...]:
    # GGUF counts dimensions from the innermost outwards.
    return tuple(int(size) for size in reversed(tensor.shape))


def _same_tensor(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two roundings are of the same weights: independent tensors have a cosine near 0."""
    cosine = (one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-12)
    return bool(cosine > 0.98)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptModelError(f"{path} can't be read: {error}") from error
    if not isinstance(value, dict):
        raise CorruptModelError(f"{path} is not a JSON object")
    return value
