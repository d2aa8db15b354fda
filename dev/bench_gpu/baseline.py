"""The same shape in transformers, whose `generate` compiles its steps by torch.compile on a GPU."""

import time

import torch
import transformers
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from codegen.bench.decoding import Spread
from dev.bench_gpu.context import Context

_REPEATS = 3


def measure(context: Context) -> None:
    """Reports a prompt and a step after it, as `speed` measures them for the engine."""
    logging.set_verbosity_error()
    scale, cuda = context.scale, context.device == "cuda"
    dtype = torch.float16 if cuda else torch.float32
    torch.manual_seed(0)
    # Made on the device itself: to initialise so many values on a CPU takes a minute.
    with torch.device(context.device):
        model = AutoModelForCausalLM.from_config(context.shape.config(), dtype=dtype).eval()
        ids = torch.randint(context.shape.vocabulary, (1, scale.context))

    def seconds(tokens: int) -> float:
        _synchronize(cuda)
        start = time.perf_counter()
        with torch.no_grad():
            model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                do_sample=False,
                cache_implementation="static",
            )
        _synchronize(cuda)
        return time.perf_counter() - start

    note = f"transformers {transformers.__version__}, torch {torch.__version__}, {dtype}"
    for tokens in (scale.steps, scale.steps, 1):  # compiles, captures, chooses kernels
        seconds(tokens)
    prompt = [seconds(1) for _ in range(_REPEATS)]
    context.milliseconds(
        f"baseline: a prompt of {scale.context:,} tokens", Spread.of(prompt), note=note
    )
    steps = [
        (seconds(scale.steps) - Spread.of(prompt).median) / (scale.steps - 1)
        for _ in range(_REPEATS)
    ]
    context.milliseconds(
        f"baseline: a step after {scale.context:,} tokens", Spread.of(steps), note=note
    )


def _synchronize(cuda: bool) -> None:
    if cuda:
        torch.cuda.synchronize()
