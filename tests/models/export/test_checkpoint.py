"""Checkpoints that are read, and those that are refused."""

import dataclasses
import json
import os
import shutil

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from safetensors.numpy import load_file, save_file

from codegen.errors import CorruptModelError, ExportError, UnknownFamilyError
from codegen.models.export.checkpoint import EMBEDDING as OUR_EMBEDDING
from codegen.models.export.checkpoint import HEAD as OUR_HEAD
from codegen.models.export.checkpoint import from_directory, from_gguf
from codegen.models.export.sizes import Sizes
from codegen.prompt.families import QWEN25_CODER
from codegen.prompt.tokenizer import Tokenizer
from tests.tiny_gguf import write_gguf
from tests.tiny_model import LAYERS, WINDOW

HEAD, EMBEDDING = "output.weight", "token_embd.weight"


# A Hugging Face directory.


@pytest.fixture
def directory(tiny, tmp_path):
    return shutil.copytree(tiny.checkpoint, tmp_path / "checkpoint")


def change(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields))


def test_a_directory(tiny):
    checkpoint = from_directory(tiny.checkpoint)
    assert checkpoint.family == "qwen2.5-coder"
    assert checkpoint.sizes == Sizes(
        vocabulary=tiny.vocabulary,
        hidden=64,
        inner=128,
        layers=LAYERS,
        heads=4,
        kv_heads=2,
        window=WINDOW,
        epsilon=1e-6,
        theta=10_000.0,
        tied=True,
    )
    assert checkpoint.tokenizer == (tiny.checkpoint / "tokenizer.json").read_bytes()
    check_tensors(checkpoint, load_file(tiny.checkpoint / "model.safetensors"))


def check_tensors(checkpoint, wanted):
    assert checkpoint.sizes.shapes().keys() == wanted.keys()
    for name, values in wanted.items():
        tensor = checkpoint.tensors.tensor(name)
        assert tensor.dtype == np.float32
        assert np.array_equal(tensor, values), name
        numbers = np.array([3, 0, 3])
        assert np.array_equal(checkpoint.tensors.rows(name, numbers), values[numbers]), name


def test_shards(directory):
    tensors = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").unlink()
    names = sorted(tensors)
    for number, part in enumerate((names[::2], names[1::2])):
        shard = directory / f"model-0000{number + 1}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, shard)
    check_tensors(from_directory(directory), tensors)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_weights_of_two_bytes(directory, kind):
    import ml_dtypes  # a package that onnx needs

    dtype = np.float16 if kind == "float16" else ml_dtypes.bfloat16
    path = directory / "model.safetensors"
    tensors = {name: values.astype(dtype) for name, values in load_file(path).items()}
    save_file(tensors, path)
    check_tensors(from_directory(directory), {n: v.astype(np.float32) for n, v in tensors.items()})


def test_damaged_safetensors(directory):
    path = directory / "model.safetensors"
    for content in (b"", b"x" * 100, path.read_bytes()[:-100]):
        path.write_bytes(content)
        with pytest.raises(CorruptModelError, match=r"model\.safetensors can't be read"):
            from_directory(directory)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("vocab_size", 7, r"embed_tokens\.weight is \[3010, 64\] instead of \[7, 64\]"),
        ("hidden_size", 48, "is damaged: .* instead of"),
        ("hidden_size", 62, "62 numbers in 4 heads"),
        ("num_key_value_heads", 3, "64 numbers in 4 heads, 3 of them"),
        ("num_hidden_layers", 3, r"has no tensor for model\.layers\.2\."),
        ("num_hidden_layers", 0, "its layers is 0"),
        ("num_hidden_layers", "2", "its layers is '2'"),
        ("num_hidden_layers", None, "its layers is None"),
        ("rms_norm_eps", True, "its epsilon is True"),
        ("max_position_embeddings", 1 << 40, "its window is 1099511627776"),
        ("rope_parameters", [1], "its rope_parameters are"),
        ("tie_word_embeddings", False, r"has no tensor for lm_head\.weight"),
    ],
)
def test_sizes_that_make_no_model(directory, field, value, words):
    change(directory / "config.json", **{field: value})
    with pytest.raises(CorruptModelError, match=words):
        from_directory(directory)


def test_a_size_that_is_missing(directory):
    path = directory / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    del config["num_key_value_heads"]
    path.write_text(json.dumps(config))
    with pytest.raises(CorruptModelError, match="doesn't say its num_key_value_heads"):
        from_directory(directory)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rope_parameters", {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0}),
        ("hidden_act", "gelu"),
        ("use_sliding_window", True),
        ("quantization_config", {"quant_method": "gptq"}),
    ],
)
def test_what_an_export_does_not_compute(directory, field, value):
    change(directory / "config.json", **{field: value})
    with pytest.raises(UnknownFamilyError, match="which codegen can't export"):
        from_directory(directory)


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
    return load_file(tiny.checkpoint / "model.safetensors")


@pytest.fixture(scope="module")
def gguf_file(tiny, tmp_path_factory):
    """A tied model as llama.cpp's converter writes it: one tensor for embedding and head."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_gguf(path, tiny)
    return path


def rounded(values, kind):
    return gguf.dequantize(gguf.quantize(values, kind), kind)


def test_a_gguf_file_comes_back_as_the_model_it_was(tiny, gguf_file):
    checkpoint, original = from_gguf(gguf_file), from_directory(tiny.checkpoint)
    assert checkpoint.family == original.family
    # GGUF has its numbers in fp32.
    epsilon = float(np.float32(original.sizes.epsilon))
    assert checkpoint.sizes == dataclasses.replace(original.sizes, epsilon=epsilon)
    check_tensors(checkpoint, load_file(tiny.checkpoint / "model.safetensors"))


def test_its_tokenizer_comes_back(tiny, gguf_file, tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(from_gguf(gguf_file).tokenizer)
    ours, theirs = (
        Tokenizer.load(where / "tokenizer.json") for where in (tmp_path, tiny.checkpoint)
    )
    stored = json.loads((tiny.checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    assert ours.special_ids == {token["content"]: token["id"] for token in stored["added_tokens"]}
    assert ours.spellings() == theirs.spellings()
    text = "def f(x):\n    return x + 1  # caf\u00e9 \U0001f600\r\n"
    assert ours.encode(text) == theirs.encode(text)


def check_same_tokenizer_and_sizes(file, out):
    """What transformers makes of a GGUF file is the same, byte for byte, and so are the sizes."""
    from transformers import AutoConfig, AutoTokenizer

    where = {"gguf_file": file.name, "local_files_only": True, "trust_remote_code": False}
    out.mkdir()
    AutoTokenizer.from_pretrained(str(file.parent), **where).save_pretrained(out)
    theirs = AutoConfig.from_pretrained(str(file.parent), **where).to_dict()
    checkpoint = from_gguf(file)
    assert json.loads(checkpoint.tokenizer) == json.loads(
        (out / "tokenizer.json").read_text(encoding="utf-8")
    )
    sizes = checkpoint.sizes
    ours = {
        "vocab_size": sizes.vocabulary,
        "hidden_size": sizes.hidden,
        "intermediate_size": sizes.inner,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads,
        "max_position_embeddings": sizes.window,
        "rms_norm_eps": sizes.epsilon,
        "rope_parameters": {"rope_type": "default", "rope_theta": sizes.theta},
        "model_type": "qwen2",
        "hidden_act": "silu",
        "layer_types": ["full_attention"] * sizes.layers,
    }
    for name, value in ours.items():
        assert value == theirs[name], name


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
    head = np.random.default_rng(1).normal(size=(tiny.vocabulary, 64)).astype(np.float32)
    write_gguf(tmp_path / "m.gguf", tiny, tensors={HEAD: head})
    checkpoint = from_gguf(tmp_path / "m.gguf")
    assert not checkpoint.sizes.tied
    assert checkpoint.head == OUR_HEAD
    assert np.array_equal(checkpoint.tensors.tensor(OUR_HEAD), head)
    embedding = original[OUR_EMBEDDING]
    assert np.array_equal(checkpoint.tensors.tensor(OUR_EMBEDDING), embedding)


def test_of_two_roundings_of_one_tensor_the_heads_is_taken(tiny, original, tmp_path):
    tied = original[OUR_EMBEDDING]
    write_gguf(
        tmp_path / "m.gguf",
        tiny,
        tensors={HEAD: tied},
        kinds={HEAD: Kind.Q8_0, EMBEDDING: Kind.Q5_0, "blk.0.ffn_down.weight": Kind.Q5_0},
    )
    checkpoint = from_gguf(tmp_path / "m.gguf")
    assert checkpoint.sizes.tied
    assert checkpoint.head == OUR_EMBEDDING
    tensors = checkpoint.tensors
    assert np.array_equal(tensors.tensor(OUR_EMBEDDING), rounded(tied, Kind.Q8_0))
    numbers = np.array([5, 1])
    assert np.array_equal(tensors.rows(OUR_EMBEDDING, numbers), rounded(tied, Kind.Q8_0)[numbers])
    down = original["model.layers.0.mlp.down_proj.weight"]
    name = "model.layers.0.mlp.down_proj.weight"
    assert np.array_equal(tensors.tensor(name), rounded(down, Kind.Q5_0))


@pytest.mark.parametrize("name", ["blk.1.attn_q.bias", "output_norm.weight", EMBEDDING])
def test_a_missing_tensor(tiny, tmp_path, name):
    write_gguf(tmp_path / "m.gguf", tiny, tensors={name: None})
    with pytest.raises(CorruptModelError, match=r"m\.gguf has no tensor for"):
        from_gguf(tmp_path / "m.gguf")


@pytest.mark.parametrize("name", ["blk.1.attn_q.bias", "blk.0.ffn_up.weight", HEAD])
def test_a_tensor_of_another_shape(tiny, tmp_path, name):
    write_gguf(tmp_path / "m.gguf", tiny, tensors={name: np.ones((32, 96), np.float32)})
    with pytest.raises(CorruptModelError, match=r"is \[32, 96\] instead of"):
        from_gguf(tmp_path / "m.gguf")


def test_a_quantization_that_the_gguf_package_cannot_read(gguf_file, monkeypatch):
    checkpoint = from_gguf(gguf_file)

    def refuses(_data, _kind):
        raise NotImplementedError

    monkeypatch.setattr(gguf, "dequantize", refuses)
    with pytest.raises(ExportError, match="tensors of type F32, which can't be read"):
        checkpoint.tensors.tensor("model.norm.weight")


def test_rotary_angles_that_are_scaled(tiny, tmp_path):
    write_gguf(tmp_path / "m.gguf", tiny, scaling="yarn")
    with pytest.raises(UnknownFamilyError, match=r"scales its rotary angles \(yarn\)"):
        from_gguf(tmp_path / "m.gguf")


def test_a_checkpoint_of_another_architecture(tiny, tmp_path):
    write_gguf(tmp_path / "m.gguf", tiny, architecture="llama")
    with pytest.raises(UnknownFamilyError, match="the architecture 'llama'; codegen exports qwen2"):
        from_gguf(tmp_path / "m.gguf")


def test_a_checkpoint_with_another_tokenizer(tiny, tmp_path):
    write_gguf(tmp_path / "m.gguf", tiny, marks=False)
    with pytest.raises(UnknownFamilyError, match="has no fill-in-the-middle tokens"):
        from_gguf(tmp_path / "m.gguf")


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
    with pytest.raises(CorruptModelError, match=r"m\.gguf"):
        from_gguf(path)
    assert path.read_bytes() == content


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CorruptModelError, match=r"nothing\.gguf is not a readable GGUF model"):
        from_gguf(tmp_path / "nothing.gguf")
