"""`codegen eval score`, as it is typed."""

import json

import pytest

from codegen import cli
from codegen_eval.scoring import scores as journal
from codegen_eval.suites import registry
from tests.eval.judge.made import DOUBLE, asserting, suite

SUITE = suite(*(asserting("assert candidate(2) == 4\n", DOUBLE, f"Made/{n}") for n in range(3)))


@pytest.fixture
def samples(tmp_path, monkeypatch, sandbox):
    monkeypatch.setattr(registry, "load_suite", lambda *_: SUITE)
    path = tmp_path / "samples.jsonl"
    write(path, ["Made/0", DOUBLE], ["Made/1", "f = 0"], ["Made/0", "f"], ["Made/1", "f = 1 / 0"])
    return path


def write(path, *rows):
    lines = (json.dumps(dict(zip(("task_id", "completion"), row, strict=True))) for row in rows)
    path.write_text("\n".join(lines))


def run(*args):
    return cli.run(["eval", "score", *map(str, args), "--suite", "made"])


def test_scores_as_json(samples, sandbox, capsys):
    assert run(samples, "--json", "-k", "1,2,10") == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    results = answer.pop("results")
    assert answer == {
        "schema": 1,
        "suite": "made",
        "sandbox": sandbox.name,
        "pass_at_k": {"pass@1": 0.25, "pass@2": 0.5, "pass@10": None},
    }
    assert [(r["task_id"], r["sample"], r["verdict"]) for r in results] == [
        ("Made/0", 0, "passed"),
        ("Made/1", 0, "error"),
        ("Made/0", 1, "error"),
        ("Made/1", 1, "error"),
    ]
    assert "2 of 3 tasks of made have samples" in err


def test_table_of_a_run_s_folder(samples, capsys):
    assert run(samples.parent) == 0
    out, _ = capsys.readouterr()
    assert [line.split() for line in out.splitlines()] == [
        ["passed", "1", "25.0", "%"],
        ["error", "3", "75.0", "%"],
        ["pass@1", "0.250"],
    ]
    assert (samples.parent / journal.SCORES_FILE).exists()


def test_forgeries_are_told_harmlessly(samples, capsys):
    liar = "class A:\n    def __eq__(*_): return True\nA.__name__ = 'A\\x1b[2J'\n"
    write(samples, ("Made/0", f"{liar}f = lambda x: A()"))
    assert run(samples) == 0
    out, err = capsys.readouterr()
    assert out.split()[0] == "forged"
    assert "forged: Made/0, sample 0" in err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-k", "0"], 2, "whole numbers"),
        (["-k", "x"], 2, "whole numbers"),
        (["--timeout", "0"], 2, "above 0"),
        (["--timeout", "nan"], 2, "above 0"),
        (["--jobs", "0"], 2, "--jobs"),
    ],
)
def test_bad_options(samples, capsys, arguments, code, message):
    assert run(samples, *arguments) == code
    assert message in capsys.readouterr().err


def test_bad_samples(samples, capsys):
    samples.write_text('{"task_id": "Made/0", "completion": ""}\nnothing\n')
    assert run(samples) == 2
    assert "line 2" in capsys.readouterr().err
    write(samples, ["Other/1", ""])
    assert run(samples) == 2
    assert "'Other/1'" in capsys.readouterr().err
    assert run(samples.parent / "nothing.jsonl") == 2
