"""The infilling measurement: its data, and the claim that it is there for."""

import gzip
import json
import os
from pathlib import Path

import pytest

from codegen.errors import UsageError
from codegen_eval.infilling import SINGLE_LINE, load, repeats_next, run

ROW = {"task_id": "t/0", "prompt": "def f():\n", "suffix": "\n", "canonical_solution": "    pass"}


def write(path: Path, rows) -> None:
    with gzip.open(path / SINGLE_LINE, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_the_choice_is_fixed(tmp_path):
    write(tmp_path, [ROW | {"task_id": f"t/{n:03}"} for n in range(50)])
    first = [problem.task for problem in load(tmp_path, 10)]
    assert first == [problem.task for problem in load(tmp_path, 10)]
    assert len(set(first)) == 10


@pytest.mark.parametrize("content", [None, b"not gzip", gzip.compress(b"{}\n")])
def test_data_that_is_not_there_or_broken(tmp_path, content):
    if content is not None:
        (tmp_path / SINGLE_LINE).write_bytes(content)
    with pytest.raises(UsageError, match=SINGLE_LINE):
        load(tmp_path, 10)


@pytest.mark.parametrize(
    ("text", "after", "repeats"),
    [
        ("    x = 1\n", "    return x\n", False),
        ("    x = 1\n    return x\n", "\n    return x\n", True),
        ("return x", "    return x", True),
        (")", ")\n", False),
        ("x = 1", "", False),
    ],
)
def test_repeats_next(text, after, repeats):
    assert repeats_next(text, after) is repeats


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_at_most_one_percent_repeat_the_line_that_follows(loaded):
    directory = os.environ.get("CODEGEN_EVAL_DATA")
    if not directory:
        pytest.skip("CODEGEN_EVAL_DATA names no folder with HumanEval-Infilling")
    outcomes = list(run(loaded, load(Path(directory), 200), lambda _: None))
    assert len(outcomes) == 200
    assert sum(outcome.repeats_next for outcome in outcomes) <= 2
