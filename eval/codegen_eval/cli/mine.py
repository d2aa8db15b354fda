"""`codegen eval mine REPOSITORY`: makes a suite of a tested repository."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen_eval.mine.mining import Mined

_SCHEMA = 1


@click.command()
@quiet_option
@click.argument("repository", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The suite's folder, which must not exist.  [default: NAME-holes]",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    help="The interpreter whose environment has pytest, coverage and what the tests import.  "
    "[default: the one that runs codegen]",
)
@click.option(
    "--tests",
    multiple=True,
    metavar="PATH",
    help="Run these tests only, named as for pytest; may be repeated.",
)
@click.option("--published", metavar="YYYY-MM-DD", help="When the code first stood in public.")
@click.option("--limit", type=click.IntRange(1, 20_000), default=100, show_default=True)
@click.option(
    "--per-function",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many holes of one function are kept at most.",
)
@click.option("--tests-per-hole", type=click.IntRange(1, 100), default=10, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--slots", type=click.IntRange(1, 256), help="Boxes at once.  [default: the cores]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
def command(
    repository: Path,
    *,
    out: Path | None,
    python: Path | None,
    tests: tuple[str, ...],
    published: str | None,
    limit: int,
    per_function: int,
    tests_per_hole: int,
    seed: int,
    slots: int | None,
    as_json: bool,
) -> None:
    """Cut problems from a tested Python repository.

    The tests run twice in the sandbox, on a copy; the original is only read. Then statements,
    blocks and bodies of the functions that the tests execute are cut out. A hole is kept if the
    tests that execute it pass with the original text, and fail without it.
    """
    from codegen_eval.mine.about import about  # noqa: PLC0415
    from codegen_eval.mine.mining import MiningOptions, mine  # noqa: PLC0415
    from codegen_eval.sandbox.find import find_sandbox  # noqa: PLC0415

    options = MiningOptions(
        repository=repository,
        out=out or Path(f"{about(repository, published).name}-holes"),
        # Not resolved: an environment's interpreter is a link, and its place tells which it is.
        python=(python or Path(sys.executable)).absolute(),
        arguments=tests,
        published=published,
        limit=limit,
        per_function=per_function,
        tests_per_hole=tests_per_hole,
        seed=seed,
        slots=slots or os.cpu_count() or 1,
    )
    mined = mine(options, find_sandbox(), stderr_progress())
    if as_json:
        print(json.dumps(_as_json(mined), indent=1))
    else:
        print(visible("\n".join(_lines(mined))))


def _as_json(mined: "Mined") -> dict[str, Any]:
    told = mined.about
    return {
        "schema": _SCHEMA,
        "out": str(mined.out),
        "package": {"name": told.name, "version": told.version, "commit": told.commit},
        "published": told.published,
        "published_from": told.published_from,
        "problems": mined.problems,
        "kinds": dict(sorted(mined.kinds.items())),
        "functions": mined.functions,
        "files": mined.files,
        "candidates": mined.candidates,
        "tried": mined.tried,
        "dropped": dict(sorted(mined.dropped.items())),
        "tests": {
            "steady": mined.tests,
            "failed": mined.failed,
            "skipped": mined.skipped,
            "flaky": mined.flaky,
        },
        "seconds": round(mined.seconds, 1),
    }


def _lines(mined: "Mined") -> list[str]:
    told = mined.about
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(mined.kinds.items()))
    left_out = f"{mined.failed} failed, {mined.skipped} skipped, {mined.flaky} flaky"
    package = f"{told.name} {told.version}".strip()
    return [
        f"{mined.problems} problems in {mined.out} ({kinds})",
        f"  from {mined.functions} functions in {mined.files} files of {package}",
        f"  published {told.published} ({told.published_from})",
        f"  tests: {mined.tests} passed twice; left out: {left_out}",
        f"  holes: {mined.candidates} possible, {mined.tried} tried, {mined.problems} kept",
        *(
            f"    {count} dropped: {reason}"
            for reason, count in sorted(mined.dropped.items(), key=lambda item: -item[1])
        ),
        f"  {mined.seconds:.0f} s",
    ]
