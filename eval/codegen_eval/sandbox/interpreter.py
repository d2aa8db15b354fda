"""What a Python interpreter needs of this machine, and nothing of what is installed for it.

A box sees the interpreter's own binary, the links that lead to it, its `pyvenv.cfg`, its standard
library, and the system's shared libraries. It sees no site-packages, neither a virtual
environment's nor the base installation's: those come by `Job.readable` only. Two ways to use it:

*   a program of unknown worth: `Job(argv=("-I", "-S", "main.py"))`; neither the folder of the
    script nor any site-packages are on its path;
*   a repository's tests: `Job(argv=("-s", "-m", "pytest", ...), python=venv/"bin"/"python",
    readable=(venv/"lib",), tree=repository)`; the interpreter finds the environment by its
    `pyvenv.cfg`, and there the site-packages that are readable. What was installed as editable
    lies elsewhere: the working directory, which `-m` puts on the path first, has to hold it.
"""

import functools
import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codegen_eval.errors import SandboxError

LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64")
PROGRAMS = ("/usr/bin", "/bin")
"""Of use only to a box of several processes."""
DATA = ("/etc/ld.so.cache", "/usr/share/zoneinfo")
_PACKAGES = (
    "site-packages",
    "dist-packages",
    "python*/site-packages",
    "python*/dist-packages",
)

_OLDEST = (3, 9)
_PROBE = """
import json, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({
    "version": sys.version_info[:2],
    "executable": sys.executable,
    "prefixes": [sys.base_prefix, sys.base_exec_prefix],
    "library": [paths["stdlib"], paths["platstdlib"]],
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter's files.

    Attributes:
        path: what to execute.
        links: the symbolic links from `path` to the binary, each with its target.
        files: the binary and what configures it.
        folders: libraries, its own and the system's; none lies in another.
        hidden: folders inside of these that a box must not see.
        aliases: the system's folders that are symbolic links, with their targets.
    """

    path: Path
    links: tuple[tuple[Path, str], ...]
    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    hidden: tuple[Path, ...]
    aliases: tuple[tuple[Path, str], ...]


@functools.lru_cache(maxsize=16)
def interpreter(python: Path) -> Interpreter:
    """Asks an interpreter where its files are.

    Raises:
        SandboxError: it can't be run.
    """
    try:
        answer = subprocess.run(
            [python, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxError(f"the interpreter {python} can't be run: {error}") from error
    if tuple(facts["version"]) < _OLDEST:
        raise SandboxError(f"{python} is older than Python 3.9, which the launcher needs")
    wanted = [Path(folder) for folder in (*facts["library"], *LIBRARIES)]
    wanted += [Path(prefix) / lib for prefix in facts["prefixes"] for lib in ("lib", "lib64")]
    path, links, binary = _chain(Path(facts["executable"]))
    folders = _outermost(wanted)
    hidden = {
        packages.resolve()
        for folder in folders
        for pattern in _PACKAGES
        for packages in folder.glob(pattern)
        if packages.is_dir() and packages.resolve().is_relative_to(folder)
    }
    config = (path.parent / "pyvenv.cfg", path.parent.parent / "pyvenv.cfg")
    data = [Path(name) for name in DATA]
    return Interpreter(
        path,
        links,
        (binary, *(file for file in (*config, *data) if file.exists())),
        folders,
        tuple(sorted(hidden)),
        tuple(
            (Path(name), os.readlink(name))  # noqa: PTH115 - as it is written
            for name in (*LIBRARIES, *PROGRAMS)
            if Path(name).is_symlink()
        ),
    )


def programs() -> tuple[Path, ...]:
    """The folders of the system's programs."""
    return _outermost(Path(name) for name in PROGRAMS)


def _chain(path: Path) -> tuple[Path, tuple[tuple[Path, str], ...], Path]:
    """The path with its folder resolved, the links from there on, and the file they end at."""
    start = current = path.parent.resolve() / path.name
    links: list[tuple[Path, str]] = []
    while current.is_symlink():
        if len(links) == 40:
            raise SandboxError(f"the interpreter {path} is a symbolic link to itself")
        target = os.readlink(current)  # noqa: PTH115 - as it is written, not normalised
        links.append((current, target))
        following = current.parent / target
        current = following.parent.resolve() / following.name
    return start, tuple(links), current


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    found: list[Path] = []
    for path in sorted({path.resolve() for path in paths if path.is_dir()}):
        if not any(path.is_relative_to(outer) for outer in found):
            found.append(path)
    return tuple(found)
