"""Checkpoints that are read, and those that are refused."""

import json
import os
import shutil

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from codegen.errors import CorruptModelError, UnknownFamilyError
from codegen.models.export.checkpoint import Checkpoint, _config, from_directory, from_gguf
from codegen.models.export.gguffile import read_gguf
from codegen.prompt.families import QWEN25_CODER
from codegen.prompt.tokenizer import Tokenizer
from tests.tiny_model import LAYERS, WINDOW

HEAD, EMBEDDING = "output.weight", "token_embd.weight"


# A Hugging Face directory.


@pytest.fixture
def directory(tiny, tmp_path):
    return shutil.copytree(tiny.checkpoint, tmp_path / "checkpoint")


def change(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields))


def test_a_directory_is_read_where_it_lies(tiny):
    assert from_directory(tiny.checkpoint) == Checkpoint(tiny.checkpoint, "qwen2.5-coder")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt"])
def test_pickles_are_not_read(directory, name):
    (directory / "model.safetensors").rename(directory / name)
    with pytest.raises(CorruptModelError, match=r"no \.safetensors file; pickled weights are not"):
        from_directory(directory)


def test_a_checkpoint_without_weights(directory):
    (directory / "model.safetensors").unlink()
    with pytest.raises(CorruptModelError, match=r"has no \.safetensors file$"):
        from_directory(directory)


def test_a_checkpoint_that_is_not_there(tmp_path):
    with pytest.raises(CorruptModelError, match=r"has no \.safetensors file$"):
        from_directory(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[]", b"1", b"[" * 100_000])
def test_a_checkpoint_with_damaged_json(directory, name, content):
    (directory / name).unlink()
    if content is not None:
        (directory / name).write_bytes(content)
    with pytest.raises(CorruptModelError, match=rf"{name} (can't be read|is not a JSON object)"):
        from_directory(directory)


def test_code_of_its_own_is_not_run(directory):
    change(directory / "config.json", auto_map={"AutoModelForCausalLM": "modeling.Mine"})
    with pytest.raises(UnknownFamilyError, match="needs code of its own, which codegen never runs"):
        from_directory(directory)


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "", None])
def test_an_architecture_that_is_not_known(directory, architecture):
    change(directory / "config.json", model_type=architecture)
    with pytest.raises(UnknownFamilyError, match=f"the architecture {architecture!r}; .*qwen2"):
        from_directory(directory)


@pytest.mark.parametrize("missing", QWEN25_CODER.marks)
def test_a_tokenizer_that_is_not_known(directory, missing):
    path = directory / "tokenizer.json"
    added = json.loads(path.read_text(encoding="utf-8"))["added_tokens"]
    change(path, added_tokens=[token for token in added if token["content"] != missing])
    with pytest.raises(UnknownFamilyError, match="has no fill-in-the-middle tokens of a family"):
        from_directory(directory)


# A GGUF file.


@pytest.fixture(scope="module")
def original(tiny):
    return tiny.reference()


@pytest.fixture(scope="module")
def gguf_file(tiny, original, tmp_path_factory):
    """A tied model as llama.cpp's converter writes it: one tensor for embedding and head."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_gguf(path, tiny, original)
    return path


def gguf_tensors(model):
    """The tensors of a model under llama.cpp's names."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, model.config.num_hidden_layers)
    return {
        names.get_name(name, try_suffixes=(".weight", ".bias")): tensor.detach().numpy()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }


def write_gguf(path, tiny, model, *, architecture="qwen2", tensors=None, kinds=None, marks=True):
    """Writes a model with its tokenizer as a GGUF file.

    `tensors` come over the model's own, and None leaves one out; `kinds` says how some are
    quantized, and the others are in fp32.
    """
    config = model.config
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(WINDOW)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
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
    for name, values in (gguf_tensors(model) | (tensors or {})).items():
        if values is not None:
            kind = (kinds or {}).get(name)
            stored = values if kind is None else gguf.quantize(values, kind)
            writer.add_tensor(name, stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def convert(path, out):
    out.mkdir()
    checkpoint = from_gguf(path, out)
    assert checkpoint == Checkpoint(out, "qwen2.5-coder")
    # What was written is a checkpoint that would be accepted as a directory too.
    assert from_directory(out) == checkpoint
    return load_file(out / "model.safetensors"), AutoConfig.from_pretrained(out)


def rounded(values, kind):
    return torch.from_numpy(gguf.dequantize(gguf.quantize(values, kind), kind))


def test_a_gguf_file_comes_back_as_the_model_it_was(tiny, original, gguf_file, tmp_path):
    state, config = convert(gguf_file, tmp_path / "out")
    wanted = {name: t for name, t in original.state_dict().items() if name != "lm_head.weight"}
    assert state.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert state[name].dtype == torch.float32
        assert torch.equal(state[name], tensor), name
    assert (config.model_type, config.architectures) == ("qwen2", ["Qwen2ForCausalLM"])
    assert config.tie_word_embeddings
    assert config.max_position_embeddings == WINDOW
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32).eval()
    (ids,) = tiny.prompts(1, 30)
    with torch.no_grad():
        logits, same = (one(torch.tensor([ids])).logits for one in (model, original))
    assert torch.equal(logits, same)


def test_its_tokenizer_comes_back(tiny, gguf_file, tmp_path):
    convert(gguf_file, tmp_path / "out")
    ours, theirs = (
        Tokenizer.load(where / "tokenizer.json") for where in (tmp_path / "out", tiny.checkpoint)
    )
    stored = json.loads((tiny.checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    assert ours.special_ids == {token["content"]: token["id"] for token in stored["added_tokens"]}
    assert ours.spellings() == theirs.spellings()
    text = "def f(x):\n    return x + 1  # caf\u00e9 \U0001f600\r\n"
    assert ours.encode(text) == theirs.encode(text)


def check_same_tokenizer_and_sizes(file, out):
    """What transformers makes of a GGUF file is the same, byte for byte, and so are the sizes."""
    where = {"gguf_file": file.name, "local_files_only": True, "trust_remote_code": False}
    out.mkdir()
    AutoTokenizer.from_pretrained(str(file.parent), **where).save_pretrained(out)
    theirs, read = AutoConfig.from_pretrained(str(file.parent), **where), read_gguf(file)
    assert json.loads(read.tokenizer().to_str()) == json.loads(
        (out / "tokenizer.json").read_text(encoding="utf-8")
    )
    ours = _config(read).to_dict()
    for name in (
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "num_key_value_heads", "max_position_embeddings", "rms_norm_eps",
        "rope_parameters", "bos_token_id", "eos_token_id", "pad_token_id", "model_type",
        "hidden_act", "layer_types", "sliding_window", "use_sliding_window", "attention_dropout",
    ):  # fmt: skip
        assert ours[name] == theirs.to_dict()[name], name


@pytest.mark.deep
def test_transformers_makes_the_same_of_the_tiny_model(gguf_file, tmp_path):
    check_same_tokenizer_and_sizes(gguf_file, tmp_path / "theirs")


@pytest.mark.slow
def test_transformers_makes_the_same_of_the_default_model(tmp_path):
    from codegen.models.catalogue import default_entry
    from codegen.models.fetch import fetch
    from codegen.progress import NullProgress
    from codegen.settings.config import load_settings

    file = fetch(default_entry(), load_settings(os.environ), NullProgress())
    check_same_tokenizer_and_sizes(file, tmp_path / "theirs")


def test_separate_embedding_and_head(tiny, original, tmp_path):
    head = np.random.default_rng(0).normal(size=(tiny.vocabulary, 64)).astype(np.float32)
    write_gguf(tmp_path / "m.gguf", tiny, original, tensors={HEAD: head})
    state, config = convert(tmp_path / "m.gguf", tmp_path / "out")
    assert not config.tie_word_embeddings
    assert torch.equal(state["lm_head.weight"], torch.from_numpy(head))
    assert torch.equal(state["model.embed_tokens.weight"], original.lm_head.weight)


def test_of_two_roundings_of_one_tensor_the_heads_is_taken(tiny, original, tmp_path):
    tied = original.lm_head.weight.detach().numpy()
    write_gguf(
        tmp_path / "m.gguf",
        tiny,
        original,
        tensors={HEAD: tied},
        kinds={HEAD: Kind.Q8_0, EMBEDDING: Kind.Q5_0, "blk.0.ffn_down.weight": Kind.Q5_0},
    )
    state, config = convert(tmp_path / "m.gguf", tmp_path / "out")
    assert config.tie_word_embeddings
    assert "lm_head.weight" not in state
    assert torch.equal(state["model.embed_tokens.weight"], rounded(tied, Kind.Q8_0))
    down = original.model.layers[0].mlp.down_proj.weight.detach().numpy()
    assert torch.equal(state["model.layers.0.mlp.down_proj.weight"], rounded(down, Kind.Q5_0))


@pytest.mark.parametrize("name", ["blk.1.attn_q.bias", "output_norm.weight", EMBEDDING])
def test_a_missing_tensor(tiny, original, tmp_path, name):
    write_gguf(tmp_path / "m.gguf", tiny, original, tensors={name: None})
    (tmp_path / "out").mkdir()
    with pytest.raises(CorruptModelError, match=r"m\.gguf has no tensor for"):
        from_gguf(tmp_path / "m.gguf", tmp_path / "out")


def test_a_checkpoint_of_another_architecture(tiny, original, tmp_path):
    write_gguf(tmp_path / "m.gguf", tiny, original, architecture="llama")
    (tmp_path / "out").mkdir()
    with pytest.raises(UnknownFamilyError, match="the architecture 'llama'; codegen exports qwen2"):
        from_gguf(tmp_path / "m.gguf", tmp_path / "out")


def test_a_checkpoint_with_another_tokenizer(tiny, original, tmp_path):
    write_gguf(tmp_path / "m.gguf", tiny, original, marks=False)
    (tmp_path / "out").mkdir()
    with pytest.raises(UnknownFamilyError, match="has no fill-in-the-middle tokens"):
        from_gguf(tmp_path / "m.gguf", tmp_path / "out")


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.1, 0.3, 0.6, 0.999])
def test_a_truncated_gguf_file(gguf_file, tmp_path, share):
    whole = gguf_file.read_bytes()
    check_corrupt(tmp_path, whole[: int(len(whole) * share)])


@pytest.mark.parametrize(
    "content",
    [b"", b"GGUF", b"GGUF" + b"\xff" * 100, b"\0" * 1000, b"not a model at all" * 100],
    ids=["nothing", "magic", "magic and ones", "zeros", "text"],
)
def test_a_gguf_file_of_garbage(tmp_path, content):
    check_corrupt(tmp_path, content)


@pytest.mark.parametrize("damage", [b"abstractmetho\xff", b"abstractmetho~"], ids=["bytes", "text"])
def test_a_damaged_token(gguf_file, tmp_path, damage):
    whole = gguf_file.read_bytes()
    check_corrupt(tmp_path, whole.replace(b"abstractmethod", damage, 1))


def test_a_flipped_bit_in_the_number_of_layers(gguf_file, tmp_path):
    whole = gguf_file.read_bytes()
    at = whole.index(b"qwen2.block_count") + len(b"qwen2.block_count") + 4
    assert whole[at] == LAYERS
    check_corrupt(tmp_path, whole[: at + 3] + b"\x10" + whole[at + 4 :])


def check_corrupt(root, content):
    path = root / "m.gguf"
    path.write_bytes(content)
    (root / "out").mkdir()
    with pytest.raises(CorruptModelError, match=r"m\.gguf"):
        from_gguf(path, root / "out")
    assert list((root / "out").iterdir()) == []
    assert path.read_bytes() == content


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CorruptModelError, match=r"nothing\.gguf is not a readable GGUF model"):
        from_gguf(tmp_path / "nothing.gguf", tmp_path)
