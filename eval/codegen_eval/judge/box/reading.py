"""Parsed JSON as values: of builtin types only, whoever wrote it, and no more than `limits` allow.

What is read is what would be written: no second spelling of a value is taken, so that whatever
could be read can be written again.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

# Relative, since a box holds this folder only.
from .limits import MAX_BITS, MAX_DIGITS, SMALL, PlainError, Tally

_LONGEST_INT: Final = len("-0x") + MAX_BITS // 4 + 1


def unpack(data: Any) -> Any:
    """The value of parsed JSON.

    Raises:
        PlainError: it isn't what a value was written as, or costs more than is taken.
    """
    try:
        return _Reader().value(data, 0)
    except PlainError:
        raise
    except (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError) as error:
        raise PlainError(f"{type(error).__name__}: {error}") from error


class _Reader:
    """One value's way out of JSON."""

    def __init__(self) -> None:
        self.tally = Tally()

    def value(self, data: Any, depth: int) -> Any:
        kind = type(data)
        if kind is list:
            return self.many(data, depth)
        if kind is dict:
            ((tag, payload),) = data.items()
            reader = READERS.get(tag)
            if reader is None:
                raise PlainError("an unknown type")
            return reader(self, payload, depth)
        if kind is str:
            self.tally.text(len(data))
        elif kind is int and not -SMALL < data < SMALL:
            raise PlainError("a large number written as a small one")
        elif kind is float and not math.isfinite(data):
            raise PlainError("a number that no float holds")
        return data

    def many(self, payload: Any, depth: int) -> list[Any]:
        self._enter(payload, 1, depth)
        return [self.value(item, depth + 1) for item in payload]

    def keys(self, payload: Any, depth: int) -> list[Any]:
        self._enter(payload, 1, depth)
        prices: list[int] = []
        keys = [self._priced(item, depth, prices) for item in payload]
        self.tally.keys(keys, prices)
        return keys

    def mapping(self, payload: Any, depth: int) -> dict[Any, Any]:
        self._enter(payload, 2, depth)
        keys, values = [], []
        prices: list[int] = []
        for pair in payload:
            if type(pair) is not list:
                raise PlainError("a pair was expected")
            key, value = pair
            keys.append(self._priced(key, depth, prices))
            values.append(self.value(value, depth + 1))
        self.tally.keys(keys, prices)
        made = dict(zip(keys, values, strict=True))
        if len(made) != len(keys):
            raise PlainError("a key twice")
        return made

    def _enter(self, payload: Any, width: int, depth: int) -> None:
        if type(payload) is not list:
            raise PlainError("a list was expected")
        self.tally.enter(width * len(payload), depth + 1)

    def _priced(self, item: Any, depth: int, prices: list[int]) -> Any:
        before = self.tally.price
        value = self.value(item, depth + 1)
        prices.append(1 + self.tally.price - before)
        return value


def _set_of(kind: Callable[[list[Any]], Any]) -> Callable[[_Reader, Any, int], Any]:
    def read(reader: _Reader, payload: Any, depth: int) -> Any:
        keys = reader.keys(payload, depth)
        made = kind(keys)
        if len(made) != len(keys):
            raise PlainError("a key twice")
        return made

    return read


def _int(reader: _Reader, payload: Any, _depth: int) -> int:
    # Counted before it is read: its length is its own.
    if type(payload) is not str or len(payload) > _LONGEST_INT:
        raise PlainError("no int that is ever written")
    value = int(payload, 16)
    if -SMALL < value < SMALL or hex(value) != payload:
        raise PlainError("no int that is ever written")
    reader.tally.number(value.bit_length())
    return value


def _float(_reader: _Reader, payload: Any, _depth: int) -> float:
    if payload not in ("inf", "-inf", "nan"):
        raise PlainError("not a special float")
    return float(payload)


def _complex(reader: _Reader, payload: Any, depth: int) -> complex:
    real, imag = _typed(reader.many(payload, depth), float)
    return complex(real, imag)


def _str(reader: _Reader, payload: Any, _depth: int) -> str:
    text = bytes.fromhex(payload).decode("utf-32-le", "surrogatepass")
    reader.tally.text(len(text))
    try:
        text.encode()
    except UnicodeEncodeError:
        return text
    raise PlainError("a text that needs no other spelling")


def _bytes_as(kind: Callable[[bytes], Any]) -> Callable[[_Reader, Any, int], Any]:
    def read(reader: _Reader, payload: Any, _depth: int) -> Any:
        data = bytes.fromhex(payload)
        if len(payload) != 2 * len(data):
            raise PlainError("blanks among bytes")
        reader.tally.text(len(data))
        return kind(data)

    return read


def _range(reader: _Reader, payload: Any, depth: int) -> range:
    # Its length is computed by dividing, which takes the square of the numbers' lengths.
    numbers = _typed(reader.many(payload, depth), int)
    if len(numbers) != 3 or not all(-SMALL < number < SMALL for number in numbers):
        raise PlainError("no range that is ever written")
    return range(*numbers)


def _decimal(reader: _Reader, payload: Any, _depth: int) -> Any:
    from decimal import Decimal  # noqa: PLC0415 - seldom needed, and boxes start often

    if type(payload) is not str or len(payload) > MAX_DIGITS:
        raise PlainError("no decimal number that is ever written")
    value = Decimal(payload)
    reader.tally.decimal(payload, value.adjusted())
    if str(value) != payload:
        raise PlainError("no decimal number that is ever written")
    return value


def _fraction(reader: _Reader, payload: Any, depth: int) -> Any:
    from fractions import Fraction  # noqa: PLC0415 - likewise

    numerator, denominator = _typed(reader.many(payload, depth), int)
    reader.tally.fraction(numerator, denominator)
    value = Fraction(numerator, denominator)
    if value.denominator != denominator:
        raise PlainError("a fraction that can be reduced")
    return value


def _iterator(reader: _Reader, payload: Any, depth: int) -> Any:
    items = reader.many(payload, depth)
    reader.tally.drawn(len(items))
    return iter(items)


def _typed(values: list[Any], kind: type) -> list[Any]:
    if any(type(value) is not kind for value in values):
        raise PlainError(f"{kind.__name__} was expected")
    return values


READERS: Final[Mapping[str, Callable[[_Reader, Any, int], Any]]] = {
    "int": _int,
    "float": _float,
    "complex": _complex,
    "str": _str,
    "bytes": _bytes_as(bytes),
    "bytearray": _bytes_as(bytearray),
    "dict": _Reader.mapping,
    "range": _range,
    "tuple": lambda reader, payload, depth: tuple(reader.many(payload, depth)),
    "set": _set_of(set),
    "frozenset": _set_of(frozenset),
    "deque": lambda reader, payload, depth: deque(reader.many(payload, depth)),
    "keys": _set_of(lambda keys: dict.fromkeys(keys).keys()),
    "values": lambda reader, payload, depth: dict(enumerate(reader.many(payload, depth))).values(),
    "items": lambda reader, payload, depth: reader.mapping(payload, depth).items(),
    "iter": _iterator,
    "decimal": _decimal,
    "fraction": _fraction,
}
"""By the tag."""
