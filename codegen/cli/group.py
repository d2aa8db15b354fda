"""The command `codegen`; it imports a sub-command only when that is called."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import click

from codegen import __version__
from codegen.cli.quiet import quiet_option
from codegen.errors import CodegenError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from click.shell_completion import CompletionItem

_HERE: Mapping[str, str] = {
    "complete": "codegen.cli.complete",
    "explain": "codegen.cli.explain",
    "model": "codegen.cli.model",
    "doctor": "codegen.cli.doctor",
    "bench": "codegen.cli.bench",
    "config": "codegen.cli.config",
    "completion": "codegen.cli.completion",
}
"""The modules of the core's commands; every module has its command under the name `command`."""

_ENTRY_POINTS = "codegen.commands"
"""The group of entry points by which other packages add commands."""

SHELL_ASKS = "_CODEGEN_COMPLETE"
"""The environment variable by which a shell asks for completions; see codegen.cli.completion."""

COMMANDS: Mapping[str, str] = {
    "complete": "Fill the hole at a position in a file.",
    "explain": "Show what the model is asked at a position, and why.",
    "lsp": "Serve an editor over the Language Server Protocol.",
    "model": "List, fetch, check, export and remove models.",
    "eval": "Measure how good completions are.",
    "bench": "Measure how fast this machine is.",
    "doctor": "Check that everything works here, and say what to do about problems.",
    "config": "Show and change the user's own settings.",
    "completion": "Print a script by which a shell completes codegen's commands.",
}
"""All commands, with the help that `codegen --help` shows without importing them."""


def invoke(arguments: Sequence[str]) -> int:
    """Runs a command, and returns its exit code.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        click.exceptions.Exit, click.ClickException: click's own endings and errors.
        Exception: whatever the command raises.
    """
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as its number.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if instruction := os.environ.get(SHELL_ASKS):
        from click.shell_completion import shell_complete  # noqa: PLC0415 - only for a shell

        return shell_complete(_group, {}, "codegen", SHELL_ASKS, instruction)
    try:
        with _group.make_context("codegen", list(arguments)) as context:
            code = _group.invoke(context)
    except click.Abort:  # Ctrl-C at a question
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0


class HintingGroup(click.Group):
    """Commands; for an unknown name, the error message suggests the most similar command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command; the error message for an unknown name has a suggestion."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415 - only for an unknown command

            near = difflib.get_close_matches(args[0], names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


class LazyGroup(HintingGroup):
    """Commands that are imported when they are called."""

    def __init__(
        self, table: Mapping[str, str], load: Callable[[str], click.Command], **options: Any
    ) -> None:
        """Makes the group.

        Args:
            table: the commands' names, with the help that is shown without importing them.
            load: imports a command by its name.
            options: those of click.Group.
        """
        super().__init__(**options)
        self._table = table
        self._load = load

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands' names, in the table's order."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports and returns the command of that name; None if there is none."""
        return self._load(cmd_name) if cmd_name in self._table else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the table of commands into the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._table.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The completions that a shell gets: the table's names, without importing the commands."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - as above

        found = [
            CompletionItem(name, help=help_)
            for name, help_ in self._table.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


class ExtensibleGroup(HintingGroup):
    """The commands of one module, and commands that other packages add by entry points."""

    def __init__(self, entry_points: str, **options: Any) -> None:
        """Makes the group.

        Args:
            entry_points: the group of entry points; the names in it are those of the commands.
            options: those of click.Group.
        """
        super().__init__(**options)
        self._entry_points = entry_points

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *_entry_points(self._entry_points)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None if there is none; another package's is imported."""
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        point = _entry_points(self._entry_points).get(cmd_name)
        return None if point is None else _load_point(point, f"{self.name} {cmd_name}")


def _load(name: str) -> click.Command:
    if name in _HERE:
        return _as_command(importlib.import_module(_HERE[name]).command, name)
    point = _entry_points(_ENTRY_POINTS).get(name)
    if point is None:
        raise _broken(f"this installation lacks codegen {name}")
    return _load_point(point, name)


def _entry_points(group: str) -> "dict[str, EntryPoint]":
    """The entry points of a group by their names."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - 30 ms

    return {point.name: point for point in entry_points(group=group)}


def _load_point(point: "EntryPoint", name: str) -> click.Command:
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        raise _broken(f"codegen {name} can't be loaded ({error})") from error
    return _as_command(loaded, name)


def _as_command(loaded: object, name: str) -> click.Command:
    if not isinstance(loaded, click.Command):
        raise _broken(f"codegen {name} is not a command")
    return loaded


def _broken(what: str) -> CodegenError:
    from codegen.installing import install_again  # noqa: PLC0415 - only for this error

    return CodegenError(f"{what}; {install_again()}")


_group = click.version_option(__version__, prog_name="codegen", message="%(prog)s %(version)s")(
    quiet_option(
        LazyGroup(
            COMMANDS,
            _load,
            name="codegen",
            help="Code completion that runs on your own machine, with a local model.",
            context_settings={"help_option_names": ["-h", "--help"]},
            epilog="Exit codes: 0 done, 1 nothing to suggest, 2 wrong use or bad input, 3 no "
            "model, 4 a failure at run time, 130 interrupted.",
        )
    )
)
