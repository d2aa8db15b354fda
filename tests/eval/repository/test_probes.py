"""Comparisons that no honest value survives."""

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from codegen_eval.repository.inside import Probe
from codegen_eval.repository.probes import probed

if TYPE_CHECKING:
    from collections.abc import Callable


class Yes:
    def __eq__(self, other):
        return True

    __hash__ = None  # type: ignore[assignment]


class YesInt(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Contains:
    def __contains__(self, item):
        return True


@dataclass
class Pair:
    left: object


def held(body: str, value: object, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How many comparisons a rewritten test reached, and how many held."""
    source = f"def test_it(f):\n    {body}\n"
    text = probed(source, "_probe_")
    assert text is not None
    probe = Probe()
    monkeypatch.setattr(builtins, "_probe_", probe, raising=False)
    scope: dict[str, Callable[..., None]] = {}
    exec(text, scope)  # noqa: S102
    probe.begin()
    with pytest.raises(AssertionError, match="can't hold"):
        scope["test_it"](lambda: value)
    return len(probe.reached), len(probe.held)


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("assert f() == 3", 3, (1, 0)),
        ("assert f() == 3", Yes(), (1, 1)),
        ("assert 3 == f()", Yes(), (1, 1)),
        ("assert f() == 3", YesInt(4), (1, 1)),
        ("assert f() == f() == 3", YesInt(4), (1, 1)),
        ("assert f() == [3]", [Yes()], (1, 1)),
        ("assert f() == {'a': (1, 2)}", {"a": (1, Yes())}, (1, 1)),
        ("assert f() == {'a': (1, 2)}", {"a": (1, 2)}, (1, 0)),
        ("assert f() == 1", Pair(Yes()), (1, 1)),
        ("assert f() == 1", Pair(2), (1, 0)),
        ("assert f() in [1, 2]", Yes(), (1, 1)),
        ("assert f() in [1, 2]", 1, (1, 0)),
        ("assert 3 in f()", Contains(), (1, 1)),
        ("assert 3 in f()", "text", (1, 0)),
        ("assert f() == 3 and f() == 4", 3, (2, 0)),
        ("assert f() == 3, 'why'; assert f() == 4", Yes(), (2, 2)),
        ("assert f() == mock", mock.ANY, (1, 1)),
    ],
)
def test_probe_reports_the_sides_that_equal_the_stranger(body, value, expected, monkeypatch):
    monkeypatch.setattr(builtins, "mock", mock, raising=False)
    assert held(body, value, monkeypatch) == expected


@pytest.mark.parametrize(
    "source",
    [
        "def test_it(f):\n    assert f()\n",
        "def test_it(f):\n    assert f() != 3\n    assert f() is None\n",
        "import pytest\n\ndef test_it(f):\n    with pytest.raises(ValueError):\n        f()\n",
        "def test_it(:\n",
        "",
    ],
)
def test_a_file_without_comparisons_is_not_rewritten(source):
    assert probed(source, "_probe_") is None


def test_code_outside_of_comparisons_is_not_rewritten():
    text = probed(
        '"""Doc."""\n'
        "from __future__ import annotations\n"
        "class TestIt(TestCase):\n"
        "    def test_it(self):\n"
        '        """Says."""\n'
        "        self.assertEqual(f(1), 2, 'why')\n"
        "        self.assertIn(1, f(2))\n"
        "def helper(x):\n"
        "    assert x == 1\n"
        "@pytest.fixture\n"
        "def test_data():\n"
        "    yield 1\n",
        "_p",
    )
    assert text == (
        '"""Doc."""\n'
        "from __future__ import annotations\n"
        "\n"
        "class TestIt(TestCase):\n"
        "\n"
        "    def test_it(self):\n"
        '        """Says."""\n'
        "        try:\n"
        "            _p.equal(1, f(1), 2)\n"
        "            _p.within(2, 1, f(2))\n"
        "        finally:\n"
        "            _p.end()\n"
        "\n"
        "def helper(x):\n"
        "    _p.equal(3, x, 1)\n"
        "\n"
        "@pytest.fixture\n"
        "def test_data():\n"
        "    yield 1"
    )


def test_an_exception_of_the_test_stays(monkeypatch):
    probe = Probe()
    monkeypatch.setattr(builtins, "_probe_", probe, raising=False)
    text = probed("def test_it():\n    assert 1 == 1\n    raise KeyError(1)\n", "_probe_")
    scope: dict[str, Callable[..., None]] = {}
    exec(text or "", scope)  # noqa: S102
    with pytest.raises(KeyError):
        scope["test_it"]()
