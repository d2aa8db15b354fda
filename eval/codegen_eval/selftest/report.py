"""The report of a self-test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one attack.

    `verdict` is "none" if it could not be judged. `ok` says that the verdict is one of the expected
    ones and that nothing outside of the box was changed; otherwise `detail` says what was.
    """

    name: str
    about: str
    verdict: str
    expected: tuple[str, ...]
    ok: bool
    detail: str

    @property
    def escaped(self) -> bool:
        """Whether the verdict is an expected one, and something outside of the box was changed."""
        return not self.ok and self.verdict in self.expected


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of a suite's programs got the right verdict, and which did not."""

    suite: str
    good: int
    total: int
    unexpected: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all got the right verdict; true if there were none."""
        return self.good == self.total


@dataclass(frozen=True, slots=True)
class Report:
    """A whole self-test. `canonical` have to pass, `stubs` have to fail."""

    sandbox: str
    user: Literal["root", "ordinary"]
    attacks: Sequence[Outcome]
    canonical: Sequence[Counted]
    stubs: Sequence[Counted]
    notes: Sequence[str]

    @property
    def ok(self) -> bool:
        """Whether all attacks, solutions and stubs had the expected outcome."""
        return all(outcome.ok for outcome in self.attacks) and all(
            counted.ok for counted in (*self.canonical, *self.stubs)
        )

    def to_json(self) -> dict[str, Any]:
        """The report as `codegen eval selftest --json` prints it."""
        return {
            "schema": SCHEMA,
            "sandbox": self.sandbox,
            "user": self.user,
            "ok": self.ok,
            "attacks": [
                {
                    "name": outcome.name,
                    "verdict": outcome.verdict,
                    "expected": outcome.expected[0]
                    if len(outcome.expected) == 1
                    else list(outcome.expected),
                    "ok": outcome.ok,
                    "detail": outcome.detail,
                }
                for outcome in self.attacks
            ],
            "canonical": {each.suite: _counted(each, "passed") for each in self.canonical},
            "stubs": {each.suite: _counted(each, "failed") for each in self.stubs},
            "notes": list(self.notes),
        }


def _counted(counted: Counted, word: str) -> dict[str, Any]:
    return {word: counted.good, "total": counted.total, "unexpected": list(counted.unexpected)}
