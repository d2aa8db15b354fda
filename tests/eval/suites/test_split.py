"""The halves and the choice: fixed, and the same for all suites of one origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen_eval.suites.problem import Assertions, Problem
from codegen_eval.suites.split import choose, half

HUMANEVAL = [f"HumanEval/{number}" for number in range(164)]


def problem(task_id, group=None):
    return Problem(task_id, group or task_id, "", "", "", "f", Assertions(""))


def test_the_halves_of_humaneval_are_fixed():
    tune = [group for group in HUMANEVAL if half(group) == "tune"]
    assert tune[:5] == ["HumanEval/1", "HumanEval/3", "HumanEval/4", "HumanEval/7", "HumanEval/8"]
    assert len(tune) == 75


def test_holes_of_one_problem_stay_together():
    holes = [problem(f"SingleLine/{group}/{n}", group) for group in HUMANEVAL for n in range(3)]
    tune = {hole.group for hole in choose(holes, "tune", None)}
    report = {hole.group for hole in choose(holes, "report", None)}
    assert tune | report == set(HUMANEVAL)
    assert not tune & report


@given(st.integers(1, 164), st.integers(1, 164), st.sampled_from(["all", "tune", "report"]))
def test_a_choice_grows(few, many, split):
    few, many = sorted((few, many))
    problems = [problem(group) for group in HUMANEVAL]
    smaller, larger = choose(problems, split, few), choose(problems, split, many)
    assert set(smaller) <= set(larger)
    assert len(smaller) == min(few, len(choose(problems, split, None)))
    assert larger == [p for p in problems if p in larger]


def test_no_limit_is_all():
    problems = [problem(group) for group in HUMANEVAL]
    assert choose(problems, "all", None) == problems


@pytest.mark.parametrize("group", ["", "ä", "\ud800"])
def test_any_name_has_a_half(group):
    assert half(group) in {"tune", "report"}
