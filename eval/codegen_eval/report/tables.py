"""The tables of a report."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Final

from codegen_eval.metrics import figures
from codegen_eval.metrics.baselines import Baseline
from codegen_eval.metrics.failures import CLASSES
from codegen_eval.metrics.summary import SplitSummary
from codegen_eval.report.html import Child, Element, el
from codegen_eval.report.plots import bar, chip, value_of, whisker
from codegen_eval.report.reported import ReportedRun
from codegen_eval.runs import RunInfo
from codegen_eval.suites.problem import Half

Cell = tuple[str, Child]
"""The column's name, which a narrow screen shows beside the content, and the content."""

_NAMES = {"exact": "exact match", "exact stripped": "exact, stripped", "edit": "edit similarity"}
_ABOUT = {"empty": "nothing at all", "previous line": "the line above, again", "reference": ""}
_HALVES: Final[tuple[Half, ...]] = ("tune", "report")


def results(entries: Sequence[ReportedRun]) -> Element:
    """A suite's runs, then the null baselines over the tasks of the first run that scored them."""
    splits = [entry.summary.splits["all"] for entry in entries]
    nulls = min(
        (split.baselines for split in splits),
        key=lambda baselines: sum(math.isnan(each.pass_at_1) for each in baselines),
    )
    most = max((k for split in splits for k in split.pass_at), default=1)
    ks = [1] if most == 1 else [1, most]
    texts = [name for name in _NAMES if any(name in split.texts for split in splits)]
    columns = ["run", "pass@1", "", *(f"pass@{k}" for k in ks[1:]), *(_NAMES[n] for n in texts)]
    columns += ["first token", "completion"]
    rows = [
        _row(_model(entry, split), _figures(split, ks, texts))
        for entry, split in zip(entries, splits, strict=True)
    ]
    rows += [_row(_null(each), _null_figures(each, ks, texts)) for each in nulls]
    return _table(columns, rows, "results")


def halves(entries: Sequence[ReportedRun]) -> Element:
    """The same by half."""
    texts = ["exact", "edit"] if entries[0].suite.kind == "infilling" else []
    names = [each.name for each in entries[0].summary.splits["all"].baselines]
    columns = ["run", "half", "tasks", "pass@1", *(_NAMES[name] for name in texts)]
    columns += [f"{name}: pass@1" for name in names]
    rows = []
    for entry in entries:
        for half in _HALVES:
            split = entry.summary.splits[half]
            contents: list[Child] = [half, f"{split.tasks:,}", _pass_at_1(split)]
            contents += [_text(split, name) for name in texts]
            contents += [_scored(each.pass_at_1) for each in split.baselines]
            name = el("span", chip(entry), entry.label, class_="run")
            rows.append(_row(name, zip(columns[1:], contents, strict=True)))
    return _table(columns, rows, "halves")


def failures(entries: Sequence[ReportedRun]) -> Element | None:
    """How many of the scored samples are in each class of failures; None if no sample failed."""
    splits = [entry.summary.splits["all"] for entry in entries]
    shares = [
        {name: count / split.scored for name, count in split.failures.items()} for split in splits
    ]
    largest = max((share for each in shares for share in each.values()), default=0.0)
    if not largest:
        return None
    alone = len(entries) == 1
    rows = []
    for each in CLASSES:
        if any(each.name in share for share in shares):
            name = el("span", each.name, " ", el("small", each.about), class_="class")
            cells = [
                (entry.label, _share(split, each.name, largest if alone else None))
                for entry, split in zip(entries, splits, strict=True)
            ]
            rows.append(_row(name, cells))
    columns: list[Child] = ["class"]
    columns += ["samples, share of all"] if alone else [_column(entry) for entry in entries]
    return _table(columns, rows, "failures")


def _column(entry: ReportedRun) -> Element:
    """A run as a narrow column's head: its number, and for who can't see it its label."""
    return el("span", chip(entry), el("span", entry.label, class_="unseen"))


def _share(split: SplitSummary, name: str, largest: float | None) -> Element:
    count = split.failures.get(name, 0)
    share = count / split.scored if split.scored else 0.0
    return el(
        "span",
        el("span", f"{count:,}", class_="value"),
        el("small", figures.percent(share)),
        None if largest is None else bar(share / largest),
        class_="share",
    )


def settings(entries: Sequence[ReportedRun]) -> Element:
    """The settings of all runs: a line per setting, a column per run; differences are marked."""
    rows = []
    for field in fields(RunInfo):
        values = [_setting(field.name, getattr(entry.run.info, field.name)) for entry in entries]
        differs = len({getattr(entry.run.info, field.name) for entry in entries}) > 1
        rows.append(
            el(
                "tr",
                el("th", field.name.replace("_", " "), scope="row"),
                (el("td", value) for value in values),
                class_="differs" if differs else None,
            )
        )
    head = el(
        "tr",
        el("th", "setting", scope="col"),
        (el("th", chip(entry), entry.label, scope="col") for entry in entries),
    )
    return el(
        "div",
        el("table", el("thead", head), el("tbody", rows), class_="settings"),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label="Settings of the runs",
    )


def _setting(name: str, value: object) -> str:
    if name.endswith("sha256"):
        return str(value)[:16]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value) or "unknown"


def _model(entry: ReportedRun, split: SplitSummary) -> Element:
    suite, missing = entry.summary.suite_tasks, split.samples - split.scored
    count = f"{split.tasks:,} tasks" if split.tasks == suite else f"{split.tasks:,} of {suite:,}"
    about = [count]
    if split.groups < split.tasks:
        about.append(f"{split.groups:,} problems")
    if missing:
        about.append(f"{missing:,} samples not scored")
    return el(
        "span", chip(entry), el("span", entry.label, el("small", ", ".join(about))), class_="run"
    )


def _figures(split: SplitSummary, ks: Sequence[int], texts: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = []
    cells += [("pass@1", _pass_at_1(split))]
    cells += [("", whisker(split.pass_at[1]) if split.pass_at else None)]
    for k in ks[1:]:
        cells.append((f"pass@{k}", value_of(split.pass_at[k]) if k in split.pass_at else "-"))
    for name in texts:
        cells.append((_NAMES[name], _text(split, name)))
    times = split.latency
    for name, spread in (("first token", times.first_token_seconds), ("completion", times.seconds)):
        shown = el(
            "span",
            el("span", figures.seconds(spread.median), class_="value"),
            el("small", f"p90 {figures.seconds(spread.p90)}"),
            class_="estimate",
        )
        cells.append((name, shown))
    return cells


def _null(baseline: Baseline) -> Element:
    return el("span", baseline.name, el("small", _ABOUT[baseline.name]), class_="null")


def _null_figures(baseline: Baseline, ks: Sequence[int], texts: Sequence[str]) -> list[Cell]:
    values = {"exact": baseline.exact, "edit": baseline.edit}
    cells: list[Cell] = [("pass@1", _scored(baseline.pass_at_1)), ("", None)]
    cells += [(f"pass@{k}", None) for k in ks[1:]]
    for name in texts:
        cells.append((_NAMES[name], figures.percent(values[name]) if name in values else None))
    return [*cells, ("first token", None), ("completion", None)]


def _scored(value: float) -> str:
    return "not scored" if math.isnan(value) else figures.percent(value)


def _pass_at_1(split: SplitSummary) -> Child:
    return value_of(split.pass_at[1]) if split.pass_at else "not scored"


def _text(split: SplitSummary, name: str) -> Child:
    return value_of(split.texts[name]) if name in split.texts else figures.NOTHING


def _row(name: Child, cells: Iterable[Cell]) -> Element:
    return el(
        "tr",
        el("th", name, scope="row"),
        (el("td", content, data_label=label or None) for label, content in cells),
    )


def _table(columns: Sequence[Child], rows: Sequence[Element], kind: str) -> Element:
    return el(
        "table",
        el("thead", el("tr", (el("th", column, scope="col") for column in columns))),
        el("tbody", rows),
        class_=f"cards {kind}",
    )
