"""`codegen bench context`: what it types and counts; times are its output, and not asserted."""

import json

import pytest

from codegen.bench import context
from codegen.bench.context import ContextFigures, ContextRow, Series, Summary
from codegen.cli import run


def row(text, *milliseconds):
    return ContextRow(text, 10_000, *(Series([each]) for each in milliseconds))


def test_percentiles_of_a_series():
    series = Series([float(number) for number in range(200, 0, -1)])
    assert (series.p50, series.p99) == (100.5, 198.0)
    assert (Series([3.0]).p50, Series([3.0]).p99) == (3.0, 3.0)
    assert Series([1.0, 9.0, 2.0]).p99 == 9.0


def test_work_is_measured_and_its_result_given_on():
    series = Series()
    assert [series.measure(lambda: 7), series.measure(lambda: 8)] == [7, 8]
    assert len(series.values) == 2
    assert all(value >= 0 for value in series.values)


def test_figures_stand_beside_their_targets():
    figures = ContextFigures(
        "m",
        1021,
        (row("ASCII", 4.0, 2.0, 90.0, 80.0, 5.0, 0.5), row("b", 6, 3.5, 1, 1, 1, 1.5)),
    )
    table = list(context.summaries(figures))
    assert [(each.text, each.p50, each.met) for each in table] == [
        ("ASCII", 4.0, True),
        ("ASCII", 2.0, True),
        ("ASCII", 90.0, None),
        ("ASCII", 80.0, None),
        ("ASCII", 5.0, None),
        ("ASCII", 0.5, True),
        ("b", 6, False),
        ("b", 3.5, False),
        ("b", 1, None),
        ("b", 1, None),
        ("b", 1, None),
        ("b", 1.5, False),
    ]
    # One of two targets is not enough.
    assert Summary("a", "b", 1, p50=1.0, p99=16.0, p50_target=3.0, p99_target=15.0).met is False


@pytest.mark.parametrize("foreign", [pytest.param(False, id="ASCII"), pytest.param(True, id="not")])
def test_the_file_is_long_enough_and_the_same_each_time(foreign):
    text = context.long_source(3000, foreign=foreign)
    assert text == context.long_source(3000, foreign=foreign)
    assert text.isascii() is not foreign
    assert text.count("\n") >= 3000
    assert len(context.TYPED) == 300


@pytest.mark.deep
def test_the_benchmark_of_context_runs(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(context, "LINES", 300)
    monkeypatch.setattr(context, "PLACES", 2)
    monkeypatch.setattr(context, "TYPED", context.TYPED[:50])
    arguments = ["bench", "context", "--model", str(tiny.fp32.directory), "--device", "cpu"]
    assert run([*arguments, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["model"] == "tiny"
    assert set(shown["lines"]) == {"ASCII", "non-ASCII"}
    assert all(lines >= 300 for lines in shown["lines"].values())
    counts = {(each["text"], each["measure"]): each["count"] for each in shown["table"]}
    for text in shown["lines"]:
        assert counts[text, "reparse after an edit"] == 100
        assert counts[text, "context at a keystroke"] == 100
        assert counts[text, "context at a new place"] == 6
        assert counts[text, "parse of the whole file"] == 2
        assert counts[text, "who closes what is open, for an answer"] == 2
        assert counts[text, "whether an answer ends, at a token"] > 10
    assert all(0 < each["p50"] <= each["p99"] for each in shown["table"])
    assert run(arguments) == 0
    out = capsys.readouterr().out
    assert "| ASCII | context at a keystroke |" in out
    assert "p50 <= 3, p99 <= 15" in out


@pytest.mark.deep
def test_the_weights_of_the_model_are_not_read(tiny, tmp_path, monkeypatch, capsys):
    """A model that can't be run has a tokenizer nevertheless."""
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("codegen.models.loading.load_backend", None)
    monkeypatch.setattr(context, "LINES", 1)
    monkeypatch.setattr(context, "PLACES", 1)
    monkeypatch.setattr(context, "TYPED", "x")
    assert run(["bench", "context", "--model", str(tiny.fp32.directory), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["budget"] > 0


def test_without_a_model_it_says_how_to_get_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("CODEGEN_MODEL", raising=False)
    assert run(["bench", "context"]) != 0
    assert "run: codegen model export " in capsys.readouterr().err
