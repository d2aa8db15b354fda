"""A run's folder: nothing done is lost or done twice, and it is never mixed with another's."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import UsageError
from codegen_eval.errors import DataError
from codegen_eval.generate.journal import writing
from codegen_eval.runs import (
    JOURNAL_FILE,
    RUN_FILE,
    Batch,
    Sample,
    drop_torn_line,
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
    with writing(tmp_path, INFO) as journal:
        for number in (2, 0, 1):
            journal.add(batch(number))
        path = journal.write_samples([f"HumanEval/{n}" for n in range(3)])
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["task_id"], row["sample"]) for row in rows] == [
        (f"HumanEval/{n}", sample) for n in range(3) for sample in range(2)
    ]
    assert [s.completion for s in read_submissions(path)] == [row["completion"] for row in rows]


def test_a_run_is_read_back(tmp_path):
    with writing(tmp_path, INFO) as journal:
        journal.add(batch(0))
    run = open_run(tmp_path)
    assert (run.info, run.batches, run.results) == (INFO, (batch(0),), ())


def test_what_is_there_is_not_done_again(tmp_path):
    with writing(tmp_path, INFO) as journal:
        journal.add(batch(0))
    with writing(tmp_path, INFO) as journal:
        assert "key0" in journal
        assert "key1" not in journal


@given(st.integers(0, 400))
def test_a_journal_cut_anywhere_goes_on(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("run")
    with writing(folder, INFO) as journal:
        journal.add(batch(0))
        whole = (folder / JOURNAL_FILE).stat().st_size
        journal.add(batch(1, "ä\ud800"))
    path = folder / JOURNAL_FILE
    path.write_bytes(path.read_bytes()[: whole + cut])
    with writing(folder, INFO) as journal:
        assert "key0" in journal
        if "key1" not in journal:
            journal.add(batch(1, "ä\ud800"))
    assert open_run(folder).batches == (batch(0), batch(1, "ä\ud800"))


@pytest.mark.parametrize("field", ["precision", "threads", "paths", "seed", "suite_sha256"])
def test_another_run_is_refused(tmp_path, field):
    with writing(tmp_path, INFO):
        pass
    other = dataclasses.replace(INFO, **{field: type(getattr(INFO, field))(7)})
    with pytest.raises(UsageError, match=field), writing(tmp_path, other):
        pass


def test_what_only_says_what_a_run_means_may_differ(tmp_path):
    with writing(tmp_path, INFO) as journal:
        journal.add(batch(0))
    with writing(tmp_path, dataclasses.replace(INFO, released="2026-01-01")) as journal:
        assert "key0" in journal


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


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"", b""),
        (b"a", b""),
        (b"a\nb", b"a\n"),
        (b"a\n", b"a\n"),
        (b"a\n" + b"b" * 200_000, b"a\n"),
    ],
)
def test_a_torn_line(tmp_path, content, kept):
    path = tmp_path / "x"
    path.write_bytes(content)
    drop_torn_line(path)
    assert path.read_bytes() == kept
    drop_torn_line(tmp_path / "none")


@pytest.mark.parametrize(
    "line", ["x", "[]", "{}", '{"task_id": 1, "completion": ""}', '{"task_id": "x"}']
)
def test_samples_that_are_none(tmp_path, line):
    path = tmp_path / "samples.jsonl"
    path.write_text('{"task_id": "a", "completion": ""}\n\n' + line + "\n")
    with pytest.raises(DataError, match="line 3"):
        read_submissions(path)
