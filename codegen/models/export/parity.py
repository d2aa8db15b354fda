"""The parity gate: an export that doesn't compute what the original computes is refused.

A broken quantization looks fast, and a completion that is a little worse looks like bad luck. So
every export is compared with the same weights in `reference` before it takes its name, on the
middles of fixed fill-in-the-middle prompts, computed as it will run: the prompt by the prefill
path, and the middle token by token by the decode path. On how many says `recipe`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.engine.backend import OnnxBackend
from codegen.errors import ParityError
from codegen.models.export import reference
from codegen.models.export.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class SampleHole:
    """Token ids of a prompt and of the text that is known to fill its hole."""

    prompt: tuple[int, ...]
    middle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parity:
    """How an export compares with the original, over all tokens of the middles."""

    tokens: int
    agreement: float  # share of positions at which both find the same token likeliest
    perplexity_ratio: float  # the export's over the original's
    mean_kl: float  # nats, from the original's distribution to the export's
    max_difference: float  # of logits at a position, relative to its largest logit
    paths: str  # the compute paths that were measured

    def as_json(self) -> Mapping[str, Any]:
        """The figures as the manifest keeps them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Gate:
    """The figures that an export must reach."""

    agreement: float
    perplexity_ratio: float = math.inf
    mean_kl: float = math.inf
    max_difference: float = math.inf


GATES: Mapping[str, Gate] = {
    "fp32": Gate(agreement=1.0, max_difference=1e-3),
    "int4": Gate(agreement=0.95, perplexity_ratio=1.03, mean_kl=0.03),
}


BRIEF_GATES: Mapping[str, Gate] = {
    "fp32": GATES["fp32"],
    "int4": Gate(agreement=0.90, perplexity_ratio=1.10, mean_kl=0.06),
}
"""The figures that an export must reach on a part of the tokens, where chance counts for more. A
broken export is far from either."""

BRIEF_EVERY = 7
"""The brief gate compares the first of every so many holes."""


def check(parity: Parity, precision: str, *, brief: bool = False) -> None:
    """Raises ParityError if an export fails its gate, with the figures.

    Args:
        parity: what was measured.
        precision: of the export.
        brief: whether that was on a part of the tokens only.
    """
    gate = (BRIEF_GATES if brief else GATES)[precision]
    failed = [
        f"{name} {measured:.4g} instead of {relation} {wanted:g}"
        for name, measured, relation, wanted, bad in (
            ("top-1 agreement", parity.agreement, ">=", gate.agreement,
             parity.agreement < gate.agreement),
            ("perplexity ratio", parity.perplexity_ratio, "<=", gate.perplexity_ratio,
             not parity.perplexity_ratio <= gate.perplexity_ratio),
            ("mean KL", parity.mean_kl, "<=", gate.mean_kl, not parity.mean_kl <= gate.mean_kl),
            ("difference of logits", parity.max_difference, "<", gate.max_difference,
             not parity.max_difference < gate.max_difference),
        )
        if bad
    ]  # fmt: skip
    if failed:
        raise ParityError(
            f"the {precision} export does not compute what the original does: {'; '.join(failed)} "
            f"over {parity.tokens} tokens; it is not kept"
        )


def originals(
    checkpoint: Checkpoint, holes: Sequence[SampleHole], report: Callable[[int, int], None]
) -> Iterable[NDArray[np.float32]]:
    """The original's logits before each token of each middle, [tokens, vocabulary] each.

    Args:
        checkpoint: the model.
        holes: what to compare on.
        report: told of layers done and in all.
    """
    # Nothing comes after a middle's last token.
    texts = [(*hole.prompt, *hole.middle[:-1]) for hole in holes]
    return reference.logits(checkpoint, texts, [len(hole.middle) for hole in holes], report)


def measure(
    wanted: Iterable[NDArray[np.float32]],
    backend: OnnxBackend,
    holes: Sequence[SampleHole],
    report: Callable[[int, int], None],
) -> Parity:
    """Compares a loaded export with the original.

    Args:
        wanted: the `originals` of the holes.
        backend: the export, on the paths that it will run on.
        holes: what to compare on.
        report: told of holes done and in all.
    """
    tokens = same = 0
    kl = original_nll = export_nll = difference = 0.0
    for number, (hole, original) in enumerate(zip(holes, wanted, strict=True)):
        export = backend.score(hole.prompt, hole.middle)
        largest = np.abs(original).max(axis=1)
        difference = max(difference, float((np.abs(export - original).max(axis=1) / largest).max()))
        same += int((original.argmax(axis=1) == export.argmax(axis=1)).sum())
        tokens += len(hole.middle)
        p, q = _log_softmax(original), _log_softmax(export)
        kl += float((np.exp(p) * (p - q)).sum(dtype=np.float64))
        rows, truth = np.arange(len(hole.middle)), np.asarray(hole.middle)
        original_nll -= float(p[rows, truth].sum(dtype=np.float64))
        export_nll -= float(q[rows, truth].sum(dtype=np.float64))
        report(number + 1, len(holes))
    return Parity(
        tokens=tokens,
        agreement=same / tokens,
        perplexity_ratio=math.exp((export_nll - original_nll) / tokens),
        mean_kl=kl / tokens,
        max_difference=difference,
        paths=str(backend.paths),
    )


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
