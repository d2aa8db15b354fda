"""`codegen eval`: a module per command, which is imported when the command is called."""

import importlib
from collections.abc import Mapping
from typing import Final

import click

from codegen.cli.group import LazyGroup

COMMANDS: Final[Mapping[str, str]] = {
    "fetch": "Fetch the official data of the suites.",
    "run": "Complete a suite's problems with a model, and score what it wrote.",
    "score": "Judge completions in the sandbox.",
    "compare": "Compare two runs, problem by problem.",
    "layouts": "Compare the ways to lay out a fill-in-the-middle prompt.",
    "report": "Write runs as one HTML file, or as CSV.",
    "selftest": "Attack the sandbox and the judge, and check that they hold.",
    "mine": "Cut a suite out of a tested Python repository.",
}
"""All commands, with the help that `codegen eval --help` shows without importing them."""


def _load(name: str) -> click.Command:
    loaded = importlib.import_module(f"codegen_eval.cli.{name}").command
    if not isinstance(loaded, click.Command):
        raise TypeError(f"codegen eval {name} is not a command")
    return loaded


command = LazyGroup(COMMANDS, _load, name="eval", help="Measure how good completions are.")
