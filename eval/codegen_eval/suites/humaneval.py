"""HumanEval, and the infilling holes that were cut from it.

Sources: https://arxiv.org/abs/2107.03374 (Codex), https://arxiv.org/abs/2207.14255 (infilling).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from codegen_eval.errors import DataError
from codegen_eval.suites.problem import Assertions, Check, Problem

PUBLISHED: Final = "2021-07-07"
"""The date of HumanEval's publication, which holds for every set made from its texts, too."""

_ORIGIN: Final = re.compile(r"HumanEval/\d+")


def humaneval(rows: Iterator[Mapping[str, Any]]) -> Iterator[Problem]:
    """HumanEval's own problems: the function's signature and docstring, then its body."""
    for row in rows:
        yield Problem(
            task_id=row["task_id"],
            group=row["task_id"],
            prefix=row["prompt"],
            suffix="",
            reference=row["canonical_solution"],
            entry_point=row["entry_point"],
            check=Assertions(row["test"]),
        )


def infilling(
    rows: Iterator[Mapping[str, Any]], checks: Mapping[str, Check] | None = None
) -> Iterator[Problem]:
    """Holes in HumanEval's canonical solutions.

    Args:
        rows: the rows of a HumanEval-Infilling file.
        checks: by HumanEval's task id, checks that replace the assertions of the rows.
    """
    for row in rows:
        origin = _ORIGIN.search(row["task_id"])
        if origin is None:
            raise DataError(f"{row['task_id']!r} doesn't contain the name of a HumanEval problem")
        group = origin.group()
        yield Problem(
            task_id=row["task_id"],
            group=group,
            prefix=row["prompt"],
            suffix=row["suffix"],
            reference=row["canonical_solution"],
            entry_point=row["entry_point"],
            check=Assertions(row["test"]) if checks is None else checks[group],
        )
