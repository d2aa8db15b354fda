"""`codegen config`: show and change the user's own settings."""

import json
import os

import click
from click.shell_completion import CompletionItem

from codegen.cli.group import HintingGroup
from codegen.cli.quiet import quiet_option, say
from codegen.cli.terminal import visible

_SCHEMA = 1


@click.group(cls=HintingGroup)
def command() -> None:
    """Show and change the user's own settings.

    They are in config.toml of the user's configuration directory, or in the file that
    CODEGEN_CONFIG names. docs/models.md and docs/protocol.md list them.
    """


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
def show(*, as_json: bool) -> None:
    """Show all settings in TOML, with the place that every value comes from."""
    from codegen.settings.config_file import shown  # noqa: PLC0415 - not needed for --help

    found = list(shown(os.environ))
    if as_json:
        rows = [{"key": row.key, "value": row.value, "origin": row.origin} for row in found]
        print(json.dumps({"schema": _SCHEMA, "settings": rows}, indent=1))
        return
    from tomlkit import item  # noqa: PLC0415 - as above

    table = ""
    for row in found:
        before, _, name = row.key.rpartition(".")
        if before != table:
            table = before
            print(f"\n[{table}]")
        if row.value is None:
            print(f"# {name} is not set")
        else:
            value = item(row.value, _parent=None).as_string() if row.value != {} else "{}"
            print(visible(f"{name} = {value}  # {row.origin}"))


@command.command()
def path() -> None:
    """Print the path of the configuration file, which need not exist."""
    from codegen.settings.config import config_path  # noqa: PLC0415 - as above

    print(visible(str(config_path(os.environ))))


def _complete_key(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from codegen.settings.fields import FIELDS, KEYS  # noqa: PLC0415 - as above

    names = (*KEYS, *(f"editor.{field.name}" for field in FIELDS))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@command.command("set")
@click.argument("key", shell_complete=_complete_key)
@click.argument("value")
@quiet_option
def set_(key: str, value: str) -> None:
    """Set KEY to VALUE in the configuration file, and leave the rest of it as it is.

    KEY is a name that `codegen config show` prints, with `editor.` before a key of that table,
    such as editor.lines. VALUE is as in TOML; a word needs no quotes.
    """
    from codegen.settings.config_file import set_value, variable_over  # noqa: PLC0415 - as above

    written = set_value(os.environ, key, value)
    say(f"wrote {key} to {written}")
    if (variable := variable_over(os.environ, key)) is not None:
        say(f"{variable} is set in the environment, and wins over the file")
