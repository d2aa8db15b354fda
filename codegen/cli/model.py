"""`codegen model`: list, fetch, check, export and remove models."""

import dataclasses
import json
import sys
from functools import partial
from typing import Any

import click

from codegen.cli.group import HintingGroup
from codegen.cli.options import (
    complete_model,
    device_option,
    offline_option,
    precision_option,
    user_settings,
)
from codegen.cli.quiet import quiet_option, say, stderr_progress
from codegen.cli.terminal import visible
from codegen.errors import ModelError, ModelMissingError, UsageError

_SCHEMA = 1

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_model_argument = click.argument("model", metavar="NAME|PATH", shell_complete=complete_model)


@click.group(cls=HintingGroup)
def command() -> None:
    """List, fetch, check, export, measure and remove models.

    A model is named by its name in the catalogue, or by the path of a GGUF file, of a Hugging Face
    directory with safetensors, or of an exported model's directory.
    """


@command.command("list")
@quiet_option
@_json_option
def list_(*, as_json: bool) -> None:
    """Show the models of the catalogue, and which of their files are on this machine."""
    from codegen.cli import models  # noqa: PLC0415 - not needed for --help

    found = models.everything(user_settings())
    if as_json:
        _print_json({"models": [models.as_json(model) for model in found]})
        return
    width = max(len(model.name) for model in found)
    for model in found:
        mark = "*" if model.default else " "
        _print(f"{mark} {model.name:{width}}  {models.summary(model)}")
    _print("* is the default.")


@command.command()
@quiet_option
@click.argument("name", shell_complete=complete_model)
@offline_option
def pull(name: str, *, offline: bool) -> None:
    """Fetch a model of the catalogue, and print the path of its file."""
    from codegen.cli import models  # noqa: PLC0415 - as above
    from codegen.models.fetch import describe, fetch  # noqa: PLC0415

    settings = user_settings(model=name, offline=offline)
    model = models.find(settings)
    if model.entry is None:
        raise UsageError(f"{name} is not in the catalogue, so there is nowhere to fetch it from")
    progress = stderr_progress()
    if model.download is None and not settings.offline:
        progress.note(describe(model.entry))
    _print(str(fetch(model.entry, settings, progress)))


@command.command()
@quiet_option
@_model_argument
@_json_option
def info(model: str, *, as_json: bool) -> None:
    """Show a model's licence, source, exports, parity and measured speed."""
    from codegen.cli import models  # noqa: PLC0415 - as above

    settings = user_settings(model=model)
    found = models.find(settings)
    measured = models.measured(found, settings)
    if as_json:
        _print_json(models.as_json(found, measured))
        return
    for line in models.lines(found, measured):
        _print(line)


@command.command()
@quiet_option
@click.argument("model", metavar="[NAME|PATH]", required=False, shell_complete=complete_model)
@device_option
@_json_option
def measure(model: str | None, *, device: str | None, as_json: bool) -> None:
    """Measure again how fast a model runs here; takes some seconds.

    The speeds decide which of the model's graphs computes what, and how much of a file the model
    sees. They are measured when a model first runs here. Measure again if the machine was busy
    then.
    """
    from codegen.cli import models  # noqa: PLC0415 - as above

    settings = user_settings(model=model, device=device)
    measured = models.measure_again(settings, stderr_progress())
    if as_json:
        _print_json(dataclasses.asdict(measured))
        return
    for line in measured.lines():
        _print(line)


@command.command()
@quiet_option
@_model_argument
def verify(model: str) -> None:
    """Read a model's files whole, and compare them with their recorded hashes."""
    from codegen.cli import models  # noqa: PLC0415 - as above
    from codegen.models.inventory import verify_download, verify_export  # noqa: PLC0415

    found, progress = models.find(user_settings(model=model)), stderr_progress()
    checks = [
        (export.directory, partial(verify_export, export, progress)) for export in found.exports
    ]
    if found.entry is not None and found.download is not None:
        check = partial(verify_download, found.download, found.entry, progress)
        checks.insert(0, (found.download, check))
    if not checks:
        raise ModelMissingError(f"there are no files of {found.name} on this machine")
    problems = []
    for place, check in checks:
        try:
            check()
        except ModelError as error:
            problems.append(error)
        else:
            _print(f"{place}: unchanged")
    for problem in problems[:-1]:
        say(str(problem))
    if problems:
        raise problems[-1]


@command.command()
@quiet_option
@_model_argument
@precision_option
@device_option
@click.option("--force", is_flag=True, help="Export again, even if there is an export already.")
@click.option(
    "--thorough",
    is_flag=True,
    help="Compare the result with the original on all tokens, even for a file that this project "
    "has already compared.",
)
@click.option(
    "--remove-download/--keep-download",
    "removing",
    default=None,
    help="Whether to remove the fetched file afterwards; only another export needs it.",
)
@offline_option
def export(
    model: str,
    *,
    precision: str | None,
    device: str | None,
    force: bool,
    thorough: bool,
    removing: bool | None,
    offline: bool,
) -> None:
    """Make a model ready to run, and print the result's path; a missing file is fetched first."""
    from codegen.cli import models  # noqa: PLC0415 - as above
    from codegen.models import resolve  # noqa: PLC0415
    from codegen.models.inventory import remove_download  # noqa: PLC0415
    from codegen.progress import human_bytes  # noqa: PLC0415

    settings = user_settings(model=model, precision=precision, device=device, offline=offline)
    progress = stderr_progress()
    _print(str(resolve.export(settings, progress, force=force, thorough=thorough).directory))
    found = models.find(settings)
    if found.entry is None or found.fetched is None:
        return
    if removing is None and _can_ask():
        size = human_bytes(found.fetched.stat().st_size)
        removing = click.confirm(f"Remove the download {found.fetched} ({size})?", err=True)
    if removing:
        remove_download(found.store, found.entry, progress)
        say(f"removed {found.fetched}")


@command.command()
@quiet_option
@_model_argument
@click.option("--yes", is_flag=True, help="Don't ask.")
def remove(model: str, *, yes: bool) -> None:
    """Remove a model's files that codegen fetched or made, and no others."""
    from codegen.cli import models  # noqa: PLC0415 - as above
    from codegen.models.inventory import remove_download, remove_export  # noqa: PLC0415
    from codegen.progress import human_bytes  # noqa: PLC0415

    found = models.find(user_settings(model=model))
    if any(export.directory.parent != found.store.exports for export in found.exports):
        raise UsageError(f"{found.path} is not in codegen's cache; remove it yourself")
    sizes = {export.directory: export.bytes for export in found.exports}
    if found.fetched is not None:
        sizes[found.fetched] = found.fetched.stat().st_size
    if not sizes:
        say(f"there are no files of {found.name} that codegen fetched or made")
        return
    if not yes and not _can_ask():
        raise UsageError(
            f"there is no terminal to ask on whether to remove {found.name}; add --yes"
        )
    for place, size in sizes.items():
        # A question shows the files, even with --quiet.
        (say if yes else _ask_about)(f"{place} ({human_bytes(size)})")
    if not yes and not click.confirm("Remove these?", err=True):
        return
    progress = stderr_progress()
    for export in found.exports:
        if not remove_export(found.store, export, progress):
            say(f"{export.directory} is left, since it holds files that codegen did not write")
    if found.entry is not None:
        remove_download(found.store, found.entry, progress)
    say(f"removed {human_bytes(sum(sizes.values()))}")


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask_about(line: str) -> None:
    click.echo(visible(line), err=True)


def _print_json(content: dict[str, Any]) -> None:
    print(json.dumps({"schema": _SCHEMA, **content}, indent=1))


def _print(line: str) -> None:
    print(visible(line))
