"""Splits every suite into two fixed halves: "tune" to choose by, and "report" to make claims by.

The half depends on the group's name alone. So all suites that were cut from the same problems
(HumanEval, HumanEval+, the infilling sets) agree, and a choice that was made by a hole of
HumanEval/3 is never reported on another hole of HumanEval/3.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

from codegen_eval.suites.problem import Half, Problem

Split = Literal["tune", "report", "all"]


def half(group: str) -> Half:
    """The half that a group belongs to."""
    return "tune" if _rank("half", group)[0] < 128 else "report"


def choose(problems: Iterable[Problem], split: Split, limit: int | None) -> list[Problem]:
    """The problems of a half, at most `limit` of them, in the order of their file.

    The choice is a fixed pseudo-random one, and a larger limit contains the problems of a smaller.
    """
    chosen = [problem for problem in problems if split in ("all", half(problem.group))]
    if limit is None or limit >= len(chosen):
        return chosen
    ranked = sorted(range(len(chosen)), key=lambda index: _rank("choice", chosen[index].task_id))
    return [chosen[index] for index in sorted(ranked[:limit])]


def _rank(purpose: str, text: str) -> bytes:
    return hashlib.sha256(f"{purpose}\0{text}".encode(errors="surrogatepass")).digest()
