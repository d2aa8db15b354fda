"""Copies a repository, without the files that its tests don't need. The original is only read."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from codegen_eval.errors import DataError

MAX_FILES: Final = 20_000
MAX_BYTES: Final = 512 << 20
_MAX_FILE: Final = 16 << 20

_SKIPPED: Final = {
    *(".git", ".hg", ".svn", ".jj", ".bzr"),
    *(".venv", "venv", ".env", "env", "virtualenv", ".tox", ".nox", ".direnv", "node_modules"),
    *("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".cache"),
    *(".eggs", "build", "dist", "htmlcov", ".idea", ".vscode"),
}
_SKIPPED_ENDINGS: Final = (".pyc", ".pyo", ".egg-info")


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a repository. `files` are the copied files, relative, with slashes, sorted."""

    files: tuple[str, ...]
    bytes: int
    left_out: int

    @property
    def sources(self) -> tuple[str, ...]:
        """The Python files that aren't tests."""
        return tuple(name for name in self.files if name.endswith(".py") and not is_test(name))


def is_test(name: str) -> bool:
    """Whether a file belongs to the tests, or to building and configuring."""
    path = PurePosixPath(name)
    return (
        any(part in {"tests", "test", "testing", "docs", "doc"} for part in path.parts[:-1])
        or path.name.startswith("test_")
        or path.stem.endswith("_test")
        or path.name in {"conftest.py", "setup.py", "noxfile.py"}
    )


def copy_tree(source: Path, target: Path) -> Copied:
    """Copies a repository into a new folder.

    Left out are version control, environments, caches, builds, files of more than 16 MiB, anything
    but regular files, and links that lead out of the repository. Links within it become files.

    Raises:
        DataError: the folder doesn't exist, has no Python files or no tests, or is too large.
    """
    if not source.is_dir():
        raise DataError(f"{source} is not a folder")
    root = source.resolve()
    files: list[str] = []
    size = left_out = 0
    try:
        for path, name in _walk(root):
            try:
                real = path.resolve(strict=True)
                status = real.stat()
            except (OSError, RuntimeError):  # a link to nothing, or to itself
                left_out += 1
                continue
            inside = real.is_relative_to(root) and _SKIPPED.isdisjoint(real.relative_to(root).parts)
            if not (inside and stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_FILE):
                left_out += 1
                continue
            files.append(name)
            size += status.st_size
            if len(files) > MAX_FILES or size > MAX_BYTES:
                raise DataError(
                    f"{source} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; "
                    "name the folder of one package"
                )
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(real, copy)
            copy.chmod(0o755 if status.st_mode & 0o100 else 0o644)
    except OSError as error:
        raise DataError(f"{source} can't be copied: {error}") from error
    copied = Copied(tuple(sorted(files)), size, left_out)
    if not any(name.endswith(".py") for name in files):
        raise DataError(f"{source} has no Python files")
    if not any(_has_tests(name) for name in files):
        raise DataError(f"{source} has no tests: no test_*.py or *_test.py, and no folder of tests")
    return copied


def _walk(root: Path) -> Iterator[tuple[Path, str]]:
    """The files below `root` and links to files, without entering links to folders."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED
            and not name.endswith(_SKIPPED_ENDINGS)
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if name not in _SKIPPED and not name.endswith(_SKIPPED_ENDINGS):
                path = here / name
                yield path, path.relative_to(root).as_posix()


def _has_tests(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".py" and (
        path.name.startswith("test") or path.stem.endswith("_test") or "tests" in path.parts
    )
