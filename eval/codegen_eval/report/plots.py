"""Plots as inline SVG, with few marks and with labels that can be read on a phone.

A run is a numbered dot in every plot, so that colour is never the only sign. Colours are CSS
classes, which the style sheet defines for light and dark pages.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from codegen_eval.metrics import figures
from codegen_eval.metrics.intervals import Estimate
from codegen_eval.report.html import Element, el
from codegen_eval.report.reported import ReportedRun

SERIES: Final = 6
"""The number of colours; the seventh run has the first colour again, and its own number."""

_WIDTH, _HEIGHT = 400.0, 260.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 18.0, 14.0, 42.0

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class _Point:
    entry: ReportedRun
    x: float
    estimate: Estimate


def whisker(estimate: Estimate) -> Element | None:
    """An estimate with its interval on a line from 0 to 100 %."""
    if math.isnan(estimate.value):
        return None
    low, value, high = (4 + 112 * each for each in (estimate.low, estimate.value, estimate.high))
    return el(
        "svg",
        el("line", class_="rail", x1=4, x2=116, y1=8, y2=8),
        el("line", class_="span", x1=low, x2=high, y1=8, y2=8),
        el("circle", class_="dot", cx=value, cy=8, r=3.5),
        class_="whisker",
        viewBox="0 0 120 16",
        width=120,
        height=16,
        aria_hidden="true",
    )


def bar(share: float) -> Element:
    """A share of the longest bar."""
    return el(
        "svg",
        el("rect", class_="fill", x=0, y=3, width=max(1.5, 120 * share), height=8, rx=2),
        class_="bar",
        viewBox="0 0 120 14",
        width=120,
        height=14,
        aria_hidden="true",
    )


def chip(entry: ReportedRun) -> Element:
    """A run's number in its colour."""
    return el("span", str(entry.number), class_=f"chip s{_series(entry)}", aria_hidden="true")


def pass_at_k(entries: Sequence[ReportedRun]) -> Element | None:
    """pass@k against k, on a logarithmic axis; None where no run has more than one sample."""
    lines = [
        [_Point(entry, float(k), estimate) for k, estimate in pass_at.items()]
        for entry in entries
        if len(pass_at := entry.summary.splits["all"].pass_at) > 1
    ]
    if not lines:
        return None
    points = [point for line in lines for point in line]
    most = max(point.x for point in points)
    x = _scale(0.0, math.log(most), _LEFT, _WIDTH - _RIGHT - 8)
    ticks, y = _shares(points)

    def place(k: float) -> float:
        return x(math.log(k))

    ks = sorted({point.x for point in points})
    return _figure(
        "pass@k against k, with 95 % intervals",
        "k, samples that may be tried",
        _y_axis(ticks, y),
        _x_axis([(place(k), f"{k:.0f}") for k in _apart(ks, place)]),
        (_curve(line, place, y) for line in lines),
        (_dot(line[-1], place, y) for line in lines),
    )


def quality_and_latency(entries: Sequence[ReportedRun]) -> Element | None:
    """pass@1 against the median time of a completion; None for fewer than two runs.

    A line joins the runs that no other run beats in both (the Pareto front).
    """
    points = [
        _Point(entry, split.latency.seconds.median, split.pass_at[1])
        for entry in entries
        if 1 in (split := entry.summary.splits["all"]).pass_at
        and not math.isnan(split.latency.seconds.median)
    ]
    if len(points) < 2:
        return None
    step = _step(max(point.x for point in points))
    top = step * math.ceil(max(point.x for point in points) * 1.04 / step)
    x = _scale(0.0, top, _LEFT, _WIDTH - _RIGHT)
    ticks, y = _shares(points)
    front = list(_front(points))
    return _figure(
        "pass@1 against the time of a completion; the line joins the runs that none beats in both",
        "median seconds of a completion",
        _y_axis(ticks, y),
        _x_axis([(x(n * step), f"{n * step:g}") for n in range(round(top / step) + 1)]),
        el(
            "polyline",
            class_="front",
            points=" ".join(f"{x(each.x):.1f},{y(each.estimate.value):.1f}" for each in front),
        ),
        (_error(point, x, y) for point in points),
        (_dot(point, x, y) for point in points),
    )


def _front(points: Sequence[_Point]) -> Iterator[_Point]:
    best = -math.inf
    for point in sorted(points, key=lambda point: (point.x, -point.estimate.value)):
        if point.estimate.value > best:
            best = point.estimate.value
            yield point


def _curve(line: Sequence[_Point], x: Scale, y: Scale) -> Element:
    def path(values: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x(k):.1f},{y(value):.1f}" for k, value in values)

    band = [(point.x, point.estimate.low) for point in line]
    band += [(point.x, point.estimate.high) for point in reversed(line)]
    return el(
        "g",
        el("polygon", class_="band", points=path(band)),
        el("polyline", class_="curve", points=path([(p.x, p.estimate.value) for p in line])),
        class_=f"s{_series(line[0].entry)}",
    )


def _error(point: _Point, x: Scale, y: Scale) -> Element:
    low, high = y(point.estimate.low), y(point.estimate.high)
    return el(
        "line",
        class_=f"error s{_series(point.entry)}",
        x1=x(point.x),
        x2=x(point.x),
        y1=low,
        y2=high,
    )


def _dot(point: _Point, x: Scale, y: Scale) -> Element:
    across, up = x(point.x), y(point.estimate.value)
    return el(
        "g",
        el("circle", cx=across, cy=up, r=8),
        el("text", str(point.entry.number), x=across, y=up + 3.8, text_anchor="middle"),
        class_=f"mark s{_series(point.entry)}",
    )


def _figure(title: str, x_title: str, *content: object) -> Element:
    return el(
        "figure",
        el("figcaption", title),
        el(
            "svg",
            *content,  # type: ignore[arg-type] # elements and iterables of them
            el(
                "text",
                x_title,
                class_="axis",
                x=(_LEFT + _WIDTH - _RIGHT) / 2,
                y=_HEIGHT - 6,
                text_anchor="middle",
            ),
            class_="plot",
            viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
            role="img",
            aria_label=title,
        ),
    )


def _shares(points: Sequence[_Point]) -> tuple[list[float], Scale]:
    """An axis of shares that holds all intervals, between whole tenths, and its marks."""
    low = math.floor(min(point.estimate.low for point in points) * 10) / 10
    high = math.ceil(max(point.estimate.high for point in points) * 10 - 1e-9) / 10
    if high - low < 0.2:
        low, high = (low, low + 0.2) if low <= 0.8 else (0.8, 1.0)
    step = 0.1 if high - low < 0.55 else 0.2
    count = math.ceil((high - low) / step - 1e-9)
    low = max(0.0, min(low, 1.0 - count * step))
    ticks = [low + step * index for index in range(count + 1)]
    return ticks, _scale(ticks[0], ticks[-1], _HEIGHT - _BOTTOM, _TOP)


def _y_axis(ticks: Sequence[float], y: Scale) -> Iterator[Element]:
    for tick in ticks:
        up = y(tick)
        yield el("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=up, y2=up)
        yield el(
            "text", f"{tick * 100:.0f} %", class_="tick", x=_LEFT - 6, y=up + 4, text_anchor="end"
        )


def _x_axis(ticks: Sequence[tuple[float, str]]) -> Iterator[Element]:
    for across, label in ticks:
        yield el(
            "text", label, class_="tick", x=across, y=_HEIGHT - _BOTTOM + 16, text_anchor="middle"
        )


def _apart(values: Sequence[float], place: Scale) -> Iterator[float]:
    """Those whose labels don't run into the one before; the last is always among them."""
    last = place(values[-1])
    before = -math.inf
    for value in values[:-1]:
        if place(value) - before >= 24 and last - place(value) >= 24:
            before = place(value)
            yield value
    yield values[-1]


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    span = high - low or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def _step(most: float) -> float:
    """A round distance for about five marks up to `most`."""
    raw = max(most, 1e-3) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    return power * next(each for each in (1, 2, 5, 10) if each * power >= raw - 1e-12)


def _series(entry: ReportedRun) -> int:
    return (entry.number - 1) % SERIES + 1


def value_of(estimate: Estimate) -> Element:
    """An estimate as a table shows it: the value, and its interval below."""
    return el(
        "span",
        el("span", figures.percent(estimate.value), class_="value"),
        el("small", figures.interval(estimate)),
        class_="estimate",
    )
