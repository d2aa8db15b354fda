"""`codegen eval`: how good completions are."""

import json
import os
import statistics
from pathlib import Path

import click

from codegen.errors import UsageError


@click.group()
def command() -> None:
    """Measure how good completions are."""


@command.command()
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
def infilling(data: Path | None, limit: int, *, as_json: bool) -> None:
    """Fill holes of HumanEval-Infilling (single-line) and compare with what was there.

    The data's folder is --data or CODEGEN_EVAL_DATA.
    """
    directory = data or Path(os.environ.get("CODEGEN_EVAL_DATA", ""))
    if directory == Path():
        raise UsageError("name the data's folder by --data or CODEGEN_EVAL_DATA")
    from codegen.config import load_settings  # noqa: PLC0415 - onnxruntime follows
    from codegen.loaded import load_model  # noqa: PLC0415
    from codegen.models.progress import stderr_progress  # noqa: PLC0415
    from codegen_eval.infilling import load, run  # noqa: PLC0415

    problems = load(directory, limit)
    progress = stderr_progress()
    model = load_model(load_settings(os.environ), progress)
    progress.start("completing", len(problems), unit="holes")
    try:
        outcomes = list(run(model, problems, progress.advance))
    finally:
        progress.finish()
    count = len(outcomes)
    summary = {
        "schema": 1,
        "suite": "HumanEval-Infilling single-line",
        "model": model.name,
        "problems": count,
        "exact": sum(outcome.exact for outcome in outcomes) / count,
        "repeats_next_line": sum(outcome.repeats_next for outcome in outcomes) / count,
        "nothing": sum(outcome.text is None for outcome in outcomes) / count,
        "median_seconds": round(statistics.median(o.seconds for o in outcomes), 3),
    }
    if as_json:
        print(json.dumps(summary, indent=1))
        return
    for key, value in summary.items():
        shown = f"{value:.1%}" if key in {"exact", "repeats_next_line", "nothing"} else value
        print(f"{key.replace('_', ' '):18} {shown}")
