"""The files that a Python interpreter needs to run, without any installed package.

A box sees the interpreter's binary, the links that lead to it, its `pyvenv.cfg`, its standard
library, and the shared libraries that all of these load. A box of several processes, which runs a
repository's tests, also sees the system's programs and libraries, since its environment may need
any of them. Neither sees a package: site-packages (or dist-packages, as on Debian) is hidden at any
depth. Only `Job.readable` makes packages visible. Two ways to use it:

*   an untrusted program: `Job(argv=("-I", "-S", "main.py"))`; neither the folder of the script nor
    any site-packages are on its path;
*   a repository's tests: `Job(argv=("-s", "-m", "pytest", ...), python=venv/"bin"/"python",
    readable=(venv/"lib",), tree=repository)`; the interpreter finds the environment by its
    `pyvenv.cfg`, and there the readable site-packages. An editable installation lies elsewhere, so
    the working directory, which `-m` puts first on the path, has to contain that code.
"""

import functools
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen_eval.errors import SandboxError

LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64")
PROGRAMS = ("/usr/bin", "/bin")
"""Only boxes of several processes need these."""
DATA = ("/etc/ld.so.cache", "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8")
_PACKAGES = frozenset({"site-packages", "dist-packages"})

_OLDEST = (3, 9)
_PROBE = """
import ctypes, glob, json, os, sys, sysconfig
paths = sysconfig.get_paths()
# What is loaded once all of the library is, and what packages built for any Linux expect. A box
# has neither display nor network, and each library is a mount of its own.
wanted = [name for folder in sys.path for name in sorted(glob.glob(os.path.join(folder, "*.so")))
          if not os.path.basename(name).startswith(("_tkinter.", "nis."))]
wanted += ["libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1"]
wanted += ["libgcc_s.so.1", "libstdc++.so.6", "libatomic.so.1", "libnss_files.so.2"]
for name in wanted:
    try:
        ctypes.CDLL(name)
    except OSError:
        pass
with open("/proc/self/maps") as file:
    mapped = {line.split(None, 5)[5].rstrip("\\n") for line in file if line.count("/")}
print(json.dumps({
    "version": sys.version_info[:2],
    "executable": sys.executable,
    "library": [paths["stdlib"], paths["platstdlib"]],
    "shared": sorted(name for name in mapped if ".so" in os.path.basename(name)),
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter's files.

    Attributes:
        path: what to execute.
        links: symbolic links with their targets: those from `path` to the binary, and those by
            which the loader finds shared libraries.
        files: the binary, its configuration, and shared libraries.
        folders: the standard library and, for several processes, the system's libraries; no folder
            lies inside another.
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
def interpreter(python: Path, *, several: bool = False) -> Interpreter:
    """Asks an interpreter where its files are; `several` says that a box has several processes.

    Raises:
        SandboxError: the interpreter can't be run.
    """
    facts = _facts(python)
    path, links, binary = _chain(Path(facts["executable"]))
    system = (*LIBRARIES, *PROGRAMS) if several else ()
    folders = _outermost(Path(folder) for folder in (*facts["library"], *system))
    shared = [Path(name).resolve() for name in facts["shared"]]
    config = (path.parent / "pyvenv.cfg", path.parent.parent / "pyvenv.cfg")
    files = (binary, *config, *map(Path, DATA), *shared)
    files = tuple(
        file
        for file in dict.fromkeys(files)
        if file.exists() and not any(file.is_relative_to(folder) for folder in folders)
    )
    links = tuple(
        (link, target)
        for link, target in (*links, *_links_to(frozenset(shared)))
        if not any(link.is_relative_to(folder) for folder in folders)
    )
    needed = (*folders, *files, *(link for link, _ in links))
    return Interpreter(
        path,
        links,
        files,
        folders,
        tuple(sorted(hidden for folder in folders for hidden in _packages(folder))),
        tuple(
            (Path(name), os.readlink(name))  # noqa: PTH115 - as it is written
            for name in (*LIBRARIES, *PROGRAMS)
            if Path(name).is_symlink()
            and any(each.is_relative_to(Path(name).resolve()) for each in needed)
        ),
    )


@functools.lru_cache(maxsize=16)
def _facts(python: Path) -> dict[str, Any]:
    try:
        answer = subprocess.run(
            [python, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
        facts: dict[str, Any] = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxError(f"the interpreter {python} can't be run: {error}") from error
    if tuple(facts["version"]) < _OLDEST:
        raise SandboxError(f"{python} is older than Python 3.9, which the launcher needs")
    return facts


def _packages(folder: Path) -> Iterator[Path]:
    """The folders of packages in a folder, at any depth."""
    for root, names, _ in os.walk(folder):
        yield from (Path(root) / name for name in names if name in _PACKAGES)
        names[:] = [name for name in names if name not in _PACKAGES]


def _links_to(files: frozenset[Path]) -> Iterator[tuple[Path, str]]:
    """The links by which the loader finds shared libraries."""
    folders = {file.parent for file in files} | {Path(name).resolve() for name in LIBRARIES}
    for folder in sorted(folders):
        if not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if entry.is_symlink()]
        for link in sorted(found):
            if link.resolve() in files:
                yield link, os.readlink(link)  # noqa: PTH115 - as it is written


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
