"""`codegen bench typing` and `codegen bench server`."""

import dataclasses
import json
from pathlib import Path

import click

from codegen.cli.options import device_option, model_option, typed_model, user_settings
from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible

_SCHEMA = 1


@click.command()
@quiet_option
@click.option("--places", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option(
    "--files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A Python file to type in, may be repeated; else some of the standard library.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
def typing(
    *, places: int, files: tuple[Path, ...], as_json: bool, model: str | None, device: str | None
) -> None:
    """Measure what somebody feels who types at a human rhythm; takes minutes.

    The language server is started as an editor starts it, with the model.
    """
    from codegen_lsp.bench.answers import plain, report  # noqa: PLC0415 - not for --help
    from codegen_lsp.bench.typing import run_typing  # noqa: PLC0415

    figures = run_typing(_server_environment(model, device), places, files, stderr_progress())
    if as_json:
        print(json.dumps({"schema": _SCHEMA, **plain(figures)}, indent=1))
        return
    for line in report(figures):
        print(visible(line))


@click.command()
@quiet_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
def server(*, as_json: bool, model: str | None, device: str | None) -> None:
    """Measure what the language server costs beside the model; takes minutes.

    The model is loaded if it is here, and asked once.
    """
    from codegen_lsp.bench.measures import table as lines  # noqa: PLC0415 - as above
    from codegen_lsp.bench.server import measures, run_server  # noqa: PLC0415

    figures = run_server(_server_environment(model, device), stderr_progress())
    rows = measures(figures)
    if as_json:
        shown = {**dataclasses.asdict(figures), "table": [row.shown() for row in rows]}
        print(json.dumps({"schema": _SCHEMA, **shown}, indent=1))
        return
    print(visible(figures.model if figures.has_model else f"no model: {figures.model}"))
    print(f"edits in a Python file of {figures.lines:,} lines")
    print()
    for line in lines(rows):
        print(line)


def _server_environment(model: str | None, device: str | None) -> dict[str, str]:
    """A language server's environment, with what the command line says."""
    from codegen_lsp.bench.editor import environment  # noqa: PLC0415 - as above

    user_settings(model=model, device=device)  # raises for wrong options before a server starts
    return environment(model=None if model is None else typed_model(model), device=device)
