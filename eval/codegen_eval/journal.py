"""An append-only file of JSON objects, a line each, that outlives a killed writer."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from codegen.errors import UsageError
from codegen_eval.errors import DataError

_BLOCK_BYTES: Final = 1 << 16


class Journal:
    """The records of one JSONL file, in the order of writing.

    A writer that was killed leaves at most an unfinished last line. Readers skip that line, since
    what it would have recorded was not done, and the next `append` cuts it off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._whole = False

    @contextmanager
    def locked(self, lock: Path, doing: str, *, patience: float = 0.0) -> Iterator[None]:
        """Keeps other processes from writing, in the folder of `lock`, which is made if missing.

        Args:
            lock: the lock's file.
            doing: what the other process is doing, for the message: "scoring into X".
            patience: seconds to wait for the other process.

        Raises:
            UsageError: another process holds the lock.
            DataError: the lock or a file that is written meanwhile can't be written to.
        """
        import filelock  # noqa: PLC0415 - 50 ms, and readers need none of it

        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(lock).acquire(timeout=patience):
                yield
        except filelock.Timeout:
            raise UsageError(f"another process is {doing}") from None
        except OSError as error:
            raise DataError(
                f"{error.filename or self.path} can't be written to: {error.strerror or error}"
            ) from error

    def rows(self) -> Iterator[dict[str, Any]]:
        """The records; none if there is no file.

        Raises:
            DataError: the file can't be read, or a line other than an unfinished last one is
                damaged.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise DataError(f"{self.path} can't be read: {error.strerror}") from error
        for number, line in enumerate(lines[:-1], 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{self.path}, line {number} is damaged: {error}") from error
            if not isinstance(row, dict):
                raise DataError(f"{self.path}, line {number} is not an object")
            yield row

    def append(self, row: Mapping[str, Any]) -> None:
        """Appends a record by a single write; it is on disk when this returns.

        Raises:
            DataError: the disk is full.
            OSError: the file can't be written to.
        """
        line = json.dumps(row, allow_nan=False).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        with os.fdopen(descriptor, "rb+", buffering=0) as file:
            if not self._whole:
                file.truncate(_size_of_whole_lines(file))
                self._whole = True
            if file.write(line) != len(line):
                self._whole = False
                raise DataError(f"{self.path} can't be written to: the disk is full")
            os.fsync(descriptor)


def _size_of_whole_lines(file: IO[bytes]) -> int:
    """The size in bytes of a file up to its last newline, that included."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BLOCK_BYTES)
        file.seek(start)
        if (at := file.read(end - start).rfind(b"\n")) >= 0:
            return start + at + 1
        end = start
    return 0
