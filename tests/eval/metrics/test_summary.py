import dataclasses
import json
import math

import pytest

from codegen_eval.errors import DataError
from codegen_eval.metrics.baselines import (
    BASELINES,
    baseline_submissions,
    baselines,
    read_baselines,
    write_baselines,
)
from codegen_eval.metrics.figures import interval, percent, plain, points, probability, seconds
from codegen_eval.metrics.intervals import Estimate
from codegen_eval.metrics.latency import latency, tokens_per_second
from codegen_eval.metrics.summary import outcomes, summarize
from codegen_eval.suites.split import half
from codegen_eval.suites.verdict import Result, Verdict
from tests.eval.metrics.made import REFERENCE, problem, run, sample, suite

ROWS = [
    ("made/0", REFERENCE, "passed"),
    ("made/0", "    return 1\n", "wrong"),
    ("made/1", "    return 2\n", "wrong"),
    ("made/1", "", "error"),
    ("made/2", REFERENCE, None),
]


def test_a_run_in_figures(tmp_path):
    made = suite(4, per_group=2)
    found = summarize(run(tmp_path / "run", ROWS, samples=2), made)
    split = found.splits["all"]
    assert (found.name, found.suite_tasks, found.seen) == ("run", 4, True)
    assert (split.tasks, split.groups) == (3, 2)
    assert (split.samples, split.scored, split.passed) == (5, 4, 1)
    # What was not scored is not wrong: it doesn't count.
    assert split.pass_at[1].value == 0.25
    assert split.pass_at[1].tasks == 2
    assert split.pass_at[2].value == 0.5
    assert split.texts["exact"].value == 0.5
    assert split.failures == {"early stop": 1, "wrong answer": 2}
    assert [each.name for each in split.baselines] == list(BASELINES)


def test_the_halves_make_the_whole(tmp_path):
    made = suite(30)
    rows = [(task, REFERENCE, "passed") for task in made.problems]
    found = summarize(run(tmp_path / "run", rows), made).splits
    assert found["tune"].tasks == sum(half(p.group) == "tune" for p in made.problems.values())
    assert found["tune"].tasks + found["report"].tasks == found["all"].tasks == 30


def test_many_right_texts_mean_no_exact_match(tmp_path):
    made = suite(2, kind="completion")
    rows = [("made/0", REFERENCE, "passed")]
    found = summarize(run(tmp_path / "run", rows, kind="completion"), made)
    assert found.splits["all"].texts == {}


def test_a_run_without_verdicts_has_no_pass_at_k(tmp_path):
    found = summarize(run(tmp_path / "run", [("made/0", REFERENCE, None)]), suite())
    assert found.splits["all"].pass_at == {}
    assert found.splits["all"].texts["edit"].value == 1


def test_a_run_of_other_data_is_refused(tmp_path):
    made = run(tmp_path / "run", ROWS)
    with pytest.raises(DataError, match="another version"):
        outcomes(made, dataclasses.replace(suite(), sha256="e" * 64))
    with pytest.raises(DataError, match=r"'made/1'.*not a task"):
        outcomes(made, suite(1))


def test_new_texts_are_not_called_seen(tmp_path):
    made = run(tmp_path / "run", ROWS, published="2026-01-01")
    assert not summarize(made, suite()).seen


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        ("", ""),
        ("def f():\n", "def f():\n"),
        ("a = 1\n\n  \n", "a = 1\n"),
        ("a = 1\nb = ", "a = 1\n"),
        ("b = ", ""),
    ],
)
def test_the_previous_line_is_the_last_whole_one(prefix, line):
    made = suite(problems=[problem(prefix=prefix)])
    assert [each.completion for each in baseline_submissions(made, "previous line")] == [line]


def test_baselines_are_scored_by_hand_only_where_they_were_judged(tmp_path):
    made = suite(4)
    for row in baselines(list(made.problems.values())):
        assert math.isnan(row.pass_at_1)
    results = {
        "empty": [Result(f"made/{n}", 0, Verdict("passed" if n else "wrong"), "") for n in range(4)]
    }
    write_baselines(tmp_path, made, results)
    written = json.loads((tmp_path / "baselines.json").read_text())
    assert written["empty"]["pass@1"] == 0.75
    assert written["empty"]["exact"] == 0
    empty, line, reference = baselines(list(made.problems.values())[:2], read_baselines(tmp_path))
    assert empty.pass_at_1 == 0.5
    assert math.isnan(line.pass_at_1)
    assert (reference.exact, reference.edit) == (1, 1)


def test_a_damaged_file_of_baselines_is_named(tmp_path):
    assert read_baselines(tmp_path) == {}
    for text in ("[]", "{", '{"empty": {"passed": 3}}'):
        (tmp_path / "baselines.json").write_text(text)
        with pytest.raises(DataError, match=r"baselines\.json"):
            read_baselines(tmp_path)


def test_latency():
    made = [
        sample(tokens=11, first_token_seconds=1.0, seconds=2.0),
        sample(tokens=21, first_token_seconds=0.5, seconds=1.5),
        sample(tokens=0, first_token_seconds=0.0, seconds=0.5),
    ]
    found = latency(made)
    assert found.seconds.median == 1.5
    assert found.seconds.p90 == pytest.approx(1.9)
    assert found.first_token_seconds.median == 0.75
    assert found.tokens_per_second.median == 15
    assert math.isnan(tokens_per_second(made[2]))
    assert math.isnan(latency([]).seconds.median)


def test_figures_as_text():
    nothing = math.nan
    assert [percent(each) for each in (0.4387, 1, nothing)] == ["43.9 %", "100.0 %", "-"]
    assert [points(each) for each in (0.012, -0.5, -0.0001, nothing)] == [
        "+1.2", "-50.0", "0.0", "-",
    ]  # fmt: skip
    assert [seconds(each) for each in (0.12, 0.9996, 3, nothing)] == [
        "120 ms", "1.00 s", "3.00 s", "-",
    ]  # fmt: skip
    assert [probability(each) for each in (0.0312, 0.0001)] == ["0.031", "< 0.001"]
    assert interval(Estimate(0.5, 0.366, 0.512, 1, 1)) == "36.6 to 51.2"
    assert plain({1: (nothing, Estimate(0.5, nothing, 1, 2, 3))}) == {
        "1": [None, {"value": 0.5, "low": None, "high": 1, "tasks": 2, "groups": 3}]
    }
