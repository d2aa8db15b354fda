"""Runs as CSV to be committed: a line per run, half and measure, in a fixed order, no dates."""

import csv
import io
import math
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from codegen_eval.metrics.baselines import Baseline
from codegen_eval.metrics.intervals import Estimate
from codegen_eval.metrics.latency import Spread
from codegen_eval.metrics.summary import SplitSummary
from codegen_eval.report.reported import ReportedRun
from codegen_eval.suites.split import choose

COLUMNS: Final = (
    "suite", "model", "precision", "device", "format", "end", "heal", "samples", "temperature",
    "split", "measure", "tasks", "groups", "value", "low", "high", "seen", "command",
)  # fmt: skip

_Row = tuple[str, int, int, float, float, float]


def to_csv(entries: Sequence[ReportedRun]) -> str:
    """The text of the file. Undefined figures are empty; shares are from 0 to 1."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in sorted(entries, key=_order):
        info = entry.run.info
        about = (
            info.suite, info.model, info.precision, info.device, info.format, info.end,
            _yes(info.heal), info.samples, f"{info.temperature:g}",
        )  # fmt: skip
        command = command_of(entry)
        for split, summary in entry.summary.splits.items():
            for measure, tasks, groups, *values in _rows(summary):
                cells = ("" if math.isnan(value) else f"{value:.5g}" for value in values)
                writer.writerow(
                    (*about, split, measure, tasks, groups, *cells, _yes(info.seen), command)
                )
    return out.getvalue()


def command_of(entry: ReportedRun) -> str:
    """The command that makes such a run; empty if its choice of problems is unknown."""
    info = entry.run.info
    words = [
        "codegen", "eval", "run", info.suite, "--model", info.model, "--precision", info.precision,
        "--device", info.device, "--format", info.format,
        *([] if info.end == "stops" else ["--end", info.end]),
        "--heal" if info.heal else "--no-heal",
        "--samples", str(info.samples), "--temperature", f"{info.temperature:g}",
        "--top-p", f"{info.top_p:g}", "--seed", str(info.seed), "--batch", str(info.batch),
        "--max-tokens", str(info.max_tokens), "--context-tokens", str(info.context_tokens),
        *([] if info.fold else ["--cut"]),
        *(["--typed-lines", str(info.typed_lines)] if info.typed_lines else []),
    ]  # fmt: skip
    done = {outcome.problem.task_id for outcome in entry.outcomes}
    problems = entry.suite.problems.values()
    for split in ("all", "tune", "report"):
        for limit in (None, len(done)):
            if {each.task_id for each in choose(problems, split, limit)} == done:
                words += [] if split == "all" else ["--split", split]
                words += [] if limit is None else ["--limit", str(limit)]
                return f"CODEGEN_THREADS={info.threads} {shlex.join(words)}"
    return ""


def _order(entry: ReportedRun) -> tuple[str, ...]:
    info = entry.run.info
    return (info.suite, info.model, info.precision, info.device, info.format, info.end, repr(info))


def _rows(summary: SplitSummary) -> Iterator[_Row]:
    for k, estimate in summary.pass_at.items():
        yield _estimate(f"pass@{k}", estimate)
    for name, estimate in summary.texts.items():
        yield _estimate(name, estimate)
    for baseline in summary.baselines:
        yield from _baseline(baseline, summary)
    for name, count in summary.failures.items():
        share = count / summary.scored
        yield f"failure: {name}", summary.tasks, summary.groups, share, math.nan, math.nan
    if summary.split != "all":
        return  # A half is no slower than the other.
    times = summary.latency
    for name, spread in (
        ("first token seconds", times.first_token_seconds),
        ("seconds", times.seconds),
        ("tokens per second", times.tokens_per_second),
    ):
        yield from _spread(name, spread, summary)


def _estimate(name: str, estimate: Estimate) -> _Row:
    return (
        name, estimate.tasks, estimate.groups, estimate.value, estimate.low, estimate.high
    )  # fmt: skip


def _baseline(baseline: Baseline, summary: SplitSummary) -> Iterator[_Row]:
    for measure, value in (
        ("pass@1", baseline.pass_at_1),
        ("exact", baseline.exact),
        ("edit", baseline.edit),
    ):
        name = f"{measure} of baseline: {baseline.name}"
        yield name, summary.tasks, summary.groups, value, math.nan, math.nan


def _spread(name: str, spread: Spread, summary: SplitSummary) -> Iterator[_Row]:
    for word, value in (("median", spread.median), ("p90", spread.p90)):
        yield f"{name}, {word}", summary.tasks, summary.groups, value, math.nan, math.nan


def _yes(value: bool) -> str:
    return "yes" if value else "no"
