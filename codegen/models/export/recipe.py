"""The recipe, which is the number of the way exports are made, and the files that passed by it.

The gate compares an export with the original on 2,410 tokens, which takes as long as all the rest.
A file that this project has compared so, by the recipe of today, need not be compared so again on
every machine: there a sixth of the tokens tells whether anything broke. passed.toml lists them;
what is not in it goes through the whole gate.
"""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RECIPE: Final = 2
"""Raise it with anything that changes what an export computes: it empties the list.

`sources` in passed.toml is the hash of the files that an export is made by; a test compares it.
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """A file whose export passed the whole gate: its hash, the figures, and the date."""

    sha256: str
    precision: str
    recipe: int
    tokens: int
    agreement: float
    perplexity_ratio: float
    mean_kl: float
    date: str


@functools.cache
def passed() -> tuple[Passed, ...]:
    """The files that passed.toml lists."""
    text = Path(__file__).with_name("passed.toml").read_text(encoding="utf-8")
    return tuple(Passed(**row) for row in tomllib.loads(text)["passed"])


def has_passed(sha256: str, precision: str) -> bool:
    """Whether the export of that file in that precision passed the whole gate by this recipe."""
    return any(
        (row.sha256, row.precision, row.recipe) == (sha256, precision, RECIPE) for row in passed()
    )
