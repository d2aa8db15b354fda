"""JSON-RPC over the pipes of a language server's process: the client's end."""

import itertools
import json
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any, ClassVar, Final

from codegen.errors import EngineError

PATIENCE: Final = 30.0
"""Seconds that a server is given to read a message, or to answer a simple question."""

_LENGTH: Final = b"content-length"
_ANY_HEADER: Final = re.compile(rb".*", re.DOTALL)


class TruncatedMessageError(EngineError):
    """The server's output ended within a message."""


def frame(body: bytes) -> bytes:
    """The body of a message with its header."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def read_message(
    stream: IO[bytes], header: re.Pattern[bytes] = _ANY_HEADER
) -> dict[str, Any] | None:
    """The next message; None where the stream ends.

    Args:
        stream: what the server writes.
        header: what the message's header must match as a whole, line ends included.

    Raises:
        TruncatedMessageError: the stream ends within the message.
        EngineError: what stands there is no message, or has another header.
    """
    head, length = _read_header(stream)
    if not head:
        return None
    if header.fullmatch(head) is None:
        raise EngineError(f"the server wrote another header than expected: {head[:80]!r}")
    body = stream.read(length)
    if len(body) < length:
        raise TruncatedMessageError(f"the server's output ends with {body[-80:]!r}")
    try:
        message = json.loads(body)
    except ValueError as error:
        raise EngineError(f"the server wrote what is no JSON: {body[:80]!r}") from error
    if not isinstance(message, dict):
        raise EngineError(f"the server wrote what is no message: {body[:80]!r}")
    return message


def _read_header(stream: IO[bytes]) -> tuple[bytes, int]:
    """The next message's header, and the length of its body; nothing where the stream ends."""
    head, length = b"", None
    while True:
        line = stream.readline()
        if not line.endswith(b"\n"):
            if head or line:
                raise TruncatedMessageError(f"the server's output ends with {head + line!r}")
            return b"", 0
        head += line
        name, colon, value = line.strip().partition(b":")
        if not name:
            break
        if name.lower() == _LENGTH and value.strip().isdigit():
            length = int(value)
        elif not colon:
            raise EngineError(f"the server wrote what is no message: {line[:80]!r}")
    if length is None:
        raise EngineError("the server wrote a message without its length")
    return head, length


class Connection:
    """Sends messages, and receives those of the server in a thread of its own.

    Any thread may send. A subclass says in `received` what becomes of the server's messages, and
    calls `start` once it can take them. No call waits forever.

    Attributes:
        asked: the methods of the requests that were sent, by their ids.
        arrived: guards what `received` changes; it is notified after each message and at the end.
        over: whether nothing more can come.
        failure: why not, where it isn't just the end of the server's output.
    """

    header: ClassVar[re.Pattern[bytes]] = _ANY_HEADER
    """What the header of each message from the server must match."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        """Takes the pipes.

        Args:
            stdin: the server reads from it.
            stdout: the server writes to it.

        Raises:
            EngineError: this is Windows.
        """
        self.asked: dict[int, str] = {}
        self.arrived = threading.Condition()
        self.over = False
        self.failure: EngineError | None = None
        self._ids = itertools.count(1)
        self._stdin = stdin
        self._stdout = stdout
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="codegen-bench-reader", daemon=True)
        # A server that doesn't read any more must not stop its client.
        _never_block(stdin.fileno())

    def start(self) -> None:
        """Begins to receive."""
        self._reader.start()

    def received(self, message: dict[str, Any], at: float) -> None:
        """Takes a message from the server, in the reading thread, while `arrived` is held.

        Args:
            message: what came.
            at: when it was read (time.perf_counter).
        """
        raise NotImplementedError

    def wait_for(self, condition: Callable[[], object], seconds: float) -> bool:
        """Waits until a condition is met; False if the time is over or nothing more can come."""
        with self.arrived:
            self.arrived.wait_for(lambda: condition() or self.over, max(0.0, seconds))
            return bool(condition())

    def request(self, method: str, params: object = None) -> int:
        """Asks the server something; returns the id that its answer will have."""
        number = next(self._ids)
        with self.arrived:
            self.asked[number] = method
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def notify(self, method: str, params: object = None) -> None:
        """Tells the server something."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def reply(self, request: Mapping[str, Any], result: object) -> None:
        """Answers a request of the server."""
        self.send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    def send(self, message: object) -> None:
        """Sends a message as it is given."""
        self.send_raw(frame(json.dumps(message).encode()))

    def send_raw(self, data: bytes) -> None:
        """Sends bytes.

        Raises:
            BrokenPipeError: the server has closed its input.
            EngineError: the server doesn't read.
        """
        view, until = memoryview(data), time.perf_counter() + PATIENCE
        with self._writing:
            descriptor = self._stdin.fileno()
            while view:
                left = max(0.0, until - time.perf_counter())
                if not select.select([], [descriptor], [], left)[1]:
                    raise EngineError(f"the server has read nothing for {PATIENCE:.0f} s")
                try:
                    view = view[os.write(descriptor, view) :]
                except BlockingIOError:
                    continue

    def _read(self) -> None:
        try:
            while (message := read_message(self._stdout, self.header)) is not None:
                at = time.perf_counter()
                with self.arrived:
                    self.received(message, at)
                    self.arrived.notify_all()
        except EngineError as error:
            self.failure = error
        except (OSError, ValueError):
            # The pipe was closed here, or the server closed its input before it was answered.
            return
        finally:
            self._stdout.close()
            with self.arrived:
                self.over = True
                self.arrived.notify_all()


def _never_block(descriptor: int) -> None:
    if sys.platform != "win32":
        os.set_blocking(descriptor, False)
    else:
        # Nothing tells there whether a pipe takes more.
        raise EngineError("this benchmark needs Linux or macOS")
