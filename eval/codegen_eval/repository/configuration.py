"""A repository's own pytest options, without those for reports, order or speed."""

import configparser
import shlex
import tomllib
from pathlib import Path
from typing import Any, Final

from codegen_eval.errors import DataError

# Where pytest looks, in its order; the first file that has the section is the configuration.
_FILES: Final = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)

# They need plugins that are switched off here, write files, reorder tests or stop early.
_DROPPED: Final = (
    "--basetemp",
    "--benchmark",
    "--cache",
    "--codspeed",
    "--color",
    "--cov",
    "--dist",
    "--durations",
    "--exitfirst",
    "--failed-first",
    "--ff",
    "--html",
    "--junit",
    "--last-failed",
    "--lf",
    "--log-file",
    "--maxfail",
    "--maxprocesses",
    "--new-first",
    "--nf",
    "--no-cov",
    "--no-header",
    "--no-summary",
    "--numprocesses",
    "--pdb",
    "--quiet",
    "--random",
    "--report-log",
    "--reruns",
    "--rootdir",
    "--self-contained-html",
    "--show-capture",
    "--showlocals",
    "--stepwise",
    "--strict-config",
    "--sw",
    "--tb",
    "--tx",
    "--verbose",
)
_PLUGINS_DROPPED: Final = {"xdist", "pytest_cov", "randomly", "random_order"}
_DROPPED_SHORT: Final = ("-n", "-q", "-r", "-s", "-v", "-x", "-l")
# Of those, the ones whose value may stand in the next word.
_VALUED: Final = (
    *("--basetemp", "--color", "--cov", "--dist", "--durations", "--html", "--junit"),
    *("--log-file", "--maxfail", "--maxprocesses", "--numprocesses", "--report-log"),
    *("--reruns", "--rootdir", "--show-capture", "--tb", "--tx", "-n"),
)


def options(root: Path) -> list[str]:
    """The `addopts` of the repository at `root`, filtered.

    Raises:
        DataError: the configuration can't be read.
    """
    for name, section in _FILES:
        path = root / name
        if not path.is_file():
            continue
        try:
            found = _section(path, section)
            if found is not None:
                value = found.get("addopts", "")
                words = shlex.split(value) if isinstance(value, str) else [str(w) for w in value]
                return kept(words)
        except (OSError, ValueError, TypeError, configparser.Error) as error:
            raise DataError(f"{path} can't be read as pytest's configuration: {error}") from error
    return []


def kept(words: list[str]) -> list[str]:
    """The words of an `addopts` that can change what the tests mean."""
    result: list[str] = []
    rest = iter([*words, ""])
    word = next(rest)
    while word:
        following = next(rest)
        name, _, value = word.partition("=")
        if word == "-p" and following:
            if following not in _PLUGINS_DROPPED:
                result += [word, following]
            following = next(rest)
        elif word.startswith(_DROPPED) or (word.startswith(_DROPPED_SHORT) and word[1] != "-"):
            bare = not value and name.startswith(_VALUED) and len(name) != 1
            if bare and following and not following.startswith("-"):
                following = next(rest)
        else:
            result.append(word)
        word = following
    return result


def _section(path: Path, keys: tuple[str, ...]) -> dict[str, Any] | None:
    if path.suffix == ".toml":
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        for key in keys:
            table = table.get(key)
            if not isinstance(table, dict):
                return None
        # [tool.pytest.ini_options] is the older of two places.
        older = table.get("ini_options")
        return older if isinstance(older, dict) else table
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(path.read_text(encoding="utf-8"))
    if parser.has_section(keys[0]):
        return dict(parser[keys[0]])
    # A pytest.ini counts even without the section.
    return {} if path.name in {"pytest.ini", ".pytest.ini"} else None
