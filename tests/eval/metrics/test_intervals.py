import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from codegen.errors import UsageError
from codegen_eval.metrics.intervals import difference, mcnemar, mean


def apart(count):
    return [f"group/{n}" for n in range(count)]


rows = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=30)


@hypothesis_settings(max_examples=30)
@given(rows)
def test_an_interval_lies_within_what_is_possible(rows):
    values, groups = zip(*rows, strict=True)
    found = mean(values, [str(group) for group in groups])
    assert found.value == pytest.approx(np.mean(values))
    assert -1e-9 <= found.low <= found.high <= 1 + 1e-9
    assert (found.tasks, found.groups) == (len(values), len({*groups}))


def test_the_interval_of_a_share_is_about_the_textbook_one():
    found = mean([1.0] * 46 + [0.0] * 118, apart(164))
    half = 1.96 * math.sqrt(found.value * (1 - found.value) / 164)
    assert found.low == pytest.approx(found.value - half, abs=0.012)
    assert found.high == pytest.approx(found.value + half, abs=0.012)


def test_an_interval_is_the_same_every_time():
    values = [n % 3 / 2 for n in range(50)]
    assert mean(values, apart(50)) == mean(values, apart(50))


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("groups", [1, 20, 164])
def test_all_or_none_has_wilsons_interval(value, groups):
    found = mean([value] * groups, apart(groups))
    z = 1.959964
    centre = (value + z * z / (2 * groups)) / (1 + z * z / groups)
    half = z / (1 + z * z / groups) * math.sqrt(z * z / (4 * groups * groups))
    assert found.low == pytest.approx(centre - half, abs=1e-6)
    assert found.high == pytest.approx(centre + half, abs=1e-6)


def test_tasks_of_one_problem_count_as_one_draw():
    values = [1.0] * 50 + [0.0] * 50
    alone = mean(values, apart(100))
    together = mean(values, [f"group/{n // 10}" for n in range(100)])
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_one_problem_says_little_about_others():
    found = mean([1.0, 0.0], ["group", "group"])
    assert found.low < 0.15
    assert found.high > 0.85


def test_nan_values_are_left_out():
    found = mean([1.0, math.nan, 0.0, 1.0], apart(4))
    assert found.tasks == 3
    assert found.value == pytest.approx(2 / 3)


def test_of_nothing_nothing_is_known():
    found = mean([], [])
    assert math.isnan(found.value)
    assert math.isnan(found.low)
    assert found.tasks == 0


def test_the_smallest_difference_follows_from_the_standard_error():
    values = [1.0] * 20 + [-1.0] * 15 + [0.0] * 129
    found = difference(values, apart(164))
    error = np.std(values) / math.sqrt(164)
    assert found.detectable == pytest.approx(2.8016 * error, rel=0.03)
    assert found.estimate.low < found.estimate.value < found.estimate.high


@pytest.mark.slow
@pytest.mark.parametrize(("share", "size"), [(0.28, 1), (0.9, 1), (0.7, 6)])
def test_an_interval_covers_the_truth_as_often_as_it_says(share, size):
    random = np.random.default_rng(7)
    hits = 0
    for _ in range(200):
        chances = random.beta(share * 4, (1 - share) * 4, 164) if size > 1 else [share] * 164
        values = [float(random.random() < chance) for chance in chances for _ in range(size)]
        found = mean(values, [str(n // size) for n in range(164 * size)])
        hits += found.low <= share <= found.high
    assert hits / 200 == pytest.approx(0.95, abs=0.04)


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (1, 0, 1.0),
        (6, 0, 2 / 64),
        (10, 3, 0.0922851562),
        (3, 10, 0.09229),
    ],
)
def test_mcnemars_exact_p(gained, lost, p):
    assert mcnemar(gained, lost).p == pytest.approx(p, abs=1e-5)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_binomial_test(gained, lost):
    pairs, few = gained + lost, min(gained, lost)
    tail = sum(math.comb(pairs, n) for n in range(few + 1)) / 2**pairs
    assert mcnemar(gained, lost).p == pytest.approx(min(1, 2 * tail))


def test_mcnemar_of_many_pairs_and_of_nonsense():
    assert 0 <= mcnemar(3000, 2800).p < 0.01
    with pytest.raises(UsageError):
        mcnemar(-1, 3)
