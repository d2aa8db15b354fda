"""How long a request waits for the next key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.session.rhythm import Rhythm


def typed(gap, keys=60):
    rhythm = Rhythm()
    for key in range(keys):
        rhythm.key(100 + key * gap)
    return rhythm


@pytest.mark.parametrize(
    ("gap", "keys", "expected"),
    [
        pytest.param(0.15, 60, 0.15, id="its mean"),
        pytest.param(0.15, 5, 0.2, id="too few keys to know"),
        pytest.param(0.02, 60, 0.1, id="a held key"),
        pytest.param(0.39, 60, 0.39, id="slow"),
        pytest.param(3.0, 60, 0.2, id="pauses say nothing"),
        pytest.param(0.0, 60, 0.2, id="several changes at once"),
    ],
)
def test_the_typical_gap_is_a_mean_within_bounds(gap, keys, expected):
    assert typed(gap, keys).gap == pytest.approx(expected, rel=0.01)


def test_the_wait_follows_the_typist():
    rhythm = typed(0.3)
    slow = rhythm.delay("value", "")
    for key in range(200):
        rhythm.key(1000 + key * 0.1)
    assert rhythm.delay("value", "") < slow


def test_a_boundary_shortens_the_wait():
    rhythm = typed(0.2)
    delays = [
        rhythm.delay("value", "rest"),
        rhythm.delay("value", "\nrest"),
        rhythm.delay("value(", "\nrest"),
        rhythm.delay("value(", ""),
    ]
    assert delays == sorted(delays, reverse=True)
    assert delays[0] > delays[-1]


def test_a_slow_model_is_asked_earlier():
    rhythm = typed(0.2)
    at_first = rhythm.delay("value", "rest")
    rhythm.answered(0.1)
    assert rhythm.delay("value", "rest") == pytest.approx(at_first - 0.1)
    for _ in range(20):
        rhythm.answered(9.0)
    assert rhythm.delay("value", "rest") == pytest.approx(0.06)


@given(st.lists(st.floats(0, 5)), st.lists(st.floats(0, 5)), st.text(), st.text())
def test_the_wait_has_bounds(gaps, answers, before, after):
    rhythm, now = Rhythm(), 0.0
    for gap in gaps:
        now += gap
        rhythm.key(now)
    for answer in answers:
        rhythm.answered(answer)
    assert 0.06 <= rhythm.delay(before, after) <= 1
