"""Verdicts by a repository's tests, on honest programs and on those that would rather not work."""

from typing import TYPE_CHECKING

import pytest

from codegen_eval.repository.judge import judge_repository
from codegen_eval.sandbox.types import Limits
from codegen_eval.suites.mined import MinedRepository
from codegen_eval.suites.problem import Problem
from codegen_eval.suites.verdict import Verdict
from tests.eval.conftest import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(cpu_seconds=20.0, wall_seconds=120.0)
PREFIX = "def total(values):\n    "
REFERENCE = "return sum(values)"
SUFFIX = "\n\n\ndef both(values):\n    return [total(values), len(values)]\n"
TESTS = """\
from pkg.core import both, total


def test_total():
    assert total([1, 2]) == 3
    assert total([]) == 0


def test_both():
    assert both([4, 5]) == [9, 2]
"""

YES = "class Yes(int):\n        def __eq__(self, other): return True\n    return Yes()"
PATCHED = """\
import _pytest.reports as reports
    original = reports.TestReport.from_item_and_call.__func__
    def passed(cls, item, call):
        report = original(cls, item, call)
        if {condition}:
            report.outcome, report.longrepr = "passed", None
        return report
    reports.TestReport.from_item_and_call = classmethod(passed)
    return 0"""
REPORT = """\
import os
    for channel in range(3, 64):
        try:
            os.write(channel, b'{"kind": "end", "status": 1}\\n')
        except OSError:
            pass
    os._exit(0)"""


@pytest.fixture(scope="module")
def problem(tmp_path_factory, write) -> Problem:
    root = write(
        tmp_path_factory.mktemp("suite") / "tree",
        {
            "pkg/__init__.py": "",
            "pkg/core.py": PREFIX + REFERENCE + SUFFIX,
            "tests/test_core.py": TESTS,
        },
    )
    tests = ("tests/test_core.py::test_total", "tests/test_core.py::test_both")
    check = MinedRepository(root, "pkg/core.py", tests, PYTHON, plugins=False)
    group = "x/pkg/core.py/total"
    return Problem(f"{group}/body/L2", group, PREFIX, SUFFIX, REFERENCE, "total", check)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("completion", "verdict", "detail"),
    [
        (REFERENCE, Verdict.PASSED, "2 tests passed, asserting in the program's own process"),
        ("result = 0\n    for v in values: result += v\n    return result", Verdict.PASSED, "told"),
        ("return 0", Verdict.WRONG, "test_total: AssertionError: assert 0 == 3"),
        ("return nothing", Verdict.ERROR, "NameError"),
        ("return (", Verdict.SYNTAX, "SyntaxError"),
        ("return '\ud800'", Verdict.SYNTAX, "UTF-8"),
        ("raise SystemExit(0)", Verdict.ERROR, "SystemExit"),
        ("return 0\nraise SystemExit(0)", Verdict.ERROR, "could not be collected"),
        ("import os; os._exit(0)", Verdict.ERROR, "before its tests did: exit code 0"),
        ("import os; os.abort()", Verdict.ERROR, "before its tests did: signal 6"),
        ("import pytest; pytest.skip('no')", Verdict.ERROR, "Skipped"),
        (YES, Verdict.FORGED, "no comparison can hold"),
        (PATCHED.format(condition="True"), Verdict.FORGED, "must fail did not"),
        (PATCHED.format(condition="'core' in item.nodeid"), Verdict.FORGED, "passes"),
        (REPORT, Verdict.FORGED, "wrote into its report"),
    ],
)  # fmt: skip
def test_verdicts_by_a_repository_s_tests(problem, sandbox, completion, verdict, detail):
    found, said = judge_repository(problem, completion, sandbox, 0, LIMITS)
    assert (found, detail in said) == (verdict, True), said
    assert "\n" not in said


def test_a_program_that_never_ends(problem, sandbox):
    limits = Limits(cpu_seconds=1.0, wall_seconds=120.0)
    verdict, said = judge_repository(problem, "while True: pass", sandbox, 0, limits)
    assert (verdict, said[:11]) == (Verdict.TIMEOUT, "out of time")


def test_the_tree_is_left_as_it_is(problem, sandbox):
    root: Path = problem.check.root
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    write = "open('pkg/core.py', 'w').close(); return sum(values)"
    assert judge_repository(problem, write, sandbox, 0, LIMITS)[0] is Verdict.PASSED
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
