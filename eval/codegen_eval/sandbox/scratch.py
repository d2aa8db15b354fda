"""How much of the disk a box without its own file system uses, deleted files included.

Runs in a box's launcher, which is not confined: this module's source stands before the launcher's,
in one program. So it uses nothing but the standard library of Python 3.9.
"""

# ruff: noqa: PTH116, PTH123, PTH208

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_BLOCK = 4096
_RESERVE = 1 << 30
_DELETED = b" (deleted)"


class Scratch:
    """Adds up what a box holds, whenever it is asked."""

    def __init__(self, spec: "dict[str, Any]") -> None:
        self._work: str = spec["work"]
        self._most: int = spec["scratch"]
        self._file: int = spec["limits"]["RLIMIT_FSIZE"]
        self._quota: bool = spec["quota"]
        # Where half of what was free is less than the reserve, a box may take that half.
        self._floor = min(_RESERVE, self._free() // 2)

    def exceeded(self, processes: "Iterable[int]") -> bool:
        """Whether the box, with these processes, holds more than it may, or the disk is full."""
        if self._quota:
            # A file system of its own has its own limit of bytes, but hardly one of names.
            mount = os.statvfs(self._work)
            return (mount.f_files - mount.f_ffree) * _BLOCK > self._most
        if self._free() < self._floor:
            return True
        named = self._named()
        return named > self._most or named + self._nameless(processes) > self._most

    def _free(self) -> int:
        mount = os.statvfs(self._work)
        return mount.f_bavail * mount.f_frsize

    def _named(self) -> int:
        """Bytes of all files; each name costs a block, if only the kernel's memory."""
        total = 0
        pending = [self._work]
        while pending and total <= self._most:
            try:
                with os.scandir(pending.pop()) as entries:
                    for entry in entries:
                        found = entry.stat(follow_symlinks=False)
                        total += _BLOCK + 512 * found.st_blocks
                        if stat.S_ISDIR(found.st_mode):
                            pending.append(entry.path)
                        if total > self._most:
                            break
            except FileNotFoundError:
                continue
            except PermissionError:
                return self._most + 1  # a box can't make a folder that its user can't list
            except OSError as error:
                if len(os.fsencode(error.filename or "")) > _BLOCK - 256:
                    return self._most + 1  # deeper than paths can name: nobody's honest work
        return total

    def _nameless(self, processes: "Iterable[int]") -> int:
        """Bytes of the files that have no name any more, and that a process has open or mapped.

        How large a mapped one is can't be seen, so it counts as the largest that there may be.
        """
        opened: dict[int, int] = {}
        mapped: set[int] = set()
        for process in processes:
            for task in _names(f"/proc/{process}/task"):
                # A thread may have descriptors of its own.
                folder = f"/proc/{process}/task/{task}"
                opened.update(_opened(folder))
                mapped.update(_mapped(folder, os.fsencode(self._work)))
        return sum(opened.values()) + self._file * len(mapped - opened.keys())


def _opened(task: str) -> "Iterator[tuple[int, int]]":
    """Open files without a name: their inodes, and their bytes."""
    for descriptor in _names(f"{task}/fd"):
        try:
            found = os.stat(f"{task}/fd/{descriptor}")
        except OSError:  # it was closed this moment
            continue
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
            yield found.st_ino, _BLOCK + 512 * found.st_blocks


def _mapped(task: str, work: bytes) -> "Iterator[int]":
    """The inodes of mapped files without a name."""
    try:
        with open(f"{task}/maps", "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        return
    for line in lines:
        if line.endswith(_DELETED):
            fields = line.split(None, 5)
            if fields[5].startswith(work):
                yield int(fields[4])


def _names(folder: str) -> "list[str]":
    try:
        return os.listdir(folder)
    except OSError:  # the process has ended this moment
        return []
