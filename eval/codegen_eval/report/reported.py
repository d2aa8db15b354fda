"""The runs of a report, with figures and with labels that tell them apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codegen_eval.metrics.summary import Outcome, Summary, outcomes, summarize
from codegen_eval.runs import Run, RunInfo
from codegen_eval.suites.problem import Suite

_TELLING: Final = (
    "format", "end", "heal", "device", "samples", "temperature", "top_p", "threads", "paths",
    "batch", "max_tokens", "context_tokens", "seed", "onnxruntime", "model_sha256",
)  # fmt: skip
"""Fields that are added to the labels, after the model, where the runs differ in them."""


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """A run of a report. `number` marks it in tables and plots, from 1."""

    number: int
    label: str
    run: Run
    suite: Suite
    summary: Summary
    outcomes: tuple[Outcome, ...]


def reported_runs(runs: Sequence[tuple[Run, Suite]]) -> list[ReportedRun]:
    """The runs with their figures and labels.

    Raises:
        DataError: a run was not made from the given suite.
    """
    labels = _labels([run for run, _ in runs])
    return [
        ReportedRun(number, label, run, suite, summarize(run, suite), tuple(outcomes(run, suite)))
        for number, ((run, suite), label) in enumerate(zip(runs, labels, strict=True), 1)
    ]


def _labels(runs: Sequence[Run]) -> list[str]:
    """A label per run: model and precision, and of the rest only what tells alike ones apart."""
    words = [[f"{run.info.model} {run.info.precision}"] for run in runs]
    for name in _TELLING:
        alike: dict[tuple[str, ...], list[int]] = {}
        for index, run in enumerate(runs):
            alike.setdefault((run.info.suite, *words[index]), []).append(index)
        for indices in alike.values():
            if len({getattr(runs[index].info, name) for index in indices}) > 1:
                for index in indices:
                    words[index].append(_word(runs[index].info, name))
    labels = [", ".join(each) for each in words]
    same = Counter((run.info.suite, label) for run, label in zip(runs, labels, strict=True))
    return [
        label if same[run.info.suite, label] == 1 else f"{label}, {run.directory.name}"
        for run, label in zip(runs, labels, strict=True)
    ]


def _word(info: RunInfo, name: str) -> str:
    value = getattr(info, name)
    if name in {"format", "device"}:
        return str(value)
    if name == "end":
        return f"end by {value}"
    if name == "heal":
        return "healed" if value else "not healed"
    if name == "model_sha256":
        return str(value)[:8]
    shown = f"{value:g}" if isinstance(value, float) else value
    return f"{name.replace('_', ' ')} {shown}"
