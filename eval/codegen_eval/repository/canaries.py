"""Canaries: tests that must fail, and one that must pass, in every session with a judged program.

A program that has patched the assertions, the runner or the comparisons so that all tests pass
makes the canaries pass, too.
"""

import secrets
from collections.abc import Mapping
from typing import Final

_SOURCE: Final = """\
import unittest

import pytest


def number():
    return {number}


def test_that_passes():
    assert number() == {number}


def test_assertion():
    assert False


def test_equality():
    assert number() == {other}


def test_text():
    assert str(number()) == "{other}"


def test_raises():
    with pytest.raises(ValueError):
        number()


def test_exception():
    raise RuntimeError("{other}")


class _Case(unittest.TestCase):
    pass


def test_unittest():
    _Case().assertEqual(number(), {other})
"""

EXPECTED: Final[Mapping[str, str]] = {
    "test_that_passes": "passed",
    "test_assertion": "failed",
    "test_equality": "failed",
    "test_text": "failed",
    "test_raises": "failed",
    "test_exception": "failed",
    "test_unittest": "failed",
}


def canary_file() -> bytes:
    """The source of the canaries, with new random numbers."""
    number = secrets.randbelow(1 << 30)
    return _SOURCE.format(number=number, other=number + 1).encode()


def silent(outcomes: Mapping[str, str]) -> list[str]:
    """The names of the canaries that had the wrong outcome, in the order of their file."""
    return [name for name, expected in EXPECTED.items() if outcomes.get(name) != expected]
