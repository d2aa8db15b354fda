"""Temporary folders of boxes that have no file system of their own.

A process holds a lock in each of its folders. A folder whose lock is free was left behind by a
process that was killed, and a later process removes it.
"""

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path
from typing import Self

_PREFIX = "codegen-box-"
_LOCK = "lock"
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SETTLED_SECONDS = 60.0
"""Seconds. The process that made a younger folder may not have taken the lock yet."""


class BoxFolder:
    """A folder with one subfolder, `work`, that a box may write to."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.work = path / "work"
        self._lock = lock

    @classmethod
    def make(cls, uid: int | None) -> Self:
        """Makes a folder whose `work` belongs to a uid, or to this process's user.

        Raises:
            OSError: the folder can't be made.
        """
        path = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = cls(path, lock)
        folder.work.mkdir(mode=0o700)
        if uid is not None:
            path.chmod(0o711)
            os.chown(folder.work, uid, uid)
        return folder

    def remove(self) -> None:
        """Removes the folder, which nothing may use any more."""
        with contextlib.suppress(OSError):  # a later process sweeps what resists
            remove_tree(self.path)
        os.close(self._lock)


def sweep() -> None:
    """Removes the folders of this user's processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            if time.time() - status.st_mtime < _SETTLED_SECONDS or _locked(path):
                continue
            remove_tree(path)


def _locked(path: Path) -> bool:
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def remove_tree(path: Path) -> None:
    """Removes a folder of any depth, without following a link.

    A program can nest folders so deep that paths, recursion and open files reach their limits. So
    this goes down and up with one open folder, and checks that each way up leads back to the folder
    it came from.
    """
    folder = os.open(path, _OPEN)
    try:
        pending = [(os.fstat(folder).st_ino, _clear(folder))]
        while True:
            if pending[-1][1]:
                _move(folder, pending[-1][1][-1])
                pending.append((os.fstat(folder).st_ino, _clear(folder)))
                continue
            pending.pop()
            if not pending:
                break
            _move(folder, "..")
            if os.fstat(folder).st_ino != pending[-1][0]:
                raise OSError(f"somebody moves folders below {path}")
            os.rmdir(pending[-1][1].pop(), dir_fd=folder)
    finally:
        os.close(folder)
    path.rmdir()


def _move(folder: int, name: str) -> None:
    """Makes an open folder another one."""
    other = os.open(name, _OPEN, dir_fd=folder)
    os.dup2(other, folder, inheritable=False)
    os.close(other)


def _clear(folder: int) -> list[str]:
    """Unlinks a folder's files; its subfolders, made accessible."""
    with os.scandir(folder) as entries:
        found = list(entries)
    below: list[str] = []
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.name, 0o700, dir_fd=folder)
            below.append(entry.name)
        else:
            os.unlink(entry.name, dir_fd=folder)
    return below
