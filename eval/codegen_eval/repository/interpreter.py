"""The interpreter that a repository's tests run on, and what its environment has."""

import functools
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen_eval.errors import DataError

_ASK: Final = """
import importlib.metadata, json, sys
found = {}
for name in ("pytest", "coverage"):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "path": sys.path, "found": found}))
"""
_SECONDS = 60.0
_OLDEST = (3, 10)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python whose environment has pytest; `readable` are its folders of packages."""

    path: Path
    version: str
    readable: tuple[Path, ...]
    found: Mapping[str, str]


@functools.cache
def interpreter(path: Path) -> Interpreter:
    """Runs an interpreter to ask for its version and packages.

    It runs outside of any sandbox, since the user who named it trusts it.

    Raises:
        DataError: the interpreter doesn't run, is too old, or has no pytest; the message says what
            to install.
    """
    try:
        done = subprocess.run(
            [str(path), "-I", "-c", _ASK], capture_output=True, timeout=_SECONDS, check=True
        )
        answer = json.loads(done.stdout.decode().splitlines()[-1])
        version, found = str(answer["version"]), dict(answer["found"])
        folders = [Path(entry) for entry in answer["path"]]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"{path} is not a Python that runs: {error}") from error
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise DataError(f"{path} is Python {version}; tests are run on 3.10 or later")
    if "pytest" not in found:
        raise DataError(_missing(path, "pytest"))
    packages = tuple(
        folder
        for folder in folders
        if folder.name in {"site-packages", "dist-packages"} and folder.is_dir()
    )
    return Interpreter(path, version, packages, found)


def require_coverage(python: Interpreter) -> None:
    """Raises DataError, with what to install, if the environment has no coverage."""
    if "coverage" not in python.found:
        raise DataError(_missing(python.path, "coverage"))


def _missing(path: Path, name: str) -> str:
    return (
        f"{path} has no {name}; run {path} -m pip install pytest coverage and what the "
        "repository's tests import, or name another interpreter by --python"
    )
