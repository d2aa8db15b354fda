"""Where models lie in the cache directory. They appear there whole or not at all.

    downloads/<file>                                    as fetched, sha256 checked
    downloads/.<file>.<source>.partial                  what one source gave up to now
    exports/<name>-<sha8>-<precision>-<device>/         see codegen.engine.manifest
    locks/                                              see codegen.models.locking
    autotune.json                                       measured compute paths
    verified.json                                       hashes of files that did not change since

Nothing that codegen did not write is ever deleted.
"""

import contextlib
import errno
import glob
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.errors import ModelError
from codegen.files import discard, open_file, read_json, write_atomically
from codegen.progress import NullProgress, Progress, human_bytes

_CHUNK = 1 << 20  # bytes

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Store:
    """The layout of one cache directory. Naming a path creates nothing."""

    root: Path

    @property
    def downloads(self) -> Path:
        """The directory of fetched files."""
        return self.root / "downloads"

    @property
    def exports(self) -> Path:
        """The directory of exported models."""
        return self.root / "exports"

    @property
    def autotune(self) -> Path:
        """The file of measured compute paths."""
        return self.root / "autotune.json"

    def download(self, file: str) -> Path:
        """The final name of a fetched file, under which there is never half a file."""
        return self.downloads / file

    def partial(self, file: str, source: str) -> Path:
        """The part of a file that a source has given. Each source has a file of its own."""
        return self.downloads / f".{file}.{source}.partial"

    def discard_partials(self, file: str) -> None:
        """Removes the parts of an interrupted download of `file`, whose lock must be held."""
        for path in self.downloads.glob(f".{glob.escape(file)}.*.partial*"):
            discard(path)

    def export(self, name: str, sha256: str, precision: str, device: str) -> Path:
        """The directory of an export of the file with that hash."""
        return self.exports / f"{name}-{sha256[:8]}-{precision}-{device}"

    def sha256(self, path: Path, progress: Progress | None = None) -> str:
        """A file's sha256. It is computed only if the file has changed since the last time.

        Changed is what differs in size, time of modification (ns) or inode.

        Raises:
            ModelError: the file can't be read.
        """
        known = self._recorded(path)
        signature = _signature(path)
        if known is not None and known["signature"] == signature:
            return str(known["sha256"])
        digest = file_sha256(path, progress)
        # A file that is being written while it is read must not be remembered.
        if _signature(path) == signature:
            self._record(path, digest, fetched=self.fetched(path))
        return digest

    def fetched(self, path: Path) -> bool:
        """Whether codegen itself put the file there, even if it was changed since then."""
        known = self._recorded(path)
        return (
            known is not None
            and known["fetched"] is True
            and known["signature"][2] == _signature(path)[2]
        )

    def record_fetched(self, path: Path, digest: str) -> None:
        """Remembers that codegen fetched this file, with this sha256."""
        self._record(path, digest, fetched=True)

    def _record(self, path: Path, digest: str, *, fetched: bool) -> None:
        memo = self._memo()
        memo[str(path.absolute())] = {
            "signature": _signature(path),
            "sha256": digest,
            "fetched": fetched,
        }
        # This only saves time: without it the file is hashed every time.
        with contextlib.suppress(OSError):
            self.root.mkdir(parents=True, exist_ok=True)
            write_atomically(self.root / "verified.json", json.dumps(memo, indent=1))

    def _recorded(self, path: Path) -> dict[str, Any] | None:
        return self._memo().get(str(path.absolute()))

    def _memo(self) -> dict[str, dict[str, Any]]:
        memo = read_json(self.root / "verified.json")
        if not isinstance(memo, dict):
            return {}
        return {path: known for path, known in memo.items() if _is_record(known)}


def file_sha256(path: Path, progress: Progress | None = None) -> str:
    """A file's sha256, in hexadecimal.

    Raises:
        ModelError: the file can't be read.
    """
    progress = progress or NullProgress()
    digest = hashlib.sha256()
    try:
        with open_file(path) as file:
            progress.start(f"checking {path.name}", os.fstat(file.fileno()).st_size)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                progress.advance(len(chunk))
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from error
    finally:
        progress.finish()
    return digest.hexdigest()


def require_space(path: Path, needed: int, what: str) -> None:
    """Refuses to begin work that would fill the disk of `path`, which need not exist yet.

    Raises:
        ModelError: fewer than `needed` bytes are free.
    """
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < needed:
        raise ModelError(
            f"no room for {what}: {human_bytes(needed)} are needed in {path} and "
            f"{human_bytes(free)} are free; free some, or set CODEGEN_CACHE_DIR to another disk"
        )


@contextlib.contextmanager
def storing(path: Path) -> Iterator[None]:
    """Explains an OSError while writing at or below `path`. Network errors pass through.

    Raises:
        ModelError: the disk is full, or the place can't be written to.
    """
    try:
        yield
    except (ConnectionError, TimeoutError):
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(
                f"the disk of {path} is full; free some room, "
                "or set CODEGEN_CACHE_DIR to another disk"
            ) from error
        raise ModelError(
            f"{path} can't be written to ({error.strerror}); make it writable, "
            "or set CODEGEN_CACHE_DIR to a directory that is"
        ) from error


@contextlib.contextmanager
def atomic_directory(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yields an empty directory, which gets the name `target` at the end of the block.

    If the block raises, or is interrupted, it is removed instead. So is what a killed process
    left of building the same target: hold the target's lock. With `replace`, a directory that
    has the name already (an older export) is removed once the new one is complete.

    Raises:
        ModelError: the place can't be written to, or `target` exists and is not to be replaced.
    """
    with storing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        for stale in target.parent.glob(f".{glob.escape(target.name)}.*.building"):
            discard(stale)
        building = target.with_name(f".{target.name}.{secrets.token_hex(4)}.building")
        building.mkdir()
    try:
        yield building
        with storing(target):
            if replace and target.is_dir():
                old = building.with_name(f"{building.name}.building")
                target.rename(old)
                building.rename(target)
                discard(old)
            else:
                building.rename(target)
    except BaseException:
        discard(building)
        raise


def _signature(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from error
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _is_record(known: object) -> bool:
    """Whether a value read from JSON has the form of what `Store` remembers about a file."""
    if not isinstance(known, dict) or known.keys() != {"signature", "sha256", "fetched"}:
        return False
    signature, digest = known["signature"], known["sha256"]
    return (
        isinstance(signature, list)
        and [type(part) for part in signature] == [int, int, int]
        and isinstance(digest, str)
        and _SHA256.fullmatch(digest) is not None
        and isinstance(known["fetched"], bool)
    )
