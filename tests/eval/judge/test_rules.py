"""Which results will do, as EvalPlus decides it, without what it can be fooled by."""

import math

import pytest

from codegen_eval.judge.candidate import Opaque
from codegen_eval.judge.compare import Comparison
from codegen_eval.judge.rules import RULES
from codegen_eval.suites.oracles import ORACLES
from codegen_eval.suites.problem import Calls


def same(result, expected, *, arguments=(), atol=0.0, oracle="equal", before=()):
    comparison = Comparison(Calls((), "", atol, oracle))
    for each in before:
        comparison.same((), each, each)
    return comparison.same(arguments, result, expected)


@pytest.mark.parametrize(
    ("result", "expected", "decision"),
    [
        (1, 1, True),
        (True, 1, True),
        (1.0, 1, True),
        ([1], (1,), False),
        ("1", 1, False),
        (None, None, True),
        ({1: [2]}, {1: [2]}, True),
        (1.0000001, 1.0, True),
        (1.001, 1.0, False),
        ([1.0000001, 2.0], [1.0, 2.0], True),
        ([1.0000001, 2.0], (1.0, 2.0), False),
        ([1.0], [1.0, 1.0], False),
        ([[1.0], [1.0]], [1.0, 1.0], False),
        ([1], [1.0], True),
        (1, 1.0000001, False),
        (math.inf, math.inf, True),
        (math.inf, 1.0, False),
        (math.nan, math.nan, False),
        (10**400, 1.0, False),
        ([10**400], [1.0], False),
        ([None], [1.0], False),
        (Opaque("A"), None, False),
        (Opaque("A"), Opaque("A"), False),
    ],
)
def test_results_by_plain_comparison(result, expected, decision):
    assert same(result, expected) is decision


def test_tolerance_stays_once_floats_were_expected():
    assert not same([1, 0.1 + 0.2], [1, 0.3])
    assert same([1, 0.1 + 0.2], [1, 0.3], before=[0.5])


@pytest.mark.parametrize(
    ("oracle", "arguments", "result", "expected", "decision"),
    [
        ("set", (), [2, 1, 1], (1, 2), True),
        ("set", (), {1, 2}, [1, 2], True),
        ("set", (), iter([1, 2]), [1, 2], True),
        ("set", (), [1], [1, 2], False),
        ("set", (), "ab", ["a", "b"], False),
        ("set", (), {1: 1, 2: 2}, [1, 2], False),
        ("set", (), range(10**12), [1], False),
        ("set", (), [[1]], [1], False),
        ("set", (), [index * (2**61 - 1) for index in range(100_000)], [0], False),
        ("set", (), None, [1], False),
        ("found", (), Opaque("Match"), Opaque("Match"), True),
        ("found", (), True, Opaque("Match"), True),
        ("found", (), False, Opaque("Match"), False),
        ("found", (), None, Opaque("Match"), False),
        ("found", (), None, None, True),
        ("found", (), False, None, True),
        ("found", (), "", None, False),
        ("root", ([1, 2],), -0.5, 0.0, True),
        ("root", ([1, 2],), -0.4, -0.5, False),
        ("root", ([1, 2],), math.nan, -0.5, False),
        ("root", ([1, 2],), None, -0.5, False),
        ("root", ([1, 2, 3, 4],), 10**400, -0.5, False),
        ("pyramid", (3, 4), 33, 33, True),
        ("pyramid", (3, 4), 35, 33, True),
        ("pyramid", (3, 4), 34, 33, False),
        ("digit-distance", (1, 23), 4, 1, True),
        ("digit-distance", (1, 23), 1, 1, True),
        ("digit-distance", (1, 23), 2, 1, False),
    ],
)
def test_results_by_the_rule_of_an_oracle(oracle, arguments, result, expected, decision):
    atol = 1e-4 if oracle == "root" else 0
    found = same(result, expected, arguments=arguments, atol=atol, oracle=oracle)
    assert found is decision


def test_every_task_s_oracle_is_there():
    assert set(ORACLES.values()) | {"equal"} == set(RULES)
