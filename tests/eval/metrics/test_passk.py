import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import UsageError
from codegen_eval.metrics.passk import pass_at_k


@st.composite
def counts(draw, top=300):
    n = draw(st.integers(1, top))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(counts(top=9))
def test_pass_at_k_is_the_share_of_subsets_with_a_right_sample(case):
    n, c, k = case
    subsets = list(itertools.combinations(range(n), k))
    hits = sum(any(sample < c for sample in subset) for subset in subsets)
    assert pass_at_k(n, c, k) == pytest.approx(hits / len(subsets), abs=1e-12)


@given(counts())
def test_pass_at_k_is_the_exact_ratio_of_binomials(case):
    n, c, k = case
    exact = 1 - math.comb(n - c, k) / math.comb(n, k)
    assert pass_at_k(n, c, k) == pytest.approx(exact, abs=1e-12)


@given(counts())
def test_pass_at_k_is_a_probability(case):
    n, c, k = case
    value = pass_at_k(n, c, k)
    assert 0.0 <= value <= 1.0
    assert (value == 0.0) == (c == 0)
    assert (value == 1.0) == (n - c < k) or value == pytest.approx(1.0)


@given(counts())
def test_more_right_ones_and_more_tries_never_lower_it(case):
    n, c, k = case
    value = pass_at_k(n, c, k)
    if c < n:
        assert pass_at_k(n, c + 1, k) >= value - 1e-15
    if k < n:
        assert pass_at_k(n, c, k + 1) >= value - 1e-15


@given(counts())
def test_one_try_is_the_plain_share(case):
    n, c, _ = case
    assert pass_at_k(n, c, 1) == c / n


def test_there_is_no_estimate_from_fewer_samples_than_tries():
    assert math.isnan(pass_at_k(5, 5, 6))
    assert math.isnan(pass_at_k(0, 0, 1))


def test_large_counts_do_not_overflow():
    assert pass_at_k(100_000, 1, 50_000) == pytest.approx(0.5)
    assert pass_at_k(100_000, 50_000, 100) == pytest.approx(1.0)


@pytest.mark.parametrize(("n", "c", "k"), [(1, 1, 0), (3, 4, 1), (3, -1, 1), (-1, 0, 1)])
def test_nonsense_is_refused(n, c, k):
    with pytest.raises(UsageError, match="is undefined"):
        pass_at_k(n, c, k)
