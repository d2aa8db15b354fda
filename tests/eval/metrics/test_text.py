import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen_eval.metrics.text import (
    edit_similarity,
    exact,
    exact_first_line,
    exact_stripped,
    levenshtein,
)

words = st.text("ab\n", max_size=12)


def slow(left, right):
    row = list(range(len(right) + 1))
    for count, a in enumerate(left, 1):
        above, row = row, [count]
        for place, b in enumerate(right, 1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (a != b)))
    return row[-1]


@given(words, words)
def test_the_distance_is_that_of_the_plain_algorithm(left, right):
    assert levenshtein(left, right) == slow(left, right) == levenshtein(right, left)


@given(st.text(max_size=20), st.text(max_size=20))
def test_similarity_is_from_0_to_1_and_1_only_of_equals(left, right):
    assert 0 <= edit_similarity(left, right) <= 1
    assert (edit_similarity(left, right) == 1) == (left == right)


@pytest.mark.parametrize(
    ("left", "right", "similarity"),
    [
        ("", "", 1),
        ("", "abc", 0),
        ("kitten", "sitting", 1 - 3 / 7),
        ("ab", "ba", 0),
        ("a\n", "a", 0.5),
    ],
)
def test_similarity(left, right, similarity):
    assert edit_similarity(left, right) == pytest.approx(similarity)


def test_long_texts_take_no_minutes():
    assert edit_similarity("ab" * 500_000, "ba" * 500_000) > 0.99


@pytest.mark.parametrize(
    ("completion", "reference", "whole", "stripped", "first"),
    [
        ("  a\n", "  a\n", True, True, True),
        ("  a", "  a\n", False, True, True),
        ("  a\r\n", "  a\n", False, True, True),
        ("a\n", "  a\n", False, True, True),
        ("  a\n  b\n", "  a\n", False, False, True),
        ("\n\n a\n", "a", False, True, True),
        ("", "a", False, False, False),
    ],
)
def test_exact_match_says_what_it_ignores(completion, reference, whole, stripped, first):
    assert exact(completion, reference) is whole
    assert exact_stripped(completion, reference) is stripped
    assert exact_first_line(completion, reference) is first
