"""What is copied of a repository, and what is not."""

import os
from pathlib import Path

import pytest

from codegen_eval.errors import DataError
from codegen_eval.mine.tree import copy_tree, is_test


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def copied(root: Path, tmp_path: Path) -> tuple[str, ...]:
    target = tmp_path / "copy"
    result = copy_tree(root, target)
    here = {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()}
    assert here == set(result.files)
    return result.files


def test_what_tests_need_is_copied_byte_for_byte(tmp_path):
    root = tmp_path / "repo"
    write(root, "pkg/a.py", "tests/test_a.py", "tests/data/x.json", "pyproject.toml", ".flags")
    (root / "pkg" / "a.py").write_bytes(b"x = '\xc3\xa9'\r\n\tx\r")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    write(
        root,
        *(".git/config", ".venv/lib/x.py", "node_modules/a/b.py", "pkg/__pycache__/a.pyc"),
        *("x.egg-info/PKG-INFO", "other/pyvenv.cfg", "other/lib/y.py", ".tox/z.py"),
    )
    assert copied(root, tmp_path) == (
        *(".flags", "pkg/a.py", "pyproject.toml", "run"),
        *("tests/data/x.json", "tests/test_a.py"),
    )
    assert (tmp_path / "copy" / "pkg" / "a.py").read_bytes() == b"x = '\xc3\xa9'\r\n\tx\r"
    assert os.access(tmp_path / "copy" / "run", os.X_OK)


def test_links_that_lead_out_are_left_out(tmp_path):
    root = tmp_path / "repo"
    write(root, "pkg/a.py", "tests/test_a.py", ".git/secret")
    write(tmp_path, "outside/secret.py")
    (root / "in.py").symlink_to("pkg/a.py")
    (root / "out.py").symlink_to("../outside/secret.py")
    (root / "absolute.py").symlink_to("/etc/passwd")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "loop.py").symlink_to("loop.py")
    (root / "none.py").symlink_to("nothing")
    (root / "hidden.py").symlink_to(".git/secret")
    os.mkfifo(root / "pipe.py")
    assert copied(root, tmp_path) == ("in.py", "pkg/a.py", "tests/test_a.py")
    assert not (tmp_path / "copy" / "in.py").is_symlink()


def test_large_files_are_left_out(tmp_path):
    root = tmp_path / "repo"
    write(root, "a.py", "test_a.py")
    with (root / "weights.bin").open("wb") as file:
        file.truncate(17 << 20)
    assert copied(root, tmp_path) == ("a.py", "test_a.py")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no Python"),
        (("README.md",), "no Python"),
        (("pkg/a.py",), "no tests"),
        (("pkg/a.py", "docs/test.txt"), "no tests"),
    ],
)
def test_nothing_to_mine(tmp_path, names, message):
    root = tmp_path / "repo"
    root.mkdir()
    write(root, *names)
    with pytest.raises(DataError, match=message):
        copy_tree(root, tmp_path / "copy")


def test_a_missing_repository_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="not a folder"):
        copy_tree(tmp_path / "none", tmp_path / "copy")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pkg/a.py", False),
        ("tests/a.py", True),
        ("pkg/tests/test_a.py", True),
        ("pkg/a_test.py", True),
        ("conftest.py", True),
        ("setup.py", True),
        ("pkg/latest.py", False),
        ("testament/a.py", False),
    ],
)
def test_files_that_belong_to_the_tests(name, expected):
    assert is_test(name) is expected
