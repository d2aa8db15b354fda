"""Reading and writing files: never waiting for a pipe, and never leaving half a file."""

import contextlib
import errno
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Final

# Bytes: more than any of the small JSON files in the cache comes to.
_MOST_JSON: Final = 4_000_000


class NotRegularError(OSError):
    """A pipe, a socket or a device in place of a file."""


def open_file(path: str | Path) -> BinaryIO:
    """A regular file, for reading. A pipe or a device is none: it could keep one waiting for ever.

    Raises:
        OSError: it can't be opened; NotRegularError and IsADirectoryError: it is no file.
        ValueError: the path holds a NUL.
    """
    # Looked at before it is opened, since opening a device can do something; and once more when it
    # is open, since it can be another file by then.
    _require_regular(path, os.stat(path))  # noqa: PTH116 - Path("") is "."
    file = open(path, "rb", opener=_open_without_waiting)  # noqa: SIM115 - the caller's
    try:
        _require_regular(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_file(path: str | Path) -> bytes:
    """All of a regular file.

    Raises:
        OSError: it can't be read, or is no regular file.
    """
    with open_file(path) as file:
        # Some files of /proc have nothing yet, and would be waited for: that reads as None.
        return file.read() or b""


def read_json(path: Path) -> Any:
    """What a file holds; None where there is nothing to be read.

    That is: no file, none that can be read, something else under that name (a pipe would never
    end), no UTF-8, no JSON, or JSON so deep or so long that it isn't ours. What is in it is for
    the caller to check.
    """
    try:
        with open_file(path) as file:
            data = file.read(_MOST_JSON + 1) or b""  # some files of /proc have nothing yet
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
    """Removes a file or directory that codegen made, as far as that is possible."""
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
    # A pipe without a writer would block; Windows has neither the flag nor the pipe.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
