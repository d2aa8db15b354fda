"""Reads regular files only, which can't block, and writes files whole or not at all."""

import contextlib
import errno
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Final

# Bytes: the small JSON files in the cache are all smaller.
_MOST_JSON: Final = 4_000_000


class NotRegularError(OSError):
    """The path is that of a pipe, a socket or a device, not of a regular file."""


def open_file(path: str | Path) -> BinaryIO:
    """Opens a regular file for reading. Pipes and devices are refused: reading them could block.

    Raises:
        OSError: it can't be opened.
        NotRegularError: it is a pipe, a socket or a device.
        IsADirectoryError: it is a directory.
        ValueError: the path holds a NUL.
    """
    # Checked before opening, since opening a device can have effects; and once more after that,
    # since the path may have got another file in between.
    _require_regular(path, os.stat(path))  # noqa: PTH116 - Path("") is "."
    file = open(path, "rb", opener=_open_without_waiting)  # noqa: SIM115 - the caller's
    try:
        _require_regular(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_file(path: str | Path) -> bytes:
    """The bytes of a regular file.

    Raises:
        OSError: it can't be read, or is no regular file.
    """
    with open_file(path) as file:
        # In non-blocking mode `read` returns None for files of /proc that have no data yet.
        return file.read() or b""


def read_json(path: Path) -> Any:
    """The content of a JSON file; None if it can't be read.

    It can't be read if there is no regular file with that path, if it may not be opened, if it is
    not UTF-8 or not JSON, or if it is deeper or longer than any file that codegen writes. The
    caller has to check the content's types.
    """
    try:
        with open_file(path) as file:
            data = file.read(_MOST_JSON + 1) or b""  # None as in `read_file`
        return json.loads(data.decode()) if len(data) <= _MOST_JSON else None
    except (OSError, ValueError, RecursionError):
        return None


def write_atomically(path: Path, text: str) -> None:
    """Writes a small file whole or not at all. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        discard(Path(name))
        raise


def discard(path: Path) -> None:
    """Removes a file or a directory that codegen made; errors are ignored."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _require_regular(path: str | Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory, not a file", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, "it is not a regular file", str(path))


def _open_without_waiting(path: str, flags: int) -> int:
    # Opening a pipe without a writer would block. Windows has no such pipes, and no such flag.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
