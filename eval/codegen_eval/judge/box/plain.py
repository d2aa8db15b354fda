"""Plain data as one line of JSON, and back: what crosses the wall of a box.

`writing` says how each type is written, `reading` makes values of builtin types only, whatever the
line says, so that a comparison of what was read runs no code of whoever wrote it; and `limits`
bound both.
"""

import json
from typing import Any

# Relative, since a box holds this folder only.
from .limits import PlainError, weigh
from .reading import unpack
from .writing import OpaqueError, pack

__all__ = ["OpaqueError", "PlainError", "decode", "encode", "pack", "parse", "unpack"]


def encode(value: Any) -> bytes:
    """One line.

    Raises:
        OpaqueError: the value, or one inside it, isn't plain.
        PlainError: it is too large, too deep, contains itself, or could not be read again.
    """
    line = json.dumps(pack(value), separators=(",", ":"), allow_nan=False).encode("ascii")
    weigh(line)
    return line


def decode(line: bytes) -> Any:
    """The value of a line, whoever wrote it.

    Raises:
        PlainError: it isn't one that `encode` could have written.
    """
    return unpack(parse(line))


def parse(line: bytes) -> Any:
    """The JSON of a line, still packed.

    Raises:
        PlainError: it isn't JSON, or more than is ever written.
    """
    weigh(line)
    try:
        return json.loads(
            line.decode("ascii"), object_pairs_hook=_one_pair, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise PlainError(str(error)) from error


def _one_pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) != 1:
        raise PlainError("an object of other than one key")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise PlainError(f"{name} is no JSON")
