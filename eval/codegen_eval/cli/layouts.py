"""`codegen eval layouts`: compares orders and anchors of a fill-in-the-middle prompt."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli.options import (
    device_option,
    model_option,
    offline_option,
    precision_option,
    user_settings,
)
from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible
from codegen_eval.cli.pinned import pinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.progress import Progress
    from codegen.settings.config import Settings
    from codegen_eval.layouts.folder import Facts, MeasuredHole
    from codegen_eval.layouts.table import LayoutRow
    from codegen_eval.metrics.intervals import Estimate
    from codegen_eval.suites.problem import Problem, Suite

_FOLDER = "eval-layouts"
_SCHEMA = 1
# What is not a terminal wraps nothing.
_WIDTH = 160


@click.command()
@quiet_option
@click.argument("suite")
@click.option("--limit", type=click.IntRange(1), help="Only so many holes, a fixed choice.")
@click.option(
    "--split",
    type=click.Choice(["tune", "report", "all"]),
    default="tune",
    show_default=True,
    help="A half of the suite: choose on `tune`, claim on `report`.",
)
@click.option(
    "--context-tokens",
    type=click.IntRange(16),
    default=512,
    show_default=True,
    help="As many of the text around a cursor are in its prompts, at most.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder of figures; one that is there is gone on with. [default: below {_FOLDER}/]",
)
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option("--python", type=click.Path(path_type=Path), help="As for `run`; no test is run.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@precision_option
@model_option
@device_option
@offline_option
def command(
    *,
    suite: str,
    limit: int | None,
    split: str,
    context_tokens: int,
    out: Path | None,
    data: Path | None,
    python: Path | None,
    as_json: bool,
    precision: str | None,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Compare the ways to lay out a fill-in-the-middle prompt on the holes of a suite.

    In a line of each hole, the cursor is put at the start, between two tokens and inside a word.
    In each layout, with token healing and without, the line's rest is scored and decoded greedily.

    If it was stopped, the same command continues where it was.
    """
    from codegen_eval.layouts.folder import read_facts  # noqa: PLC0415
    from codegen_eval.layouts.table import tabulate  # noqa: PLC0415
    from codegen_eval.metrics.figures import plain  # noqa: PLC0415
    from codegen_eval.suites.registry import load_suite  # noqa: PLC0415
    from codegen_eval.suites.split import choose  # noqa: PLC0415

    settings = user_settings(model=model, device=device, precision=precision, offline=offline)
    loaded = load_suite(suite, data, python)
    problems = choose(loaded.problems.values(), split, limit)  # type: ignore[arg-type] # click's
    directory, facts, holes = _measure(
        pinned(settings, None if out is None else read_facts(out)),
        loaded,
        problems,
        context_tokens,
        out,
        stderr_progress(),
    )
    rows = tabulate(holes)
    if as_json:
        shown = {
            "schema": _SCHEMA,
            "folder": str(directory),
            "split": split,
            "holes": len(holes),
            "facts": plain(facts),
            "rows": plain(rows),
        }
        print(json.dumps(shown, indent=1))
        return
    groups = len({hole.group for hole in holes})
    _show(facts, f"{len(holes)} holes of {groups} problems, split {split!r}", rows)
    print(f"\n{visible(str(directory))}")


def _measure(  # noqa: PLR0917 - one caller, above
    settings: "Settings",
    suite: "Suite",
    problems: "Sequence[Problem]",
    context_tokens: int,
    out: Path | None,
    progress: "Progress",
) -> "tuple[Path, Facts, list[MeasuredHole]]":
    """Measures what is missing; the folder, what holds for all of it, and the problems' holes."""
    from codegen.models.loading import load_model  # noqa: PLC0415 - onnxruntime follows
    from codegen_eval.layouts.folder import writing  # noqa: PLC0415
    from codegen_eval.layouts.measure import describe, run  # noqa: PLC0415

    # Without drafts: see `codegen eval run`.
    model = replace(load_model(settings, progress), drafts=False)
    facts = describe(suite, model, context_tokens)
    directory = out or Path(_FOLDER) / _name(facts)
    progress.note(f"{'going on with' if directory.exists() else 'writing'} {directory}")
    holes: list[MeasuredHole] = []
    with writing(directory, facts) as writer:
        progress.start("measuring", len(problems), unit="holes")
        there = 0
        try:
            for hole, new in run(model, problems, facts, writer):
                holes.append(hole)
                if not new:
                    there += 1
                    continue
                if there:
                    # What was there took no time, and says nothing of the rate.
                    progress.start("measuring", len(problems), len(holes) - 1, unit="holes")
                    there = 0
                progress.advance(1)
        finally:
            progress.finish()
    return directory, facts, holes


def _name(facts: "Facts") -> str:
    """A folder's name that says what is in it and differs where the figures would."""
    digest = hashlib.sha256(json.dumps(asdict(facts), sort_keys=True).encode()).hexdigest()[:8]
    words = (Path(facts.suite).name, facts.model, facts.precision, digest)
    return "-".join("".join(c if c.isalnum() or c in "+.-_" else "_" for c in w) for w in words)


def _show(facts: "Facts", about: str, rows: "Sequence[LayoutRow]") -> None:
    """What was measured, and the table."""
    from rich.console import Console  # noqa: PLC0415 - brings 40 ms
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    print(visible(f"{facts.suite}: {about}, {facts.context_tokens} tokens of context"))
    print(
        visible(
            f"{facts.model} in {facts.precision} on {facts.device}, {facts.threads} threads, "
            f"paths {facts.paths}, ONNX Runtime {facts.onnxruntime}"
        )
    )
    if facts.seen:
        print("the model may have been trained on these texts: they are older than it is")
    print()
    table = Table(box=None, pad_edge=False)
    for name in ("cursor", "layout", "healed"):
        table.add_column(name, no_wrap=True)
    for name in ("n", "exact", "change", "right", "nll", "change", "keystroke", "mean", "prompt"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table)
    print(
        "\nChanges are from psm, healed, in pairs, with 95 % intervals of a bootstrap that draws "
        "problems: exact in points,\nnll (of the line's rest and its newline) in nats. Keystroke: "
        "tokens computed for the next character, median and\nmean. Prompt: its tokens, mean."
    )


def _cells(row: "LayoutRow") -> tuple[str, ...]:
    from codegen_eval.metrics import figures  # noqa: PLC0415 - numpy follows

    return (
        row.kind,
        row.layout,
        "yes" if row.heal else "no",
        str(row.holes),
        figures.percent(row.exact),
        _change(row.exact_change, 100, 1),
        figures.percent(row.right),
        _number(row.nll, 3),
        _change(row.nll_change, 1, 3),
        _number(row.keystroke, 0),
        _number(row.keystroke_mean, 1),
        _number(row.prompt_tokens, 0),
    )


def _number(value: float, digits: int, sign: str = "") -> str:
    from codegen_eval.metrics.figures import NOTHING  # noqa: PLC0415 - numpy follows

    return NOTHING if value != value else f"{value:{sign}.{digits}f}"  # noqa: PLR0124 - NaN


def _change(change: "Estimate", scale: int, digits: int) -> str:
    """+1.2 (-0.3 to +2.6); what is compared with itself has no interval."""
    if change.value == change.low == change.high:
        return _number(change.value * scale, digits)
    value, low, high = (
        _number(each * scale, digits, "+") for each in (change.value, change.low, change.high)
    )
    return f"{value} ({low} to {high})" if change.tasks else value
