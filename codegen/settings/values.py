"""The kinds of values that settings have: how they are read, and the messages for wrong values."""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LEAST_CONTEXT: Final = 16
"""The fewest tokens of a prompt: they hold some words around the cursor."""

_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. `expected` describes it in messages.

    `accepts` checks a value of TOML or JSON, and `convert` makes the setting's value of it.
    """

    expected: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], object] = lambda value: value

    def read(self, value: object) -> object:
        """Makes the setting's value of a value of TOML or JSON.

        Raises:
            ValueError: it is not of this kind.
        """
        if not self.accepts(value):
            raise ValueError(f"expected {self.expected}")
        return self.convert(value)


def one_of(*words: str) -> Kind:
    """The kind whose values are some given words."""
    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", lambda value: value in words)


def number(
    what: str, low: int, high: int, convert: Callable[[Any], object], step: float = 0
) -> Kind:
    """The kind of numbers from `low` to `high`; multiples of `step`, unless that is 0."""

    def accepts(value: object) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and low <= value <= high
            and (not step or value % step == 0)
        )

    return Kind(f"{what} from {low:,} to {high:,}", accepts, convert)


def model(value: object) -> str:
    """Reads a name of the catalogue, or an absolute path."""
    name = word(value)
    # A relative path would depend on the directory that codegen runs in, so it is refused.
    if "/" in name or name.startswith("~") or name.endswith(".gguf"):
        return str(path(name))
    return name


def word(value: object) -> str:
    """Reads a word, without the blanks around it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a word")
    return value.strip()


def count(value: object) -> int:
    """Reads a whole number from 1 on, also as text, as in an environment variable."""
    try:
        found = int(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ValueError("expected a whole number, 1 or more")
    return found


def context_tokens(value: object) -> int:
    """Reads a bound on the tokens of a prompt, LEAST_CONTEXT or more."""
    number = count(value)
    if number < LEAST_CONTEXT:
        raise ValueError(
            f"expected {LEAST_CONTEXT} or more: with less the model sees nothing of the file"
        )
    return number


def flag(value: object) -> bool:
    """Reads true or false, or one of the words for them."""
    found = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("expected true or false")  # noqa: TRY004 - every reader raises this
    return found


def path(value: object) -> Path:
    """Reads an absolute path, or a path that begins with `~`."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("expected a path")
    try:
        found = Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    if not found.is_absolute():
        raise ValueError("expected an absolute path, or one that begins with ~")
    return found


def shown(value: object) -> str:
    """Any value as a message shows it: shortened, and on one line."""
    try:
        return reprlib.repr(value)
    except ValueError:
        # Python refuses to write a whole number of thousands of digits.
        return "a very large number"
