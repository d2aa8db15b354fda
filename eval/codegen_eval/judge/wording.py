"""Values and messages in one short line, for a verdict's detail."""

import reprlib
from collections.abc import Sequence
from typing import Any, Final

from codegen_eval.judge.box.plain import PlainError, unpack

MAX_DETAIL: Final = 300


class _Short(reprlib.Repr):
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

    def repr_list_iterator(self, _x: Any, _level: int) -> str:
        return "an iterator"


_SHORT: Final = _Short()


def shown(value: Any) -> str:
    """A value as Python writes it, its middle left out where it is long."""
    try:
        return _SHORT.repr(value)
    except (ValueError, RecursionError, ArithmeticError):
        return f"a {type(value).__name__}"


def call(entry_point: str, packed: Any) -> str:
    """`in`, and a call as Python writes it; `packed` are its arguments, packed."""
    try:
        arguments, named = unpack(packed)
        words = [*map(shown, arguments), *(f"{name}={shown(v)}" for name, v in named.items())]
    except (PlainError, ValueError, TypeError, AttributeError):
        words = ["..."]
    return clipped(f"in {entry_point}({', '.join(words)})", 120)


def clipped(text: str, size: int = MAX_DETAIL) -> str:
    """One line of at most `size` characters."""
    # Twice as much as is kept suffices, and a text may be megabytes long.
    text = " ".join(text[: 4 * size].split())
    return text if len(text) <= size else f"{text[: size - 3]}..."


def line(parts: Sequence[str]) -> str:
    """Parts of a detail, those that there are."""
    return clipped(": ".join(part for part in parts if part))
