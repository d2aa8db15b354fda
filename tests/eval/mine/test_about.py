"""What a repository says of itself, and that asking runs nothing of it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from codegen_eval.errors import DataError
from codegen_eval.mine.about import about, plain

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(root: Path, *arguments: str, date: str = "2025-05-06T07:08:09Z") -> None:
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "HOME": str(root),
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_DATE": date,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *identity, *arguments], cwd=root, env=environment, check=True)


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "some repo"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    return root


@needs_git
def test_the_first_commit_dates_it(repository):
    git(repository, "init", "-q")
    git(repository, "add", "a.py")
    git(repository, "commit", "-q", "-m", "first")
    git(repository, "commit", "-q", "--allow-empty", "-m", "second", date="2026-01-02T00:00:00Z")
    told = about(repository, None)
    assert (told.published, told.published_from) == ("2025-05-06", "git: first commit")
    assert len(told.commit) == 40
    assert told.name == "some-repo"
    assert about(repository, "2024-12-31").published == "2024-12-31"


@needs_git
def test_a_hostile_configuration_starts_nothing(repository, tmp_path):
    git(repository, "init", "-q")
    git(repository, "add", "a.py")
    git(repository, "commit", "-q", "-m", "first")
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> {sprung}\n")
    trap.chmod(0o755)
    for key in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.gitProxy"),
        *("gpg.program", "gpg.ssh.program", "diff.external", "pager.log", "credential.helper"),
        *(
            "core.alternateRefsCommand",
            "alias.log",
            "filter.x.smudge",
            "uploadpack.packObjectsHook",
        ),
    ):
        git(repository, "config", key, str(trap))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "core.hooksPath", str(tmp_path))
    (repository / ".gitattributes").write_text("* filter=x\n")
    assert about(repository, None).published == "2025-05-06"
    assert not sprung.exists()


def test_without_git_it_is_today(repository):
    told = about(repository, None)
    assert told.commit == ""
    assert "nothing tells" in told.published_from
    (repository / ".git").write_text("gitdir: /nowhere\n")
    assert "nothing tells" in about(repository, None).published_from


def test_name_and_version_come_from_the_metadata(repository):
    (repository / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.2\n\n")
    assert (about(repository, None).name, about(repository, None).version) == ("thing", "1.2")
    (repository / "pyproject.toml").write_text('[project]\nname = "a/../b"\ndynamic = ["version"]')
    assert (about(repository, None).name, about(repository, None).version) == ("a-..-b", "1.2")
    (repository / "pyproject.toml").write_text("[project")
    assert about(repository, None).name == "thing"


@pytest.mark.parametrize("date", ["yesterday", "2025-13-01", ""])
def test_an_invalid_date_is_a_data_error(repository, date):
    with pytest.raises(DataError, match="not a date"):
        about(repository, date)


@pytest.mark.parametrize(
    ("name", "expected"), [("a b/c", "a-b-c"), ("..", "repository"), ("x.y_z-1", "x.y_z-1")]
)
def test_plain_names_fit_into_file_names(name, expected):
    assert plain(name) == expected
