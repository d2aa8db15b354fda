"""The steps, each a process: `python -m dev.bench_gpu.steps NAME --store ... --report ...`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import onnxruntime as ort

from dev.bench_gpu import checks, machine, timing
from dev.bench_gpu.comparing import SEED
from dev.bench_gpu.context import Context
from dev.bench_gpu.layout import fill, opened, random_values
from dev.bench_gpu.placement import placement
from dev.bench_gpu.taking import RUNTIME, WEIGHTS


def about(context: Context) -> None:
    """Says where this runs, and that it is the onnxruntime that was brought."""
    runtime = context.store.place(RUNTIME)
    where = Path(str(ort.__file__))
    context.tell(
        "about",
        {
            "onnxruntime": f"{ort.__version__}, {', '.join(ort.get_available_providers())}",
            "Python": sys.version.split()[0],
            "processor": machine.processor(),
            "GPU": machine.nvidia_smi() if context.device == "cuda" else "not used",
            "model": f"{context.shape.name} shape, random weights with seed {SEED}",
        },
    )
    if runtime is not None and not where.is_relative_to(runtime):
        raise SystemExit(f"onnxruntime was imported from {where}, and not from {runtime}")


def weights(context: Context) -> None:
    """Writes random weights, for the device and for the CPU."""
    about(context)
    models = context.without_weights()
    brought = opened(models / "fp16").manifest.shape.layers
    if brought != context.shape.layers:
        raise SystemExit(
            f"the graphs that were brought have {brought} layers, and those of the "
            f"{context.shape.name} shape {context.shape.layers}: see --shape"
        )
    folders = context.folders("random")
    fill([models / folder.name for folder in folders], folders, random_values(SEED))


def baseline(context: Context) -> None:
    """Measures transformers on the same machine, with the same shape."""
    from dev.bench_gpu.baseline import measure  # noqa: PLC0415 - imports torch

    measure(context)


def real_weights(context: Context) -> None:
    """Writes the default model's weights, for the device and for the CPU."""
    from dev.bench_gpu.real import gguf_values  # noqa: PLC0415 - imports gguf

    file = context.store.place(WEIGHTS)
    if file is None:
        raise SystemExit("the real model's weights were not brought")
    models = context.without_weights()
    folders = context.folders("real")
    fill([models / folder.name for folder in folders], folders, gguf_values(file / WEIGHTS))


STEPS: dict[str, Callable[[Context], None]] = {
    "weights": weights,
    "placement": placement,
    "captured-as-eager": checks.same,
    "cuda-as-cpu": checks.near,
    "speed": timing.speed,
    "batch": timing.batch,
    "baseline": baseline,
    "real-weights": real_weights,
    "real-as-cpu": checks.real_near,
    "real-tokens": checks.real_tokens,
}


def main() -> None:
    """Runs the step that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=STEPS)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--device", choices=("cpu", "cuda"), required=True)
    parser.add_argument("--shape", required=True)
    options = parser.parse_args()
    STEPS[options.name](Context.of(options.store, options.device, options.shape, options.report))


if __name__ == "__main__":
    main()
