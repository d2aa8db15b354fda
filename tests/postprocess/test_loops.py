"""Loops of lines: `¦` is where the text is cut; without one it isn't."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.postprocess.loops import first_round, loop_start

COUNTING = [f'    {{"{chr(ord("f") + at)}", "{6 + at}", 0}},' for at in range(8)]
NAMES = ("RED", "BLUE", "PINK", "GREY", "TEAL", "GOLD", "ROSE", "MINT")

LINES = {
    "the same line": (["f(x)"] * 4, 1),
    "the same line after others": (["a = 1", "b = 2", *["f(x)"] * 4], 3),
    "thrice is no loop": (["f(x)"] * 3, None),
    "two lines": (["f(x)", "g(x)"] * 4, 2),
    "four lines": (["a", "b", "c", "d"] * 4, 4),
    "five lines are too long a round": (["a", "b", "c", "d", "e"] * 4, None),
    "a letter and a number that count": (COUNTING, 1),
    "after others": (["x = {", *COUNTING], 2),
    "only seven": (COUNTING[:7], None),
    "numbered comments": ([f"# {number}" for number in range(1, 9)], 1),
    "a constant beside what counts": ([f"x{number} = 7" for number in range(8)], 1),
    "over a power of ten": ([f"v{number} = {number}" for number in range(5, 13)], 1),
    "numbers too long to be one": ([f"x{number} = {'9' * 5000}" for number in range(8)], 1),
    # Tables that a person writes.
    "members of an enum": (
        [f"    {name} = {at}" for at, name in enumerate(NAMES)],
        None,
    ),
    "names and numbers": (
        [f'    "{name}": {at},' for at, name in enumerate(NAMES)],
        None,
    ),
    "numbers that don't count": ([f"{number}," for number in (1, 4, 9, 16, 25, 36, 49, 64)], None),
    "numbers that go down": ([f"case {number}:" for number in range(8, 0, -1)], None),
    "steps of two": ([f"    {number}," for number in range(0, 16, 2)], None),
    "as many rows as a keyboard has": ([f"row({letter!r})" for letter in "qwertyui"], None),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), LINES.values(), ids=LINES)
def test_loop_of_lines(lines, expected):
    assert loop_start(lines) == expected


ROUNDS = {
    "a round": "1, ¦" + "1, " * 5,
    "a word": "very ¦" + "very " * 5,
    "what comes before stays": "x = [1, ¦" + "1, " * 8,
    "five are none": "1, " * 5,
    "marks alone are none": "-" * 60,
    "no letters": "[ " * 30,
    "two letters are too short a round": "ab" * 5,
}


@pytest.mark.parametrize("marked", ROUNDS.values(), ids=ROUNDS)
def test_a_loop_is_cut_after_its_first_round(marked):
    expected, _, rest = marked.partition("¦")
    assert first_round(expected + rest) == expected


SHORT = st.text(alphabet="a1 ,\n", max_size=60)


@given(
    before=SHORT, unit=st.text(alphabet="ab1 ,", min_size=3, max_size=9), times=st.integers(1, 9)
)
def test_what_is_left_is_the_beginning_and_no_loop(before, unit, times):
    text = before + unit * times
    kept = first_round(text)
    assert text.startswith(kept)
    assert first_round(kept) == kept
    assert kept or not text


@given(st.lists(st.sampled_from(["a", "b", "x1", "x2", "x3", "²", "٣"]), max_size=30))
def test_a_loop_begins_after_its_first_round(lines):
    start = loop_start(lines)
    assert start is None or 0 < start < len(lines)
