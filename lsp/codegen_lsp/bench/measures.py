"""Times beside their targets: what the benchmarks of the language server have in common."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


def percentile(values: Sequence[float], percent: int) -> float:
    """What so many percent of the values don't exceed; of few values the largest, or nearly so."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]


@dataclass(frozen=True, slots=True)
class Measure:
    """What was measured of one kind, in the order in which it was; perhaps nothing.

    `upper` is the percentile that stands beside the median. A target is None where there is
    nothing to reach.
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
        """Whether the targets are reached; None where there are none, or nothing was measured."""
        pairs = ((self.p50, self.target), (self.high, self.upper_target))
        reached = [
            value <= target for value, target in pairs if value is not None and target is not None
        ]
        return all(reached) if reached else None

    def shown(self) -> dict[str, Any]:
        """All of it as plain data."""
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
    """The lines of a table; all measures have the same upper percentile."""
    upper = f"p{measures[0].upper}"
    lines = [f"| measure | count | p50 | {upper} | target | met |", "|---|---|---|---|---|---|"]
    for each in measures:
        targets = (("p50", each.target), (upper, each.upper_target))
        wanted = [f"{name} <= {_figure(value)}" for name, value in targets if value is not None]
        cells = (
            f"{each.name} ({each.unit})",
            str(len(each.values)),
            _figure(each.p50),
            _figure(each.high),
            ", ".join(wanted) or "-",
            "-" if each.met is None else "yes" if each.met else "no",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
