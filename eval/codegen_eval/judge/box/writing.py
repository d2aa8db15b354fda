"""Values as what JSON can hold, no more of them than `limits` allow.

None, bool, str, lists, and the ints and floats that JSON has are themselves; all else is an object
of one key, which says the type: `{"set": [1, 2]}`.

Types are asked for their own methods, never the value for its: a subclass may have replaced them.
"""

import math
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any, Final

# Relative, since a box holds this folder only.
from .limits import MAX_DRAWN, SMALL, PlainError, Tally
from .reading import unpack

_KEYS: Final[Any] = type({}.keys())
_VALUES: Final[Any] = type({}.values())
_ITEMS: Final[Any] = type({}.items())


class OpaqueError(PlainError):
    """A value that no plain data stands for.

    `own` says whether its type brings a comparison of its own: nobody needs one to be compared
    with plain data, except who wants to be found equal to it.
    """

    def __init__(self, name: str, *, own: bool) -> None:
        super().__init__(name)
        self.name = name
        self.own = own


def pack(value: Any) -> Any:
    """What JSON can hold of a value.

    Raises:
        OpaqueError: the value, or one inside it, isn't plain.
        PlainError: it is too large, too deep, contains itself, or could not be read again.
    """
    packer = _Packer()
    data = packer.pack(value, 0)
    if packer.keyed:
        # What keys hash to, and whether they are still told apart, is only seen when they are read.
        unpack(data)
    return data


class _Packer:
    """One value's way into JSON."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.keyed = False

    def pack(self, value: Any, depth: int) -> Any:
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
        items = list(values)
        self.tally.enter(len(items), depth + 1)
        return [self.pack(item, depth + 1) for item in items]

    def pairs(self, pairs: Iterable[tuple[Any, Any]], depth: int) -> list[Any]:
        self.keyed = True
        items = list(pairs)
        self.tally.enter(2 * len(items), depth + 1)
        return [[self.pack(key, depth + 1), self.pack(value, depth + 1)] for key, value in items]

    def _foreign(self, value: Any, kind: type, depth: int) -> Any:
        module = kind.__module__
        if module in {"builtins", "itertools"} and hasattr(kind, "__next__"):
            drawn = list(islice(value, MAX_DRAWN + 1))
            self.tally.drawn(len(drawn))
            return {"iter": self.many(drawn, depth)}
        if module == "decimal" and _exact(kind, "Decimal"):
            text = str(value)
            self.tally.decimal(text, value.adjusted())
            return {"decimal": text}
        if module == "fractions" and _exact(kind, "Fraction"):
            numerator, denominator = value.numerator, value.denominator
            self.tally.fraction(numerator, denominator)
            return {"fraction": self.many((numerator, denominator), depth)}
        return self._of_numpy(value, kind, depth)

    def _of_numpy(self, value: Any, kind: type, depth: int) -> Any:
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            # A truth value of numpy's is equal to True, and isn't True: as 1 is.
            item = int(value.item()) if isinstance(value, numpy.bool_) else value.item()
            if type(item) is not kind:
                return self.pack(item, depth)
        elif numpy is not None and kind is numpy.ndarray:
            # An array is never equal to plain data, yet it can be walked along.
            if not value.ndim:
                return self.pack(value[()], depth)
            return {"iter": self.many(value, depth)}
        raise OpaqueError(_name(kind), own=False)


def _pack_int(packer: _Packer, value: int, _depth: int) -> Any:
    value = int.__add__(value, 0)
    if -SMALL < value < SMALL:
        return value
    packer.tally.number(value.bit_length())
    return {"int": hex(value)}


def _pack_float(_packer: _Packer, value: float, _depth: int) -> Any:
    value = float.__pos__(value)
    return value if math.isfinite(value) else {"float": repr(value)}


def _pack_complex(packer: _Packer, value: complex, depth: int) -> Any:
    value = complex.__pos__(value)
    return {"complex": packer.many((value.real, value.imag), depth)}


def _pack_str(packer: _Packer, value: str, _depth: int) -> Any:
    value = str.__str__(value)
    packer.tally.text(len(value))
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON's escapes would make one character of two surrogates.
        return {"str": value.encode("utf-32-le", "surrogatepass").hex()}
    return value


def _pack_bytes(packer: _Packer, value: bytes, _depth: int) -> Any:
    packer.tally.text(bytes.__len__(value))
    return {"bytes": bytes.hex(value)}


def _pack_bytearray(packer: _Packer, value: bytearray, _depth: int) -> Any:
    packer.tally.text(bytearray.__len__(value))
    return {"bytearray": bytearray.hex(value)}


def _pack_dict(packer: _Packer, value: dict[Any, Any], depth: int) -> Any:
    return {"dict": packer.pairs(dict.items(value), depth)}


def _pack_range(packer: _Packer, value: range, depth: int) -> Any:
    numbers = (value.start, value.stop, value.step)
    if not all(-SMALL < number < SMALL for number in numbers):
        raise PlainError("a range of very long ints")
    return {"range": packer.many(numbers, depth)}


def _tagged(tag: str, kind: Any) -> Callable[[_Packer, Any, int], Any]:
    return lambda packer, value, depth: {tag: packer.many(kind.__iter__(value), depth)}


def _keyed(tag: str, kind: Any) -> Callable[[_Packer, Any, int], Any]:
    def packed(packer: _Packer, value: Any, depth: int) -> Any:
        packer.keyed = True
        return {tag: packer.many(kind.__iter__(value), depth)}

    return packed


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
    set: _keyed("set", set),
    frozenset: _keyed("frozenset", frozenset),
    deque: _tagged("deque", deque),
    _KEYS: _keyed("keys", _KEYS),
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
