"""The checks: captured as eager, the device as the CPU, and the default model's own weights."""

import json
from collections.abc import Iterator

import numpy as np

from dev.bench_gpu.comparing import (
    AGREEMENT,
    NEAR_TIE,
    Nearness,
    drawing,
    first_difference,
    ids,
    play,
    write,
)
from dev.bench_gpu.context import Context, Which
from dev.bench_gpu.taking import HOLES

_SPARE = 10.0  # seconds that a loop leaves before its process is ended


def same(context: Context) -> None:
    """Captured steps give the tokens that eager ones give."""
    scale, vocabulary = context.scale, context.shape.vocabulary
    written = {}
    for captured in (True, False):
        backend = context.backend(capture=captured, capacity=1024)
        written[captured] = play(backend, scale, vocabulary, drawing())
        del backend
    difference = first_difference(written[True], written[False])
    tokens = sum(len(each.tokens) for each in written[True])
    going_on = sum(each.cached > 0 for each in written[True])
    context.check(
        "captured steps give the same tokens as eager ones",
        difference is None and tokens > 0 and going_on > 0,
        f"{tokens:,} tokens in {len(written[True])} requests, {going_on} of which go on with what "
        f"a slot holds; {difference or 'no difference'}",
    )


def near(context: Context) -> None:
    """The device's logits beside those of the CPU, with random weights."""
    length, following = context.scale.near_lengths
    draw, vocabulary = drawing(), context.shape.vocabulary
    pairs = (
        (ids(draw, vocabulary, length), ids(draw, vocabulary, following))
        for _ in range(context.scale.near_prompts)
    )
    _compare(context, "random", pairs)


def _compare(context: Context, which: Which, pairs: Iterator[tuple[list[int], list[int]]]) -> None:
    """Compares logits, teacher-forced, as long as there is time."""
    device, cpu = context.backend(which), context.twin(which)
    nearness = Nearness()
    for prompt, following in pairs:
        nearness = nearness.plus(cpu.score(prompt, following), device.score(prompt, following))
        if context.left < _SPARE:
            break
    context.check(
        f"the device computes what the CPU computes ({which} weights)",
        nearness.agreement >= AGREEMENT and nearness.worst_tie <= NEAR_TIE,
        f"{nearness}; wanted: {AGREEMENT:.0%} and {NEAR_TIE}",
    )
    context.figure(f"agreement with the CPU, {which} weights", nearness.agreement * 100, "%")
    context.figure(f"mean difference of logits, {which} weights", nearness.mean, "")
    context.figure(f"largest difference of logits, {which} weights", nearness.largest, "")


def real_near(context: Context) -> None:
    """The device's logits beside those of the CPU, on the holes of the parity gate."""
    _compare(context, "real", iter(_holes(context)))


def real_tokens(context: Context) -> None:
    """The default model writes the same on the device as on the CPU, and no token twice."""
    device, cpu = context.backend("real"), context.twin("real")
    equal = compared = tokens = 0
    doubled: list[int] = []
    worst = 0.0
    for number, (prompt, _) in enumerate(_holes(context)):
        mine, right = (
            write(backend, prompt, context.scale.real_tokens).tokens for backend in (device, cpu)
        )
        compared, tokens = compared + 1, tokens + len(right)
        place = next(
            (i for i, pair in enumerate(zip(mine, right, strict=True)) if len(set(pair)) > 1), None
        )
        if place is None:
            equal += 1
        else:
            logits = cpu.score(prompt, right[: place + 1])[-1]
            gap = float(logits[right[place]] - logits[mine[place]]) / float(np.abs(logits).max())
            worst = max(worst, gap)
            if place and mine[place] == mine[place - 1]:
                doubled.append(number)
        if context.left < _SPARE:
            break
    context.check(
        "the default model writes what it writes on the CPU",
        compared > 0 and worst <= NEAR_TIE,
        f"{tokens:,} tokens in {compared} holes, {equal} of them the same; the first difference of "
        f"the others is within {worst:.4f} of the largest logit; wanted: {NEAR_TIE}",
    )
    context.check(
        "no token is written twice where the CPU writes it once",
        compared > 0 and not doubled,
        f"holes in which it is: {doubled or 'none'}",
    )


def _holes(context: Context) -> list[tuple[list[int], list[int]]]:
    """The prompts and the middles of the parity gate's holes."""
    place = context.store.place(HOLES)
    if place is None:
        raise SystemExit("the holes were not brought")
    raw = json.loads((place / HOLES).read_text(encoding="utf-8"))
    return [(hole["prompt"], hole["middle"]) for hole in raw]
