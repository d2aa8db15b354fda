"""The untrusted side: runs a program, and computes what it is asked to.

One request a line comes in; for `calls` a line per call goes out, for all else one. Each answer
begins with its request's nonce, and its number among the calls. Whatever the program does to this
process, it can write no more than that here, and what it writes is read as plain data by a process
that it never enters: to answer in this module's place is to compute.
"""

import hashlib
import importlib.machinery
import importlib.util
import marshal
import os
import resource
import sys
import warnings
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType
from typing import Any, Final

# Relative, since a box holds this folder only.
from .channel import Channel, Frame
from .plain import OpaqueError, PlainError, pack, unpack

_NAME: Final = "<completion>"
_MODULE: Final = "completion"
_MAX_MESSAGE: Final = 500
_TOTAL: Final = 256 << 20
_SMALL: Final = 1 << 10


class Program:
    """The program under judgement."""

    def __init__(self) -> None:
        self._function: Callable[..., Any] | None = None

    def load(self, source: str, entry_point: str) -> Frame:
        """Compiles and runs it: `ready`, `syntax` or `raised`."""
        try:
            code: CodeType = compile(source, _NAME, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            return ["syntax", _message(error)]
        module = sys.modules[_MODULE] = ModuleType(_MODULE)
        try:
            exec(code, module.__dict__)  # noqa: S102 - this is what the box is for
            if entry_point not in module.__dict__:
                raise NameError(f"name {entry_point!r} is not defined")  # noqa: TRY301
            self._function = module.__dict__[entry_point]
        except BaseException as error:  # noqa: BLE001 - SystemExit is a result, too
            return _raised(error)
        return ["ready"]

    def call(self, packed: Any, *, after: bool, digests: bool) -> Frame:
        """One call: `value`, `digest`, `opaque` or `raised`; and the arguments, if changed."""
        arguments, named = unpack(packed)
        if self._function is None:
            return [*_raised(NameError("there is no program")), None]
        try:
            value = self._function(*arguments, **named)
        except BaseException as error:  # noqa: BLE001 - see `load`
            frame = _raised(error)
        else:
            frame = (_digest(value) if digests else None) or _packed(value)
        return [*frame, _changed(packed, arguments, named) if after else None]


def _digest(value: Any) -> Frame | None:
    """`digest` of a large value of exactly the builtin types; None for all others.

    Most results that are large are right, and it is cheaper to see that by their digests. Who
    knows the digest of a right result has computed it. Equal values may have different digests
    (of 1 and True, of a set); then the values decide.
    """
    try:
        digest = hashlib.sha256(type(value).__name__.encode())
        size = 0
        # Item by item: what some functions return would not fit into memory twice.
        for item in value if type(value) in (list, tuple) else (value,):
            data = marshal.dumps(item, 2)
            digest.update(data)
            size += len(data)
    except BaseException:  # noqa: BLE001 - its methods may be the program's
        return None
    return ["digest", digest.hexdigest()] if size > _SMALL else None


def _packed(value: Any) -> Frame:
    try:
        return ["value", pack(value)]
    except OpaqueError as error:
        return ["opaque", error.name, error.own]
    except PlainError as error:
        return ["opaque", f"something {error}", False]
    except BaseException:  # noqa: BLE001 - its methods are the program's
        return ["opaque", "something that can't be looked at", False]


def _raised(error: BaseException) -> Frame:
    """`raised`, the nearest builtin type's name, its own type's and what it says."""
    try:
        mro = type.mro(type(error))
        builtin = next(base.__name__ for base in mro if base.__module__ == "builtins")
        return ["raised", builtin, type(error).__name__[:80], _message(error)]
    except BaseException:  # noqa: BLE001 - its type is the program's
        return ["raised", "Exception", "Exception", ""]


def _message(error: BaseException) -> str:
    try:
        return str.__str__(str(error))[:_MAX_MESSAGE]
    except BaseException:  # noqa: BLE001 - its methods may be the program's
        return ""


def _changed(packed: Any, arguments: Sequence[Any], named: Any) -> Any:
    """The arguments as they are now; None where they are as they were, or no longer plain."""
    try:
        now = pack([arguments, named])
    except BaseException:  # noqa: BLE001 - anything may have been put into them
        return None
    return None if now == packed else now


class _Numpy:
    """Finds numpy where it lies, in a folder whose other packages are not to be found."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if name != "numpy":
            return None
        return importlib.util.spec_from_file_location(
            name,
            f"{self._folder}/__init__.py",
            submodule_search_locations=[self._folder],
        )


def main(numpy: str = "") -> None:
    """Serves until the end of the requests; `numpy` is its folder, if it may be imported."""
    channel = Channel(_TOTAL)
    program = Program()
    warnings.simplefilter("ignore")
    if numpy:
        # Its threads would count as processes, of which there is one.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        sys.meta_path.append(_Numpy(numpy))
    leave = os._exit
    while (request := channel.receive()) is not None:
        nonce = request["nonce"]
        match request["op"]:
            case "load":
                channel.send([nonce, *program.load(unpack(request["source"]), request["entry"])])
            case "calls":
                after, digests = request["after"], request["digests"]
                for index, packed in enumerate(request["calls"]):
                    asked = f"{nonce}:{index}"
                    frame = [asked, *program.call(packed, after=after, digests=digests)]
                    try:
                        channel.send(frame)
                    except (PlainError, ValueError):
                        channel.send([asked, "opaque", "something too long", False, None])
            case "end":
                peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                channel.send([nonce, "end", peak])
                # Neither the program's exit handlers nor its finalizers are of interest.
                leave(0)
