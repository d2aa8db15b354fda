"""What a repository says about itself: its name, its version, and the date of its code."""

import datetime as dt
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final

from codegen_eval.errors import DataError

_WORD = re.compile(r"[^A-Za-z0-9._-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_SECONDS = 20.0

# A repository's own configuration may name programs. Nothing that `log` could start is left on,
# no object is fetched, and git itself refuses what another user owns.
_GIT: Final = (
    *("git", "--no-pager", "--no-optional-locks", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "log.showSignature=false", "-c", "gpg.program=false", "-c", "protocol.allow=never"),
    *("-c", "core.sshCommand=false", "-c", "credential.helper=", "-c", "core.pager=cat"),
)


@dataclass(frozen=True, slots=True)
class About:
    """A repository's name, version, commit and date; unknown ones are empty."""

    name: str
    version: str
    commit: str
    published: str
    published_from: str


def about(repository: Path, published: str | None) -> About:
    """Reads pyproject.toml, PKG-INFO and git's log.

    Args:
        repository: the repository's folder.
        published: the date that the user gave, ISO 8601; None takes that of git's first commit, or
            today's.

    Raises:
        DataError: `published` isn't a date.
    """
    name, version = _metadata(repository)
    commit = first = ""
    # Of a worktree or submodule, `.git` is a file.
    if (repository / ".git").exists():
        commit = _matching(_COMMIT, _git(repository, "rev-parse", "--verify", "HEAD"))
        dates = _DATE.findall(
            _git(repository, "log", "--max-parents=0", "--format=%as", "--no-show-signature")
        )
        first = min(dates, default="")
    today = dt.datetime.now(dt.UTC).date().isoformat()
    if published is not None:
        date, source = _checked(published), "given"
    elif first:
        shallow = (repository / ".git" / "shallow").exists()
        date = min(first, today)
        source = "git: first commit of a shallow clone" if shallow else "git: first commit"
    else:
        date, source = today, "the day of the mining, as nothing tells of an earlier one"
    return About(plain(name or repository.resolve().name), version, commit, date, source)


def plain(name: str) -> str:
    """A name that can be part of a task id and of a file name."""
    return _WORD.sub("-", name).strip("-.") or "repository"


def _metadata(repository: Path) -> tuple[str, str]:
    name = version = ""
    try:
        text = (repository / "pyproject.toml").read_text(encoding="utf-8")
        project: Any = tomllib.loads(text).get("project", {})
        if isinstance(project, dict):
            name, version = str(project.get("name", "")), str(project.get("version", ""))
    except (OSError, ValueError):
        pass
    try:
        text = (repository / "PKG-INFO").read_text(encoding="utf-8")
        headers = HeaderParser().parsestr(text)
        name, version = name or headers.get("Name", ""), version or headers.get("Version", "")
    except (OSError, ValueError):
        pass
    return name, version


def _git(repository: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        # A `.git` that is none must not make git look further up.
        "GIT_CEILING_DIRECTORIES": str(repository.resolve().parent),
    }
    try:
        done = subprocess.run(
            [*_GIT, *arguments],
            cwd=repository,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("ascii", "replace").strip()


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _checked(date: str) -> str:
    try:
        return dt.date.fromisoformat(date).isoformat()
    except ValueError:
        raise DataError(f"{date} is not a date such as 2025-03-31") from None
