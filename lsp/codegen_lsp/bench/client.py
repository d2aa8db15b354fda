"""A language server as a process, and a client of it that measures."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from codegen.errors import EngineError
from codegen_lsp.bench.connection import PATIENCE, Connection, TruncatedMessageError

# Seconds that a server is given to end.
_END: Final = 10.0


@dataclass(frozen=True, slots=True)
class Response:
    """What a request was answered with, and when (time.perf_counter) it was read."""

    at: float
    result: Any = None
    error: Mapping[str, Any] | None = None


class Client(Connection):
    """Starts a server and talks to it.

    Attributes:
        started: when the process was started (time.perf_counter).
        last: the newest parameters of each kind of notification.
        overdue: requests that were cancelled and aren't answered yet.
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
        self._answers: dict[int, Response] = {}
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
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - pipes were asked for
        assert stdout is not None  # noqa: S101 - as above
        try:
            super().__init__(stdin, stdout)
        except EngineError:
            self._process.kill()
            raise
        self.start()

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

    def ask(self, method: str, params: object, patience: float = PATIENCE) -> Response:
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

    def poll(self, number: int, until: float) -> Response | None:
        """The answer to a request, once; None if there is none by then.

        Raises:
            EngineError: the server has ended.
        """
        if not self.wait(lambda: number in self._answers, until):
            return None
        return self._answers.pop(number)

    def wait(self, condition: Callable[[], bool], until: float) -> bool:
        """Waits for what the server says until a condition is met; False if it isn't by then.

        Raises:
            EngineError: the server has ended.
        """
        if self.wait_for(condition, until - time.perf_counter()):
            return True
        if self.over:
            raise self._ended()
        return False

    def cancel(self, number: int) -> None:
        """Cancels a request; its answer, which must come nevertheless, is ignored."""
        self.notify("$/cancelRequest", {"id": number})
        with self.arrived:
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

    def send_raw(self, data: bytes) -> None:
        """Sends bytes.

        Raises:
            EngineError: the server has ended, or doesn't read.
        """
        try:
            super().send_raw(data)
        except BrokenPipeError:
            raise self._ended() from None

    def received(self, message: dict[str, Any], at: float) -> None:
        """Keeps answers and notifications."""
        method, number = message.get("method"), message.get("id")
        if method is not None and number is not None:
            # This client has nothing to say to what a server wants to know.
            self.reply(message, None)
        elif method is not None:
            self.last[method] = message.get("params")
        elif not isinstance(number, int) or self.asked.pop(number, None) is None:
            self.strays += 1
        elif number in self.overdue:
            self.overdue.remove(number)
        else:
            self._answers[number] = Response(at, message.get("result"), message.get("error"))

    def _ended(self) -> EngineError:
        if self.failure is not None and not isinstance(self.failure, TruncatedMessageError):
            return self.failure
        try:
            code = self._process.wait(_END)
        except subprocess.TimeoutExpired:
            return EngineError("the server closed its output and goes on")
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        return EngineError(
            f"the server ended with {code}: {said[-1] if said else 'it said nothing'}"
        )
