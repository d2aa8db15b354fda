"""`codegen eval compare`: says whether one run is better than another."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen_eval.compare import Comparison, Measure

_SCHEMA = 1
_FLIPS = 20
_RUN = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("first", type=_RUN)
@click.argument("second", type=_RUN)
@click.option(
    "--split",
    type=click.Choice(["all", "tune", "report"]),
    default="all",
    show_default=True,
    help="Compare on a half of the suite.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option(
    "--mined",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a mined suite that a run was made from.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
def command(
    *,
    first: Path,
    second: Path,
    split: Literal["all", "tune", "report"],
    data: Path | None,
    mined: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Compare two runs of one suite, FIRST and SECOND, problem by problem.

    The difference is SECOND's value less FIRST's, with the interval of a bootstrap that draws
    whole problems; McNemar's exact test looks at the first sample of each.
    """
    from codegen_eval.compare import compare  # noqa: PLC0415 - not needed for --help
    from codegen_eval.metrics.figures import plain  # noqa: PLC0415
    from codegen_eval.runs import open_run  # noqa: PLC0415
    from codegen_eval.suites.registry import suite_again  # noqa: PLC0415

    left, right = open_run(first), open_run(second)
    suite = suite_again(left.info.suite, left.info.suite_sha256, data, mined)
    found = compare(left, right, suite, split)
    if as_json:
        print(json.dumps({"schema": _SCHEMA, **plain(found)}, indent=1))
        return
    for line in lines(found):
        print(visible(line))


def lines(found: "Comparison") -> Iterator[str]:
    """The comparison as text."""
    half = "" if found.split == "all" else f", half {found.split!r}"
    yield f"{found.suite}{half}: {found.first} -> {found.second}"
    yield (
        f"{found.pairs} pairs of samples ({found.problems} tasks of {found.groups} problems), "
        f"paired by {found.pairing}; unpaired: {found.only_first} of the first run, "
        f"{found.only_second} of the second"
    )
    if any(found.seen):
        yield "the model may have been trained on these texts: they are older than it is"
    yield ""
    yield from _table(found)
    for measure in found.measures:
        yield ""
        yield from _flips(measure)
    yield ""
    if found.differing:
        width = max(len(name) for name, _, _ in found.differing)
        yield "what differs between the runs:"
        for name, ours, theirs in found.differing:
            yield f"  {name:{width}}  {ours} -> {theirs}"
    else:
        yield "nothing differs between the runs' settings"
    yield ""
    yield from _notes(found)


def _table(found: "Comparison") -> Iterator[str]:
    from codegen_eval.metrics import figures  # noqa: PLC0415 - numpy follows

    rows = [("measure", "first", "second", "difference", "McNemar's p", "detectable")]
    for each in found.measures:
        change = each.difference.estimate
        low, high = figures.points(change.low), figures.points(change.high)
        detectable = figures.points(each.difference.detectable).lstrip("+")
        rows.append(
            (
                each.name,
                f"{figures.percent(each.first.value)} ({figures.interval(each.first)})",
                f"{figures.percent(each.second.value)} ({figures.interval(each.second)})",
                f"{figures.points(change.value)} ({low} to {high})",
                figures.probability(each.mcnemar.p),
                detectable,
            )
        )
    yield from _columns(rows)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _flips(measure: "Measure") -> Iterator[str]:
    for word, tasks in (("gained", measure.gained), ("lost", measure.lost)):
        yield f"{measure.name}, {word}: {len(tasks)}"
        for task in tasks[:_FLIPS]:
            yield f"  {task}"
        if len(tasks) > _FLIPS:
            yield f"  and {len(tasks) - _FLIPS} more; --json has all"


def _notes(found: "Comparison") -> Iterator[str]:
    yield "Intervals are 95 %, of a bootstrap that draws problems with all their tasks."
    yield (
        "Detectable: the smallest true difference in points that as many pairs would have shown "
        "four times in five."
    )
    if found.pairs > found.problems:
        yield "McNemar's test and the flips look at the first pair of each task."
    if found.clustered:
        yield (
            "Tasks of one problem are not independent, which McNemar's test takes them to be: "
            "believe the interval."
        )
