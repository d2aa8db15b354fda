"""A GGUF file or a Hugging Face directory as the checkpoint that the builder reads."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from codegen.errors import CorruptModelError, ExportError, UnknownFamilyError
from codegen.prompt.families import recognise

if TYPE_CHECKING:
    from codegen.models.export.gguffile import GgufModel

ARCHITECTURES = frozenset({"qwen2"})
"""Architectures whose tensors are known to need no permutation between GGUF and safetensors."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A directory with config.json, safetensors and tokenizer.json, and the family's name."""

    directory: Path
    family: str


def from_gguf(gguf_file: Path, out: Path) -> Checkpoint:
    """Writes a GGUF file as a Hugging Face directory in fp32.

    Tensors are dequantized by the `gguf` package. Where a model ties embedding and head but the
    file has both, as two roundings of one tensor, the head's is taken for both: makers keep it
    in more bits.

    Raises:
        CorruptModelError: not a GGUF file, or one that is damaged.
        UnknownFamilyError: its tokenizer or architecture is not supported.
    """
    import gguf  # noqa: PLC0415 - the export extra, imported by whoever exports
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    from codegen.models.export.gguffile import read_gguf  # noqa: PLC0415

    read = read_gguf(gguf_file)
    family = recognise({text: number for number, text in enumerate(read.tokens)}).family
    if read.architecture not in ARCHITECTURES:
        raise UnknownFamilyError(
            f"{gguf_file} has the architecture {read.architecture!r}; codegen exports "
            f"{', '.join(sorted(ARCHITECTURES))}"
        )
    tokenizer, tensors = read.tokenizer(), read.tensors
    try:
        config = _config(read)
    except (TypeError, ValueError) as error:
        raise CorruptModelError(f"{gguf_file} is damaged: {error}") from error
    config.tie_word_embeddings = "output.weight" not in tensors or _same_tensor(
        _dequantize(tensors["token_embd.weight"], rows=512),
        _dequantize(tensors["output.weight"], rows=512),
    )
    with torch.device("meta"):
        names = list(AutoModelForCausalLM.from_config(config).state_dict())
    known = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config.num_hidden_layers)
    state: dict[str, Any] = {}
    for name in names:
        source = known.get_name(name, try_suffixes=(".weight", ".bias"))
        if config.tie_word_embeddings and name == "model.embed_tokens.weight":
            source = "output.weight" if "output.weight" in tensors else source
        elif config.tie_word_embeddings and name == "lm_head.weight":
            continue
        if source not in tensors:
            raise CorruptModelError(f"{gguf_file} has no tensor for {name}")
        state[name] = torch.from_numpy(_dequantize(tensors[source]))
    config.architectures = [type_name(config)]
    config.save_pretrained(out)
    tokenizer.save(str(out / "tokenizer.json"))
    try:
        save_file(state, out / "model.safetensors", metadata={"format": "pt"})
    except OSError as error:
        raise ExportError(f"the weights can't be written to {out}: {error}") from error
    return Checkpoint(out, family.name)


def from_directory(directory: Path) -> Checkpoint:
    """Checks a Hugging Face directory; it is read where it lies.

    Raises:
        CorruptModelError: no config.json, tokenizer.json or safetensors in it.
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
    if (architecture := config.get("model_type")) not in ARCHITECTURES:
        raise UnknownFamilyError(
            f"{directory} has the architecture {architecture!r}; codegen exports "
            f"{', '.join(sorted(ARCHITECTURES))}"
        )
    return Checkpoint(directory, family.name)


def load(directory: Path) -> Any:
    """The model of a checkpoint as transformers computes it, in fp32."""
    import torch  # noqa: PLC0415 - see from_gguf
    from transformers import AutoModelForCausalLM  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # the steps have one of ours
    return AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float32, local_files_only=True, trust_remote_code=False
    ).eval()


def type_name(config: Any) -> str:
    """The model class that transformers makes of a configuration."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING  # noqa: PLC0415

    return str(MODEL_FOR_CAUSAL_LM_MAPPING[type(config)].__name__)


def _config(read: "GgufModel") -> Any:
    """The sizes of a GGUF file's model as transformers writes them down."""
    import torch  # noqa: PLC0415 - see from_gguf
    from transformers import Qwen2Config  # noqa: PLC0415

    heads = int(read.number("attention.head_count"))
    return Qwen2Config(
        vocab_size=len(read.tokens),
        hidden_size=int(read.number("embedding_length")),
        intermediate_size=int(read.number("feed_forward_length")),
        num_hidden_layers=int(read.number("block_count")),
        num_attention_heads=heads,
        num_key_value_heads=int(read.number("attention.head_count_kv", heads)),
        max_position_embeddings=int(read.number("context_length")),
        rms_norm_eps=float(read.number("attention.layer_norm_rms_epsilon")),
        rope_parameters={
            "rope_type": "default",
            "rope_theta": float(read.number("rope.freq_base", 10_000.0)),
        },
        bos_token_id=read.token("bos"),
        eos_token_id=read.token("eos"),
        pad_token_id=read.token("padding"),
        dtype=torch.float32,
    )


def _dequantize(tensor: Any, rows: int | None = None) -> np.ndarray[Any, np.dtype[np.float32]]:
    import gguf  # noqa: PLC0415

    data = tensor.data if rows is None else tensor.data[:rows]
    flat = gguf.dequantize(data, tensor.tensor_type).astype(np.float32, copy=False)
    # GGUF counts dimensions from the innermost outwards.
    shape = tuple(int(size) for size in reversed(tensor.shape))
    # A copy: an fp32 tensor is a read-only view of the file, which torch warns about.
    return np.array(flat.reshape((-1, *shape[1:])), copy=True)


def _same_tensor(one: Any, other: Any) -> bool:
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
