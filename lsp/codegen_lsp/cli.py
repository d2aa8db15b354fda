"""`codegen lsp`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli.streams import ClosedOutput
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen_lsp.state import MakeProvider


@click.command()
@click.option(
    "--log-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the log to this file too; it is rotated at 1 MB.",
)
def command(log_file: Path | None) -> None:
    """Serve an editor over the Language Server Protocol, on standard input and output.

    An editor starts it; see docs/protocol.md. Its settings are the editor's own (section
    `codegen`) and the table [editor] of config.toml.
    """
    _require_an_editor()
    from codegen_lsp.provider import SettingsProvider  # noqa: PLC0415 - see start

    start(log_file, SettingsProvider)


def _require_an_editor() -> None:
    """Raises UsageError where nobody can be at the other end of the connection."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None or isinstance(stream, ClosedOutput):
            raise UsageError(f"standard {name} is closed: an editor starts this")
    if sys.stdin.isatty():
        raise UsageError(
            "codegen lsp speaks with an editor, and this is a terminal: let the editor start it "
            "(docs/editors.md); on a terminal there is codegen complete FILE:LINE:COLUMN"
        )


def start(log_file: Path | None, make_provider: "MakeProvider") -> None:
    """Serves until the connection ends, and ends the process."""
    # An editor waits for the answer to its first message, so little is imported before that.
    from codegen.settings.config import load_settings  # noqa: PLC0415
    from codegen_lsp import logs  # noqa: PLC0415
    from codegen_lsp.serve import own_stdout, serve  # noqa: PLC0415
    from codegen_lsp.server import build  # noqa: PLC0415

    logs.quiet()
    settings = load_settings(os.environ)
    path = log_file.absolute() if log_file is not None else settings.editor.log_file
    if path is not None and (problem := logs.to_file(path, source=settings.editor.log_source)):
        print(problem, file=sys.stderr)
    server = build(settings, make_provider)
    code = serve(server, sys.stdin.buffer, own_stdout())
    # At once: the engine's thread may be computing what can't be interrupted.
    sys.stderr.flush()
    os._exit(code)
