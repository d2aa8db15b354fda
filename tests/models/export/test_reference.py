"""Qwen2 in numpy computes what transformers computes."""

import os

import numpy as np
import pytest

from codegen.models.export import reference
from codegen.models.export.checkpoint import from_directory, from_gguf


def largest_difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def test_transformers_computes_the_same(tiny):
    import torch

    texts, counts = tiny.prompts(1, 40, 7, 1), [40, 3, 1]
    told = []
    checkpoint = from_directory(tiny.checkpoint)
    ours = list(reference.logits(checkpoint, texts, counts, lambda *done: told.append(done)))
    model = tiny.reference()
    for text, count, logits in zip(texts, counts, ours, strict=True):
        with torch.no_grad():
            wanted = model(torch.tensor([text])).logits[0, -count:].numpy()
        assert (logits.shape, logits.dtype) == (wanted.shape, np.float32)
        assert largest_difference(logits, wanted) < 1e-5
    assert told == [(1, 2), (2, 2)]


def test_a_gate_that_is_far_below_zero_is_shut(tiny):
    layer = reference.read_layer(from_directory(tiny.checkpoint), 0)
    x = np.ones((2, 64), np.float32)
    assert (layer.feed(x, np.full((128, 64), -1e4, np.float32) * layer.inputs(x)[0]) == x).all()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_transformers_computes_the_same_of_the_default_model(tmp_path):
    """On all of the gate's prompts."""
    import torch

    from codegen.models.catalogue import default_entry
    from codegen.models.export.parity import originals
    from codegen.models.export.pipeline import sample_holes
    from codegen.models.fetch import fetch
    from codegen.progress import NullProgress
    from codegen.prompt.families import recognise
    from codegen.prompt.tokenizer import Tokenizer
    from codegen.settings.config import load_settings

    file = fetch(default_entry(), load_settings(os.environ), NullProgress())
    checkpoint = from_gguf(file)
    (tmp_path / "tokenizer.json").write_bytes(checkpoint.tokenizer)
    tokenizer = Tokenizer.load(tmp_path / "tokenizer.json")
    holes = sample_holes(tokenizer, recognise(tokenizer.special_ids))["parity"]
    model = as_transformers(checkpoint)
    for hole, ours in zip(holes, originals(checkpoint, holes, lambda *_: None), strict=True):
        with torch.no_grad():
            ids = torch.tensor([[*hole.prompt, *hole.middle]])
            wanted = model(ids, logits_to_keep=len(hole.middle) + 1).logits[0, :-1].numpy()
        assert largest_difference(ours, wanted) < 1e-4
        assert (ours.argmax(axis=1) == wanted.argmax(axis=1)).all()


def as_transformers(checkpoint):
    """A checkpoint's weights in transformers."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    sizes = checkpoint.sizes
    config = Qwen2Config(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        intermediate_size=sizes.inner,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.kv_heads,
        max_position_embeddings=sizes.window,
        rms_norm_eps=sizes.epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": sizes.theta},
        tie_word_embeddings=sizes.tied,
    )
    model = Qwen2ForCausalLM(config)
    state = {name: torch.tensor(checkpoint.tensors.tensor(name)) for name in sizes.shapes()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"] if sizes.tied else [], [])
    model.tie_weights()
    return model.eval()
