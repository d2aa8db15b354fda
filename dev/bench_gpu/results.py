"""What was measured, on disk as it comes: `results.json` for programs, `results.md` to read.

A step reports lines of JSON, each with one of these keys:

    about    facts by name: where and on what was measured
    figure   a measure: name, value, unit; it may have low, high, count, floor, expected and note
    check    something that must hold: name, passed, detail
    profile  a summary of what ran, which becomes the contents of profile.json
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.bench_gpu.pieces import replace

JSON, MARKDOWN, PROFILE = "results.json", "results.md", "profile.json"


class Results:
    """The results of a run; each change is on disk when its method returns."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.about: dict[str, Any] = {}
        self.steps: dict[str, dict[str, Any]] = {}
        self.figures: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        out.mkdir(parents=True, exist_ok=True)
        self._write()

    def add(self, step: str, line: Mapping[str, Any]) -> None:
        """Takes in what a step reported."""
        self.about |= line.get("about", {})
        if figure := line.get("figure"):
            self.figures.append({"step": step, **figure})
        if check := line.get("check"):
            self.checks.append({"step": step, **check})
        if profile := line.get("profile"):
            replace(self._out / PROFILE, json.dumps(profile, indent=1).encode())
        self._write()

    def step(self, name: str, state: str, seconds: float = 0.0, why: str = "") -> None:
        """Notes how far a step is: running, done, failed, ended for its time, or skipped."""
        self.steps[name] = {"state": state, "seconds": round(seconds, 1), "why": why}
        self._write()

    @property
    def failed(self) -> list[str]:
        """The names of the checks that don't hold."""
        return [check["name"] for check in self.checks if not check["passed"]]

    def _write(self) -> None:
        whole = {
            "about": self.about,
            "steps": self.steps,
            "checks": self.checks,
            "figures": self.figures,
        }
        replace(self._out / JSON, (json.dumps(whole, indent=1) + "\n").encode())
        replace(self._out / MARKDOWN, ("\n".join(self._markdown()) + "\n").encode())

    def _markdown(self) -> Iterator[str]:
        yield "# On a GPU"
        yield ""
        for name, value in self.about.items():
            yield f"- {name}: {value}"
        yield ""
        yield from _table(
            ("check", "holds", "detail"),
            (
                (check["name"], "yes" if check["passed"] else "**no**", check["detail"])
                for check in self.checks
            ),
        )
        yield from _table(
            ("measure", "figure", "nine tenths", "floor", "reached", "expected", "met", "note"),
            map(_row, self.figures),
        )
        yield from _table(
            ("step", "state", "seconds", "why"),
            (
                (name, step["state"], str(step["seconds"]), step["why"])
                for name, step in self.steps.items()
            ),
        )


def _row(figure: Mapping[str, Any]) -> tuple[str, ...]:
    """A figure's cells. A rate has to be above what is expected of it, a time below."""
    value, unit = figure["value"], figure["unit"]
    floor, expected = figure.get("floor"), figure.get("expected")
    rate = unit.endswith("/s")
    spread = "-"
    if figure.get("count", 1) > 1:
        spread = f"{_number(figure['low'])} to {_number(figure['high'])} ({figure['count']})"
    reached = met = "-"
    if floor is not None:
        reached = f"{(value / floor if rate else floor / value):.0%}"
    if expected is not None:
        met = "yes" if (value >= expected if rate else value <= expected) else "**no**"
    return (
        figure["name"],
        f"{_number(value)} {unit}",
        spread,
        "-" if floor is None else _number(floor),
        reached,
        "-" if expected is None else f"{'>=' if rate else '<='} {_number(expected)}",
        met,
        figure.get("note", ""),
    )


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
    yield ""


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
