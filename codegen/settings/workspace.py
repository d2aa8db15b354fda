"""Reads a repository's .codegen.toml, which can only switch suggestions off."""

import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from codegen.settings.exclude import usable_globs
from codegen.settings.values import shown

NARROWING_FILE: Final = ".codegen.toml"

_MAX_FILE_BYTES: Final = 64 * 1024
_MAX_PROBLEMS: Final = 10


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a workspace's .codegen.toml switches off, for the files below its directory `root`.

    A repository that the user merely opened must not change what runs: so this has no setting
    that switches anything on, or names a model or a file.
    """

    root: str
    enabled: bool = True
    languages: Mapping[str, bool] = field(default_factory=dict, hash=False)
    exclude: tuple[str, ...] = ()


def read_narrowing(root: str) -> tuple[Narrowing, tuple[str, ...]]:
    """Reads .codegen.toml in a root of a workspace, if there is such a file.

    A file that can't be read switches everything off, since nobody knows which files it was meant
    to keep from a model.

    Returns:
        What it switches off, and a sentence about every setting in it that is ignored.
    """
    path = Path(root, NARROWING_FILE)
    # A relative root would depend on the directory that codegen runs in.
    if not path.is_absolute():
        return Narrowing(root), ()
    try:
        table = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return Narrowing(root), ()
    except (OSError, ValueError, RecursionError) as error:
        # tomllib reads nested arrays by recursion.
        reason = error.strerror if isinstance(error, OSError) else error
        why = f"nothing is suggested below {root}, since {path} can't be read: {reason}"
        return Narrowing(root, enabled=False), (why,)
    narrowing, problems = Narrowing(root), list[str]()
    for name, value in table.items():
        if name == "enabled" and value is False:
            narrowing = replace(narrowing, enabled=False)
        elif name == "languages" and isinstance(value, dict):
            off = {key: False for key, flag in value.items() if flag is False}
            narrowing = replace(narrowing, languages=off)
            problems += (
                f"{shown(f'languages.{key}')} = {shown(value[key])}"
                for key in value
                if key not in off
            )
        elif name == "exclude" and isinstance(value, list):
            globs, bad = usable_globs(value)
            narrowing = replace(narrowing, exclude=globs)
            problems += (f"exclude has {problem}" for problem in bad)
        else:
            problems.append(f"{shown(name)} = {shown(value)}")
    allowed = "a workspace may say enabled = false, languages.NAME = false, and exclude = [globs]"
    told = (f"{problem} in {path} was ignored; {allowed}" for problem in problems)
    return narrowing, first_problems(told)


def first_problems(problems: Iterable[str]) -> tuple[str, ...]:
    """Different problems, ten at most, and then how many more there are."""
    different = tuple(dict.fromkeys(problems))
    if len(different) <= _MAX_PROBLEMS:
        return different
    more = len(different) - _MAX_PROBLEMS
    return *different[:_MAX_PROBLEMS], f"{more} more were ignored as well"


def _read(path: Path) -> dict[str, Any]:
    # Nobody vouches for a workspace's files: a link may lead to any file, and a pipe never ends.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise ValueError(f"it is larger than {_MAX_FILE_BYTES // 1024} KiB")
    return tomllib.loads(content.decode("utf-8"))
