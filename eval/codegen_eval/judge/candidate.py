"""The judged program, as the trusted parent process sees it: its answers are data, never code.

An answer counts if it is the next line after its request and carries the request's nonce, and its
number where one request asks for several. An honest program writes no other lines.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from codegen_eval.judge.box.plain import PlainError, pack, parse, unpack
from codegen_eval.judge.outcome import Decided, ended
from codegen_eval.judge.wording import call
from codegen_eval.sandbox.types import Box, Limits
from codegen_eval.suites.verdict import Verdict

_READING_SECONDS: Final = 60.0
"""CPU time that this process may take to read and compare all answers of a program. Reading one
takes about a second at most (`box/limits.py`), but there may be thousands."""

_Doing = Callable[[], str]
"""Says what the program was doing."""


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """A result that can't be sent as plain data; it equals nothing, not even another Opaque."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest that stands for a large result."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that a call raised: its nearest builtin type, its own type, and its message."""

    builtin: str
    type_name: str
    message: str

    def __str__(self) -> str:
        return f"{self.type_name}: {self.message}" if self.message else self.type_name


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What a call returned or raised. `result` is plain data, a Digest, Opaque or Raised.

    `packed` is the result as it was received, so that it can be passed on without being packed
    again. `after` are the packed arguments after the call, if the call changed them.
    """

    result: Any
    packed: Any = None
    after: Any = None


class Candidate:
    """A program in its box. Every method raises Decided as soon as the verdict is known."""

    def __init__(self, box: Box, limits: Limits, entry_point: str) -> None:
        self._box = box
        self._limits = limits
        self._entry_point = entry_point
        self._begun = time.thread_time()

    def load(self, source: str) -> None:
        """Compiles and runs the program in the box, so that its entry point can be called."""
        doing = "while it was loaded".__str__
        nonce = self._ask({"op": "load", "source": pack(source), "entry": self._entry_point})
        match self._answer(nonce, doing):
            case ["ready"]:
                return
            case ["syntax", str(message)]:
                raise Decided(Verdict.SYNTAX, message)
            case ["raised", str(builtin), str(name), str(message)]:
                raise Decided(Verdict.ERROR, f"{Raised(builtin, name, message)}, {doing()}")
            case _:
                raise _forged("a malformed answer", doing)

    def calls(
        self, packed: Sequence[Any], *, after: bool = False, digests: bool = False
    ) -> Iterator[CallAnswer]:
        """Calls the entry point in the box, once for each of the packed arguments.

        Args:
            packed: the arguments of all calls.
            after: whether the answers say how the call changed its arguments.
            digests: whether the box may answer with a Digest for a large result.
        """
        nonce = self._ask({"op": "calls", "calls": packed, "after": after, "digests": digests})
        for index, arguments in enumerate(packed):
            # Described when it must be: there are thousands of calls, and few that fail.
            doing = partial(call, self._entry_point, arguments)
            yield self._called(self._answer(f"{nonce}:{index}", doing), doing)

    def end(self) -> int:
        """Checks that the program wrote nothing after its last answer; its peak memory in bytes."""
        doing = "after its last answer".__str__
        match self._answer(self._ask({"op": "end"}), doing):
            case ["end", int(peak)]:
                return peak
            case _:
                raise _forged("a malformed answer", doing)

    def _called(self, frame: list[Any], doing: _Doing) -> CallAnswer:
        try:
            match frame:
                case ["value", packed, after]:
                    return CallAnswer(unpack(packed), packed, _arguments(after))
                case ["digest", str(sha256), None]:
                    return CallAnswer(Digest(sha256))
                case ["raised", str(builtin), str(name), str(message), after]:
                    return CallAnswer(Raised(builtin, name, message), after=_arguments(after))
                case ["opaque", str(name), True, _]:
                    raise _forged(f"a result whose type, {name}, has its own comparison", doing)
                case ["opaque", str(name), False, after]:
                    return CallAnswer(Opaque(name), after=_arguments(after))
                case _:
                    raise _forged("a malformed answer", doing)
        except PlainError as error:
            raise _forged(f"a malformed answer ({error})", doing) from error

    def _ask(self, request: dict[str, Any]) -> str:
        nonce = secrets.token_hex(8)
        self._box.send(json.dumps({"nonce": nonce, **request}, separators=(",", ":")).encode())
        return nonce

    def _answer(self, nonce: str, doing: _Doing) -> list[Any]:
        if time.thread_time() - self._begun > _READING_SECONDS:
            raise _forged("answers made to take long to read", doing)
        line = self._box.receive()
        if line is None:
            raise ended(self._box.close(), self._limits, doing())
        try:
            frame = parse(line)
        except PlainError as error:
            raise _forged(f"a malformed answer ({error})", doing) from error
        if type(frame) is not list or not frame or frame[0] != nonce:
            raise _forged("an answer that nobody asked for", doing)
        return frame[1:]


def _arguments(after: Any) -> Any:
    """Packed arguments, once it is known that they are some."""
    if after is None:
        return None
    match unpack(after):
        case [list(), dict()]:
            return after
        case _:
            raise PlainError("no arguments")


def _forged(what: str, doing: _Doing) -> Decided:
    return Decided(Verdict.FORGED, f"{what}, {doing()}")
