"""Kinds of values that a setting can have: how each is read, and what is said of a wrong one."""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LEAST_CONTEXT: Final = 16
"""Tokens of a prompt that hold some words around the cursor."""

_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what is `expected`, and how it is turned into what a setting holds."""

    expected: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], object] = lambda value: value

    def read(self, value: object) -> object:
        """Turns a value of TOML or JSON into a setting's.

        Raises:
            ValueError: it is not of this kind.
        """
        if not self.accepts(value):
            raise ValueError(f"expected {self.expected}")
        return self.convert(value)


def one_of(*words: str) -> Kind:
    """One of some words."""
    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", lambda value: value in words)


def number(
    what: str, low: int, high: int, convert: Callable[[Any], object], step: float = 0
) -> Kind:
    """A number between two others; a multiple of `step` unless that is 0."""

    def accepts(value: object) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and low <= value <= high
            and (not step or value % step == 0)
        )

    return Kind(f"{what} from {low:,} to {high:,}", accepts, convert)


def model(value: object) -> str:
    """A name of the catalogue, or an absolute path."""
    name = word(value)
    # A file or directory is taken where it is meant, never from where codegen happens to run.
    if "/" in name or name.startswith("~") or name.endswith(".gguf"):
        return str(path(name))
    return name


def word(value: object) -> str:
    """Some word, without the blanks around it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a word")
    return value.strip()


def count(value: object) -> int:
    """A whole number from 1 on; variables of the environment have it as text."""
    try:
        found = int(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ValueError("expected a whole number, 1 or more")
    return found


def context_tokens(value: object) -> int:
    """A bound on the tokens of a prompt, which must hold some words around the cursor."""
    number = count(value)
    if number < LEAST_CONTEXT:
        raise ValueError(
            f"expected {LEAST_CONTEXT} or more: with less the model sees nothing of the file"
        )
    return number


def flag(value: object) -> bool:
    """True or false, or one of the words for them."""
    found = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("expected true or false")  # noqa: TRY004 - every reader raises this
    return found


def path(value: object) -> Path:
    """An absolute path, or one that begins with `~`."""
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
    """A value that may be anything, for a message: short, and on one line."""
    try:
        return reprlib.repr(value)
    except ValueError:
        # Python refuses to write a whole number of thousands of digits.
        return "a very large number"
