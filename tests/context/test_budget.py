import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.context.budget import (
    DEFAULT,
    LEAST,
    MARKS,
    MOST,
    PROMPT_SECONDS,
    Shares,
    prompt_budget,
)
from codegen.errors import UsageError


@pytest.mark.parametrize(
    ("window", "max_tokens", "wanted", "speed", "budget"),
    [
        pytest.param(2048, 256, None, None, DEFAULT - 3, id="speed not measured"),
        pytest.param(2048, 256, None, 200.0, 597, id="what three seconds compute"),
        pytest.param(2048, 256, None, 1.0, LEAST - 3, id="slow"),
        pytest.param(2048, 256, None, 0.0, LEAST - 3, id="standing still"),
        pytest.param(4096, 256, None, 9000.0, MOST - 3, id="fast"),
        pytest.param(2048, 256, 700, 9000.0, 697, id="the user's word counts"),
        pytest.param(2048, 256, 50, 9000.0, 47, id="even below the least"),
        pytest.param(2048, 256, 1, None, 0, id="down to nothing"),
        pytest.param(4096, 256, 3000, 1.0, 2997, id="and beyond the most"),
        pytest.param(2048, 256, 99_999, None, 1789, id="but not beyond the window"),
        pytest.param(512, 256, None, None, 253, id="a small window"),
        pytest.param(512, 508, None, None, 1, id="the last token"),
    ],
)
def test_the_budget_of_a_prompt(window, max_tokens, wanted, speed, budget):
    assert PROMPT_SECONDS == 3.0
    assert prompt_budget(window, max_tokens, wanted, speed) == budget


@pytest.mark.parametrize("max_tokens", [509, 512, 9000])
def test_a_completion_that_leaves_no_room_is_refused(max_tokens):
    with pytest.raises(UsageError, match=f"{max_tokens} tokens leaves no room .* 512 tokens"):
        prompt_budget(512, max_tokens, None, None)


@given(
    window=st.integers(300, 9000),
    max_tokens=st.integers(1, 290),
    wanted=st.one_of(st.none(), st.integers(4, 99_999)),
    speed=st.one_of(st.none(), st.floats(0, 1e6)),
)
def test_prompt_and_completion_fit_the_window(window, max_tokens, wanted, speed):
    budget = prompt_budget(window, max_tokens, wanted, speed)
    assert budget > 0
    assert budget + MARKS + max_tokens <= window
    assert wanted is None or budget + MARKS <= wanted


@given(budget=st.integers(0, 9000))
def test_shares_leave_something_for_the_lines_after_the_cursor(budget):
    shares = Shares.of(budget)
    assert min(shares.before, shares.skeleton, shares.below) >= 0
    assert shares.below <= shares.skeleton <= shares.before
    assert shares.before + shares.skeleton + shares.below <= budget * 3 // 4
