"""Makes graphs without weights, by the project's own export from a random checkpoint."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.bench_gpu.layout import strip
from dev.bench_gpu.shapes import Shape

if TYPE_CHECKING:
    from codegen.engine.device import DeviceKind
    from codegen.engine.manifest import Precision

TWINS: tuple[tuple["Precision", "DeviceKind"], ...] = (("fp16", "cuda"), ("fp32", "cpu"))
"""The precisions that are made, each with what it runs on: ONNX Runtime's CPU provider computes
no attention in fp16."""


def make(shape: Shape, out: Path, note: Callable[[str], None]) -> None:
    """Writes `out`/fp16 and `out`/fp32: the same model of random weights, without them.

    Needs twelve bytes of memory and disk for each of the model's parameters.

    Raises:
        ExportError: the builder failed.
    """
    from codegen.models.export.builder import build  # noqa: PLC0415 - heavy, as what follows
    from codegen.models.export.rewrite import rewrite  # noqa: PLC0415

    scratch = out / "scratch"
    scratch.mkdir(parents=True)
    note(f"making a random checkpoint of the {shape.name} shape")
    _checkpoint(shape, scratch / "checkpoint")

    def one(twin: tuple["Precision", "DeviceKind"]) -> None:
        precision, target = twin
        note(f"building the {precision} graph for {target}")
        built = build(
            scratch / "checkpoint", scratch / precision, precision=precision, target=target
        )
        export = scratch / f"{precision}-export"
        export.mkdir()
        rewritten = rewrite(
            built,
            export,
            quantize=None,
            window=shape.window,
            # Also for the CPU: there, the rehearsal runs what else is meant for a GPU.
            target="cuda",
            advance=lambda _: None,
        )
        _write_manifest(export, rewritten, precision)
        strip(export, out / precision)

    with ThreadPoolExecutor(len(TWINS)) as threads:
        list(threads.map(one, TWINS))
    shutil.rmtree(scratch)


def _checkpoint(shape: Shape, out: Path) -> None:
    import torch  # noqa: PLC0415 - of the export extra
    from transformers import Qwen2ForCausalLM  # noqa: PLC0415

    config = shape.config(dtype=torch.float16)
    torch.manual_seed(0)
    # Made without memory first: to initialise 500 million values in fp16 takes a minute.
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    model = model.to(torch.float16).to_empty(device="cpu")
    for parameter in model.parameters():
        # The graph is all that is kept. What is 0 or 1 everywhere would be left out of it.
        torch.nn.init.constant_(parameter, 0.5)
    model.tie_weights()
    model.save_pretrained(out)


def _write_manifest(export: Path, rewritten: Any, precision: "Precision") -> None:
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
        shape=rewritten.shape,
        graphs=rewritten.graphs,
        files={WEIGHTS_FILE: weights},
    )
    (export / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
