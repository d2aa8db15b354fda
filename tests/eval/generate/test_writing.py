"""A run's folder: nothing done is lost or done twice, and it is never mixed with another's."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import UsageError
from codegen_eval.errors import DataError
from codegen_eval.generate.writing import writing
from codegen_eval.runs import (
    JOURNAL_FILE,
    RUN_FILE,
    Batch,
    Sample,
    open_run,
)
from codegen_eval.scoring.samples import read_submissions
from tests.eval.metrics import made

INFO = dataclasses.replace(made.INFO, samples=2, batch=2, temperature=0.8, max_tokens=16)


def batch(number, text="    pass\n"):
    task = f"HumanEval/{number}"
    samples = tuple(Sample(task, n, n, f"{text}{n}", "stop", 3, 0.1, 0.2) for n in range(2))
    return Batch(f"key{number}", task, "prompt", 7, samples)


def test_samples_are_in_the_suites_order(tmp_path):
    with writing(tmp_path, INFO) as writer:
        for number in (2, 0, 1):
            writer.add(batch(number))
        path = writer.write_samples([f"HumanEval/{n}" for n in range(3)])
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["task_id"], row["sample"]) for row in rows] == [
        (f"HumanEval/{n}", sample) for n in range(3) for sample in range(2)
    ]
    assert [s.completion for s in read_submissions(path)] == [row["completion"] for row in rows]


def test_the_bytes_of_a_batch(tmp_path):
    with writing(tmp_path, INFO) as writer:
        writer.add(batch(0, "ä"))
    sample = (
        b'{"task_id": "HumanEval/0", "sample": %d, "seed": %d, "completion": "\\u00e4%d", '
        b'"finish": "stop", "tokens": 3, "first_token_seconds": 0.1, "seconds": 0.2}'
    )
    assert (tmp_path / JOURNAL_FILE).read_bytes() == (
        b'{"key": "key0", "task_id": "HumanEval/0", "prompt": "prompt", "prompt_tokens": 7, '
        b'"samples": [' + sample % (0, 0, 0) + b", " + sample % (1, 1, 1) + b"]}\n"
    )


def test_a_run_is_read_back(tmp_path):
    with writing(tmp_path, INFO) as writer:
        writer.add(batch(0))
    run = open_run(tmp_path)
    assert (run.info, run.batches, run.results) == (INFO, (batch(0),), ())


def test_batches_from_earlier_are_known(tmp_path):
    with writing(tmp_path, INFO) as writer:
        writer.add(batch(0))
    with writing(tmp_path, INFO) as writer:
        assert "key0" in writer
        assert "key1" not in writer


@given(st.integers(0, 400))
def test_a_journal_cut_anywhere_goes_on(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("run")
    with writing(folder, INFO) as writer:
        writer.add(batch(0))
        whole = (folder / JOURNAL_FILE).stat().st_size
        writer.add(batch(1, "ä\ud800"))
    path = folder / JOURNAL_FILE
    path.write_bytes(path.read_bytes()[: whole + cut])
    with writing(folder, INFO) as writer:
        assert "key0" in writer
        if "key1" not in writer:
            writer.add(batch(1, "ä\ud800"))
    assert open_run(folder).batches == (batch(0), batch(1, "ä\ud800"))


@pytest.mark.parametrize("field", ["precision", "threads", "paths", "seed", "suite_sha256"])
def test_another_run_is_refused(tmp_path, field):
    with writing(tmp_path, INFO):
        pass
    other = dataclasses.replace(INFO, **{field: type(getattr(INFO, field))(7)})
    with pytest.raises(UsageError, match=field), writing(tmp_path, other):
        pass


def test_a_run_may_go_on_with_another_release_date(tmp_path):
    with writing(tmp_path, INFO) as writer:
        writer.add(batch(0))
    with writing(tmp_path, dataclasses.replace(INFO, released="2026-01-01")) as writer:
        assert "key0" in writer


def test_one_process_at_a_time(tmp_path):
    with (
        writing(tmp_path, INFO),
        pytest.raises(UsageError, match="another process"),
        writing(tmp_path, INFO),
    ):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}', '{"schema": 1}'])
def test_a_damaged_run_file(tmp_path, text):
    (tmp_path / RUN_FILE).write_text(text)
    with pytest.raises(DataError), writing(tmp_path, INFO):
        pass


@pytest.mark.parametrize("line", ["{}", "[1]", "nonsense", '{"samples": [{}]}'])
def test_a_damaged_journal_is_not_written_over(tmp_path, line):
    with writing(tmp_path, INFO):
        pass
    (tmp_path / JOURNAL_FILE).write_text(line + "\n")
    with pytest.raises(DataError), writing(tmp_path, INFO):
        pass
    assert (tmp_path / JOURNAL_FILE).read_text() == line + "\n"
