import dataclasses
import json
import math

import pytest
from click.testing import CliRunner

from codegen_eval.cli.compare import command, lines
from codegen_eval.compare import compare
from codegen_eval.errors import DataError
from codegen_eval.suites.split import half
from tests.eval.metrics.made import REFERENCE, run, suite

WRONG = "    return left\n"


def rows(verdicts, samples=1):
    """A row per sample; "p" passed, "w" is wrong, "-" was not scored."""
    words = {"p": "passed", "w": "wrong", "-": None}
    return [
        (f"made/{index // samples}", REFERENCE if letter == "p" else WRONG, words[letter])
        for index, letter in enumerate(verdicts)
    ]


def pair(tmp_path, first, second, samples=1, **changes):
    made = suite(len(first) // samples)
    sampling = {"samples": samples, "temperature": 0.8 if samples > 1 else 0.0}
    left = run(tmp_path / "a", rows(first, samples), **sampling)
    right = run(tmp_path / "b", rows(second, samples), **sampling | changes)
    return left, right, made


def test_what_changed_and_in_which_direction(tmp_path):
    found = compare(*pair(tmp_path, "ppwwp" * 8, "pwppp" * 8, precision="fp32"))
    passed, exact = found.measures
    assert (passed.first.value, passed.second.value) == (0.6, 0.8)
    assert passed.difference.estimate.value == pytest.approx(0.2)
    assert passed.difference.estimate.low < 0.2 < passed.difference.estimate.high
    assert passed.gained[:3] == ("made/2", "made/3", "made/7")
    assert passed.lost[:2] == ("made/1", "made/6")
    assert (passed.mcnemar.gained, passed.mcnemar.lost) == (16, 8)
    assert exact.first.value == 0.6
    assert found.differing == (("precision", "int4", "fp32"),)
    assert (found.pairing, found.pairs, found.only_first, found.only_second) == ("number", 40, 0, 0)


def test_a_run_against_itself_has_no_difference_and_no_false_certainty(tmp_path):
    found = compare(*pair(tmp_path, "pwpw", "pwpw"))
    change = found.measures[0].difference
    assert change.estimate.value == 0
    assert change.estimate.low < 0 < change.estimate.high
    assert math.isnan(change.detectable)
    assert found.measures[0].mcnemar.p == 1
    assert not found.differing


def test_only_what_both_have_scored_is_compared(tmp_path):
    found = compare(*pair(tmp_path, "ppp-w", "pp-ww"))
    assert (found.pairs, found.only_first, found.only_second) == (3, 1, 1)
    assert found.measures[0].first.value == found.measures[0].second.value


@pytest.mark.parametrize(
    ("seed", "pairing", "pairs"), [(0, "seed", 6), (1, "seed", 4), (100, "number", 6)]
)
def test_samples_are_paired_by_seed_where_they_can_be(tmp_path, seed, pairing, pairs):
    found = compare(*pair(tmp_path, "pwpwww", "ppwwwp", samples=3, seed=seed))
    assert (found.pairing, found.pairs) == (pairing, pairs)


def test_several_samples_count_once_per_problem_in_mcnemar(tmp_path):
    found = compare(*pair(tmp_path, "wpp" * 4, "ppp" * 4, samples=3))
    measure = found.measures[0]
    assert measure.first.value == pytest.approx(2 / 3)
    assert (measure.mcnemar.gained, measure.mcnemar.lost) == (4, 0)
    assert "first pair of each task" in "\n".join(lines(found))


def test_holes_of_one_problem_count_as_one_draw(tmp_path):
    first, second = "pw" * 30, "pp" * 30
    left, right, apart = pair(tmp_path, first, second)
    together = suite(60, per_group=20)
    change = compare(left, right, together).measures[0].difference
    assert compare(left, right, apart).measures[0].difference.detectable > 0
    assert change.estimate.groups == 3
    # All three problems gained the same half: a bootstrap of them sees no spread at all.
    assert change.estimate.high - change.estimate.low > 0.9
    assert "believe the interval" in "\n".join(lines(compare(left, right, together)))


def test_comparing_the_tasks_of_one_half(tmp_path):
    left, right, made = pair(tmp_path, "pw" * 20, "wp" * 20)
    tune = compare(left, right, made, "tune")
    halves = [half(problem.group) for problem in made.problems.values()]
    assert tune.problems == halves.count("tune")
    assert tune.problems + compare(left, right, made, "report").problems == 40


@pytest.mark.parametrize(
    "change", [{"suite": "other"}, {"suite_sha256": "f" * 64}, {"kind": "completion"}]
)
def test_different_suites_are_refused(tmp_path, change):
    with pytest.raises(DataError, match="can't be compared"):
        compare(*pair(tmp_path, "pw", "pw", **change))


def test_other_data_than_here_is_refused(tmp_path):
    left, right, made = pair(tmp_path, "pw", "pw")
    with pytest.raises(DataError, match="another version"):
        compare(left, right, dataclasses.replace(made, sha256="e" * 64))


def test_nothing_in_common_is_refused(tmp_path):
    with pytest.raises(DataError, match="no scored sample in common"):
        compare(*pair(tmp_path, "p-", "-p"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    left, right, made = pair(tmp_path, "pwww" * 8, "ppww" * 8, precision="fp16", threads=4)
    monkeypatch.setattr("codegen_eval.suites.registry.suite_again", lambda *_: made)
    return [str(left.directory), str(right.directory)]


def test_the_command_prints_all_of_it(here):
    result = CliRunner().invoke(command, here, catch_exceptions=False)
    text = result.output
    assert "made: a -> b" in text
    assert "25.0 %" in text
    assert "+25.0 (" in text
    assert "pass@1, gained: 8\n  made/1\n" in text
    assert "precision  int4 -> fp16" in text
    assert "may have been trained on these texts" in text
    assert max(map(len, text.splitlines())) < 120


def test_the_command_prints_json(here):
    result = CliRunner().invoke(command, [*here, "--json"], catch_exceptions=False)
    found = json.loads(result.output)
    assert found["schema"] == 1
    assert found["measures"][0]["mcnemar"] == {"gained": 8, "lost": 0, "p": 2 / 256}
    assert found["measures"][0]["difference"]["estimate"]["value"] == 0.25
