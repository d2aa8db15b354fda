"""`codegen bench samples`: on a tiny model, where only what it counts can be asserted."""

import json

import pytest

from codegen.bench.samples import SampleFigures, SampleRound
from codegen.cli import run


def test_the_speedup_is_the_median_of_the_rounds():
    rounds = (SampleRound(1.0, 3.0), SampleRound(2.0, 4.0), SampleRound(1.0, 9.0))
    assert SampleFigures("m", "int4", "l4", 2, 10, rounds).speedup == 3.0


@pytest.mark.deep
def test_the_benchmark_of_samples_runs(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("CODEGEN_COMPUTE_PATH", "full")
    arguments = ["--model", str(tiny.fp32.directory), "--device", "cpu", "--precision", "fp32"]
    arguments += ["-n", "2", "--rounds", "1"]
    assert run(["bench", "samples", *arguments, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["model"], shown["samples"], len(shown["rounds"])) == ("tiny", 2, 1)
    assert shown["speedup"] > 0
    assert run(["bench", "samples", *arguments]) == 0
    assert "times as long" in capsys.readouterr().out
