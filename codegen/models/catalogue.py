"""The models that codegen knows by name, as catalogue.toml beside this module lists them."""

import difflib
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.errors import UsageError


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model cost and brought where it was measured: `on` which machine, in which precision.

    `minutes` to fetch and export it; `bytes` of the export on disk; tokens per second of a prompt,
    and of generating one by one; and the share of lines, withheld from Python files, that it wrote
    exactly. None is not measured. Another machine has other figures, but similar ratios.
    """

    on: str
    date: str
    exact_lines: float
    minutes: int | None = None
    bytes: int | None = None
    prompt_tokens: int | None = None
    single_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One model: where its file comes from, and the hash that it must have.

    `family` is a name in codegen.prompt.families. `licence` is an SPDX identifier, and
    `licence_url` where its text stands. `released` is the day its weights stood in public (ISO
    8601): what was published before may have been in its training.
    """

    name: str
    family: str
    repo: str
    revision: str
    file: str
    bytes: int
    sha256: str
    licence: str
    licence_url: str
    released: str
    default: bool = False
    measured: Measured | None = None


@functools.cache
def entries() -> tuple[CatalogueEntry, ...]:
    """All entries, in the catalogue's order."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    return tuple(_entry(row) for row in tomllib.loads(text)["model"])


def _entry(row: dict[str, Any]) -> CatalogueEntry:
    measured = row.pop("measured", None)
    return CatalogueEntry(**row, measured=None if measured is None else Measured(**measured))


def default_entry() -> CatalogueEntry:
    """The model that is used when none is named."""
    return next(entry for entry in entries() if entry.default)


def lookup(name: str) -> CatalogueEntry:
    """The entry of that name.

    Raises:
        UsageError: there is none; the message has the nearest names, or all of them.
    """
    by_name = {entry.name: entry for entry in entries()}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name.lower(), by_name, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(by_name)}"
    raise UsageError(f"the catalogue has no model {name!r}; {hint}")


def released(sha256: str) -> str:
    """The day that the model of this file was released; empty for a file we don't know."""
    return next((entry.released for entry in entries() if entry.sha256 == sha256), "")
