"""The parent's end of a launcher's socket."""

import contextlib
import socket
from collections.abc import Iterable
from typing import Final

_CHUNK: Final = 1 << 16


class Control:
    """Sends a launcher its instructions, and receives its messages, a line at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._received = b""

    def fileno(self) -> int:
        """The socket's descriptor, for a selector."""
        return self._socket.fileno()

    def patience(self, seconds: float) -> None:
        """Sets the seconds after which sending and receiving raise TimeoutError."""
        self._socket.settimeout(seconds)

    def send(self, payload: Iterable[bytes]) -> None:
        """Sends all pieces. Stops without an error if the launcher fails: it reports the reason."""
        with contextlib.suppress(ConnectionError):
            for piece in payload:
                self._socket.sendall(piece)

    def receive(self) -> list[str] | None:
        """Returns the words of the next line, None if the launcher is gone.

        A later line may arrive together with it; it is kept for the next call.
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
        """Makes the launcher end the box. Any thread may call this."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()
