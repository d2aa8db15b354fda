"""`codegen completion`: a script by which a shell completes codegen's commands and options."""

import click
from click.shell_completion import get_completion_class

from codegen.cli.group import SHELL_ASKS
from codegen.errors import UsageError

_HELP = """Print a script by which a shell completes codegen's commands, options and files.

\b
bash  eval "$(codegen completion bash)"      at the end of ~/.bashrc
zsh   eval "$(codegen completion zsh)"       at the end of ~/.zshrc
fish  codegen completion fish | source       in ~/.config/fish/config.fish
"""


@click.command(help=_HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Prints the script; `--help` shows _HELP instead of this docstring."""
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"this version of click does not support {shell}")
    print(kind(context.find_root().command, {}, "codegen", SHELL_ASKS).source())
