"""Opening files that somebody named, without ever waiting for them."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


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


def _require_regular(path: str | Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory, not a file", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, "it is not a regular file", str(path))


def _open_without_waiting(path: str, flags: int) -> int:
    # A pipe without a writer would block; Windows has neither the flag nor the pipe.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
