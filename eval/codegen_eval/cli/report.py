"""`codegen eval report`: runs as a page, and as CSV."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen_eval.report.reported import ReportedRun

_PAGE = Path("eval-report.html")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument(
    "runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--out", type=_FILE, help=f"The HTML file to write. [default: {_PAGE}, without --csv]"
)
@click.option("--csv", "table", type=_FILE, help="The CSV file to write.")
@click.option(
    "--problems",
    type=click.IntRange(0),
    default=400,
    show_default=True,
    help="Problems that the page shows, of all runs together, failures first.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option(
    "--mined",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a mined suite that a run was made from.",
)
def command(
    *,
    runs: tuple[Path, ...],
    out: Path | None,
    table: Path | None,
    problems: int,
    data: Path | None,
    mined: tuple[Path, ...],
) -> None:
    """Write runs as one self-contained HTML file, and as CSV to be committed."""
    if out is None and table is None:
        out = _PAGE
    from codegen_eval.report.page import page  # noqa: PLC0415 - not needed for --help
    from codegen_eval.report.table_csv import to_csv  # noqa: PLC0415

    made = _entries(runs, data, mined)
    if out is not None:
        _write(out, page(made, problems))
    if table is not None:
        _write(table, to_csv(made))


def _entries(
    runs: tuple[Path, ...], data: Path | None, mined: tuple[Path, ...]
) -> "list[ReportedRun]":
    from codegen_eval.report.reported import reported_runs  # noqa: PLC0415 - numpy follows
    from codegen_eval.runs import open_run  # noqa: PLC0415
    from codegen_eval.suites.registry import suite_again  # noqa: PLC0415

    opened = [open_run(each) for each in dict.fromkeys(runs)]
    made_from = {(run.info.suite, run.info.suite_sha256) for run in opened}
    suites = {each: suite_again(*each, data, mined) for each in made_from}
    return reported_runs([(run, suites[run.info.suite, run.info.suite_sha256]) for run in opened])


def _write(path: Path, text: str) -> None:
    """Writes a file whole or not at all, with the permissions that new files have here."""
    building = path.with_name(f".{path.name}.{secrets.token_hex(4)}.building")
    try:
        try:
            building.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
            building.replace(path)
        finally:
            building.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from error
    click.echo(str(path))
