"""`--quiet`: only errors on stderr."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen.progress import Progress

_Command = TypeVar("_Command", bound=Callable[..., Any])

# The key in the metadata of click's context, which a command shares with its group.
_KEY: Final = "codegen.quiet"


def quiet_option(command: _Command) -> _Command:
    """Adds --quiet; the command gets no parameter for it."""
    return click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_remember,
        help="Print only errors on stderr.",
    )(command)


def say(message: str) -> None:
    """Prints a message on stderr, unless the command is quiet."""
    if not _is_quiet():
        print(visible(message), file=sys.stderr)


def stderr_progress() -> "Progress":
    """A Progress that shows on stderr how far a task is, or shows nothing if quiet."""
    from codegen import progress  # noqa: PLC0415 - not needed for --help

    return progress.NullProgress() if _is_quiet() else progress.stderr_progress()


def _remember(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_KEY] = True


def _is_quiet() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.meta.get(_KEY, False)
