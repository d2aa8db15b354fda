"""Results of ordinary types that compare in odd ways."""

from typing import Final

from codegen_eval.selftest.attack import REFUSED, Attack

ATTACKS: Final = (
    Attack(
        "nan",
        "a number whose distance to all others is not too large",
        """
def mean(numbers):
    return float("nan")
""",
        problem="mean",
    ),
    Attack(
        "infinite",
        "infinity, which no relative tolerance exceeds",
        """
def mean(numbers):
    return float("inf")
""",
        problem="mean",
    ),
    Attack(
        "signalling-nan",
        "a decimal number that raises when it is compared",
        """
from decimal import Decimal


def mean(numbers):
    return Decimal("sNaN")
""",
        problem="mean",
    ),
    Attack(
        "small-integers",
        "the interpreter's own small numbers, overwritten to be one and the same",
        """
import ctypes


def mingle(numbers, factor):
    for number in range(20, 200):
        ctypes.memmove(id(number) + 24, ctypes.byref(ctypes.c_int32(28)), 4)
    return 28
""",
        REFUSED,
    ),
    Attack(
        "changing",
        "a list that shows other items each time that it is walked along",
        """
import random


class Changing(list):
    def __iter__(self):
        return iter([random.random()])

    def __getitem__(self, index):
        return random.random()

    def __len__(self):
        return random.randrange(9)


def mingle(numbers, factor):
    return Changing([1])
""",
    ),
    Attack(
        "true",
        "true for all: equal to 1, and nothing else",
        """
def mingle(numbers, factor):
    return True
""",
    ),
    Attack(
        "coroutine",
        "a coroutine, which nobody awaits",
        """
async def mingle(numbers, factor):
    return 28
""",
    ),
)
"""Numbers, lists and others that compare in odd ways."""
