"""Suites from anywhere: what isn't as mining leaves it is refused with a reason."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from codegen_eval.errors import DataError, DataMissingError
from codegen_eval.suites.mined import load_mined

SOURCE = "def f():\r\n    return 'é'\r\n"
START, END = SOURCE.index("return"), SOURCE.index("'é'") + 3
ROW = {
    "task_id": "x/pkg/a.py/f/statement/L2",
    "group": "x/pkg/a.py/f",
    "kind": "statement",
    "path": "pkg/a.py",
    "entry_point": "f",
    "tests": ["tests/test_a.py::test"],
    "prefix": SOURCE[:START],
    "reference": SOURCE[START:END],
    "suffix": SOURCE[END:],
}
HEAD = {
    "schema": 1,
    "name": "x-holes",
    "kind": "infilling",
    "published": "2025-01-02",
    "source": "x 1.0",
    "plugins": False,
}


def suite(root: Path, rows: Any = (ROW,), **head: Any) -> Path:
    folder = root / "suite"
    (folder / "tree" / "pkg").mkdir(parents=True)
    (folder / "tree" / "tests").mkdir()
    (folder / "tree" / "pkg" / "a.py").write_bytes(SOURCE.encode())
    (folder / "tree" / "tests" / "test_a.py").write_text("def test(): pass\n")
    data = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    (folder / "problems.jsonl").write_text(data)
    digest = hashlib.sha256(data.encode()).hexdigest()
    text = json.dumps({**HEAD, "problems_sha256": digest, **head})
    (folder / "suite.json").write_text(text)
    return folder


def test_a_valid_folder_is_loaded(tmp_path):
    loaded = load_mined(suite(tmp_path), Path("/some/python"))
    assert (loaded.name, loaded.published, loaded.source) == ("x-holes", "2025-01-02", "x 1.0")
    (problem,) = loaded.problems.values()
    assert problem.program(problem.reference) == SOURCE
    assert problem.check.root == (tmp_path / "suite" / "tree").resolve()
    assert problem.check.python == Path("/some/python")
    assert problem.check.plugins is False


def test_other_tests_are_another_suite(tmp_path):
    folder = suite(tmp_path)
    before = load_mined(folder).sha256
    assert load_mined(folder).sha256 == before
    (folder / "tree" / "tests" / "test_a.py").write_text("def test(): assert 1\n")
    assert load_mined(folder).sha256 != before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "../a.py"}, "must begin"),
        ({"path": "/etc/passwd", "group": "x//etc/passwd/f",
          "task_id": "x//etc/passwd/f/statement/L2"}, "not a path"),
        ({"path": "tests/../pkg/a.py", "group": "x/tests/../pkg/a.py/f",
          "task_id": "x/tests/../pkg/a.py/f/statement/L2"}, "not a path"),
        ({"path": "pkg/b.py", "group": "x/pkg/b.py/f",
          "task_id": "x/pkg/b.py/f/statement/L2"}, "not in the tree"),
        ({"tests": ["../../evil.py::test"]}, "not a path"),
        ({"tests": ["-p evil.py::test"]}, "not a path"),
        ({"tests": ["tests\\test_a.py::test"]}, "not a path"),
        ({"tests": ["tests/test_a.py"]}, "node id"),
        ({"tests": ["tests/test_a.py::test\n"]}, "node id"),
        ({"tests": []}, "tests"),
        ({"tests": ["tests/test_a.py::test"] * 2}, "twice"),
        ({"tests": [f"tests/test_a.py::t{n}" for n in range(101)]}, "tests"),
        ({"tests": None}, "tests"),
        ({"prefix": "def g():\r\n    "}, "not the text of pkg/a.py"),
        ({"suffix": None}, "suffix"),
        ({"reference": " \n"}, "blank"),
        ({"reference": "\ud800"}, "UTF-8"),
        ({"task_id": "y"}, "must begin"),
        ({"group": "y/pkg/a.py/f", "task_id": "y/pkg/a.py/f/x"}, "must begin"),
        ({"entry_point": "f" * 1001}, "entry_point"),
        ({"entry_point": "\x1b[31m"}, "entry_point"),
    ],
)  # fmt: skip
def test_a_bad_problem(tmp_path, change, message):
    with pytest.raises(DataError, match=f"line 1: .*{message}"):
        load_mined(suite(tmp_path, [{**ROW, **change}]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((ROW, ROW), "line 2: .*duplicate"),
        (("[]",), "line 1"),
        (("{",), "line 1"),
        (("[" * 100_000,), "can't be read"),
        ((), "no problems"),
    ],
)
def test_bad_lines(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        load_mined(suite(tmp_path, rows))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"schema": 2}, "schema 1"),
        ({"name": "../x"}, "not a name"),
        ({"name": 1}, "name"),
        ({"kind": "completion"}, "kind"),
        ({"published": "soon"}, "not a date"),
        ({"plugins": "yes"}, "plugins"),
        ({"problems_sha256": "0"}, "not the file"),
        ({"source": "a\nb"}, "source"),
    ],
)
def test_a_bad_head(tmp_path, head, message):
    with pytest.raises(DataError, match=message):
        load_mined(suite(tmp_path, **head))


def link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: link(f / "tree" / "out", "/etc"), "link"),
        (lambda f: link(f / "tree" / "pkg" / "b.py", "a.py"), "link"),
        (lambda f: os.mkfifo(f / "tree" / "pipe"), "special file"),
        (lambda f: link(f / "suite.json", "/etc/hostname"), "not a regular file"),
        (lambda f: ((f / "problems.jsonl").unlink(), os.mkfifo(f / "problems.jsonl")), "regular"),
        (lambda f: (f / "suite.json").unlink(), "can't be read"),
        (lambda f: (f / "suite.json").write_text("[]"), "schema"),
        (lambda f: (f / "suite.json").write_bytes(b"\xff"), "can't be read"),
        (lambda f: os.truncate(f / "suite.json", 2 << 20), "MiB"),
        (lambda f: (f / "tree").rename(f / "elsewhere"), "not a folder"),
        (
            lambda f: ((f / "tree").rename(f / "b"), (f / "tree").symlink_to(f / "b")),
            "not a folder",
        ),
    ],
)
def test_a_bad_folder(tmp_path, spoil, message):
    folder = suite(tmp_path)
    spoil(folder)
    with pytest.raises(DataError, match=message):
        load_mined(folder)


def test_a_missing_suite_is_a_data_missing_error(tmp_path):
    with pytest.raises(DataMissingError, match="codegen eval mine"):
        load_mined(tmp_path / "none")
