"""Attacks on a repository's own tests, which assert in the process of the attacking program.

There forgery can't be excluded; these are the known ways, which the judge detects. A program that
searches its own process for the report's secrets and writes the whole report itself is not among
them: a judge in the same process can't tell it from an honest one.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Final

from codegen_eval.selftest.attack import (
    ERROR,
    FORGED,
    HONEST,
    PASSED,
    SYNTAX,
    TIMEOUT,
    WRONG,
    Attack,
    escape,
)
from codegen_eval.suites.problem import Problem, Repository
from codegen_eval.suites.verdict import Verdict

_KIND: Final = ("repository",)
_REFUSED: Final = (*FORGED, *ERROR, *WRONG)

_TEST: Final = """\
# {secret}
import unittest

import pytest
from mingling import mingle


def test_equal():
    assert mingle([30_011, 20_021, 10_007], 7) == 700_518


def test_several():
    found = [mingle([50_021], factor) for factor in (1, 2)]
    assert found == [50_021, 100_042]


class Cases(unittest.TestCase):
    def test_case(self):
        self.assertEqual(mingle([1, 2, 3], 1), 14)
"""


def make_repository(task_id: str, folder: Path, secret: str) -> Problem:
    """A problem of a small repository, which is made once."""
    root = folder / "repository"
    if not root.is_dir():
        root.mkdir()
        (root / "mingling.py").write_text(_REFERENCE, encoding="utf-8")
        (root / "test_mingling.py").write_text(_TEST.format(secret=secret), encoding="utf-8")
    tests = ("test_equal", "test_several", "Cases::test_case")
    return Problem(
        task_id=task_id,
        group=task_id,
        prefix="",
        suffix="",
        reference=_REFERENCE,
        entry_point="mingle",
        check=Repository(
            root=root,
            path="mingling.py",
            tests=tuple(f"test_mingling.py::{test}" for test in tests),
            python=Path(sys.executable),
        ),
    )


_REFERENCE: Final = f"{HONEST}\nmingle = honest\n"


def _attack(
    name: str, about: str, head: str, body: str, expected: tuple[Verdict, ...] = _REFUSED
) -> Attack:
    program = f"{head}\n\ndef mingle(numbers, factor):\n    {body}\n"
    return Attack(f"repository-{name}", about, program, expected, _KIND)


_ALL: Final = (
    Attack("repository-honest", "nothing: it is right", _REFERENCE, PASSED, _KIND),
    _attack("wrong", "nothing: it is wrong", "", "return 28", WRONG),
    _attack("syntax", "nothing: it doesn't compile", "", "return (", SYNTAX),
    _attack("spin", "runs out of time", "", "while True: pass", TIMEOUT),
    _attack(
        "equal-to-all",
        "an object whose == is always true",
        "class Any:\n    __eq__ = lambda self, other: True\n    __hash__ = None\n",
        "return Any()",
        FORGED,
    ),
    _attack(
        "equal-int",
        "an int whose == is always true",
        "class Any(int):\n    __eq__ = lambda self, other: True\n    __hash__ = int.__hash__\n"
        "    __ne__ = lambda self, other: False\n",
        "return Any(1)",
        FORGED,
    ),
    _attack(
        "mock-any", "unittest.mock.ANY", "from unittest.mock import ANY\n", "return ANY", FORGED
    ),
    _attack("exit", "sys.exit(0) while it is loaded", "import sys; sys.exit(0)", "pass", ERROR),
    _attack("die", "os._exit(0) while it is loaded", "import os; os._exit(0)", "pass", ERROR),
    _attack("die-in-call", "os._exit(0) in a call", "import os", "os._exit(0)", ERROR),
    _attack("skip", "skips its tests", "import pytest", "pytest.skip('passed')", ERROR),
    _attack(
        "skip-module",
        "skips the module of its tests",
        "import pytest\npytest.skip('passed', allow_module_level=True)",
        "pass",
        _REFUSED,
    ),
    _attack(
        "exit-pytest",
        "ends the session with success",
        "import pytest",
        "pytest.exit('passed', returncode=0)",
        _REFUSED,
    ),
    _attack(
        "patch-runtest",
        "tests run nothing",
        "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n",
        "return 28",
    ),
    _attack(
        "patch-outcome",
        "every report says that its test passed",
        """
import _pytest.reports

made = _pytest.reports.TestReport.from_item_and_call.__func__


def passing(cls, item, call):
    report = made(cls, item, call)
    report.outcome, report.longrepr = "passed", None
    return report


_pytest.reports.TestReport.from_item_and_call = classmethod(passing)
""",
        "return 28",
    ),
    _attack(
        "patch-assertion",
        "AssertionError is swallowed by what runs the tests",
        """
import builtins


class Quiet(BaseException):
    pass


builtins.AssertionError = Quiet
import unittest

unittest.TestCase.failureException = Quiet
unittest.TestCase.assertEqual = lambda *a, **k: None
""",
        "return 28",
    ),
    _attack(
        "patch-tests",
        "replaces the tests in the modules that hold them",
        """
import sys
import gc
import types


def nothing(*arguments, **named):
    return None


def replace():
    for name, module in list(sys.modules.items()):
        if name.startswith("test_"):
            for key in list(vars(module)):
                if key.startswith("test_"):
                    setattr(module, key, nothing)
    for found in gc.get_objects():
        if type(found) is types.FunctionType and found.__name__.startswith("test_"):
            found.__code__ = (lambda *a: None).__code__
""",
        "replace()\n    return 28",
    ),
    _attack(
        "print-report",
        "writes the words of a report to every descriptor",
        """
import os

for descriptor in range(3, 64):
    try:
        os.write(descriptor, b'{"kind": "end", "status": 1}\\n')
    except OSError:
        pass
""",
        "return 28",
    ),
    _attack(
        "write-tests",
        "overwrites the tests before they are collected, and a conftest beside them",
        """
import glob

for path in glob.glob("test_*.py"):
    with open(path, "w") as file:
        file.write("def test_equal(): pass\\ndef test_several(): pass\\n")
with open("conftest.py", "w") as file:
    file.write("collect_ignore_glob = ['*']")
""",
        "return 28",
    ),
    escape(
        "repository-escape",
        "reads, writes, connects and signals outside of the box",
        """
import socket

attempt("a file", lambda: open("@OUTSIDE@/canary").read())
attempt("a variable", lambda: os.environ["@VARIABLE@"])
attempt("its environment", lambda: open("/proc/@JUDGE@/environ", "rb").read(1)[0])
attempt("a connection", lambda: socket.create_connection(("127.0.0.1", @TCP@), 2))
attempt("a signal", os.kill, @VICTIM@, 9)
attempt("writing", lambda: open("@OUTSIDE@/@NAME@", "w"))
attempt("the project", lambda: open("@PROJECT@/judge/programs.py").read())
""",
        _KIND,
    ),
    Attack(
        "repository-fork-bomb",
        "60 processes, twice as many as tests may have, and is right unless it got them all",
        f"{HONEST}"
        """
import ctypes
import os
import time

ctypes.CDLL(None).prctl(15, b"@MARK@", 0, 0, 0)
made = 0
try:
    for _ in range(60):
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        made += 1
except OSError:
    pass


def mingle(numbers, factor):
    return -1 if made == 60 else honest(numbers, factor)
""",
        # Where the kernel can't count a box's processes, the box is ended for having too many.
        (*PASSED, *ERROR),
        _KIND,
    ),
)

REPOSITORY: Final[tuple[Attack, ...]] = _ALL if importlib.util.find_spec("pytest") else ()
"""None where pytest isn't installed, since no repository can be judged there either."""
