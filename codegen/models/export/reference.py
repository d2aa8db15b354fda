"""Qwen2 in numpy and fp32: what an export is adjusted to, and what it is compared with.

Written from the model's definition (modeling_qwen2.py in transformers), and apart from the graph
that is exported: it shares only the sizes, the weights and the rotary angles with it. A test
compares it with transformers. Weights are read layer by layer, and all texts go through a layer
before the next one is read.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.models.export.checkpoint import EMBEDDING, Checkpoint
from codegen.models.export.sizes import Sizes, rotary

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer's weights, matrices as [outputs, inputs]. `qkv` is query, key and value in one."""

    sizes: Sizes
    before: Floats  # of the normalisation before the attention
    qkv: Floats
    bias: Floats
    out: Floats
    after: Floats  # of the normalisation after it
    gate: Floats
    up: Floats
    down: Floats

    def attend(self, x: Floats) -> Floats:
        """What comes out of the attention for a text [tokens, hidden], added to it."""
        sizes, count = self.sizes, len(x)
        rows = _normalised(x, self.before, sizes.epsilon) @ self.qkv.T + self.bias
        heads = rows.reshape(count, -1, sizes.head_dim).transpose(1, 0, 2)
        queries, keys, values = np.split(heads, (sizes.heads, sizes.heads + sizes.kv_heads))
        angles = rotary(sizes, count)
        queries, keys = _rotated(queries, *angles), _rotated(keys, *angles)
        shared = sizes.heads // sizes.kv_heads  # queries to a key
        later = np.triu(np.full((count, count), -np.inf, np.float32), 1)
        mixed: Floats = np.empty((count, sizes.heads, sizes.head_dim), np.float32)
        for head in range(sizes.heads):
            odds = queries[head] @ keys[head // shared].T
            odds *= np.float32(1 / math.sqrt(sizes.head_dim))
            odds += later
            odds -= odds.max(axis=1, keepdims=True)
            np.exp(odds, out=odds)
            odds /= odds.sum(axis=1, keepdims=True)
            mixed[:, head] = odds @ values[head // shared]
        out: Floats = x + mixed.reshape(count, -1) @ self.out.T
        return out

    def inputs(self, x: Floats) -> Floats:
        """What the feed-forward part multiplies by its weights, [tokens, hidden]."""
        return _normalised(x, self.after, self.sizes.epsilon)

    def feed(self, x: Floats, gate: Floats) -> Floats:
        """What comes out of the layer for what came out of its attention.

        `gate` is the gate's matrix, the layer's own or a rounded one.
        """
        inputs = self.inputs(x)
        inner: Floats = inputs @ gate.T
        with np.errstate(over="ignore"):  # then the quotient below is 0, as it should be
            odds = np.exp(-inner)
        odds += 1
        inner = inner / odds * (inputs @ self.up.T)
        out: Floats = x + inner @ self.down.T
        return out


def read_layer(checkpoint: Checkpoint, number: int) -> Layer:
    """Reads a layer's weights."""

    def read(name: str) -> Floats:
        return checkpoint.tensors.tensor(f"model.layers.{number}.{name}")

    return Layer(
        sizes=checkpoint.sizes,
        before=read("input_layernorm.weight"),
        qkv=np.concatenate([read(f"self_attn.{part}_proj.weight") for part in "qkv"]),
        bias=np.concatenate([read(f"self_attn.{part}_proj.bias") for part in "qkv"]),
        out=read("self_attn.o_proj.weight"),
        after=read("post_attention_layernorm.weight"),
        gate=read("mlp.gate_proj.weight"),
        up=read("mlp.up_proj.weight"),
        down=read("mlp.down_proj.weight"),
    )


def embedded(checkpoint: Checkpoint, texts: Sequence[Sequence[int]]) -> list[Floats]:
    """Texts as they go into the first layer, each [tokens, hidden]."""
    ids, places = np.unique(
        np.concatenate([np.asarray(text) for text in texts]), return_inverse=True
    )
    rows = checkpoint.tensors.rows(EMBEDDING, ids.astype(np.int64))
    ends = np.cumsum([len(text) for text in texts])[:-1]
    return [rows[part] for part in np.split(places, ends)]


def logits(
    checkpoint: Checkpoint,
    texts: Sequence[Sequence[int]],
    counts: Sequence[int],
    report: Callable[[int, int], None],
) -> Iterator[Floats]:
    """The logits after the last tokens of texts, one text after the other.

    Args:
        checkpoint: the model.
        texts: token ids.
        counts: for how many of each text's last tokens, at least one.
        report: told of layers done and in all.

    Yields:
        [count, vocabulary] for each text.
    """
    sizes = checkpoint.sizes
    states = embedded(checkpoint, texts)
    for number in range(sizes.layers):
        layer = read_layer(checkpoint, number)
        for place, x in enumerate(states):
            after = layer.attend(x)
            states[place] = layer.feed(after, layer.gate)
        report(number + 1, sizes.layers)
    norm = checkpoint.tensors.tensor("model.norm.weight")
    head = checkpoint.tensors.tensor(checkpoint.head)
    for x, count in zip(states, counts, strict=True):
        yield _normalised(x[-count:], norm, sizes.epsilon) @ head.T


def _normalised(x: Floats, weight: Floats, epsilon: float) -> Floats:
    mean = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1])
    result: Floats = weight * (x / np.sqrt(mean + np.float32(epsilon)))
    return result


def _rotated(x: Floats, cosines: Floats, sines: Floats) -> Floats:
    """Heads [heads, tokens, head_dim], the halves of each turned into each other."""
    first, second = np.split(x, 2, axis=2)
    return np.concatenate(
        (first * cosines - second * sines, second * cosines + first * sines), axis=2
    )
