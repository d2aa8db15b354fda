"""A language server as a process, and JSON-RPC over its pipes."""

import itertools
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from codegen.errors import EngineError

# Seconds for what takes a server no time: to take a message, to answer a question, to end.
_PATIENCE: Final = 30.0
_END: Final = 10.0

_LENGTH: Final = b"content-length"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with, and when (time.perf_counter) it was read."""

    at: float
    result: Any = None
    error: Mapping[str, Any] | None = None


def frame(message: Mapping[str, Any]) -> bytes:
    """A message as it stands on the wire."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def read_message(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message; None where the stream ends, be it within one.

    Raises:
        EngineError: something else stands there.
    """
    length = None
    while True:
        line = stream.readline()
        if not line.endswith(b"\n"):
            return None
        name, colon, value = line.strip().partition(b":")
        if not name:
            break
        if name.lower() == _LENGTH and value.strip().isdigit():
            length = int(value)
        elif not colon:
            raise EngineError(f"the server wrote what is no message: {line[:80]!r}")
    if length is None:
        raise EngineError("the server wrote a message without its length")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        message = json.loads(body)
    except ValueError as error:
        raise EngineError(f"the server wrote what is no JSON: {body[:80]!r}") from error
    if not isinstance(message, dict):
        raise EngineError(f"the server wrote what is no message: {body[:80]!r}")
    return message


class Client:
    """Starts a server and talks to it; of one thread, and no wait is without its end.

    Attributes:
        started: when the process was started (time.perf_counter).
        last: the newest parameters of each kind of notification.
        overdue: requests that were let go of and aren't answered yet.
        strays: answers that belong to no request, or to one that was answered before.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        """Starts the process.

        Raises:
            EngineError: it can't be started, or this is Windows.
        """
        self.last: dict[str, Any] = {}
        self.overdue: set[int] = set()
        self.strays = 0
        self._ids = itertools.count(1)
        self._asked: set[int] = set()
        self._answers: dict[int, Answer] = {}
        self._inbox: SimpleQueue[tuple[float, dict[str, Any]] | EngineError | None] = SimpleQueue()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.started = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=environ,
                bufsize=-1,
            )
        except OSError as error:
            self._said.close()
            raise EngineError(f"{command[0]} can't be run: {error}") from error
        # A server that reads no more must not keep us waiting for ever.
        try:
            _never_block(self._stdin.fileno())
        except EngineError:
            self._process.kill()
            raise
        threading.Thread(target=self._read, name="codegen-bench-reader", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the process, whatever it is in the middle of."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        # What is left unwritten has no reader, and closing says so.
        for stream in (self._process.stdin, self._said):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def notify(self, method: str, params: object) -> None:
        """Tells the server something."""
        self._write({"method": method, "params": params})

    def request(self, method: str, params: object) -> int:
        """Asks the server something; the id by which the answer is found."""
        number = next(self._ids)
        self._asked.add(number)
        self._write({"id": number, "method": method, "params": params})
        return number

    def ask(self, method: str, params: object, patience: float = _PATIENCE) -> Answer:
        """Asks, and waits for the answer.

        Raises:
            EngineError: there is none in time, it is an error, or the server has ended.
        """
        number = self.request(method, params)
        answer = self.poll(number, time.perf_counter() + patience)
        if answer is None:
            raise EngineError(f"the server did not answer {method} within {patience:.0f} s")
        if answer.error is not None:
            raise EngineError(f"the server answered {method} with {dict(answer.error)}")
        return answer

    def poll(self, number: int, until: float) -> Answer | None:
        """The answer to a request, once; None if there is none by then.

        Raises:
            EngineError: the server has ended.
        """
        while number not in self._answers:
            if not self._take(until):
                return None
        return self._answers.pop(number)

    def wait(self, condition: Callable[[], bool], until: float) -> bool:
        """Takes what the server says until a condition is met; False if it isn't by then.

        Raises:
            EngineError: the server has ended.
        """
        while not condition():
            if not self._take(until):
                return condition()
        return True

    def cancel(self, number: int) -> None:
        """Takes a request back; its answer, which must come nevertheless, is let go of."""
        self.notify("$/cancelRequest", {"id": number})
        if self._answers.pop(number, None) is None:
            self.overdue.add(number)

    def stop(self) -> None:
        """Asks the server to end, and waits for that."""
        self.ask("shutdown", None)
        self.notify("exit", None)
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"the server did not end within {_END:.0f} s of `exit`") from error

    @property
    def _stdin(self) -> BinaryIO:
        stream = self._process.stdin
        assert stream is not None  # noqa: S101 - a pipe was asked for
        return stream  # type: ignore[return-value]

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - a pipe was asked for
        with stream:
            try:
                while (message := read_message(stream)) is not None:  # type: ignore[arg-type]
                    self._inbox.put((time.perf_counter(), message))
            except (EngineError, OSError) as error:
                self._inbox.put(EngineError(str(error)))
        self._inbox.put(None)

    def _write(self, message: Mapping[str, Any]) -> None:
        view = memoryview(frame(message))
        descriptor, until = self._stdin.fileno(), time.perf_counter() + _PATIENCE
        while view:
            left = max(0.0, until - time.perf_counter())
            if not select.select([], [descriptor], [], left)[1]:
                raise EngineError(f"the server has read nothing for {_PATIENCE:.0f} s")
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._ended() from None

    def _take(self, until: float) -> bool:
        """Takes in one message; False if there is none by then."""
        try:
            received = self._inbox.get(timeout=max(0.0, until - time.perf_counter()))
        except Empty:
            return False
        if received is None:
            self._inbox.put(None)
            raise self._ended()
        if isinstance(received, EngineError):
            raise received
        self._sort(*received)
        return True

    def _sort(self, at: float, message: dict[str, Any]) -> None:
        method, number = message.get("method"), message.get("id")
        if method is not None and number is not None:
            # Whatever a server wants from its editor, this one says nothing to it.
            self._write({"id": number, "result": None})
        elif method is not None:
            self.last[method] = message.get("params")
        elif not isinstance(number, int) or number not in self._asked:
            self.strays += 1
        else:
            self._asked.remove(number)
            if number in self.overdue:
                self.overdue.remove(number)
            else:
                self._answers[number] = Answer(at, message.get("result"), message.get("error"))

    def _ended(self) -> EngineError:
        try:
            code = self._process.wait(_END)
        except subprocess.TimeoutExpired:
            return EngineError("the server closed its output and goes on")
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        return EngineError(
            f"the server ended with {code}: {said[-1] if said else 'it said nothing'}"
        )


def _never_block(descriptor: int) -> None:
    if sys.platform != "win32":
        os.set_blocking(descriptor, False)
    else:
        # Nothing tells there whether a pipe takes more.
        raise EngineError("this benchmark needs Linux or macOS")
