"""The parent's end of a launcher's socket."""

import contextlib
import socket
from collections.abc import Iterable
from typing import Final

_CHUNK: Final = 1 << 16


class Control:
    """Sends a launcher what it is told, and receives its words, a line at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._received = b""

    def fileno(self) -> int:
        """For a selector: readable when there may be something to receive."""
        return self._socket.fileno()

    def patience(self, seconds: float) -> None:
        """From now on, sending and receiving raise TimeoutError after so many seconds."""
        self._socket.settimeout(seconds)

    def send(self, payload: Iterable[bytes]) -> None:
        """Sends all of it, or what a launcher takes that fails: its own words say more."""
        with contextlib.suppress(ConnectionError):
            for piece in payload:
                self._socket.sendall(piece)

    def receive(self) -> list[str] | None:
        """The next line, as its words; None if the launcher is gone.

        A box that ends at once has sent two lines before the first is received.
        """
        while b"\n" not in self._received:
            try:
                data = self._socket.recv(_CHUNK)
            except ConnectionError:
                return None
            if not data:
                return None
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line.decode("utf-8", "replace").split()

    def close_box(self) -> None:
        """Has the launcher end the box. Any thread may call it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()
