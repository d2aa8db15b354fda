"""How long completions took: medians and 90th percentiles."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from codegen_eval.runs import Sample


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and a 90th percentile; NaN where nothing was measured."""

    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds to the first token and to the end of a sample, and tokens per second between.

    Samples that were decoded together each have the batch's time up to their own end.
    """

    first_token_seconds: Spread
    seconds: Spread
    tokens_per_second: Spread


def latency(samples: Iterable[Sample]) -> Latency:
    """The spread over all samples."""
    samples = list(samples)
    return Latency(
        # What wrote no token has no first one.
        first_token_seconds=_spread(s.first_token_seconds for s in samples if s.tokens),
        seconds=_spread(s.seconds for s in samples),
        tokens_per_second=_spread(map(tokens_per_second, samples)),
    )


def tokens_per_second(sample: Sample) -> float:
    """The speed of decoding alone: the tokens after the first, over the time after the first.

    NaN of a sample of fewer than two tokens.
    """
    elapsed = sample.seconds - sample.first_token_seconds
    return (sample.tokens - 1) / elapsed if sample.tokens > 1 and elapsed > 0 else math.nan


def _spread(values: Iterable[float]) -> Spread:
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Spread(math.nan, math.nan)
    median, p90 = np.quantile(known, [0.5, 0.9])
    return Spread(float(median), float(p90))
