"""`codegen eval selftest`: attacks the sandbox and the judge on this machine."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen_eval.selftest.report import Counted, Report

_FAILED = 4
_DETAIL = 160


@click.command()
@quiet_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option(
    "--sandbox",
    "kind",
    type=click.Choice(["auto", "bubblewrap", "landlock"]),
    default="auto",
    show_default=True,
    help="What confines; `auto` is the first that works here.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), help="Boxes at once. [default: one per processor]"
)
@click.option("--quick", is_flag=True, help="Only 20 solutions of each suite; all attacks.")
@click.pass_context
def command(
    context: click.Context,
    *,
    as_json: bool,
    data: Path | None,
    kind: Literal["auto", "bubblewrap", "landlock"],
    jobs: int | None,
    quick: bool,
) -> None:
    """Attack the sandbox and the judge, and check that they hold.

    Runs programs that try to leave the sandbox or to pass without being right. Then runs the
    suites' own solutions, which must pass, and stubs, which must fail. The exit code is 4 if any
    outcome is not the expected one.
    """
    from codegen_eval.sandbox.find import find_sandbox  # noqa: PLC0415
    from codegen_eval.selftest.run import selftest  # noqa: PLC0415

    found = selftest(
        find_sandbox(kind),
        data,
        jobs or len(os.sched_getaffinity(0)),
        stderr_progress(),
        quick=quick,
    )
    if as_json:
        print(json.dumps(found.to_json(), indent=1))
    else:
        for line in lines(found):
            print(visible(line))
    if not found.ok:
        context.exit(_FAILED)


def lines(report: "Report") -> Iterator[str]:
    """The report as text: a table of unexpected outcomes, and counts."""
    failures = [outcome for outcome in report.attacks if not outcome.ok]
    if failures:
        rows = [("attack", "verdict", "expected", "what happened")]
        for outcome in failures:
            what = f"{outcome.about}: {outcome.detail}"[:_DETAIL]
            rows.append((outcome.name, outcome.verdict, " or ".join(outcome.expected), what))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield "  ".join(
                f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        yield ""
    held = len(report.attacks) - len(failures)
    user = "root" if report.user == "root" else "an ordinary user"
    yield f"{report.sandbox}, started by {user}: {held} of {len(report.attacks)} attacks held"
    for counted in report.canonical:
        yield from _counted(counted, "solutions passed")
    for counted in report.stubs:
        yield from _counted(counted, "stubs failed")
    yield from report.notes


def _counted(counted: "Counted", words: str) -> Iterator[str]:
    yield f"{counted.suite}: {counted.good} of {counted.total} {words}"
    for unexpected in counted.unexpected:
        yield f"  {unexpected}"
