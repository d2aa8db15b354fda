"""A GGUF file or a Hugging Face directory as the checkpoint that the builder reads."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.errors import CorruptModelError, ExportError, UnknownFamilyError
from codegen.prompt.families import recognise

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
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    reader, architecture, tokens = _open_gguf(gguf_file)
    family = recognise(tokens).family
    if architecture not in ARCHITECTURES:
        raise UnknownFamilyError(
            f"{gguf_file} has the architecture {architecture!r}; codegen exports "
            f"{', '.join(sorted(ARCHITECTURES))}"
        )
    where = {"gguf_file": gguf_file.name, "local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(gguf_file.parent), **where)
        config = AutoConfig.from_pretrained(str(gguf_file.parent), **where)
    except Exception as error:
        raise CorruptModelError(f"{gguf_file} is damaged: {error}") from error
    tokenizer.save_pretrained(out)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    config.tie_word_embeddings = "output.weight" not in tensors or _same_tensor(
        _dequantize(tensors["token_embd.weight"], rows=512),
        _dequantize(tensors["output.weight"], rows=512),
    )
    config.dtype = torch.float32
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


def _open_gguf(gguf_file: Path) -> tuple[Any, str, dict[str, int]]:
    """A GGUF file's reader, its architecture, and its tokens to their ids."""
    import gguf  # noqa: PLC0415

    try:
        reader = gguf.GGUFReader(gguf_file)
        architecture = str(reader.fields["general.architecture"].contents())
        texts = reader.fields["tokenizer.ggml.tokens"].contents()
        layers = int(reader.fields[f"{architecture}.block_count"].contents())
    except Exception as error:
        raise CorruptModelError(f"{gguf_file} is not a readable GGUF model: {error}") from error
    # A flipped bit of that number would keep transformers busy for hours.
    if layers > len(reader.tensors):
        raise CorruptModelError(f"{gguf_file} has {layers} layers in {len(reader.tensors)} tensors")
    return reader, architecture, {str(text): index for index, text in enumerate(texts)}


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
