"""How much of a value crosses the wall of a box: one set of limits, for writing and for reading.

A short text can stand for a value that is costly: to keep, to build, to hash or to compare.
Whatever is within these limits is read and compared in about a second, by operations that are each
short, and takes less than 50 MB together with its line. So two values fit into 100 MB.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

MAX_BYTES: Final = 8 << 20
"""Of a line."""

MAX_ITEMS: Final = 1_000_000
MAX_KEYS: Final = 200_000
"""Members of all sets and keys of all mappings together."""

MAX_DEPTH: Final = 200
MAX_DRAWN: Final = 100_000
"""How much of an iterator is taken."""

MAX_BITS: Final = 1 << 19
"""Of an int: some 150,000 digits."""

SMALL: Final = 1 << 63
"""Ints below it are JSON's own; a range has no others."""

MAX_DIGITS: Final = 10_000
"""Of a decimal number, and its largest exponent."""

MAX_FRACTION_BITS: Final = 4096
"""Of a numerator and a denominator: reducing them takes the square of that."""

_MAX_PRICE: Final = 8_000_000
_MAX_WEIGHT: Final = 40 << 20
# Bytes that reading takes for each of these in a line: once as JSON, once as a value. A text is
# there as what was received, as a line, decoded, and as a value.
_BYTE, _QUOTE, _ITEM, _LIST, _OBJECT = 4, 16, 40, 150, 700

_MIXED_BITS: Final = 1 << 14
"""Of an int beside decimal numbers: to compare them, it is written in digits, which is slow."""

_FRACTION_PRICE: Final = 64
_DECIMAL_PRICE: Final = 8
"""They are compared by slow code."""


class PlainError(ValueError):
    """A line, or what is to become one, that is not plain data."""


def weigh(line: bytes) -> None:
    """Looks at a line before it is parsed, or sent.

    Raises:
        PlainError: it is longer than is read, or its value would take too much memory.
    """
    if len(line) > MAX_BYTES:
        raise PlainError(f"more than {MAX_BYTES >> 20} MiB")
    weight = (
        _BYTE * len(line)
        + _QUOTE * line.count(b'"')
        + _ITEM * line.count(b",")
        + _LIST * line.count(b"[")
        + _OBJECT * line.count(b"{")
    )
    if weight > _MAX_WEIGHT:
        raise PlainError("too many values")


class Tally:
    """What a value has come to so far. Every method raises PlainError where that is too much.

    `price` bounds the elementary steps of comparing the value with another: one for each item,
    and for the members of a set that share a hash as many as they are, since each of them may be
    compared with all of these. It multiplies from set to set inside of one another, and so does
    what comparing them takes.
    """

    def __init__(self) -> None:
        self.price = 0
        self._items = 0
        self._keys = 0
        self._bits = 0
        self._decimals = False

    def enter(self, count: int, depth: int) -> None:
        """Items that lie side by side, none of which was looked at yet."""
        self._items += count
        if (count and depth > MAX_DEPTH) or self._items > MAX_ITEMS:
            raise PlainError("too large, too deep, or it contains itself")
        self._pay(count)

    def text(self, length: int) -> None:
        """A text, or bytes."""
        self._pay(length >> 6)

    def number(self, bits: int) -> None:
        """An int that isn't small."""
        if bits > MAX_BITS:
            raise PlainError(f"an int of more than {MAX_BITS} bits")
        self._bits = max(self._bits, bits)
        self._pay(bits >> 6)
        self._unmixed()

    def decimal(self, text: str, exponent: int) -> None:
        """A decimal number. One with a large exponent is short; what is computed of it isn't."""
        if len(text) > MAX_DIGITS or abs(exponent) > MAX_DIGITS:
            raise PlainError(f"a decimal number of more than {MAX_DIGITS} digits")
        self._decimals = True
        self._pay(_DECIMAL_PRICE + (len(text) >> 6))
        self._unmixed()

    def fraction(self, numerator: int, denominator: int) -> None:
        """A fraction, not reduced yet."""
        if max(numerator.bit_length(), denominator.bit_length()) > MAX_FRACTION_BITS:
            raise PlainError(f"a fraction of more than {MAX_FRACTION_BITS} bits")
        self._pay(_FRACTION_PRICE)

    def drawn(self, count: int) -> None:
        """Items of an iterator."""
        if count > MAX_DRAWN:
            raise PlainError(f"an iterator of more than {MAX_DRAWN} items")

    def keys(self, keys: Sequence[Any], prices: Sequence[int]) -> None:
        """Members of a set, or keys, of builtin types; and the price of each."""
        self._keys += len(keys)
        if self._keys > MAX_KEYS:
            raise PlainError(f"more than {MAX_KEYS} keys")
        hashes = list(map(hash, keys))
        crowds = Counter(hashes)
        if len(crowds) < len(keys):
            pairs = zip(hashes, prices, strict=True)
            self._pay(sum((crowds[hashed] - 1) * price for hashed, price in pairs))

    def _pay(self, price: int) -> None:
        self.price += price
        if self.price > _MAX_PRICE:
            raise PlainError("made to be slow to compare")

    def _unmixed(self) -> None:
        if self._decimals and self._bits > _MIXED_BITS:
            raise PlainError("decimal numbers beside very long ints")
