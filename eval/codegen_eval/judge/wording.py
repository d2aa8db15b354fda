"""Writes values and messages as one short line, for a verdict's detail."""

import re
import reprlib
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any, Final

from codegen_eval.judge.box.plain import PlainError, unpack

MAX_DETAIL: Final = 300
_MAX_SORTED: Final = 1000
_SORTABLE: Final = frozenset({bool, int, float, str, bytes})
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{8,}")


class _Short(reprlib.Repr):
    """Like reprlib, but fast with large values.

    To show a part of a set, reprlib sorts all of it; and it writes a whole value of a type that it
    doesn't know before it cuts the text.
    """

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 5
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 12
        self.maxdeque = 12
        self.maxstring = self.maxlong = self.maxother = 60

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write an int of very many digits.
        if x.bit_length() > 1000:
            return f"an int of {x.bit_length()} bits"
        return super().repr_int(x, level)

    def repr_set(self, x: Collection[Any], level: int) -> str:
        return self._listed("{", self._first(x, self.maxset), "}", level) if x else "set()"

    def repr_frozenset(self, x: Collection[Any], level: int) -> str:
        if not x:
            return "frozenset()"
        return self._listed("frozenset({", self._first(x, self.maxset), "})", level)

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        first = {key: x[key] for key in self._first(x, self.maxdict + 1)}
        if level <= 0 or not first:
            return "{...}" if first else "{}"
        shown = [
            f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}"
            for key, value in islice(first.items(), self.maxdict)
        ]
        return f"{{{', '.join([*shown, '...'] if len(x) > self.maxdict else shown)}}}"

    def repr_bytes(self, x: bytes, level: int) -> str:
        return self.repr_instance(x[: self.maxother + 1], level)

    def repr_bytearray(self, x: bytearray, level: int) -> str:
        return self.repr_instance(x[: self.maxother + 1], level)

    def repr_dict_keys(self, x: Collection[Any], level: int) -> str:
        first = [*islice(x, self.maxlist + 1)]
        return self._listed(f"{type(x).__name__}([", first, "])", level)

    repr_dict_values = repr_dict_items = repr_dict_keys

    def repr_list_iterator(self, _x: Any, _level: int) -> str:
        return "an iterator"

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            repr(x)
        except (ValueError, ArithmeticError):  # of numbers with more digits than Python writes
            return f"a {type(x).__name__}"
        return super().repr_instance(x, level)

    def _listed(self, left: str, first: Sequence[Any], right: str, level: int) -> str:
        return f"{left}{self.repr_list([*first], level)[1:-1]}{right}"

    def _first(self, x: Collection[Any], most: int) -> list[Any]:
        """Some of a set, the same ones each time if it isn't large, and one more than is shown."""
        if len(x) > _MAX_SORTED:
            return [*islice(x, most + 1)]
        if _SORTABLE.issuperset(map(type, x)):
            try:
                return sorted(x)
            except TypeError:  # of texts and numbers
                pass
        return sorted(x, key=lambda item: self.repr1(item, 1))


_SHORT: Final = _Short()


def shown(value: Any) -> str:
    """A value as Python writes it, without its middle if it is long."""
    try:
        return _SHORT.repr(value)
    except (ValueError, RecursionError, ArithmeticError):
        return f"a {type(value).__name__}"


def call(entry_point: str, packed: Any) -> str:
    """The words "in f(1, 2)" for a call. `packed` are its packed arguments."""
    try:
        arguments, named = unpack(packed)
        words = [*map(shown, arguments), *(f"{name}={shown(v)}" for name, v in named.items())]
    except (PlainError, ValueError, TypeError, AttributeError):
        words = ["..."]
    return clipped(f"in {entry_point}({', '.join(words)})", 120)


def clipped(text: str, size: int = MAX_DETAIL) -> str:
    """A text as one line of at most `size` characters, without the addresses that Python writes.

    Addresses differ from run to run, and give away the layout of the machine's memory.
    """
    # Several times as much as is kept suffices, and a text may be megabytes long.
    text = " ".join(_ADDRESS.sub("0x...", text[: 4 * size]).split())
    return text if len(text) <= size else f"{text[: size - 3]}..."


def line(parts: Sequence[str]) -> str:
    """Joins the parts of a detail that aren't empty."""
    return clipped(": ".join(part for part in parts if part))
