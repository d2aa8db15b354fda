"""From a small repository to a suite, in boxes, and nothing but the suite left behind."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from codegen.progress import NullProgress
from codegen_eval.cli.mine import _lines, command
from codegen_eval.errors import DataError
from codegen_eval.mine.cuts import decode
from codegen_eval.mine.mining import TRIAL_LIMITS, Mined, MiningOptions, mine
from codegen_eval.repository.judge import judge_repository
from codegen_eval.sandbox.types import Sandbox
from codegen_eval.suites.mined import load_mined
from codegen_eval.suites.verdict import Verdict
from tests.eval.conftest import PYTHON

pytestmark = pytest.mark.deep

CORE = (
    '"""Größen."""\r\n'
    "\r\n"
    "\r\n"
    "def total(values):\r\n"
    '\t"""Adds: 1 + 1 = 2 €."""\r\n'
    "\tresult = 0\r\n"
    "\tfor value in values:\r\n"
    "\t\tresult += value  # größer 😀\r\n"
    "\treturn result\r\n"
    "\r\n"
    "\r\n"
    "def unseen():\r\n"
    "\treturn total([1])\r\n"
)
TESTS = """\
import os
import socket
import sys

import pytest

from distlib.core import total


def test_total():
    assert total([1, 2]) == 3


@pytest.mark.parametrize("n", [0, 5])
def test_some(n):
    assert total([n]) == n


def test_that_fails():
    assert total([1]) == 2


def test_that_flakes():
    assert total([1]) == 1
    assert "coverage" in sys.modules


@pytest.mark.skip
def test_that_is_skipped():
    assert total([1]) == 1


@pytest.mark.xfail
def test_that_is_expected_to_fail():
    assert total([1]) == 2


def test_that_writes_elsewhere():
    total([1])
    with open({outside!r}, "w") as file:
        file.write("x")


def test_that_connects():
    total([1])
    socket.create_connection(("127.0.0.1", {port}), timeout=5).close()


def test_that_changes_the_tree():
    with open("distlib/core.py", "a") as file:
        file.write("raise ValueError")
    assert total([2]) == 2
"""


class Interrupted(NullProgress):
    """Somebody presses Ctrl-C once the first hole is kept."""

    def advance(self, n: int) -> None:  # noqa: ARG002
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("mining")


@pytest.fixture(scope="module")
def repository(folder, write, listening) -> Path:
    port = listening.getsockname()[1]
    tests = TESTS.format(outside=str(folder / "outside.txt"), port=port)
    return write(
        folder / "repo",
        {
            # An installed package has this name too.
            "distlib/__init__.py": "",
            "distlib/core.py": CORE,
            "tests/test_core.py": tests,
            "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--cov=pkg -n auto -ra"\n',
        },
    )


@pytest.fixture(scope="module")
def mined(repository, folder, sandbox: Sandbox) -> Mined:
    options = MiningOptions(repository, folder / "suite", PYTHON, limit=4, per_function=4, slots=2)
    return mine(options, sandbox, NullProgress())


def test_only_steady_tests_count(mined):
    assert (mined.tests, mined.failed, mined.skipped, mined.flaky) == (4, 3, 2, 1)
    suite = load_mined(mined.out, PYTHON)
    assert {test.partition("::")[2] for p in suite.problems.values() for test in p.check.tests} <= {
        *("test_total", "test_some[0]", "test_some[5]", "test_that_changes_the_tree"),
    }


def test_tests_neither_write_nor_connect_outside_of_the_sandbox(mined, folder, listening):
    assert not (folder / "outside.txt").exists()
    with pytest.raises(BlockingIOError):
        listening.accept()


def test_the_original_is_only_read(mined, repository, folder):
    assert (repository / "distlib" / "core.py").read_bytes() == CORE.encode()
    assert {path.name for path in repository.rglob("*")} == {
        *("distlib", "__init__.py", "core.py", "tests", "test_core.py", "pyproject.toml"),
    }
    assert {path.name for path in folder.iterdir()} == {"repo", "suite"}


def test_the_holes(mined):
    suite = load_mined(mined.out, PYTHON)
    assert mined.problems == len(suite.problems) > 1
    for problem in suite.problems.values():
        assert problem.program(problem.reference) == decode(CORE.encode())
        assert problem.group == "repo/distlib/core.py/total"
        assert problem.entry_point == "total"
    assert mined.kinds["body"] == 1
    head = json.loads((mined.out / "suite.json").read_text())
    assert head["counts"]["problems"] == mined.problems
    assert head["plugins"] is False


def test_the_summary_for_people(mined):
    text = "\n".join(_lines(mined))
    assert text.startswith(f"{mined.problems} problems in {mined.out} (")
    assert "tests: 4 passed twice; left out: 3 failed, 2 skipped, 1 flaky" in text
    assert f"{mined.tried} tried, {mined.problems} kept" in text


def test_a_kept_hole_tells_programs_apart(mined, sandbox):
    suite = load_mined(mined.out, PYTHON)
    problem = next(p for name, p in suite.problems.items() if "/body/" in name)
    for completion, verdict in (("return sum(values)", "passed"), ("return 0", "wrong")):
        found = judge_repository(problem, completion, sandbox, 0, TRIAL_LIMITS)
        assert found[0] is Verdict(verdict), found


def test_a_layout_with_src(tmp_path, write, sandbox):
    root = write(
        tmp_path / "repo",
        {
            "src/thing/__init__.py": "def double(x):\n    return 2 * x\n",
            "tests/test_thing.py": (
                "import pytest, thing\n\n"
                "@pytest.mark.quick\ndef test(): assert thing.double(2) == 4\n\n"
                "def test_other(): assert thing.double(2) == 4\n"
            ),
            "pytest.ini": "[pytest]\naddopts = -m quick\nmarkers = quick\n",
        },
    )
    arguments = [str(root), "--out", str(tmp_path / "out"), "--limit", "1", "--json"]
    done = CliRunner().invoke(command, [*arguments, "--published", "2025-03-04"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    suite = load_mined(tmp_path / "out")
    (problem,) = suite.problems.values()
    assert (problem.reference, suite.published) == ("return 2 * x", "2025-03-04")
    assert (summary["problems"], summary["tests"]["steady"], summary["dropped"]) == (1, 1, {})


def test_an_interrupt_leaves_nothing(tmp_path, write, sandbox):
    root = write(
        tmp_path / "repo",
        {"thing.py": "def f():\n    return 1\n",
         "test_thing.py": "import thing\n\ndef test(): assert thing.f() == 1\n"},
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        mine(MiningOptions(root, tmp_path / "out", PYTHON), sandbox, Interrupted())
    assert [path.name for path in tmp_path.iterdir()] == ["repo"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.py": "x = 1\n", "test_a.py": "def test(): assert False\n"}, "no test passed twice"),
        ({"a.py": "x = 1\n", "test_a.py": "import nothing\n"}, "ran no test.*nothing"),
        ({"a.py": "x = 1\n", "test_a.py": "def test(): pass\n"}, "execute no line"),
        (
            {"a.py": "x = 1\n", "test_a.py": "import os; os._exit(0)\n"},
            "did not get to its end",
        ),
    ],
)
def test_nothing_to_mine(tmp_path, write, sandbox, files, message):
    root = write(tmp_path / "repo", files)
    with pytest.raises(DataError, match=message):
        mine(MiningOptions(root, tmp_path / "out", PYTHON), sandbox, NullProgress())
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_into_the_repository(tmp_path, write):
    root = write(tmp_path / "repo", {"a.py": "", "test_a.py": ""})
    (tmp_path / "link").symlink_to("repo")
    for out in (root / "out", tmp_path / "link" / "deeper" / "out"):
        with pytest.raises(DataError, match="only read"):
            mine(MiningOptions(root, out, PYTHON), None, NullProgress())
    assert {path.name for path in root.iterdir()} == {"a.py", "test_a.py"}


def test_what_is_there_is_not_overwritten(tmp_path, write):
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="there already"):
        mine(MiningOptions(tmp_path, tmp_path / "out", PYTHON), None, NullProgress())
