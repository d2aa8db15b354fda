"""Reads a file, or standard input, as text."""

import hashlib
import os
from dataclasses import dataclass, field
from typing import BinaryIO

from codegen.errors import SourceError
from codegen.files import NotRegularError, open_file
from codegen.source.encoding import decode
from codegen.source.position import common_newline

MAX_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was when it was read.

    `path` is as it was given, and None for standard input. `sha256` is of the file's bytes, in
    hex. `encoding` is the codec of what follows the byte order mark `bom` (empty if there is
    none). `newline` is the file's commonest line ending. `text` has its line endings as they
    are, no byte order mark, and lone surrogates for bytes that the encoding can't read.
    """

    path: str | None
    sha256: str
    encoding: str
    bom: bytes
    newline: str
    text: str = field(repr=False)


def read_source(path: str) -> SourceFile:
    """Reads the file at `path` in its encoding. It never blocks, and reads only regular files.

    Raises SourceError if it can't be read, is binary or larger than MAX_BYTES, or declares an
    encoding that is none.
    """
    raw, _ = read_bytes(path)
    return _parse(path, path, raw)


def read_stdin(stream: BinaryIO) -> SourceFile:
    """Standard input to its end. Raises SourceError as `read_source` does."""
    name = "standard input"
    try:
        raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}") from error
    return _parse(None, name, raw)


def read_bytes(path: str) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file and its status while they were read; SourceError if none."""
    try:
        with open_file(path) as stream:
            status = os.fstat(stream.fileno())
            # Some files of /proc have no bytes yet. Reading them gives None, and doesn't wait.
            raw = stream.read(MAX_BYTES + 1) or b""
    except FileNotFoundError as error:
        raise SourceError(f"{path or 'a file without a name'} does not exist") from error
    except IsADirectoryError as error:
        raise SourceError(f"{path} is a directory, not a file") from error
    except NotRegularError as error:
        raise SourceError(
            f"{path} is not a regular file (for a pipe, use - and standard input)"
        ) from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{path!r} cannot be a file's name: {error}") from error
    return raw, status


def _parse(path: str | None, name: str, raw: bytes) -> SourceFile:
    if len(raw) > MAX_BYTES:
        raise SourceError(f"{name} is larger than {MAX_BYTES >> 20} MiB")
    decoded = decode(name, raw)
    return SourceFile(
        path=path,
        sha256=hashlib.sha256(raw).hexdigest(),
        encoding=decoded.encoding,
        bom=decoded.bom,
        newline=common_newline(decoded.text),
        text=decoded.text,
    )
