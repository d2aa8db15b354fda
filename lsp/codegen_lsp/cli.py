"""`codegen lsp`."""

import click

from codegen.errors import UsageError


@click.command()
def command() -> None:
    """Serve an editor over the Language Server Protocol."""
    raise UsageError("this version has no language server yet; use codegen complete")
