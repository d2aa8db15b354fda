"""A sample's end: at the first stop string, wherever tokens are cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.engine.outcome import FinishReason
from codegen_eval.generate.sample_text import SampleText

STOPS = ("\n```", "\ndef main(")


def write(text, cuts=(), forced=b"", stops=STOPS, **options):
    answer = SampleText(forced, stops, **options)
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        if answer.finish is None:
            answer.read(text[start:end], float(number))
    answer.end(FinishReason.LENGTH, 9.0)
    return answer


@pytest.mark.parametrize(
    ("text", "forced", "expected", "finish"),
    [
        (b"return 1", b"", "return 1", "length"),
        (b"return 1\n```\nmore", b"", "return 1", "stop"),
        (b"x\ndef main(): pass", b"", "x", "stop"),
        (b"```python", b"", "```python", "length"),
        (b"ret1", b"ret", "1", "length"),
        (b"\n```x\n```", b"\n```", "x", "stop"),
        (b"re", b"ret", "", "length"),
        (b"\xff\xfea", b"", "\ufffd\ufffda", "length"),
    ],
)
def test_a_sample_ends_before_a_stop_string(text, forced, expected, finish):
    answer = write(text, forced=forced)
    assert (answer.text, answer.finish) == (expected, finish)


@given(
    st.text("a\n`def main(", max_size=40).map(str.encode),
    st.sets(st.integers(1, 39), max_size=10),
)
def test_where_tokens_are_cut_makes_no_difference(text, cuts):
    assert write(text, cuts).text == write(text).text
    assert not any(stop in write(text, cuts).text for stop in STOPS)


def test_a_sample_s_times_and_tokens():
    answer = SampleText(b"", ("!",))
    answer.read(b"a", 0.5)
    answer.read(b"b!", 0.75)
    answer.end(FinishReason.LENGTH, 3.0)
    assert (answer.first_seconds, answer.seconds, answer.tokens) == (0.5, 0.75, 2)
    assert answer.finish == "stop"


@pytest.mark.parametrize(
    ("text", "forced", "expected", "finish"),
    [
        (b"    return 1\n    x", b"", "    return 1\n", "hole"),
        (b"\n\n  return 1\n\n", b"", "\n\n  return 1\n", "hole"),
        (b"return 1", b"", "return 1", "length"),
        (b"\n    return 1\nx", b"\n    ", "return 1\n", "hole"),
        (b"  \n \n", b"", "  \n \n", "length"),
    ],
)
@pytest.mark.parametrize("cuts", [(), range(1, 30)])
def test_a_sample_of_one_line(text, forced, expected, finish, cuts):
    answer = write(text, cuts, forced, (), one_line=True)
    assert (answer.text, answer.finish) == (expected, finish)
