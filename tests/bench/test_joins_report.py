"""`codegen bench joins`: its tables, its targets, and its exit code."""

import json

import pytest

from codegen.bench.joins import asking
from codegen.bench.joins import run as joins
from codegen.bench.joins.answers import MODES, WrittenAnswer
from codegen.bench.joins.holes import Gap
from codegen.bench.joins.report import by_kind, by_language, failures, marked, row, targets
from codegen.bench.joins.verdict import Outcome
from codegen.cli import run
from codegen.completion.complete import Candidate, Completion
from codegen.engine.outcome import FinishReason, Usage
from codegen.engine.scripted import ScriptedBackend
from codegen.local.model import LocalModel
from codegen.prompt.families import recognise
from tests.bench.joins_sources import SOURCES

TEXT = "def f():\n    return g(1, 2)\n\n\nx = 1\n"


def gap(kind="brackets", language="python"):
    return Gap("a.py", language, kind, "usual", TEXT, 22, 26)


def outcome(verdict="exact", mode="stops", suggestion="1, 2", of=None, **known):
    return Outcome(of or gap(), WrittenAnswer(mode, "", "1, 2"), verdict, suggestion, **known)


def test_a_row_of_the_report():
    one, other = gap(), gap("string", "go")
    outcomes = [
        outcome(of=one, adds_errors=False),
        outcome("cut-short", "repeats", of=one, adds_errors=True),
        outcome("nothing", suggestion=None, of=other),
        outcome("refused", "repeats", suggestion=None, of=other),
        outcome("exception", "repeats", suggestion=None, of=other),
    ]
    total = row("all", outcomes)
    assert total.holes == 2
    assert (total.right["stops"], total.right["repeats"]) == (0.5, 0.0)
    assert total.right["elsewhere"] != total.right["elsewhere"]
    assert (total.overall, total.nothing, total.refused) == (0.2, 0.2, 0.2)
    assert (total.exceptions, total.errors) == (1, 0.5)
    assert [each.name for each in by_language(outcomes)] == ["go", "python"]
    assert [each.name for each in by_kind(outcomes)] == ["brackets", "string"]


def test_targets_of_the_report():
    good = [outcome(mode=mode, adds_errors=False) for mode in MODES]
    assert all(each.met for each in targets(good, whole=False))
    assert [each.text for each in targets(good, whole=True) if not each.met] == [
        ">= 3,000 holes",
        ">= 20 languages",
    ]
    bad = [*good, outcome("exception", suggestion=None), outcome(adds_errors=True)]
    assert [each.text for each in targets(bad, whole=False) if not each.met] == [
        "stops >= 99.5% right",
        "each language >= 93% right",
        "no exception",
        "syntax errors added by <= 1 in 1,000 shown",
    ]
    # What wasn't asked for has no target, and what no grammar tells is no error.
    assert len(targets([outcome()], whole=False)) == 4
    assert all(each.met for each in targets([outcome()], whole=False))


def test_the_first_failures_are_of_different_kinds():
    first, second, third = outcome("other"), outcome("moved"), outcome("other", of=gap("string"))
    assert failures([first, second, third, outcome()]) == [first, third, second]
    assert failures([outcome(adds_errors=True)])


def test_a_failure_is_a_marked_text():
    found = Outcome(
        gap(), WrittenAnswer("repeats", "file", "1, 2)\n"), "cut-short", "1", adds_errors=False
    )
    assert marked(found) == (
        "=== a.py (python) brackets repeats file: cut-short\n"
        "def f():\n    return g(\u2038)\n\n\nx = 1\n"
        "--- truth: '1, 2'\n"
        "--- written after it: ')\\n'\n"
        "--- suggested: '1'\n"
    )
    refused = outcome("refused", suggestion=None, reason="inside-word")
    assert "refused (inside-word)" in marked(refused)
    assert "adds syntax errors" in marked(outcome(adds_errors=True))


@pytest.fixture
def folder(tmp_path, monkeypatch, tokenizer, vocabulary):
    """Some files, and a tokenizer to cut them with."""
    model = LocalModel(
        name="small",
        backend=ScriptedBackend([], window=2048),
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device="cpu",
    )
    monkeypatch.setattr(joins, "tokenizer_only", lambda _settings: model)
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path / "cache"))
    for source in SOURCES[:3]:
        path = tmp_path / "files" / source.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.text, encoding="utf-8")
    return tmp_path / "files"


def test_exit_code_0_where_all_targets_are_reached(folder, capsys):
    arguments = ["bench", "joins", "--files", str(folder), "--kind", "rest-word", "--limit", "4"]
    assert run(arguments) == 0
    out = capsys.readouterr().out
    assert "| python | 4 | 100.0% | 100.0% | 100.0% |" in out
    assert "| stops >= 99.5% right | 100.00% | yes |" in out
    assert "holes |" not in out.split("| target |")[1]


def test_exit_code_1_where_one_is_missed(folder, capsys, monkeypatch):
    def cuts(_model, _prepared, _plan, _cancel):
        candidate = Candidate("x", -1.0, FinishReason.STOP, ())
        yield Completion((candidate,), None, Usage(0, 0, 0.0, 0.0, 0))

    monkeypatch.setattr(asking, "write", cuts)
    arguments = ["bench", "joins", "--files", str(folder), "--kind", "string", "--mode", "stops"]
    assert run([*arguments, "--failures", "1"]) == 1
    out = capsys.readouterr().out
    assert out.count("--- suggested") == 1
    assert "\u2038" in out
    assert "| stops >= 99.5% right | 0.00% | no |" in out
    assert run([*arguments, "--failures", "all", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["model"], shown["set"]) == (1, "small", None)
    assert shown["all"]["right"] == {"stops": 0.0, "repeats": None, "elsewhere": None}
    assert len(shown["failures"]) == shown["all"]["counts"]["stops"]
    assert shown["failures"][0]["suggestion"] == "x"
    assert {each["name"] for each in shown["kinds"]} == {"string", "string/unclosed"}


def test_an_exception_misses_a_target(folder, capsys, monkeypatch):
    def broken(*_args, **_options):
        raise ValueError("oh")

    monkeypatch.setattr(asking, "write", broken)
    arguments = ["--kind", "rest-word", "--mode", "stops", "--limit", "1"]
    assert run(["bench", "joins", "--files", str(folder), *arguments]) == 1
    assert "| no exception | 3 | no |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "nonsense"], "there is no kind nonsense"),
        (["--kind", "fstring", "--language", "javascript"], "no hole of that language and kind"),
        (["--language", "cobol"], "no file in a language"),
        (["--failures", "some"], "expected a number, or all"),
        (["--mode", "nonsense"], "nonsense"),
    ],
)
def test_wrong_options_are_refused(folder, capsys, arguments, message):
    assert run(["bench", "joins", "--files", str(folder), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_a_model_it_says_how_to_get_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("CODEGEN_MODEL", raising=False)
    assert run(["bench", "joins", "--files", str(tmp_path)]) == 3
    assert "run: codegen model export " in capsys.readouterr().err
