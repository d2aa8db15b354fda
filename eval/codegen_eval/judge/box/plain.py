"""Plain data as one line of JSON, and back: what crosses the wall of a box.

None, bool, str, lists, and the ints and floats that JSON has are themselves; all else is an
object of one key, which says the type: `{"set": [1, 2]}`. Reading it makes values of builtin
types only, whatever the line says, so that a comparison of what was read runs no code of whoever
wrote it.
"""

import json
import math
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any, Final

MAX_BYTES: Final = 16 << 20
MAX_DEPTH: Final = 200
MAX_ITEMS: Final = 2_000_000
MAX_DRAWN: Final = 100_000
"""How much of an iterator is taken."""

_MAX_TAGGED: Final = MAX_ITEMS // 4
"""Values of other types than JSON's: an empty set takes 20 times its text."""

_MAX_INT: Final = 1 << 63
_MAX_EXPONENT: Final = 10_000
_MAX_FRACTION: Final = 1 << 40_000
_CROWD: Final = 64

_KEYS: Final[Any] = type({}.keys())
_VALUES: Final[Any] = type({}.values())
_ITEMS: Final[Any] = type({}.items())


class PlainError(ValueError):
    """A line, or what is to become one, that is not plain data."""


class OpaqueError(PlainError):
    """A value that no plain data stands for.

    `own` says whether its type brings a comparison of its own: nobody needs one to be compared
    with plain data, except who wants to be found equal to it.
    """

    def __init__(self, name: str, *, own: bool) -> None:
        super().__init__(name)
        self.name = name
        self.own = own


def encode(value: Any) -> bytes:
    """One line.

    Raises:
        OpaqueError: the value, or one inside it, isn't plain.
        PlainError: it is too large, too deep, or contains itself.
    """
    line = json.dumps(pack(value), separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(line) > MAX_BYTES or line.count(b"{") > _MAX_TAGGED:
        raise PlainError(f"more than {MAX_BYTES} bytes, or {_MAX_TAGGED} values of special types")
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
    # A value takes more memory than its text does: each item that JSON has is counted beforehand.
    if (
        len(line) > MAX_BYTES
        or sum(map(line.count, (b",", b"[", b"{"))) > 4 * MAX_ITEMS
        or line.count(b"{") > _MAX_TAGGED
    ):
        raise PlainError("more than is ever written")
    try:
        return json.loads(
            line.decode("ascii"), object_pairs_hook=_one_pair, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise PlainError(str(error)) from error


def pack(value: Any) -> Any:
    """What JSON can hold of a value; raises what `encode` does."""
    return _Packer().pack(value, 0)


def unpack(data: Any) -> Any:
    """The value of parsed JSON; raises what `decode` does."""
    try:
        return _unpack(data, 0)
    except PlainError:
        raise
    except (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError) as error:
        raise PlainError(f"{type(error).__name__}: {error}") from error


def crowded(keys: Iterable[Any]) -> bool:
    """Whether so many keys share a hash that a set of them would take for ever to build."""
    return max(Counter(map(hash, keys)).values(), default=0) > _CROWD


class _Packer:
    """One value's way into JSON; counts what it meets.

    Types are asked for their own methods, never the value for its: a subclass may have replaced
    them.
    """

    def __init__(self) -> None:
        self._items = 0

    def pack(self, value: Any, depth: int) -> Any:
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            raise PlainError("too large, too deep, or it contains itself")
        kind = type(value)
        packer = _PACKERS.get(kind)
        if packer is not None:
            return packer(self, value, depth)
        own = own_comparison(kind)
        if not own:
            for base in type.mro(kind):
                packer = _PACKERS.get(base)
                if packer is not None:
                    return packer(self, value, depth)
            return self._foreign(value, kind, depth)
        raise OpaqueError(_name(kind), own=own)

    def many(self, values: Iterable[Any], depth: int) -> list[Any]:
        return [self.pack(value, depth + 1) for value in values]

    def pairs(self, pairs: Iterable[tuple[Any, Any]], depth: int) -> list[Any]:
        return [[self.pack(key, depth + 1), self.pack(value, depth + 1)] for key, value in pairs]

    def _foreign(self, value: Any, kind: type, depth: int) -> Any:
        module = kind.__module__
        if module in {"builtins", "itertools"} and hasattr(kind, "__next__"):
            drawn = list(islice(value, MAX_DRAWN + 1))
            if len(drawn) <= MAX_DRAWN:
                return {"iter": self.many(drawn, depth)}
        elif module == "decimal" and _exact(kind, "Decimal"):
            # One with a large exponent is short, but not what is computed from it.
            if len(text := str(value)) <= _MAX_EXPONENT and abs(value.adjusted()) <= _MAX_EXPONENT:
                return {"decimal": text}
        elif module == "fractions" and _exact(kind, "Fraction"):
            return self._fraction(value.numerator, value.denominator, depth)
        elif (numpy := sys.modules.get("numpy")) is not None:
            if isinstance(value, numpy.generic):
                item = value.item()
                if type(item) is not kind:
                    return self.pack(item, depth)
            elif kind is numpy.ndarray:
                # An array is never equal to plain data, yet it can be walked along.
                items = value.tolist()
                return {"iter": self.many(items, depth)} if value.ndim else self.pack(items, depth)
        raise OpaqueError(_name(kind), own=False)

    def _fraction(self, numerator: int, denominator: int, depth: int) -> Any:
        # To read one is to find a common divisor, which takes the square of their lengths.
        if max(abs(numerator), denominator) >= _MAX_FRACTION:
            raise OpaqueError("Fraction", own=False)
        return {"fraction": self.many((numerator, denominator), depth)}


def _pack_int(_packer: _Packer, value: int, _depth: int) -> Any:
    value = int.__add__(value, 0)
    return value if -_MAX_INT < value < _MAX_INT else {"int": hex(value)}


def _pack_float(_packer: _Packer, value: float, _depth: int) -> Any:
    value = float.__pos__(value)
    return value if math.isfinite(value) else {"float": repr(value)}


def _pack_complex(packer: _Packer, value: complex, depth: int) -> Any:
    value = complex.__pos__(value)
    return {"complex": packer.many((value.real, value.imag), depth)}


def _pack_str(_packer: _Packer, value: str, _depth: int) -> Any:
    value = str.__str__(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON's escapes would make one character of two surrogates.
        return {"str": value.encode("utf-32-le", "surrogatepass").hex()}
    return value


def _pack_bytes(_packer: _Packer, value: bytes, _depth: int) -> Any:
    return {"bytes": bytes.hex(value)}


def _pack_bytearray(_packer: _Packer, value: bytearray, _depth: int) -> Any:
    return {"bytearray": bytearray.hex(value)}


def _pack_dict(packer: _Packer, value: dict[Any, Any], depth: int) -> Any:
    return {"dict": packer.pairs(dict.items(value), depth)}


def _pack_range(packer: _Packer, value: range, depth: int) -> Any:
    return {"range": packer.many((value.start, value.stop, value.step), depth)}


def _tagged(tag: str, kind: Any) -> Callable[[_Packer, Any, int], Any]:
    return lambda packer, value, depth: {tag: packer.many(kind.__iter__(value), depth)}


_PACKERS: Final[Mapping[type, Callable[[_Packer, Any, int], Any]]] = {
    type(None): lambda _packer, value, _depth: value,
    bool: lambda _packer, value, _depth: value,
    int: _pack_int,
    float: _pack_float,
    complex: _pack_complex,
    str: _pack_str,
    bytes: _pack_bytes,
    bytearray: _pack_bytearray,
    list: lambda packer, value, depth: packer.many(list.__iter__(value), depth),
    dict: _pack_dict,
    range: _pack_range,
    tuple: _tagged("tuple", tuple),
    set: _tagged("set", set),
    frozenset: _tagged("frozenset", frozenset),
    deque: _tagged("deque", deque),
    _KEYS: _tagged("keys", _KEYS),
    _VALUES: _tagged("values", _VALUES),
    _ITEMS: lambda packer, value, depth: {"items": packer.pairs(value, depth)},
}


def own_comparison(kind: type) -> bool:
    """Whether a type's `==` was written by the program: neither in C nor in the library."""
    for base in type.mro(kind):
        if "__eq__" in base.__dict__:
            found = base.__dict__["__eq__"]
            break
    else:
        return False
    if isinstance(found, WrapperDescriptorType | MethodDescriptorType | BuiltinFunctionType):
        return False
    if found is None or "__dataclass_params__" in base.__dict__:
        return False  # A dataclass's compares with its own kind only.
    return not isinstance(found, FunctionType) or not found.__code__.co_filename.startswith(
        ("/", "<frozen ")  # The program's own is "<completion>".
    )


def _exact(kind: type, name: str) -> bool:
    return getattr(sys.modules.get(kind.__module__), name, None) is kind


def _name(kind: type) -> str:
    return str.__str__(type.__dict__["__name__"].__get__(kind))[:80]


def _one_pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) != 1:
        raise PlainError("an object of other than one key")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise PlainError(f"{name} is no JSON")


def _unpack(data: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise PlainError("too deep")
    kind = type(data)
    if kind is list:
        return [_unpack(item, depth + 1) for item in data]
    if kind is dict:
        ((tag, payload),) = data.items()
        unpacker = _UNPACKERS.get(tag)
        if unpacker is None:
            raise PlainError("an unknown type")
        return unpacker(payload, depth)
    if kind is float and not math.isfinite(data):
        raise PlainError("a number that no float holds")
    return data


def _many(payload: Any, depth: int) -> list[Any]:
    if type(payload) is not list:
        raise PlainError("a list was expected")
    return [_unpack(item, depth + 1) for item in payload]


def _keys(payload: Any, depth: int) -> list[Any]:
    keys = _many(payload, depth)
    if len(keys) > _CROWD and crowded(keys):
        raise PlainError("keys made to collide")
    return keys


def _set_of(kind: Callable[[list[Any]], Any]) -> Callable[[Any, int], Any]:
    def unpacker(payload: Any, depth: int) -> Any:
        keys = _keys(payload, depth)
        made = kind(keys)
        if len(made) != len(keys):
            raise PlainError("a key twice")
        return made

    return unpacker


def _dict(payload: Any, depth: int) -> dict[Any, Any]:
    pairs = _typed(_many(payload, depth - 1), list)
    keys = [key for key, _ in pairs]
    if len(keys) > _CROWD and crowded(keys):
        raise PlainError("keys made to collide")
    made = dict(pairs)
    if len(made) != len(keys):
        raise PlainError("a key twice")
    return made


def _int(payload: Any, _depth: int) -> int:
    value = int(payload, 16)
    if -_MAX_INT < value < _MAX_INT:
        raise PlainError("a small number written as a large one")
    return value


def _float(payload: Any, _depth: int) -> float:
    if payload not in ("inf", "-inf", "nan"):
        raise PlainError("not a special float")
    return float(payload)


def _complex(payload: Any, depth: int) -> complex:
    real, imag = _typed(_many(payload, depth), float)
    return complex(real, imag)


def _range(payload: Any, depth: int) -> range:
    return range(*_typed(_many(payload, depth), int))


def _decimal(payload: Any, _depth: int) -> Any:
    from decimal import Decimal  # noqa: PLC0415 - seldom needed, and boxes start often

    value = Decimal(payload) if type(payload) is str else None
    if value is None or len(payload) > _MAX_EXPONENT or abs(value.adjusted()) > _MAX_EXPONENT:
        raise PlainError("no decimal number that is ever written")
    return value


def _fraction(payload: Any, depth: int) -> Any:
    from fractions import Fraction  # noqa: PLC0415 - likewise

    numerator, denominator = _typed(_many(payload, depth), int)
    if max(abs(numerator), abs(denominator)) >= _MAX_FRACTION:
        raise PlainError("no fraction that is ever written")
    return Fraction(numerator, denominator)


def _typed(values: list[Any], kind: type) -> list[Any]:
    if any(type(value) is not kind for value in values):
        raise PlainError(f"{kind.__name__} was expected")
    return values


_UNPACKERS: Final[Mapping[str, Callable[[Any, int], Any]]] = {
    "int": _int,
    "float": _float,
    "complex": _complex,
    "str": lambda payload, _depth: bytes.fromhex(payload).decode("utf-32-le", "surrogatepass"),
    "bytes": lambda payload, _depth: bytes.fromhex(payload),
    "bytearray": lambda payload, _depth: bytearray.fromhex(payload),
    "dict": _dict,
    "range": _range,
    "tuple": lambda payload, depth: tuple(_many(payload, depth)),
    "set": _set_of(set),
    "frozenset": _set_of(frozenset),
    "deque": lambda payload, depth: deque(_many(payload, depth)),
    "keys": lambda payload, depth: dict.fromkeys(_keys(payload, depth)).keys(),
    "values": lambda payload, depth: dict(enumerate(_many(payload, depth))).values(),
    "items": lambda payload, depth: _dict(payload, depth).items(),
    "iter": lambda payload, depth: iter(_many(payload, depth)),
    "decimal": _decimal,
    "fraction": _fraction,
}
