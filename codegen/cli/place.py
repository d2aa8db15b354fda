"""The argument FILE:LINE:COLUMN: a position in a file or on standard input."""

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

# A third number: the end of FILE:1:2:3 after its last two numbers are taken off.
_FURTHER_NUMBER = re.compile(r":[+-]?[0-9]*$")


class PositionCommand(click.Command):
    """A command whose argument may be `-:LINE:COLUMN`, which click would take for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Moves such an argument behind `--`, where click takes nothing for an option."""
        positions = [arg for arg in args if arg.startswith("-:")]
        if positions and "--" not in args:
            args = [arg for arg in args if arg not in positions] + ["--", *positions]
        return super().parse_args(ctx, args)


def complete_position(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A shell's completions of a position: names of files."""
    return [CompletionItem(incomplete, type="file")]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a text that was read; `name` is the file's name or that of `--path`."""

    name: str
    source: "SourceFile"
    at: "Located"
    document: "Document"


def read_place(position: str, name: str | None, *, write: bool = False) -> Place:
    """Reads the text and finds the position; commands call it first, so bad input fails at once.

    Args:
        position: FILE:LINE:COLUMN, as it was typed.
        name: the name for a text on standard input, None without `--path`.
        write: whether the text is going to be written back.

    Raises:
        UsageError: the position or the options can't be used.
        CodegenError: the text can't be read.
    """
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
        raise UsageError(f"{position!r} has one number too many: write FILE:LINE:COLUMN")
    else:
        source = read_source(path)
    at = locate(source.text, line, column)
    if at.clamped:
        say(f"line {at.line} ends before column {column}: completing at its end, {at.column}")
    name = name or path
    return Place(name, source, at, open_document(source.text, at.offset, name))
