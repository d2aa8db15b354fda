"""The suites behind one loader, read from the official files where those are here."""

import os
from pathlib import Path

import pytest

from codegen.errors import UsageError
from codegen_eval.errors import DataMissingError
from codegen_eval.suites import mined
from codegen_eval.suites.evalplus import evalplus
from codegen_eval.suites.problem import Assertions, Calls, Suite
from codegen_eval.suites.registry import KNOWN_SUITES, load_suite, lookup, suite_again

BESIDE = Path(__file__).parents[4] / "shared" / "data"
DATA = Path(os.environ.get("CODEGEN_EVAL_DATA") or BESIDE)


def official(name):
    if not DATA.is_dir():
        pytest.skip("no official data: CODEGEN_EVAL_DATA names no folder that has it")
    return load_suite(name, DATA)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("humaneval", "humaneval"),
        ("HumanEval", "humaneval"),
        ("human-eval", "humaneval"),
        ("humanevalplus", "humaneval+"),
        ("humaneval_plus", "humaneval+"),
        ("mbpp+", "mbpp+"),
        ("mbpp-plus", "mbpp+"),
        ("single-line", "infilling-single-line"),
        ("infilling-single-line", "infilling-single-line"),
        ("humaneval-infilling-single-line", "infilling-single-line"),
        ("random-span-light+", "infilling-random-span-light+"),
        ("random_span_light_plus", "infilling-random-span-light+"),
    ],
)
def test_lookup_accepts_other_spellings_of_a_name(written, name):
    assert lookup(written).name == name


@pytest.mark.parametrize("written", ["", "humanevil", "mbpp"])
def test_unknown_names(written):
    with pytest.raises(UsageError, match="no suite"):
        lookup(written)


@pytest.mark.parametrize(
    ("name", "count", "groups"),
    [
        ("humaneval", 164, 164),
        ("humaneval+", 164, 164),
        ("mbpp+", 378, 378),
        ("infilling-single-line", 1033, 164),
        ("infilling-multi-line", 5815, 164),
        ("infilling-random-span-light", 164, 164),
        ("infilling-single-line+", 1033, 164),
    ],
)
def test_official_suites(name, count, groups):
    suite = official(name)
    assert len(suite.problems) == count
    assert len({problem.group for problem in suite.problems.values()}) <= groups
    kind = Calls if name.endswith("+") else Assertions
    assert all(isinstance(problem.check, kind) for problem in suite.problems.values())
    for problem in suite.problems.values():
        compile(problem.program(problem.reference), problem.task_id, "exec")


def test_infilling_prefixes_are_left_as_they_are():
    suite = official("infilling-single-line")
    assert all(problem.prefix.endswith("\n") for problem in suite.problems.values())


def test_every_name_is_its_own():
    names = [entry.name for entry in KNOWN_SUITES]
    assert len(set(names)) == len(names)
    assert all(lookup(name).name == name for name in names)


@pytest.mark.parametrize(
    ("task", "arguments", "read"),
    [
        ("Mbpp/2", [[3, 4], [5]], [(3, 4), (5,)]),
        ("Mbpp/63", [[[3, 5], [1, 2]]], [[(3, 5), (1, 2)]]),
        ("Mbpp/75", [[[6, 24]], 6], [[(6, 24)], 6]),
        ("Mbpp/106", [[5], [9]], [[5], (9,)]),
        ("Mbpp/115", [[[1, 2], []]], [[{1, 2}, {}]]),
        ("Mbpp/124", ["0", "1j"], [0.0, 1j]),
        ("Mbpp/252", ["1+2j"], [1 + 2j]),
        ("Mbpp/259", [[[1, 3]], [[6, 7]]], [((1, 3),), ((6, 7),)]),
        ("Mbpp/278", [[1, [2, 3]]], [(1, (2, 3))]),
        ("Mbpp/307", [["H", 5], 1, 50], [("H", 5), 1, 50]),
        ("Mbpp/580", [[4, [5, [6]]]], [(4, (5, (6,)))]),
        ("Mbpp/722", [{"a": [6, 70]}, 6.0], [{"a": (6, 70)}, 6.0]),
        ("Mbpp/6", [13, [9]], [13, [9]]),
    ],
)
def test_mbpp_inputs_are_read_as_evalplus_reads_them(task, arguments, read):
    row = {
        "task_id": task,
        "prompt": "",
        "canonical_solution": "",
        "entry_point": "f",
        "base_input": [arguments],
        "plus_input": [],
        "atol": 0,
    }
    (problem,) = evalplus(iter([row]))
    assert problem.check.inputs == [read]
    assert [type(value) for value in problem.check.inputs[0]] == [type(value) for value in read]


def test_a_mined_suite_is_found_by_its_content(monkeypatch, tmp_path):
    made = Suite("mine-holes", "infilling", "2026-01-01", "x", "sha", {})
    monkeypatch.setattr(mined, "load_mined", lambda *_: made)
    assert suite_again("mine-holes", "sha", None, [tmp_path]) is made
    for sha256, folders in (("other", [tmp_path]), ("sha", [])):
        with pytest.raises(DataMissingError, match="--mined"):
            suite_again("mine-holes", sha256, None, folders)
