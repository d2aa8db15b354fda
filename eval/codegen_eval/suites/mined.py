"""Suites mined from a repository: reads the folder, which may come from an untrusted source.

    suite.json       what it is and how it was made
    problems.jsonl   a hole per line
    tree/            the repository's copy, in which the tests run

Everything is checked before any of it is used. Its code runs in sandboxes only.
"""

import datetime as dt
import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codegen_eval.errors import DataError, DataMissingError
from codegen_eval.suites.problem import Problem, Repository, Suite

SUITE_FILE: Final = "suite.json"
PROBLEMS_FILE: Final = "problems.jsonl"
TREE: Final = "tree"
SCHEMA: Final = 1

_MAX_SUITE_BYTES: Final = 1 << 20
_MAX_PROBLEMS_BYTES: Final = 256 << 20
_MAX_PROBLEMS: Final = 20_000
_MAX_TREE_FILES: Final = 20_000
_MAX_TREE_BYTES: Final = 512 << 20
_MAX_SOURCE_BYTES: Final = 16 << 20
_MAX_NAME: Final = 1000
_MAX_TESTS: Final = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class MinedRepository(Repository):
    """A check that also says whether pytest has to load the plugins that are installed.

    Loading them takes several times as long as everything else, and few repositories need any.
    """

    plugins: bool = True


def load_mined(directory: Path, python: Path | None = None) -> Suite:
    """Reads a mined suite.

    Args:
        directory: the folder that `codegen eval mine` wrote.
        python: the interpreter whose environment has what the tests import; this process's own if
            None. It is never read from the folder.

    Raises:
        DataMissingError: there is no such folder.
        DataError: something in it can't have been written by `codegen eval mine`.
    """
    if not directory.is_dir():
        raise DataMissingError(
            f"{directory} is not a folder; codegen eval mine REPOSITORY --out {directory} makes it"
        )
    try:
        head = json.loads(_read(directory / SUITE_FILE, _MAX_SUITE_BYTES))
        data = _read(directory / PROBLEMS_FILE, _MAX_PROBLEMS_BYTES)
        name, published, source, plugins = _head(head, data)
        tree, sha256 = _tree(directory / TREE, hashlib.sha256(data))
        python = python or Path(sys.executable)
        reader = _Reader(name.removesuffix("-holes"), tree, python, plugins=plugins)
        problems = dict(reader.problems(data))
    except DataError as error:
        raise DataError(f"{directory} is no mined suite: {error}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{directory} can't be read: {error}") from error
    if not problems:
        raise DataError(f"{directory} is no mined suite: it has no problems")
    return Suite(name, "infilling", published, source, sha256, problems)


class _Reader:
    def __init__(self, name: str, tree: Path, python: Path, *, plugins: bool) -> None:
        self._name = name
        self._tree = tree
        self._python = python
        self._plugins = plugins
        self._sources: dict[str, bytes] = {}

    def problems(self, data: bytes) -> Iterator[tuple[str, Problem]]:
        """The problems of all lines, with their task ids."""
        seen: set[str] = set()
        for number, line in enumerate(data.splitlines(), 1):
            try:
                problem = self._problem(json.loads(line))
            except (DataError, ValueError) as error:
                raise DataError(f"line {number}: {error}") from error
            if problem.task_id in seen or len(seen) == _MAX_PROBLEMS:
                raise DataError(
                    f"line {number}: {problem.task_id!r} is a duplicate, or one problem too many"
                )
            seen.add(problem.task_id)
            yield problem.task_id, problem

    def _problem(self, row: Any) -> Problem:
        if not isinstance(row, dict):
            raise DataError("it is not an object")
        task_id, group, entry_point, path = (
            _short(row, key) for key in ("task_id", "group", "entry_point", "path")
        )
        if not task_id.startswith(f"{group}/") or not group.startswith(f"{self._name}/{path}/"):
            raise DataError(
                "task_id must begin with group, and group with the suite's name and path"
            )
        prefix, reference, suffix = (_text(row, key) for key in ("prefix", "reference", "suffix"))
        if not reference.strip():
            raise DataError("its hole is blank")
        tests = row.get("tests")
        if not isinstance(tests, list) or not 1 <= len(tests) <= _MAX_TESTS:
            raise DataError(f"tests is not a list of 1 to {_MAX_TESTS}")
        for test in tests:
            if not isinstance(test, str) or not _is_short(test) or "::" not in test:
                raise DataError("a test is not a node id")
            self._source(test.partition("::")[0])
        if len(set(tests)) != len(tests):
            raise DataError("a test is listed twice")
        try:
            program = (prefix + reference + suffix).encode()
        except UnicodeEncodeError:
            raise DataError("its text can't be encoded in UTF-8") from None
        if program != self._source(path):
            raise DataError(f"prefix, reference and suffix together are not the text of {path}")
        check = MinedRepository(self._tree, path, tuple(tests), self._python, self._plugins)
        return Problem(task_id, group, prefix, suffix, reference, entry_point, check)

    def _source(self, name: str) -> bytes:
        """A Python file of the tree."""
        if name not in self._sources:
            if not _is_path(name) or not name.endswith(".py"):
                raise DataError(f"{name!r} is not a path of a Python file in the tree")
            path = self._tree / name
            if not path.is_file():
                raise DataError(f"{name!r} is not in the tree")
            self._sources[name] = _read(path, _MAX_SOURCE_BYTES)
        return self._sources[name]


def _head(head: Any, problems: bytes) -> tuple[str, str, str, bool]:
    """Name, date, source, and whether plugins are needed, from suite.json."""
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        raise DataError(f"{SUITE_FILE} is not of schema {SCHEMA}")
    name, published, source = (_short(head, key) for key in ("name", "published", "source"))
    if not _NAME.fullmatch(name):
        raise DataError(f"{SUITE_FILE}: {name!r} is not a name")
    if head.get("kind") != "infilling":
        raise DataError(f"{SUITE_FILE}: kind is not infilling")
    plugins = head.get("plugins", True)
    if not isinstance(plugins, bool):
        raise DataError(f"{SUITE_FILE}: plugins is neither true nor false")
    try:
        date = dt.date.fromisoformat(published).isoformat()
    except ValueError:
        raise DataError(f"{SUITE_FILE}: {published!r} is not a date") from None
    if head.get("problems_sha256") != hashlib.sha256(problems).hexdigest():
        raise DataError(f"{PROBLEMS_FILE} is not the file that {SUITE_FILE} was written with")
    return name, date, source, plugins


def _tree(tree: Path, digest: "hashlib._Hash") -> tuple[Path, str]:
    """The tree, once it is known to hold nothing but files and folders, and not too many.

    `digest` is gone on with: other tests are another suite.
    """
    if tree.is_symlink() or not tree.is_dir():
        raise DataError(f"{TREE} is not a folder")
    count = size = 0
    for folder, folders, files in os.walk(tree):
        folders.sort()
        for name in (*folders, *sorted(files)):
            path = Path(folder) / name
            status = path.lstat()
            regular = stat.S_ISREG(status.st_mode)
            if not regular and not stat.S_ISDIR(status.st_mode):
                raise DataError(f"{TREE} has a link or a special file: {name!r}")
            count += 1
            size += status.st_size
            if count > _MAX_TREE_FILES * 2 or size > _MAX_TREE_BYTES * 2:
                raise DataError(f"{TREE} is too large")
            if regular:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                line = f"{content}  {path.relative_to(tree).as_posix()}\n"
                digest.update(line.encode("utf-8", "surrogateescape"))
    return tree.resolve(), digest.hexdigest()


def _read(path: Path, most: int) -> bytes:
    # A link could lead anywhere, and a pipe would be waited for.
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path.name} is not a regular file")
    if status.st_size > most:
        raise DataError(f"{path.name} has more than {most >> 20} MiB")
    return path.read_bytes()


def _short(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not _is_short(value):
        raise DataError(f"{key} is not a short text")
    return value


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise DataError(f"{key} is not a text")
    return value


def _is_short(text: str) -> bool:
    return 0 < len(text) <= _MAX_NAME and text.isprintable()


def _is_path(name: str) -> bool:
    parts = name.split("/")
    return "\\" not in name and not name.startswith("-") and not {"", ".", ".."} & set(parts)
