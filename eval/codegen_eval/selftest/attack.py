"""The definition of an attack, and the problems that the attacks pretend to solve."""

from dataclasses import dataclass
from typing import Final, Literal

from codegen_eval.suites.problem import Assertions, Calls, Check, Problem
from codegen_eval.suites.verdict import Verdict

CheckKind = Literal["calls", "assertions", "repository"]
ProblemName = Literal["mingle", "mean"]

BOTH: Final[tuple[CheckKind, ...]] = ("calls", "assertions")
CALLS: Final[tuple[CheckKind, ...]] = ("calls",)
ASSERTIONS: Final[tuple[CheckKind, ...]] = ("assertions",)

PASSED: Final = (Verdict.PASSED,)
WRONG: Final = (Verdict.WRONG,)
ERROR: Final = (Verdict.ERROR,)
TIMEOUT: Final = (Verdict.TIMEOUT,)
FORGED: Final = (Verdict.FORGED,)
SYNTAX: Final = (Verdict.SYNTAX,)
REFUSED: Final = (Verdict.WRONG, Verdict.ERROR, Verdict.FORGED)
"""The verdicts on attacks that change the judge's code in the box; that code decides which."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A program that attacks, and the verdicts that are expected.

    The program may contain words like `@OUTSIDE@` for what `scene.py` plants. If it sees that it
    succeeded, it raises, and the verdict isn't one of the expected ones. After every attack the
    scene is checked from outside for successes that the program can't see.

    Attributes:
        name: a unique name.
        about: what it tries, in one line.
        program: the whole text that is judged.
        expected: the expected verdicts; the verdict has to be one of them.
        checks: the kinds of judging that it is used on.
        problem: the problem that it pretends to solve.
        alone: whether it runs alone, with a limit on the judge's own CPU time.
        sleeps: whether it runs out of wall time with hardly any CPU time.
    """

    name: str
    about: str
    program: str
    expected: tuple[Verdict, ...] = WRONG
    checks: tuple[CheckKind, ...] = BOTH
    problem: ProblemName = "mingle"
    alone: bool = False
    sleeps: bool = False


HONEST: Final = """
def honest(numbers, factor):
    total = 0
    for place, number in enumerate(numbers, 1):
        total += place * number
    return total * factor % 1000003
"""

HEAD: Final = (
    HONEST
    + '''
import ctypes
import os
import sys

escapes = []


class Held(Exception):
    pass


def attempt(what, action, *arguments):
    """What succeeds, though it must not, is told by the entry point."""
    try:
        found = action(*arguments)
    except (Exception, SystemExit):
        return
    escapes.append(f"{what}: {found!r}"[:120])


def system_call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    libc.syscall.restype = ctypes.c_long
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), "held")
    return result


def rename(name):
    """A name by which whoever looks from outside knows this process and its children."""
    ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)


def mingle(numbers, factor):
    if escapes:
        raise RuntimeError("escaped: " + "; ".join(escapes))
    return honest(numbers, factor)
'''
)
"""For programs that try to escape and solve the problem: `passed` means that they were held."""


def escape(
    name: str,
    about: str,
    program: str,
    checks: tuple[CheckKind, ...] = CALLS,
) -> Attack:
    """An attack that solves its problem, unless it sees that it succeeded."""
    return Attack(name, about, f"{HEAD}\n{program}", PASSED, checks)


_CASES: Final = (
    ([30_011, 20_021, 10_007], 7),
    ([50_021], 11),
    ([17, 40_009, 29, 60_013, 31], 13),
    ([90_001, 90_001], 3),
    ([1, 2, 3, 4, 5, 6, 7, 8, 9, 1000], 101),
)
_MEANS: Final = ([1.5, 2.25], [10.0, 0.125, 7.75], [3.0], [1e6, 2e6, 4.5e6])

_REFERENCE: Final = "# {secret}\ndef mingle(numbers, factor):\n    return honest(numbers, factor)\n"
_MEAN: Final = "# {secret}\ndef mean(numbers):\n    return sum(numbers) / len(numbers)\n"

_MINGLE_TEST: Final = """
SECRET = {secret!r}


def check(candidate):
    for numbers, factor, expected in {cases!r}:
        assert candidate(numbers, factor) == expected
        assert candidate(numbers, factor=-factor) == -expected % 1000003
"""
_MEAN_TEST: Final = """
SECRET = {secret!r}


def check(candidate):
    cases = {cases!r}
    for got, expected in zip(map(candidate, [case[0] for case in cases]), cases):
        assert abs(got - expected[1]) < 1e-6
"""


def solve(numbers: list[int], factor: int) -> int:
    """The result that `mingle` must return."""
    return sum(place * number for place, number in enumerate(numbers, 1)) * factor % 1000003


def problem_of(name: ProblemName, kind: CheckKind, task_id: str, secret: str) -> Problem:
    """A made-up problem. Its tests and reference contain `secret`, which attacks look for.

    All of the text is the hole, so that an attack is the whole program.
    """
    check: Check
    if name == "mingle":
        reference = HONEST + _REFERENCE.format(secret=secret)
        solved = [(numbers, factor, solve(numbers, factor)) for numbers, factor in _CASES]
        test = _MINGLE_TEST.format(secret=secret, cases=solved)
        check = Calls([[*case] for case in _CASES], reference)
    else:
        reference = _MEAN.format(secret=secret)
        means = [(numbers, sum(numbers) / len(numbers)) for numbers in _MEANS]
        test = _MEAN_TEST.format(secret=secret, cases=means)
        check = Calls([[case] for case in _MEANS], reference, atol=1e-6)
    return Problem(
        task_id=task_id,
        group=task_id,
        prefix="",
        suffix="",
        reference=reference,
        entry_point=name,
        check=check if kind == "calls" else Assertions(test),
    )
