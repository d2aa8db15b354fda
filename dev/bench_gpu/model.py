"""Makes graphs without weights, by the project's own export of a model that has none."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dev.bench_gpu.layout import strip
from dev.bench_gpu.shapes import Shape

if TYPE_CHECKING:
    from codegen.engine.manifest import Precision
    from codegen.models.export.compose import Dtype

TWINS: tuple["Dtype", ...] = ("fp16", "fp32")
"""The precisions that are made. The second is for the CPU too: ONNX Runtime's CPU provider computes
no attention in fp16."""


@dataclass(frozen=True, slots=True)
class _Halves:
    """Tensors in which every number is 0.5: the graph is all that is kept of the model."""

    shapes: dict[str, tuple[int, ...]]

    def tensor(self, name: str) -> NDArray[np.float32]:
        return np.full(self.shapes[name], 0.5, np.float32)

    def rows(self, name: str, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.tensor(name)[numbers]


def make(shape: Shape, out: Path, note: Callable[[str], None]) -> None:
    """Writes `out`/fp16 and `out`/fp32: the same model of random weights, without them.

    Needs memory for the largest tensor, and four bytes of disk for each of the model's parameters.
    """
    from codegen.models.export.checkpoint import Checkpoint  # noqa: PLC0415 - heavy
    from codegen.models.export.sizes import Sizes  # noqa: PLC0415
    from codegen.models.export.write import write  # noqa: PLC0415

    sizes = Sizes(
        vocabulary=shape.vocabulary,
        hidden=shape.hidden,
        inner=shape.intermediate,
        layers=shape.layers,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        window=shape.window,
        epsilon=1e-6,
        theta=shape.rope_theta,
        tied=True,
    )
    checkpoint = Checkpoint("qwen2.5-coder", sizes, b"", _Halves(dict(sizes.shapes())))
    scratch = out / "scratch"
    for dtype in TWINS:
        note(f"making the {dtype} graph of the {shape.name} shape")
        scratch.mkdir(parents=True)
        written = write(
            checkpoint,
            scratch,
            dtype=dtype,
            quantize=None,
            # Also for the CPU: there, the rehearsal runs what else is meant for a GPU.
            target="cuda",
            advance=lambda _: None,
        )
        _write_manifest(scratch, written, dtype)
        strip(scratch, out / dtype)
        shutil.rmtree(scratch)


def _write_manifest(export: Path, written: Any, precision: "Precision") -> None:
    from codegen.engine.manifest import (  # noqa: PLC0415 - see make
        MANIFEST_FILE,
        WEIGHTS_FILE,
        FileRecord,
        Manifest,
        Source,
    )

    weights = FileRecord((export / WEIGHTS_FILE).stat().st_size, "0" * 64)
    manifest = Manifest(
        name="random",
        family="qwen2.5-coder",
        source=Source(file="random", sha256="0" * 64, bytes=0),
        precision=precision,
        target="cuda",
        shape=written.shape,
        graphs=written.graphs,
        files={WEIGHTS_FILE: weights},
    )
    (export / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
