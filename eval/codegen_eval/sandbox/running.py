"""The parent's side of a box: its pipes, its limits on output, and its end.

The launcher by itself ends a box at its limits of wall time, CPU time and files. Output is read
only during calls of this class: between them, a box that writes much has to wait.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import IO, Self, cast

import psutil

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.control import Control
from codegen_eval.sandbox.ending import judge
from codegen_eval.sandbox.types import Ending, Limits, Reason
from codegen_eval.sandbox.watch import TreeWatch

_CHUNK = 1 << 16
_STDERR_TAIL = 16 << 10
_START_SECONDS = 60.0
_GRACE_SECONDS = 15.0
"""How long the launcher may take to end a box on a busy machine."""


class RunningBox:
    """A box that a launcher runs. One thread at a time may use it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        control: Control,
        limits: Limits,
        cleanup: Callable[[], None] | None,
    ) -> None:
        self.process = process
        self._control = control
        self._limits = limits
        self._cleanup = cleanup
        self._stdin = cast("IO[bytes]", process.stdin)
        self._stdout = cast("IO[bytes]", process.stdout)
        self._stderr = cast("IO[bytes]", process.stderr)
        self._outgoing = bytearray()
        self._lines = bytearray()
        self._scanned = 0
        self._tail = bytearray()
        self._read = 0
        self._report: list[str] | None = None
        self._over = False  # the launcher has reported or is gone
        self._reason: Reason | None = None  # why the parent ended it
        self._ending: Ending | None = None
        self._watch: TreeWatch | None = None
        self._selector = selectors.DefaultSelector()
        for pipe in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(self._stdout, selectors.EVENT_READ, self._on_stdout)
        self._selector.register(self._stderr, selectors.EVENT_READ, self._on_stderr)
        self._started = time.monotonic()

    def hand_over(self, payload: Iterable[bytes]) -> None:
        """Sends the launcher its instructions, and waits until the program runs.

        Raises:
            SandboxError: it doesn't run; the message says why.
        """
        self._control.patience(_START_SECONDS)
        try:
            self._control.send(payload)
            answer = self._control.receive()
        except TimeoutError as error:
            raise SandboxError(f"a box did not start within {_START_SECONDS:.0f} s") from error
        except OSError as error:
            raise SandboxError(f"a box's files can't be read: {error}") from error
        if answer != ["ready"]:
            said = self.close().stderr.strip() if answer is None else " ".join(answer[1:])
            raise SandboxError(f"a box did not start: {said or 'no reason given'}")
        self._control.patience(_GRACE_SECONDS)
        self._selector.register(self._control, selectors.EVENT_READ, self._on_control)
        self._started = time.monotonic()

    def watch(self, depth: int, *, count: bool) -> None:
        """Watches the limits of a box of several processes as a whole."""
        self._watch = TreeWatch(self.process.pid, depth, self._limits, self.end, count=count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, line: bytes) -> None:
        """Writes a line, and reads the box's output meanwhile, so that neither side blocks."""
        self._write(line + b"\n", line_by_line=True)

    def receive(self) -> bytes | None:
        """The next line."""
        while True:
            end = self._lines.find(b"\n", self._scanned)
            if end >= 0:
                with memoryview(self._lines) as received:
                    line = bytes(received[:end])
                del self._lines[: end + 1]
                self._scanned = 0
                return line
            self._scanned = len(self._lines)
            if self._over:
                return None
            self._step()
            self._bound_lines()

    def communicate(self, data: bytes = b"") -> bytes:
        """Writes `data`, closes stdin, and reads stdout up to the box's end."""
        self._write(data)
        if not self._stdin.closed:
            self._stdin.close()
        while not self._over:
            self._step()
        rest = bytes(self._lines)
        self._lines.clear()
        self._scanned = 0
        return rest

    def close(self) -> Ending:
        """Kills all remaining processes, frees the box's resources, and says how it ended."""
        if self._ending is None:
            self._end(Reason.CLOSED)
            self._ending = self._judge()
            self._lines.clear()
            self._scanned = 0
        return self._ending

    def end(self, reason: Reason) -> None:
        """Ends the box for a limit that the parent watches. Any thread may call this."""
        if self._reason is None:
            self._reason = reason
        self._control.close_box()

    def _bound_lines(self) -> None:
        """Ends a box that says more than is kept for whoever receives it."""
        if len(self._lines) > self._limits.line_bytes + _CHUNK and not self._over:
            self._end(Reason.OUTPUT)

    def _write(self, data: bytes, *, line_by_line: bool = False) -> None:
        if self._over or self._stdin.closed:
            return
        self._outgoing += data
        self._selector.register(self._stdin, selectors.EVENT_WRITE, self._on_stdin)
        while self._outgoing and not self._over:
            self._step()
            if line_by_line:
                self._bound_lines()
        self._outgoing.clear()
        if not self._stdin.closed and self._stdin in self._selector.get_map():
            self._selector.unregister(self._stdin)

    def _step(self) -> None:
        """Waits for something to happen, and does what it asks for."""
        left = self._started + self._limits.wall_seconds + _GRACE_SECONDS - time.monotonic()
        if left <= 0:  # the launcher should have ended it
            self._end(Reason.WALL)
            return
        for key, _ in self._selector.select(left):
            key.data()
            if self._over:
                return

    def _on_stdin(self) -> None:
        try:
            sent = os.write(self._stdin.fileno(), self._outgoing[:_CHUNK])
            del self._outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._outgoing.clear()
            self._selector.unregister(self._stdin)
            self._stdin.close()

    def _on_stdout(self) -> None:
        self._lines += self._take(self._stdout)

    def _on_stderr(self) -> None:
        self._tail += self._take(self._stderr)
        del self._tail[:-_STDERR_TAIL]

    def _take(self, pipe: IO[bytes]) -> bytes:
        """What can be read now, at most what the limit leaves."""
        if pipe not in self._selector.get_map():
            return b""
        room = self._limits.output_bytes - self._read
        try:
            data = os.read(pipe.fileno(), min(_CHUNK, room + 1))
        except BlockingIOError:
            return b""
        if not data:
            self._selector.unregister(pipe)
            return b""
        self._read += len(data)
        if len(data) > room:
            self._read = self._limits.output_bytes
            self.end(Reason.OUTPUT)
            for each in (self._stdout, self._stderr):
                if each in self._selector.get_map():
                    self._selector.unregister(each)
        return data[:room]

    def _on_control(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._report = self._control.receive()
        self._finish()

    def _end(self, reason: Reason) -> None:
        """Has the launcher end the box, and waits until it is gone."""
        if self._over:
            return
        self.end(reason)
        self._control.patience(_GRACE_SECONDS)
        self._on_control()

    def _finish(self) -> None:
        """Nothing of the box runs any more, or nothing may: frees what it had."""
        self._over = True
        if self._watch is not None:
            self._watch.stop()
        if self._report is None:
            self._kill()
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self.process.wait()
        for pipe, handle in ((self._stdout, self._on_stdout), (self._stderr, self._on_stderr)):
            while pipe in self._selector.get_map() and not pipe.closed:
                before = self._read
                handle()
                if self._read == before:
                    break
        self._selector.close()
        for stream in (self._stdin, self._stdout, self._stderr, self._control):
            with contextlib.suppress(OSError):
                stream.close()
        if self._cleanup is not None:
            self._cleanup()
            self._cleanup = None

    def _kill(self) -> None:
        """For a launcher that doesn't do it: kills it and whatever it started."""
        with contextlib.suppress(psutil.Error):
            tree = psutil.Process(self.process.pid).children(recursive=True)
            for process in tree:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self.process.kill()

    def _judge(self) -> Ending:
        stderr = self._tail.decode("utf-8", "replace")
        if self._report is None or self._report[0] != "ended":
            wall = time.monotonic() - self._started
            return Ending(self._reason or Reason.SIGNAL, None, signal.SIGKILL, 0.0, wall, stderr)
        sampled = 0.0 if self._watch is None else self._watch.seconds
        return judge(self._report, self._reason, sampled, self._limits, stderr)
