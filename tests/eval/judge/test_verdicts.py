"""Honest programs, and what they are found to be: one table for both ways of judging."""

import pytest

from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.suites.verdict import Verdict
from tests.eval.judge.made import BOTH, asserting, calling, judge

PROGRAMS = {
    "right": ("def f(x):\n    return x + x\n", "passed", ""),
    "right, another way": ("f = lambda x: x * 2\n", "passed", ""),
    "wrong": ("def f(x):\n    return x\n", "wrong", "got 2"),
    "nothing": ("def f(x):\n    pass\n", "wrong", "None"),
    "another type": ("def f(x):\n    return str(x + x)\n", "wrong", "'4'"),
    "float": ("def f(x):\n    return x + x if isinstance(x, list) else 4.0\n", "passed", ""),
    "second wrong": ("def f(x):\n    return 4\n", "wrong", "in f([1])"),
    "raises": ("def f(x):\n    raise ValueError('no\\nway')\n", "error", "ValueError: no way"),
    "own exception": (
        "class Bad(KeyError): pass\ndef f(x):\n    raise Bad(1)\n",
        "error",
        "Bad: 1",
    ),
    "undefined": ("def f(x):\n    return y\n", "error", "NameError"),
    "no entry point": ("def g(x):\n    return x + x\n", "error", "NameError"),
    "not callable": ("f = 4\n", "error", "TypeError"),
    "raises on import": ("import nowhere\ndef f(x):\n    return x + x\n", "error", "nowhere"),
    "syntax": ("def f(x):\n    return (x +\n", "syntax", "never closed"),
    "indentation": ("def f(x):\nreturn x\n", "syntax", "expected an indented block"),
    "null byte": ("def f(x):\n    return x + x\0\n", "syntax", "null bytes"),
    "surrogate": ("def f(x):\n    return x + x # \ud800\n", "syntax", "surrogate"),
    "deep": ("f = " + "(" * 5000 + ")" * 5000, "syntax", ""),
    "endless": ("def f(x):\n    while True: pass\n", "timeout", "s of CPU time, in f(2)"),
    "endless import": ("while True: pass\n", "timeout", "while it was loaded"),
    "endless recursion": ("def f(x):\n    return f(x)\n", "error", "RecursionError"),
    "memory": ("def f(x):\n    return len(bytearray(1 << 40))\n", "error", "MemoryError"),
    "crash": (
        "import ctypes\ndef f(x):\n    ctypes.string_at(0)\n",
        "error",
        "killed by SIGSEGV, in f(2)",
    ),
    "prints": ("def f(x):\n    print('x' * 100_000)\n    return x + x\n", "passed", ""),
    "stderr": (
        "import sys\ndef f(x):\n    print(1, file=sys.stderr)\n    return 2 * x",
        "passed",
        "",
    ),
    "reads": ("def f(x):\n    input()\n    return x + x\n", "error", "EOFError"),
    "generator": ("def f(x):\n    yield x + x\n", "wrong", ""),
    "a function": ("def f(x):\n    return f\n", "wrong", "function"),
    "a class's object": ("class A: pass\ndef f(x):\n    return A()\n", "wrong", "A"),
    "contains itself": (
        "def f(x):\n    a = []\n    a.append(a)\n    return a\n",
        "wrong",
        "itself",
    ),
    "not a number": ("def f(x):\n    return float('nan')\n", "wrong", "nan"),
    "huge": ("def f(x):\n    return 10 ** 100_000\n", "wrong", "bits"),
    "long": ("def f(x):\n    return 'x' * 20_000_000\n", "wrong", ""),
    "numpy scalar": (
        "import numpy as np\ndef f(x):\n    return [1, 1] if x == [1] else np.int64(x + x)\n",
        "passed",
        "",
    ),
    "numpy array": ("import numpy as np\ndef f(x):\n    return np.array([x, x])\n", "wrong", ""),
    "other packages": ("import click\ndef f(x):\n    return x + x\n", "error", "click"),
    "subclass": ("class L(int): pass\ndef f(x):\n    return type(x)(x + x)\n", "passed", ""),
    "enum": (
        (
            "import enum\nclass E(enum.IntEnum):\n    FOUR = 4\n"
            "def f(x):\n    return E.FOUR if x == 2 else x + x\n"
        ),
        "passed",
        "",
    ),
    "numpy's True": (
        "import numpy as np\ndef f(x):\n    return [1, 1] if x == [1] else np.True_\n",
        "wrong",
        "got 1",
    ),
    "an address in its words": (
        "def f(x):\n    raise ValueError(object())\n",
        "error",
        "<object object at 0x...>",
    ),
    "decimal": (
        "from decimal import Decimal\ndef f(x):\n    return Decimal(4) if x == 2 else x + x\n",
        "passed",
        "",
    ),
    "fraction": (
        "from fractions import Fraction as F\ndef f(x):\n    return F(8, 2) if x == 2 else x + x\n",
        "passed",
        "",
    ),
    "dataclass": (
        (
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
            "def f(x):\n    return A(4)\n"
        ),
        "wrong",
        "A",
    ),
    "main": (
        "def f(x):\n    return x + x\nif __name__ == '__main__':\n    raise SystemExit\n",
        "passed",
        "",
    ),
    "changes its argument": (
        "def f(x):\n    if x == 2:\n        return 4\n    x += x\n    return x\n",
        "passed",
        "",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("problem", BOTH, ids=["assertions", "calls"])
def test_the_verdict_on_a_program(sandbox, problem, name):
    program, verdict, words = PROGRAMS[name]
    found = judge(sandbox, problem, program)
    assert (found.verdict, words in found.detail) == (verdict, True), found
    assert len(found.detail) <= 300
    assert "\n" not in found.detail


@pytest.mark.parametrize("problem", BOTH, ids=["assertions", "calls"])
def test_sleeping_is_a_timeout(sandbox, problem):
    options = ScoreOptions(cpu_seconds=1.0, wall_seconds=3.0)
    found = judge(sandbox, problem, "import time\ndef f(x):\n    time.sleep(1000)\n", options)
    assert found.verdict is Verdict.TIMEOUT
    assert found.detail.startswith("more than 3")
    assert found.cpu_seconds < 1


SORTING = asserting(
    """
    numbers = [3, 1, 2]
    inner = [5, 4]
    held = {"a": numbers, "b": (inner,)}
    assert candidate(held) is None
    assert numbers == [1, 2, 3]
    assert inner == [4, 5]
    assert held["a"] is numbers
    assert list(held) == ["a", "b"]
    """,
    "def f(x):\n    for each in x['a'], x['b'][0]:\n        each.sort()\n",
)


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("def f(x):\n    return x > 1\n", "passed"),
        ("import numpy as np\ndef f(x):\n    return np.bool_(x > 1)\n", "wrong"),
        ("def f(x):\n    return int(x > 1)\n", "wrong"),
    ],
)
def test_is_true_holds_for_true_alone(sandbox, program, verdict):
    problem = asserting("assert candidate(2) is True\n", "def f(x):\n    return x > 1\n")
    assert judge(sandbox, problem, program).verdict == verdict


def test_what_a_test_computes_of_an_answer_is_limited(sandbox):
    problem = asserting("assert 3 ** candidate(2) == 9\n", "def f(x):\n    return x\n")
    assert judge(sandbox, problem, problem.reference).verdict is Verdict.PASSED
    found = judge(sandbox, problem, "def f(x):\n    return 10 ** 9\n")
    assert found.verdict is Verdict.TIMEOUT
    assert found.detail == "more than 1 s of the test's own"


def test_what_the_program_made_of_its_arguments_is_seen_by_the_test(sandbox):
    assert judge(sandbox, SORTING, SORTING.reference).verdict is Verdict.PASSED
    found = judge(sandbox, SORTING, "def f(x):\n    x['a'].sort()\n")
    assert found.verdict is Verdict.WRONG
    assert found.detail.startswith("assert inner == [4, 5]")


RAISING = asserting(
    """
    try:
        candidate(0)
    except ValueError as error:
        assert "zero" in str(error)
    else:
        assert False, "no ValueError"
    """,
    "def f(x):\n    raise ValueError('zero')\n",
)


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        (RAISING.reference, "passed"),
        ("class Bad(ValueError): pass\ndef f(x):\n    raise Bad('zero')\n", "passed"),
        ("def f(x):\n    raise ValueError('one')\n", "wrong"),
        ("def f(x):\n    raise KeyError('zero')\n", "error"),
        ("def f(x):\n    return 0\n", "wrong"),
        ("def f(x):\n    raise SystemExit\n", "error"),
    ],
)
def test_exceptions_reach_the_test(sandbox, program, verdict):
    assert judge(sandbox, RAISING, program).verdict == verdict


def test_a_test_uses_the_reference_s_functions_not_the_program_s(sandbox):
    problem = asserting(
        "assert candidate(helper(2)) == 6\n",
        "def helper(x):\n    return x + 1\n\ndef f(x):\n    return 2 * x\n",
    )
    cheat = "def helper(x):\n    return 3\n\ndef f(x):\n    return x\n"
    assert judge(sandbox, problem, problem.reference).verdict is Verdict.PASSED
    assert judge(sandbox, problem, cheat).verdict is Verdict.WRONG


def test_a_walk_along_the_result_works_as_in_one_process(sandbox):
    problem = asserting("assert tuple(candidate(3)) == (0, 1, 2)\n", "f = range\n")
    for program in (
        "f = range\n",
        "def f(x):\n    yield from range(x)\n",
        "f = lambda x: map(int, '012')\n",
    ):
        assert judge(sandbox, problem, program).verdict is Verdict.PASSED


def test_named_arguments(sandbox):
    problem = asserting("assert candidate(1, y=[2]) == 3\n", "def f(x, y):\n    return x + y[0]\n")
    assert judge(sandbox, problem, problem.reference).verdict is Verdict.PASSED


def test_arguments_are_new_for_every_call(sandbox):
    problem = calling("def f(x):\n    return sum(x)\n", [[[1, 2]], [[1, 2]]])
    cheat = "seen = []\ndef f(x):\n    seen.append(x)\n    x.append(4)\n    return sum(x) - 4\n"
    assert judge(sandbox, problem, cheat).verdict is Verdict.PASSED


def test_large_results_are_compared_too(sandbox):
    problem = calling("def f(x):\n    return [x / 3] * 100_000\n", [[1], [2]])
    assert judge(sandbox, problem, problem.reference).verdict is Verdict.PASSED
    near = "def f(x):\n    return [x / 3 + 1e-9] * 100_000\n"
    assert judge(sandbox, problem, near).verdict is Verdict.PASSED
    far = "def f(x):\n    return [x / 3] * 99_999 + [x / 3 + 1e-3]\n"
    assert judge(sandbox, problem, far).verdict is Verdict.WRONG


def test_results_too_large_to_be_told_are_compared_by_digest(sandbox):
    problem = calling("def f(x):\n    return 'x' * 20_000_000\n", [[1]])
    assert judge(sandbox, problem, problem.reference).verdict is Verdict.PASSED
    found = judge(sandbox, problem, "def f(x):\n    return 'x' * 20_000_001\n")
    assert found.verdict is Verdict.WRONG
    assert judge(sandbox, problem, "def f(x):\n    return 1\n").verdict is Verdict.WRONG
