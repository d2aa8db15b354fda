"""Writes a run's folder, so that no batch is lost and none is generated twice."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from codegen.errors import UsageError
from codegen.files import write_atomically
from codegen_eval.journal import Journal
from codegen_eval.runs import (
    JOURNAL_FILE,
    RUN_FILE,
    SAMPLES_FILE,
    Batch,
    RunInfo,
    differences,
    info_to_json,
    read_batches,
    read_info,
    sample_rows,
)


@contextmanager
def writing(directory: Path, info: RunInfo) -> Iterator["RunWriter"]:
    """Opens a run to begin it or to go on with it; one process at a time.

    Raises:
        UsageError: the directory holds another run, or another process writes to it.
        DataError: the directory can't be read or written.
    """
    journal = Journal(directory / JOURNAL_FILE)
    with journal.locked(directory / "lock", f"running in {directory}"):
        there = read_info(directory)
        if there is None:
            write_atomically(directory / RUN_FILE, info_to_json(info))
        elif different := differences(there, info):
            raise UsageError(
                f"{directory} holds a run with another {', '.join(different)}; name another folder "
                "by --out, or leave it to codegen"
            )
        yield RunWriter(directory, journal)


class RunWriter:
    """The batches of a run: those from earlier, and those that are added."""

    def __init__(self, directory: Path, journal: Journal) -> None:
        """Reads the batches from earlier. Raises DataError if the journal is damaged."""
        self._directory = directory
        self._journal = journal
        self._batches = {batch.key: batch for batch in read_batches(journal.path)}

    def __contains__(self, key: str) -> bool:
        """Whether the batch of this key is done."""
        return key in self._batches

    def add(self, batch: Batch) -> None:
        """Appends a batch; it is on disk when this returns."""
        self._journal.append(asdict(batch))
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
