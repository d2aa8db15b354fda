"""`codegen bench typing`: where it types, how fast, and what it makes of the answers."""

import dataclasses
import json
import statistics
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from codegen.cli import run
from codegen.errors import UsageError
from codegen_lsp.bench import places, typing
from codegen_lsp.bench.answers import (
    Asked,
    ReportedUsage,
    TypingFigures,
    measures,
    outcomes,
    plain,
    report,
    without_model,
)
from codegen_lsp.bench.measures import Measure, percentile, table
from codegen_lsp.bench.places import KEYS, Typing, library_files, places_in, read_source, shared_out

SCRIPT = Path(__file__).with_name("scripted_lsp.py")

SOURCE = '''\
"""Prose of a module."""

LIMIT = 3


def first(values):
    """The first of some values."""
    for value in values:
        if value is not None:
            return value
    return None


class Chest:
    def __init__(self, values):
        self.values = list(values)

    def last(self):
        found = [value for value in self.values if value]
        return found[-1] if found else None


END = first([LIMIT, "some more text than a place has keys, which is thirty of them"])
'''


def test_percentiles_of_values():
    values = [float(number) for number in range(200, 0, -1)]
    assert [percentile(values, percent) for percent in (50, 95, 99)] == [100, 190, 198]
    assert percentile([7.0], 95) == 7.0
    assert percentile([1.0, 9.0, 2.0], 95) == 9.0


@pytest.mark.parametrize(
    ("values", "target", "upper", "met"),
    [
        ((1.0, 2.0, 9.0), 2.0, None, True),
        ((1.0, 2.0, 9.0), 2.0, 8.0, False),
        ((1.0, 2.0, 9.0), None, 9.0, True),
        ((1.0,), None, None, None),
        ((), 2.0, 3.0, None),
    ],
)
def test_a_measure_is_compared_with_its_targets(values, target, upper, met):
    measure = Measure("a", "s", values, target, upper)
    assert measure.met is met
    assert measure.shown()["count"] == len(values)
    assert {line.count("|") for line in table([measure])} == {7}


def test_places_are_statements_of_functions():
    found = places_in(SOURCE, 4)
    assert found == places_in(SOURCE, 4)
    assert len({place.start for place in found}) == 4
    for place in found:
        assert len(place.keys) == KEYS
        assert SOURCE.startswith("".join(place.keys), place.start)
        # Nothing follows the cursor on its line once the cut is made.
        assert SOURCE[place.end] == "\n"
        typed = place.start + len("".join(place.keys))
        assert "\n" not in SOURCE[typed : place.end]
        line = SOURCE[SOURCE.rindex("\n", 0, place.start) + 1 : place.end]
        assert line.startswith("    ")
        assert '"""' not in line.partition("\n")[0]
    between = [SOURCE[place.start - 1] for place in found]
    assert any(letter.isalnum() for letter in between)
    assert any(letter.isspace() for letter in between)


def test_enter_brings_the_indentation():
    keys = [key for place in places_in(SOURCE, 4) for key in place.keys]
    breaks = [key for key in keys if "\n" in key]
    assert any(key.strip("\n") for key in breaks)
    assert all(len(key) == 1 for key in keys if key not in breaks)


def test_a_file_with_too_few_places_is_refused():
    with pytest.raises(UsageError, match="places to type at, and 100 are needed"):
        places_in(SOURCE, 100)


@pytest.mark.parametrize("content", [b"def f(:\n", b"a = '\xc3\xa9'\n", b"a = 1\r\n", b"\0"])
def test_what_can_not_be_typed_in_is_refused(tmp_path, content):
    path = tmp_path / "a.py"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        read_source(path)


def test_the_library_files_are_the_same_each_time():
    chosen = library_files(3, 4)
    assert chosen == library_files(3, 4)
    assert len(set(chosen)) == 3
    assert all(read_source(path).count("\n") in places._LINES for path in chosen)


def test_places_are_shared_out():
    assert shared_out(7, 3) == [3, 2, 2]
    assert shared_out(1, 2) == [1, 0]


def test_the_rhythm_is_the_same_each_time():
    assert (len(places.WITHIN), len(places.AT_WORD_ENDS)) == (45, 15)
    first, second = Typing(), Typing()
    text = SOURCE * 3
    gaps = [first.gap(*pair) for pair in pairwise(text)]
    assert gaps == [second.gap(*pair) for pair in pairwise(text)]
    assert statistics.fmean(places.AT_WORD_ENDS) > 2 * statistics.fmean(places.WITHIN)
    assert Typing().gap("a", "b") == Typing().gap("", "b") == places.WITHIN[0] / 1000
    assert Typing().gap("a", "(") == Typing().gap("_", "\n    ") == places.AT_WORD_ENDS[0] / 1000


def test_the_typed_code_is_typed_at_a_human_pace():
    rhythm, gaps = Typing(), []
    for path in library_files(3, 4):
        for place in places_in(read_source(path), 4):
            gaps += [rhythm.gap(*pair) for pair in pairwise(place.keys)]
    assert 0.15 < statistics.fmean(gaps) < 0.21


def asked(moment, seconds, source="model", *, shown=True, usage=None, **more):
    reason = None if shown else more.pop("reason", "nothing")
    return Asked(moment, seconds, shown, source if shown else "none", reason, 0.1, usage, **more)


def figures(*some):
    return TypingFigures("tiny", ("a.py",), 1, some, 0, 0)


def test_the_figures_by_moment_and_source():
    usage = ReportedUsage(prompt=100, cached=90, prefill=0.5, decode=0.42, decoded=6)
    all_of_it = figures(
        asked("cold", 4.52, usage=dataclasses.replace(usage, cached=0)),
        asked("warmed", 1.5),
        asked("key", 0.02, "cache"),
        asked("key", None, shown=False, reason="overtaken"),
        asked("pause", 2.0, usage=usage, late=1),
        asked("pause", 0.01, "cache"),
        asked("pause", 0.3, "joined", usage=dataclasses.replace(usage, cached=98)),
        asked("pause", 0.1, shown=False),
    )
    assert all_of_it.decode == pytest.approx(84.0)
    assert all_of_it.scale == pytest.approx(2.0)
    model, known, cache, any_key, cold, warmed = measures(all_of_it)
    assert (model.values, model.target, model.upper_target) == ((2.0,), 2.4, 6.0)
    # The model has no part in it, so that a slower machine is no excuse.
    assert (known.values, known.target, known.met) == ((10.0, 300.0), 30.0, False)
    assert (cache.values, any_key.values) == ((10.0,), (20.0, 10.0))
    assert (cold.values, cold.target, cold.met) == ((4.52,), 12.0, True)
    assert (warmed.values, warmed.target, warmed.met) == ((1.5,), 4.0, True)
    assert all_of_it.computed == (10, 2)
    assert all_of_it.prompt_speed == pytest.approx(112 / 1.5)
    assert all_of_it.cold_speed == pytest.approx(25.0)
    assert without_model(all_of_it.keys) == 0.5
    assert outcomes(all_of_it.keys) == {
        "cache": 2,
        "overtaken": 1,
        "model": 1,
        "joined": 1,
        "nothing": 1,
    }
    text = "\n".join(report(all_of_it))
    assert "scaled by 2.00" in text
    assert "median 6, mean 6.0" in text
    assert "asked again after a deadline: 1 times, at 1 of 6 waits" in text
    assert json.loads(json.dumps(plain(all_of_it)))["without_model"] == 0.5


def test_without_a_token_the_targets_stay_as_they_are():
    nothing = figures(asked("pause", 0.1, shown=False))
    assert (nothing.decode, nothing.scale, nothing.prompt_speed, nothing.cold_speed) == (
        None,
        1.0,
        None,
        None,
    )
    assert measures(nothing)[0].target == 1.2
    assert "nothing was decoded" in "\n".join(report(nothing))


@pytest.fixture
def scripted(monkeypatch, tmp_path):
    """Makes the benchmark type fast, to a server that is a script; gives what it types in."""
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    monkeypatch.setattr(places, "WITHIN", (2,))
    monkeypatch.setattr(places, "AT_WORD_ENDS", (4,))
    monkeypatch.setattr(typing, "REST", 0.01)

    def use(*options):
        monkeypatch.setattr(typing, "COMMAND", (sys.executable, str(SCRIPT), *options))
        return ["bench", "typing", "--places", "2", "--files", str(path)]

    return use


def test_the_benchmark_of_typing_runs(scripted, capsys):
    assert run([*scripted(), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["model"], shown["files"], shown["places"]) == ("tiny is ready", ["a.py"], 2)
    assert [each["moment"] for each in shown["asked"]].count("pause") == 4
    moments = [each["moment"] for each in shown["asked"] if each["moment"] not in ("key", "pause")]
    assert moments == ["cold", "warmed"]
    assert sum(shown["outcomes"].values()) == 2 * KEYS
    assert (shown["unanswered"], shown["strays"]) == (0, 0)
    assert shown["decode_ms"] == pytest.approx(84.0)


def test_the_typist_asks_again_after_a_deadline(scripted, capsys):
    assert run([*scripted("deadlines=2"), "--json"]) == 0
    waits = [
        each for each in json.loads(capsys.readouterr().out)["asked"] if each["moment"] != "key"
    ]
    assert all(each["shown"] for each in waits)
    cold = waits[0]
    assert (cold["late"], cold["source"]) == (2, "model")
    assert cold["debounce"] == pytest.approx(0.18)


def test_an_answer_that_never_comes_is_counted(scripted, monkeypatch, capsys):
    monkeypatch.setattr(typing, "_LIMIT", 0.2)
    monkeypatch.setattr(typing, "_OVERDUE", 0.1)
    assert run(scripted("silent=1", "twice=3")) == 0
    out = capsys.readouterr().out
    assert "no answer 1" in out
    assert "requests never answered: 1; answered twice: 1" in out


def test_a_run_ends_after_three_answers_that_do_not_come(scripted, monkeypatch, capsys):
    monkeypatch.setattr(typing, "_LIMIT", 0.0)
    assert run(scripted("deadlines=1000000")) == 4
    assert "3 times in a row" in capsys.readouterr().err


def test_a_server_that_ends_is_an_error(scripted, capsys):
    assert run(scripted("dies=5")) == 4
    assert "the server ended with 3: out of order" in capsys.readouterr().err


def test_without_a_model_typing_is_refused(scripted, capsys):
    assert run(scripted("state=missing")) == 3
    assert "no model to type with: tiny is missing" in capsys.readouterr().err
