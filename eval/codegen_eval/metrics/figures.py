"""Figures as text, the same everywhere: shares in per cent, NaN as a dash."""

import math
from dataclasses import asdict, is_dataclass
from typing import Any

from codegen_eval.metrics.intervals import Estimate

NOTHING = "-"


def percent(value: float) -> str:
    """43.9 %."""
    return NOTHING if math.isnan(value) else f"{value * 100:.1f} %"


def points(value: float) -> str:
    """+1.2, a difference in percentage points; what rounds to nothing has no sign."""
    if math.isnan(value):
        return NOTHING
    shown = f"{value * 100:+.1f}"
    return "0.0" if float(shown) == 0 else shown


def interval(estimate: Estimate) -> str:
    """36.6 to 51.2."""
    if math.isnan(estimate.low):
        return NOTHING
    return f"{estimate.low * 100:.1f} to {estimate.high * 100:.1f}"


def seconds(value: float) -> str:
    """120 ms, 1.25 s."""
    if math.isnan(value):
        return NOTHING
    return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.2f} s"


def rate(value: float) -> str:
    """12.3."""
    return NOTHING if math.isnan(value) else f"{value:.1f}"


def probability(value: float) -> str:
    """0.031, or < 0.001."""
    if math.isnan(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses as objects, NaN as null."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
