"""Measured values with their targets, for the benchmarks of the language server."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of the values don't exceed."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]


@dataclass(frozen=True, slots=True)
class Measure:
    """Values of one kind, in the order in which they were measured; there may be none.

    `upper` is the percentile that is shown beside the median. `target` is the largest median that
    meets it, `upper_target` that of the upper percentile; None where there is no target.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    target: float | None = None
    upper_target: float | None = None
    upper: int = 95

    @property
    def p50(self) -> float | None:
        """The median."""
        return statistics.median(self.values) if self.values else None

    @property
    def high(self) -> float | None:
        """The upper percentile."""
        return percentile(self.values, self.upper) if self.values else None

    @property
    def met(self) -> bool | None:
        """Whether the targets are met; None without targets, or without values."""
        pairs = ((self.p50, self.target), (self.high, self.upper_target))
        reached = [
            value <= target for value, target in pairs if value is not None and target is not None
        ]
        return all(reached) if reached else None

    def shown(self) -> dict[str, Any]:
        """The measure as plain data."""
        return {
            "measure": self.name,
            "unit": self.unit,
            "count": len(self.values),
            "p50": self.p50,
            f"p{self.upper}": self.high,
            "p50_target": self.target,
            f"p{self.upper}_target": self.upper_target,
            "met": self.met,
        }


def table(measures: Sequence[Measure]) -> list[str]:
    """The lines of a Markdown table of measures with the same upper percentile."""
    upper = f"p{measures[0].upper}"
    lines = [f"| measure | count | p50 | {upper} | target | met |", "|---|---|---|---|---|---|"]
    for measure in measures:
        targets = (("p50", measure.target), (upper, measure.upper_target))
        wanted = [f"{name} <= {_figure(value)}" for name, value in targets if value is not None]
        cells = (
            f"{measure.name} ({measure.unit})",
            str(len(measure.values)),
            _figure(measure.p50),
            _figure(measure.high),
            ", ".join(wanted) or "-",
            "-" if measure.met is None else "yes" if measure.met else "no",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
