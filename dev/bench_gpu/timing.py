"""What a step, a suggestion, prompts and batches take, beside what they take at least."""

from codegen.bench.decoding import (
    Spread,
    batch_rate,
    prompt_seconds,
    step_seconds,
    suggestion_seconds,
)
from codegen.engine.backend import OnnxBackend
from dev.bench_gpu import machine
from dev.bench_gpu.comparing import drawing, ids
from dev.bench_gpu.context import Context
from dev.bench_gpu.floors import Floors

# Milliseconds that are expected of a H100 or H200, written down before anything was measured
# (docs/benchmarks.md).
_STEP, _PROMPT, _SUGGESTION = 1.2, 12.0, 45.0


def speed(context: Context) -> None:
    """A step, a suggestion and prompts."""
    scale, vocabulary, draw = context.scale, context.shape.vocabulary, drawing()
    floors = _floors(context)
    prompt = ids(draw, vocabulary, scale.context)
    backend = context.backend(capacity=scale.short)
    _prompts(context, backend, [each for each in scale.prompts if each <= scale.context], floors)
    floor = None if floors is None else floors.step(scale.context)
    step_seconds(backend, prompt, 8)  # captures, and chooses kernels
    context.milliseconds(
        f"a step after {scale.context:,} tokens, captured",
        Spread.of(step_seconds(backend, prompt, scale.steps)),
        floor=floor,
        expected=_STEP,
    )
    times = [
        suggestion_seconds(backend, prompt, ids(draw, vocabulary, 4), scale.suggestion)
        for _ in range(scale.suggestions + 2)
    ]
    context.milliseconds(
        f"{scale.suggestion} tokens after {scale.context:,} cached ones and 4 typed",
        Spread.of(times[2:]),
        floor=None if floors is None else floors.suggestion(scale.context, scale.suggestion),
        expected=_SUGGESTION,
    )
    del backend
    eager = context.backend(capture=False, capacity=scale.short)
    step_seconds(eager, prompt, 8)
    context.milliseconds(
        f"a step after {scale.context:,} tokens, eager",
        Spread.of(step_seconds(eager, prompt, scale.steps)),
        floor=floor,
    )
    del eager
    if longer := [each for each in scale.prompts if each > scale.context]:
        backend = context.backend(capacity=max(longer) + 64)
        _prompts(context, backend, longer, floors)


def _prompts(
    context: Context, backend: OnnxBackend, sizes: list[int], floors: Floors | None
) -> None:
    draw = drawing()
    for size in sizes:
        prompts = [
            ids(draw, context.shape.vocabulary, size)
            for _ in range(context.scale.prompt_repeats + 1)
        ]
        times = [prompt_seconds(backend, prompt) for prompt in prompts]
        context.milliseconds(
            f"a prompt of {size:,} tokens",
            Spread.of(times[1:]),
            floor=None if floors is None else floors.prompt(size),
            expected=_PROMPT if size == context.scale.context else None,
            note=f"caches of {backend.window:,} tokens",
        )


def batch(context: Context) -> None:
    """Several samples of one prompt, by how many there are."""
    scale, floors = context.scale, _floors(context)
    prompt = ids(drawing(), context.shape.vocabulary, scale.batch_prompt)
    backend = context.backend(capacity=scale.batch_prompt + 2 * scale.batch_steps)
    for samples in scale.batches:
        batch_rate(backend, prompt, samples, 2)  # the kernels for this size are chosen
        rate = batch_rate(backend, prompt, samples, scale.batch_steps)
        floor = None if floors is None else samples / floors.step(scale.batch_prompt, samples)
        context.figure(f"{samples} samples at once", rate, "tokens/s", floor=floor)


def _floors(context: Context) -> Floors | None:
    """None on a device of which the figures aren't known."""
    card = machine.card(machine.nvidia_smi()) if context.device == "cuda" else None
    half = context.folders("random")[0]
    return None if card is None else Floors.of(half, context.shape, card)
