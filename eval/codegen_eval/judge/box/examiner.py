"""The trusted side's own box: runs a problem's test, which is told what the program answered.

The test calls a stand-in, each of whose calls goes out as a line and comes back as plain data. The
functions that a test uses beside it are the reference program's.
"""

import linecache
import operator
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any, Final

# Relative, since a box holds this folder only.
from .channel import Channel, Frame
from .plain import PlainError, pack, unpack

_NAME: Final = "<test>"
_MODULE: Final = "reference"
MAX_TOTAL: Final = 64 << 20
"""Bytes of all that is said in one examination."""

_GRACE_SECONDS: Final = 2.0
"""CPU time of a test, beyond its limit, until the kernel ends its process: where it computes in one
step that Python can't interrupt."""


class _TimeUpError(BaseException):
    """The test itself took too long."""


class _AbortedError(BaseException):
    """There will be no more answers: the program ended, or its verdict stands already."""


class Examiner:
    """Serves examinations, one after the other."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._raised: BaseException | None = None
        self._answered = False

    def examine(self, reference: str, test: str, entry_point: str, seconds: float) -> Frame:
        """Runs a test: `passed`, `failed`, `raised` by the program, `slow`, `broken`..."""
        try:
            check = _load(reference, test)
        except Exception as error:  # noqa: BLE001 - it is told to who can name the problem
            return ["broken", f"{type(error).__name__}: {error}"]
        self._raised = None
        self._answered = False
        self._channel.renew(MAX_TOTAL)
        _limit(seconds)
        try:
            check(self._stand_in(entry_point))
        except BaseException as error:  # noqa: BLE001 - the program may have raised any
            _limit(None)
            return self._failed(error)
        _limit(None)
        return ["passed"]

    def _failed(self, error: BaseException) -> Frame:
        if isinstance(error, _TimeUpError):
            return ["slow"]
        if isinstance(error, _AbortedError):
            return ["aborted"]
        if isinstance(error, PlainError) and self._answered:
            # The test has put together what the program answered.
            return ["overgrown", str(error)]
        if isinstance(error, PlainError):
            return ["broken", f"it passes what isn't plain data: {error}"]
        if error is self._raised:
            return ["raised"]
        return ["failed", _told(error), _line(error)]

    def _stand_in(self, entry_point: str) -> Callable[..., Any]:
        def candidate(*arguments: Any, **named: Any) -> Any:
            self._channel.send(["call", pack([list(arguments), named])])
            answer = self._channel.receive()
            if "aborted" in answer:
                raise _AbortedError
            self._answered = True
            if answer["after"] is not None:
                now, now_named = unpack(answer["after"])
                adopt(arguments, tuple(now))
                adopt(named, now_named)
            if "raised" in answer:
                self._raised = _exception(*answer["raised"])
                raise self._raised
            return unpack(answer["value"])

        candidate.__name__ = candidate.__qualname__ = entry_point
        return candidate


def _load(reference: str, test: str) -> Callable[[Any], Any]:
    """A test's `check`, among the reference's functions, in a module of their own."""
    module = sys.modules[_MODULE] = ModuleType(_MODULE)
    exec(compile(reference, "<reference>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    linecache.cache[_NAME] = (len(test), None, test.splitlines(keepends=True), _NAME)
    exec(compile(test, _NAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    check: Callable[[Any], Any] = module.__dict__["check"]
    return check


def adopt(old: Any, new: Any) -> Any:
    """Makes the test's own object what the program made of its copy, where it can be changed.

    Returns:
        The old object, which is now as the new one; or the new one, where it can't be so.
    """
    kind = type(old)
    if kind is not type(new):
        return new
    if kind is list:
        old[:] = [*map(adopt, old, new), *new[len(old) :]]
    elif kind is tuple:
        items = tuple(map(adopt, old, new))
        same = len(old) == len(new) and all(map(operator.is_, items, old))
        return old if same else (*items, *new[len(old) :])
    elif kind is dict:
        # Rebuilt, since the order of keys counts as well.
        values = {key: adopt(old[key], now) if key in old else now for key, now in new.items()}
        old.clear()
        old.update(values)
    elif kind is set:
        old.clear()
        old.update(new)
    elif kind is bytearray:
        old[:] = new
    else:
        return old if old == new else new
    return old


def _exception(builtin: str, message: str) -> BaseException:
    kind = getattr(sys.modules["builtins"], builtin, None)
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        return Exception(message)
    if issubclass(kind, StopIteration | StopAsyncIteration):
        # In a test's `map(candidate, ...)` it would be the end of the test. PEP 479 does likewise.
        return RuntimeError(f"{builtin}: {message}")
    try:
        return kind(message)
    except Exception:  # noqa: BLE001 - UnicodeError and its like want more than a message
        return Exception(message)


def _told(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an int too long for its digits, say
        text = ""
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__


def _line(error: BaseException) -> str:
    """The test's line that failed."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == _NAME]
    return (lines[-1] or "")[:500] if lines else ""


def _limit(seconds: float | None) -> None:
    """Limits the CPU time of this process; what the program takes in its own doesn't count here."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds or 0)
    signal.setitimer(signal.ITIMER_PROF, seconds + _GRACE_SECONDS if seconds else 0)


def _on_time(_signal: int, _frame: FrameType | None) -> None:
    raise _TimeUpError


def main() -> None:
    """Serves until the end of the requests."""
    channel = Channel(MAX_TOTAL)
    examiner = Examiner(channel)
    signal.signal(signal.SIGVTALRM, _on_time)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process
    while (request := channel.receive()) is not None:
        if "aborted" in request:  # it was over already
            channel.send(["aborted"])
            continue
        try:
            frame = examiner.examine(
                unpack(request["reference"]),
                unpack(request["test"]),
                request["entry"],
                request["seconds"],
            )
        except PlainError as error:
            frame = ["broken", str(error)]
        channel.send(frame)
