"""Published packages, read as data: fetched once, trusted for their sha256, and never run."""

import fnmatch
import hashlib
import os
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from codegen.errors import FetchError
from codegen.files import discard
from codegen.models.locking import locked
from codegen.models.store import Store, file_sha256, storing
from codegen.models.transfer import download_wheel
from codegen.progress import Progress

Set = Literal["claim", "tune"]

# A source file that is longer than this is no file that a person wrote by hand, or costs too much.
MAX_BYTES: Final = 60_000

# What an archive may hold at most, packed and of members; far beyond any of the table.
_MAX_ARCHIVE: Final = 64 << 20
_MAX_MEMBERS: Final = 50_000

_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Package:
    """One row of packages.toml.

    `source` says which client brings it: "npm" (a .tgz) or "pypi" (a wheel). `members` are
    patterns of files in it, `without` of those that are left out.
    """

    set: Set
    source: Literal["npm", "pypi"]
    name: str
    version: str
    sha256: str
    members: tuple[str, ...]
    without: tuple[str, ...] = ()
    most: int = 12

    @property
    def file(self) -> str:
        """The archive's name in the cache."""
        flat = self.name.lstrip("@").replace("/", "-")
        return f"{self.source}-{flat}-{self.version}{'.tgz' if self.source == 'npm' else '.whl'}"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name there, and its bytes."""

    name: str
    data: bytes


def packages(path: Path | None = None) -> tuple[Package, ...]:
    """The table of packages."""
    text = (path or Path(__file__).with_name("packages.toml")).read_text(encoding="utf-8")
    return tuple(_package(row) for row in tomllib.loads(text)["package"])


def bring(package: Package, cache_dir: Path, progress: Progress, *, offline: bool) -> Path:
    """A package's archive, verified; fetched if it is not here yet.

    Raises:
        FetchError: it can't be had, or isn't the archive whose sha256 the table names.
        ModelError: the cache directory is full or can't be written to.
    """
    folder = cache_dir / "bench" / "joins"
    path = folder / package.file
    with storing(folder):
        if path.is_file() and file_sha256(path) == package.sha256:
            return path
        if offline:
            raise FetchError(
                f"{package.name} {package.version} is not on this machine and codegen is offline; "
                "run `codegen bench joins` once without --offline and CODEGEN_OFFLINE"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with locked(Store(cache_dir), "bench-joins", progress, what=package.name) as telling:
            # Another process may have brought it while this one waited.
            if path.is_file() and file_sha256(path) == package.sha256:
                return path
            telling.note(f"fetching {package.name} {package.version}")
            _fetch(package, path)
    return path


def read_members(path: Path, package: Package) -> Iterator[Member]:
    """The files of an archive that the table names, none of them longer than MAX_BYTES.

    Nothing is unpacked: names are only names.

    Raises:
        FetchError: it can't be read.
    """
    try:
        if package.source == "npm":
            yield from _tar_members(path, package)
        else:
            yield from _zip_members(path, package)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise FetchError(f"{path} can't be read as an archive: {error}") from error


def _package(row: dict[str, Any]) -> Package:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    return Package(**values)


def _fetch(package: Package, path: Path) -> None:
    folder = path.with_name(f".{path.name}.part")
    discard(folder)
    (folder / "tmp").mkdir(parents=True)
    try:
        pinned = f"{package.name}=={package.version}"
        got = download_wheel(pinned, folder) if package.source == "pypi" else _pack(package, folder)
        digest = hashlib.sha256(got.read_bytes()).hexdigest()
        if digest != package.sha256:
            raise FetchError(
                f"{package.name} {package.version} has the sha256 {digest} instead of "
                f"{package.sha256}; it is not the archive that was measured"
            )
        got.replace(path)
    finally:
        discard(folder)


def _pack(package: Package, folder: Path) -> Path:
    """Lets npm bring a package, whose scripts are not run, into a folder of its own."""
    what = f"{package.name}@{package.version}"
    if (npm := shutil.which("npm")) is None:
        raise FetchError(f"npm is not on the PATH, and {what} can't be fetched: install Node.js")
    words = [npm, "pack", "--ignore-scripts", "--silent", f"--pack-destination={folder}", what]
    try:
        done = subprocess.run(
            words,
            check=False,
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder / "tmp")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"npm brought nothing of {what} in {_SECONDS:.0f} s; try again") from error
    found = list(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1] if lines else "it does not say why"
        raise FetchError(f"npm could not fetch {what}: {reason}; is there a network?")
    return found[0]


def _tar_members(path: Path, package: Package) -> Iterator[Member]:
    with tarfile.open(path, "r:gz") as archive:
        for count, member in enumerate(archive):
            _check_size(path, count, member.offset)
            # npm puts all into one folder, whatever that is called.
            name = "/".join(PurePosixPath(member.name).parts[1:])
            if member.isreg() and 0 < member.size <= MAX_BYTES and _wanted(name, package):
                file = archive.extractfile(member)
                yield Member(name, b"" if file is None else file.read(MAX_BYTES))


def _zip_members(path: Path, package: Package) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for count, member in enumerate(archive.infolist()):
            _check_size(path, count, 0)
            if 0 < member.file_size <= MAX_BYTES and _wanted(member.filename, package):
                with archive.open(member) as file:
                    yield Member(member.filename, file.read(MAX_BYTES))


def _check_size(path: Path, count: int, offset: int) -> None:
    if count >= _MAX_MEMBERS or offset > _MAX_ARCHIVE:
        raise FetchError(f"{path} holds more than any package of the table")


def _wanted(name: str, package: Package) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in package.members) and not any(
        fnmatch.fnmatchcase(name, pattern) for pattern in package.without
    )
