"""What a request takes at least: the bytes it must read and the operations it must do.

The rates are those that the card's makers state, which no program reaches.
"""

from dataclasses import dataclass
from pathlib import Path

from dev.bench_gpu.layout import read_layout
from dev.bench_gpu.machine import Card
from dev.bench_gpu.shapes import Shape


@dataclass(frozen=True, slots=True)
class Floors:
    """Of one model in fp16 on one card; seconds."""

    card: Card
    weights: int  # bytes that a step reads: all weights, since the embedding is the head too
    layers: int  # values in the weights of the layers, without the head
    attention: int  # query heads times their width, over all layers
    cache: int  # bytes of keys and values for each token of context

    @classmethod
    def of(cls, model: Path, shape: Shape, card: Card) -> "Floors":
        """Of the model in a folder with a layout."""
        weights = read_layout(model).weights
        head = shape.hidden * shape.vocabulary
        width = shape.hidden // shape.heads
        return cls(
            card=card,
            weights=sum(tensor.bytes for tensor in weights),
            layers=sum(tensor.size for tensor in weights) - head,
            attention=shape.layers * shape.heads * width,
            cache=2 * 2 * shape.layers * shape.kv_heads * width,
        )

    def step(self, context: int, samples: int = 1) -> float:
        """One step of a batch: weights are read once, each sample's cache by itself."""
        return (self.weights + samples * context * self.cache) / self.card.bandwidth

    def prompt(self, tokens: int) -> float:
        """A prompt: the operations of its products and of attention, or reading the weights.

        That is a multiplication and an addition for each weight of the layers and each token, and
        for each two tokens of which one sees the other.
        """
        operations = 2 * self.layers * tokens + 2 * self.attention * tokens**2
        return max(operations / self.card.operations, self.step(tokens))

    def suggestion(self, context: int, tokens: int) -> float:
        """A suggestion after a cached prompt: a step for each token."""
        return tokens * self.step(context)
