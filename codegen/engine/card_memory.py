"""How much of a card's memory a model needs, to be compared with what is free before it is loaded.

ONNX Runtime's arena takes up to twice of what it is asked for, but less if the card has no more, so
what is counted here is what a model can't do without.
"""

from dataclasses import dataclass
from typing import Final

from codegen.engine.manifest import Precision, Shape
from codegen.progress import human_bytes

WORKSPACE: Final = 1_000_000_000
"""Bytes beside weights and caches: CUDA's context with the kernels of ONNX Runtime and cuBLAS, what
a chunk of a prompt computes, and the caches of several samples. An estimate, not measured yet:
`nvidia-smi --query-compute-apps=used_memory --format=csv` shows what a loaded model takes."""

BYTES_PER_WEIGHT: Final[dict[Precision, float]] = {"fp32": 4.0, "fp16": 2.0, "int4": 1.0}
"""In an export. int4 keeps most weights in 8 bits: 1.5 GB for the 1.54 billion of the larger model
of the catalogue."""


@dataclass(frozen=True, slots=True)
class Need:
    """The memory that a model needs on a card, in bytes."""

    weights: int
    caches: int
    workspace: int = WORKSPACE

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.caches + self.workspace

    def __str__(self) -> str:
        """The parts, for people."""
        return (
            f"{human_bytes(self.weights)} of weights, {human_bytes(self.caches)} of caches, "
            f"{human_bytes(self.workspace)} to compute with"
        )


def need(
    shape: Shape, precision: Precision, weights: int, *, graphs: int, slots: int, capacity: int
) -> Need:
    """The memory for a model.

    Args:
        shape: of the model.
        precision: of its weights.
        weights: bytes of the weights' file.
        graphs: how many are loaded at a time. On a card each has its own copy of the weights.
        slots: KV slots.
        capacity: tokens that a slot holds.
    """
    # CUDA's attention keeps its cache in 16 bits, also for int4.
    bytes_per_number = 4 if precision == "fp32" else 2
    tokens = slots * min(capacity, shape.window)
    per_token = shape.layers * 2 * shape.kv_heads * shape.head_dim * bytes_per_number
    return Need(weights * graphs, tokens * per_token)
