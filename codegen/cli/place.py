"""A position in a file or on standard input, as several commands take it."""

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from codegen.cli.quiet import say
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen.document import Document
    from codegen.source import Located, SourceFile

_STDIN = "-"

# What is left of FILE:1:2:3 without the last two numbers.
_FURTHER_NUMBER = re.compile(r":[+-]?[0-9]*$")


class PositionCommand(click.Command):
    """A command whose argument may be `-:LINE:COLUMN`, which is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes such an argument out of what looks like options."""
        positions = [arg for arg in args if arg.startswith("-:")]
        if positions and "--" not in args:
            args = [arg for arg in args if arg not in positions] + ["--", *positions]
        return super().parse_args(ctx, args)


def complete_position(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What a shell may complete of a position: the file's name, which it knows itself."""
    return [CompletionItem(incomplete, type="file")]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a text that was read; `name` is what the text is called."""

    name: str
    source: "SourceFile"
    at: "Located"
    document: "Document"


def read_place(position: str, name: str | None, *, write: bool = False) -> Place:
    """Reads the text, before anything else: bad input fails at once."""
    from codegen.document import open_document  # noqa: PLC0415 - not needed for --help
    from codegen.source import locate, parse_position, read_source, read_stdin  # noqa: PLC0415

    path, line, column = parse_position(position)
    if path == _STDIN:
        if write:
            raise UsageError("--write needs a file: standard input can't be written to")
        if sys.stdin is None:
            raise UsageError("standard input is closed")
        source = read_stdin(sys.stdin.buffer)
    elif name is not None:
        raise UsageError("--path names the text on standard input; a file has its own name")
    elif not os.path.lexists(path) and _FURTHER_NUMBER.search(path):
        raise UsageError(f"{position!r} has a number too many: write FILE:LINE:COLUMN")
    else:
        source = read_source(path)
    at = locate(source.text, line, column)
    if at.clamped:
        say(f"line {at.line} ends before column {column}: completing at its end, {at.column}")
    name = name or path
    return Place(name, source, at, open_document(source.text, at.offset, name))
