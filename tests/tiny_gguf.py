"""The tiny model as a GGUF file."""

import json

import gguf
from safetensors.numpy import load_file

from codegen.models.export.checkpoint import from_directory


def gguf_tensors(tiny):
    """The tensors of the model under llama.cpp's names."""
    tensors = load_file(tiny.checkpoint / "model.safetensors")
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, len(tensors))
    return {
        names.get_name(name, try_suffixes=(".weight", ".bias")): values
        for name, values in tensors.items()
    }


def write_gguf(
    path, tiny, *, architecture="qwen2", tensors=None, kinds=None, marks=True, scaling=None
):
    """Writes a model with its tokenizer as a GGUF file.

    `tensors` come over the model's own, and None leaves one out; `kinds` says how some are
    quantized, and the others are in fp32.
    """
    sizes = from_directory(tiny.checkpoint).sizes
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(sizes.window)
    writer.add_embedding_length(sizes.hidden)
    writer.add_block_count(sizes.layers)
    writer.add_feed_forward_length(sizes.inner)
    writer.add_head_count(sizes.heads)
    writer.add_head_count_kv(sizes.kv_heads)
    writer.add_layer_norm_rms_eps(sizes.epsilon)
    writer.add_rope_freq_base(sizes.theta)
    if scaling is not None:
        writer.add_rope_scaling_type(gguf.RopeScalingType(scaling))
    tokenizer = json.loads((tiny.checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = dict(tokenizer["model"]["vocab"])
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    vocabulary |= special
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    assert [vocabulary[token] for token in tokens] == list(range(tiny.vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(
        [token.replace("fim", "other") for token in tokens] if not marks else tokens
    )
    writer.add_token_types(
        [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    for name, values in (gguf_tensors(tiny) | (tensors or {})).items():
        if values is not None:
            kind = (kinds or {}).get(name)
            stored = values if kind is None else gguf.quantize(values, kind)
            writer.add_tensor(name, stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
