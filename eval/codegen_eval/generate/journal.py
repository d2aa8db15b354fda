"""The run directory as it is written: nothing done is lost, nothing is done twice."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from codegen.errors import UsageError
from codegen.files import write_atomically
from codegen_eval.errors import DataError
from codegen_eval.runs import (
    JOURNAL_FILE,
    RUN_FILE,
    SAMPLES_FILE,
    Batch,
    RunInfo,
    differences,
    drop_torn_line,
    info_to_json,
    read_batches,
    read_info,
    sample_rows,
)


@contextmanager
def writing(directory: Path, info: RunInfo) -> Iterator["Journal"]:
    """Opens a run to be begun or gone on with; one process at a time.

    Raises:
        UsageError: the directory holds another run, or another process is at it.
        DataError: it can't be read or written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / "lock")
        with lock.acquire(timeout=0):
            yield _open(directory, info)
    except Timeout:
        raise UsageError(f"another process is running in {directory}") from None
    except OSError as error:
        raise DataError(f"{error.filename or directory}: {error.strerror}") from error


class Journal:
    """A run's batches: those that are there, and those that are added."""

    def __init__(self, directory: Path, batches: Sequence[Batch]) -> None:
        self._directory = directory
        self._batches = {batch.key: batch for batch in batches}

    def __contains__(self, key: str) -> bool:
        """Whether the batch of this key is done."""
        return key in self._batches

    def add(self, batch: Batch) -> None:
        """Appends a batch; it is on disk when this returns."""
        line = json.dumps(asdict(batch)).encode() + b"\n"
        with (self._directory / JOURNAL_FILE).open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._batches[batch.key] = batch

    def write_samples(self, order: Sequence[str]) -> Path:
        """Writes samples.jsonl anew from all batches of these tasks.

        Args:
            order: task ids, in the suite's order.
        """
        ranks = {task_id: rank for rank, task_id in enumerate(order)}
        batches = [batch for batch in self._batches.values() if batch.task_id in ranks]
        path = self._directory / SAMPLES_FILE
        rows = (json.dumps(row) + "\n" for row in sample_rows(batches, ranks))
        write_atomically(path, "".join(rows))
        return path


def _open(directory: Path, info: RunInfo) -> Journal:
    there = read_info(directory)
    if there is None:
        write_atomically(directory / RUN_FILE, info_to_json(info))
    elif different := differences(there, info):
        raise UsageError(
            f"{directory} holds a run with another {', '.join(different)}; name another folder "
            "by --out, or leave it to codegen"
        )
    journal = directory / JOURNAL_FILE
    drop_torn_line(journal)
    return Journal(directory, list(read_batches(journal)))
