"""A run in a few lines, for the terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codegen_eval.metrics.summary import SplitSummary, Summary


def lines(summary: "Summary") -> Iterator[str]:
    """A run's settings and figures, with intervals and null baselines."""
    info = summary.info
    whole = summary.splits["all"]
    sampling = (
        "greedy"
        if info.temperature <= 0
        else f"{info.samples} samples at temperature {info.temperature:g}, top-p {info.top_p:g}"
    )
    healing = "" if info.format != "fim" else ", healed" if info.heal else ", not healed"
    yield (
        f"{info.suite}: {whole.tasks} of {summary.suite_tasks} tasks, {info.format}{healing}, "
        f"{sampling}"
    )
    yield (
        f"{info.model} in {info.precision} on {info.device}, {info.threads} threads, "
        f"paths {info.paths}, ONNX Runtime {info.onnxruntime}"
    )
    if summary.seen:
        yield "the model may have been trained on these texts: they are older than it is"
    yield ""
    for split in ("all", "tune", "report"):
        part = summary.splits[split]
        if split == "all" or 0 < part.tasks < whole.tasks:
            yield from _figures(split, part)
    yield ""
    yield from _baselines(whole)
    if whole.failures:
        counts = ", ".join(f"{name} {count}" for name, count in whole.failures.items())
        yield f"failures: {counts}"
    yield _latency(whole)


def _figures(split: str, part: "SplitSummary") -> Iterator[str]:
    from codegen_eval.metrics import figures  # noqa: PLC0415 - numpy follows

    estimates = {f"pass@{k}": estimate for k, estimate in part.pass_at.items()} | dict(part.texts)
    for name, estimate in estimates.items():
        # What was not scored has no pass@k worth a line.
        if name.startswith("pass@") and not part.scored:
            continue
        yield (
            f"{split:6} {part.tasks:5} tasks  {name:14} {figures.percent(estimate.value):>7}  "
            f"({figures.interval(estimate)})"
        )


def _baselines(part: "SplitSummary") -> Iterator[str]:
    from codegen_eval.metrics import figures  # noqa: PLC0415 - numpy follows

    for each in part.baselines:
        exact = f", exact {figures.percent(each.exact)}" if part.texts else ""
        yield f"baseline {each.name}: pass@1 {figures.percent(each.pass_at_1)}{exact}"


def _latency(part: "SplitSummary") -> str:
    from codegen_eval.metrics import figures  # noqa: PLC0415 - numpy follows

    times = part.latency
    return (
        f"time, median (p90): first token {figures.seconds(times.first_token_seconds.median)} "
        f"({figures.seconds(times.first_token_seconds.p90)}), all "
        f"{figures.seconds(times.seconds.median)} ({figures.seconds(times.seconds.p90)}), "
        f"{figures.rate(times.tokens_per_second.median)} tokens/s"
    )
