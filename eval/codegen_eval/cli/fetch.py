"""`codegen eval fetch`: the official data."""

import os

import click

from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.errors import UsageError


@click.command()
@quiet_option
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
def command(suites: tuple[str, ...]) -> None:
    """Fetch the official files of the named suites, or of all, from their own repositories.

    Only a file with the expected sha256 is accepted.
    """
    from codegen.settings.config import load_settings  # noqa: PLC0415 - not needed for --help
    from codegen_eval.suites import data  # noqa: PLC0415
    from codegen_eval.suites.registry import KNOWN_SUITES, lookup  # noqa: PLC0415

    settings = load_settings(os.environ)
    if settings.offline:
        raise UsageError("codegen is offline (CODEGEN_OFFLINE), so nothing is fetched")
    progress = stderr_progress()
    entries = [lookup(name) for name in suites] or KNOWN_SUITES
    for file in dict.fromkeys(file for entry in entries for file in entry.files):
        print(f"{data.fetch(file, settings.cache_dir, progress)}  ({file.licence})")
