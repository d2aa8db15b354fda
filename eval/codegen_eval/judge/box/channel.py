"""The two pipes of a box, moved out of the way of what runs in it."""

import contextlib
import fcntl
import json
import os
from typing import Any, Final

# Relative, since a box holds this folder only.
from .limits import PlainError, weigh

Frame = list[Any]

_FIRST: Final = 48
"""Boxes may not open more than 64 files."""


class Channel:
    """Requests in, answers out. Descriptors 0, 1 and 2 lead nowhere from now on."""

    def __init__(self, total: int) -> None:
        """Takes the pipes; no more than `total` bytes will be written."""
        self._left = total
        self._requests = os.fdopen(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, _FIRST), "rb")
        self._answers = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, _FIRST)
        with contextlib.suppress(OSError):  # it is only faster so
            fcntl.fcntl(self._answers, fcntl.F_SETPIPE_SZ, 1 << 20)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)

    def renew(self, total: int) -> None:
        """From now on, no more than `total` bytes will be written."""
        self._left = total

    def receive(self) -> Any:
        """The next request; None when there are no more."""
        line = self._requests.readline()
        return json.loads(line) if line else None

    def send(self, frame: Frame) -> None:
        """Writes an answer.

        Raises:
            PlainError: it is longer, or with those before it more, than is read.
        """
        # A frame is a list of what is packed already, so it is plain itself.
        line = json.dumps(frame, separators=(",", ":"), allow_nan=False).encode("ascii")
        weigh(line)
        if len(line) > self._left:
            raise PlainError("more than is read of all answers together")
        line += b"\n"
        self._left -= len(line)
        while line:
            line = line[os.write(self._answers, line) :]
