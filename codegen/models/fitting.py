"""Whether a model fits into the memory that is free on the card; if not, what would.

This is found out before a model is loaded: ONNX Runtime would fail late, and in words of its own.
"""

from collections.abc import Iterator
from typing import Final

from codegen.engine.card_memory import BYTES_PER_WEIGHT, Need, need
from codegen.engine.cuda import Obstacle, ObstacleKind
from codegen.engine.manifest import Manifest, Precision
from codegen.engine.nvidia import Card, first_card
from codegen.engine.runner import SLOTS
from codegen.models.catalogue import entries
from codegen.progress import human_bytes

CAPACITY: Final = 2048
"""Tokens that a KV slot holds, prompt and completion together."""


def memory_obstacle(manifest: Manifest) -> Obstacle | None:
    """What keeps a model from the card; None if it fits, or if it isn't known how much is free."""
    card = first_card()
    if card is None or card.free >= (needed := needs(manifest)).total:
        return None
    return Obstacle(
        ObstacleKind.NO_MEMORY,
        f"{card.name} has {human_bytes(card.free)} of memory free, and {manifest.name} in "
        f"{manifest.precision} needs {human_bytes(needed.total)} ({needed})",
        f"run: {_smaller(manifest, card)}",
    )


def needs(manifest: Manifest) -> Need:
    """The memory that an export needs on a card."""
    return _need(manifest, manifest.precision, manifest.weights_bytes)


def _need(manifest: Manifest, precision: Precision, weights: float) -> Need:
    return need(
        manifest.shape,
        precision,
        int(weights),
        # One graph computes single tokens, and perhaps another one prompts.
        graphs=min(2, len(manifest.graphs)),
        slots=SLOTS,
        capacity=CAPACITY,
    )


def _smaller(manifest: Manifest, card: Card) -> str:
    """How to choose what should fit: the next smaller precision or model; else the CPU."""
    cpu = "codegen config set device cpu"
    for choice, estimate in (*_precisions(manifest), *_models(manifest)):
        if card.free >= estimate.total:
            return f"codegen config set {choice}, or {cpu}"
    return cpu


def _precisions(manifest: Manifest) -> Iterator[tuple[str, Need]]:
    own = BYTES_PER_WEIGHT[manifest.precision]
    for precision, size in BYTES_PER_WEIGHT.items():
        if size < own:
            weights = manifest.weights_bytes * size / own
            yield f"precision {precision}", _need(manifest, precision, weights)


def _models(manifest: Manifest) -> Iterator[tuple[str, Need]]:
    """The smaller models of the catalogue, the largest first, in the precision of this one."""
    known = {entry.sha256: entry for entry in entries()}
    own = known.get(manifest.source.sha256)
    if own is None:
        return
    for entry in sorted(entries(), key=lambda entry: -entry.bytes):
        if entry.bytes < own.bytes:
            weights = manifest.weights_bytes * entry.bytes / own.bytes
            yield f"model {entry.name}", _need(manifest, manifest.precision, weights)
