"""A problem: a text with a hole, what was there, and how a completion is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

Kind = Literal["completion", "infilling"]
Half = Literal["tune", "report"]


@dataclass(frozen=True, slots=True)
class Assertions:
    """Test code that defines `check(candidate)` and asserts, as HumanEval's does."""

    test: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Inputs for which a program must give the results of a trusted reference, as in EvalPlus.

    `inputs` are argument lists, plain data as JSON gave it. `reference` is a whole program that
    defines the entry point. `atol` is the absolute tolerance of floats; 0 means equality, except
    that floats are then compared as EvalPlus compares them. `oracle` names the rule for results
    that aren't unique (see judge/rules.py); "equal" is plain comparison.
    """

    inputs: Sequence[Sequence[Any]]
    reference: str
    atol: float = 0.0
    oracle: str = "equal"


@dataclass(frozen=True, slots=True)
class Repository:
    """Tests of a mined repository, run by its own runner with the completed file in place.

    `root` is the suite's copy of the repository, `path` the file with the hole, relative to it
    (with forward slashes), `tests` pytest's node ids, and `python` the interpreter whose
    environment has what the tests import.
    """

    root: Path
    path: str
    tests: tuple[str, ...]
    python: Path


Check = Assertions | Calls | Repository


@dataclass(frozen=True, slots=True)
class Problem:
    """One hole. The judged program is `prefix + completion + suffix`, never stripped.

    `group` is the problem that the hole was cut from ("HumanEval/3"). Holes of one group are not
    independent, so a split keeps a group together, and a bootstrap draws whole groups.
    `reference` is the original text of the hole. `entry_point` is the function that the tests call.
    """

    task_id: str
    group: str
    prefix: str
    suffix: str
    reference: str
    entry_point: str
    check: Check

    def program(self, completion: str) -> str:
        """The whole program, with a completion in the hole."""
        return self.prefix + completion + self.suffix

    def opened(self) -> "Problem":
        """The same problem with all of its text as the hole, to judge whole programs."""
        whole = self.program(self.reference)
        return replace(self, prefix="", suffix="", reference=whole)


@dataclass(frozen=True, slots=True)
class Suite:
    """Problems by task id, in the order of their file.

    `published` is the date of the texts' publication, ISO 8601 ("2021-07-07"): a model trained
    later may have seen them. `source` says where the data comes from, and `sha256` is the hash of
    the files that the problems were read from: a suite with another hash is another suite.
    """

    name: str
    kind: Kind
    published: str
    source: str
    sha256: str
    problems: Mapping[str, Problem]
