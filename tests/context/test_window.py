import re
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.context import window
from codegen.document import Document
from tests.cursor import at_cursor


@dataclass(frozen=True)
class Context:
    """Both windows, and the text in them."""

    prefix: str
    suffix: str
    start: int
    end: int
    tokens: int


def fit_window(document: Document, budget: int, count) -> Context:
    above, below = window.fit_window(document, budget, count)
    text = document.text
    assert (above.end, below.start) == (document.cursor, document.cursor)
    return Context(
        text[above.start : above.end],
        text[below.start : below.end],
        above.start,
        below.end,
        above.tokens + below.tokens,
    )


BUDGETS = st.integers(0, 400)


def count_words(text: str) -> int:
    """A count like a tokenizer's: words, blanks before a line, and other characters."""
    return len(re.findall(r" ?\w+|\s+|[^\w\s]", text))


# Lines like a program's, now and then one that no window holds.
LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "import os", "def f(a, b):", "    return a + b", "\t}", "x = 'é'"]),
        st.integers(1, 900).map("ab+".__mul__),
    ),
    max_size=120,
)
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def documents(draw):
    text = draw(ENDS).join(draw(LINES))
    return Document(text, draw(st.integers(0, len(text))))


@given(document=documents(), budget=BUDGETS)
def test_window_is_contiguous_and_within_the_budget(document, budget):
    context = fit_window(document, budget, count_words)
    text = document.text
    assert text[context.start : document.cursor] == context.prefix
    assert text[document.cursor : context.end] == context.suffix
    assert count_words(context.prefix) + count_words(context.suffix) == context.tokens
    assert context.tokens <= budget


@given(document=documents(), budget=BUDGETS)
def test_the_same_window_each_time(document, budget):
    assert fit_window(document, budget, count_words) == fit_window(document, budget, count_words)


PROGRAM = "".join(f"def f{n}(a, b):\n    return a + b * {n}\n\n\n" for n in range(500))


@given(cursor=st.integers(0, len(PROGRAM)), budget=st.integers(100, 2000))
def test_window_of_a_program_is_cut_at_line_starts_and_well_filled(cursor, budget):
    context = fit_window(Document(PROGRAM, cursor), budget, count_words)
    assert context.start == 0 or PROGRAM[context.start - 1] == "\n"
    assert context.end == len(PROGRAM) or PROGRAM[context.end - 1] == "\n"
    assert context.tokens >= budget // 2


@pytest.mark.parametrize(
    ("budget", "edges"), [pytest.param(400, 4, id="small"), pytest.param(1500, 3, id="usual")]
)
def test_window_stands_still_while_typing(budget, edges):
    cursor = PROGRAM.index("def f250")
    typed = "def g(a):\n    for b in a:\n        print(b)\n    return [b for b in a]\n\n\n" * 3
    starts, rests = set(), set()
    for length in range(len(typed)):
        text = PROGRAM[:cursor] + typed[:length] + PROGRAM[cursor:]
        context = fit_window(Document(text, cursor + length), budget, count_words)
        starts.add(context.start)
        rests.add(len(text) - context.end)
    assert len(starts) <= edges
    assert len(rests) == 1


@pytest.mark.parametrize(
    ("source", "budget", "prefix", "suffix"),
    [
        pytest.param("a\nb\n‸c\nd\n", 100, "a\nb\n", "c\nd\n", id="all of it"),
        pytest.param("‸", 100, "", "", id="nothing"),
        pytest.param("a\nb‸", 0, "", "", id="no budget"),
        pytest.param("a\nb‸", -5, "", "", id="less than no budget"),
        pytest.param("a\n" * 9 + "b‸", 3, "a\nb", "", id="cut before"),
        pytest.param("‸a" + "\nb" * 9, 3, "", "a\n", id="cut after"),
        # Ten lines fit, and the grid's line 4 is the first that gives more than a half.
        pytest.param("a\n" * 14 + "‸", 20, "a\n" * 10, "", id="on the grid before"),
        pytest.param("‸" + "b\n" * 14, 20, "", "b\n" * 10, id="on the grid after"),
        pytest.param("a\n" * 11 + "‸" + "b\n" * 11, 20, "a\n" * 7, "b\n" * 3, id="shares"),
        pytest.param("a\n" * 2 + "‸" + "b\n" * 12, 20, "a\n" * 2, "b\n" * 8, id="rest to suffix"),
        pytest.param("a\n" * 13 + "‸" + "b\n", 20, "a\n" * 9, "b\n", id="rest to prefix"),
    ],
)
def test_the_window_around_a_cursor(source, budget, prefix, suffix):
    context = fit_window(at_cursor(source), budget, count_words)
    assert (context.prefix, context.suffix) == (prefix, suffix)


@pytest.mark.parametrize(
    ("column", "line"),
    [
        pytest.param(100_000, "ab+" * 70_000, id="in the middle"),
        pytest.param(210_000, "ab+" * 70_000, id="at its end"),
        pytest.param(0, "ab+" * 70_000, id="at its start"),
    ],
)
def test_an_enormous_line_is_cut_inside(column, line):
    text = f"x\n{line}\ny\n"
    context = fit_window(Document(text, 2 + column), 1000, count_words)
    assert 500 <= context.tokens <= 1000
    if context.start > 2:
        assert (context.start - 2) % 16 == 0
        assert 0 < len(context.prefix) <= 8000


def test_after_an_enormous_line_there_still_is_a_window():
    text = "ab+" * 70_000 + "\n"
    context = fit_window(Document(text, len(text)), 1000, count_words)
    assert len(context.prefix) > 500
    assert text.endswith(context.prefix)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PROGRAM * 1500, id="lines"),
        pytest.param("x = 1; " * 7_000_000, id="one line"),
        pytest.param("\n" * 50_000_000, id="no line has anything"),
    ],
)
def test_a_huge_file_is_never_tokenised(text):
    slices = []

    def count(piece):
        slices.append(len(piece))
        return count_words(piece)

    start = time.perf_counter()
    context = fit_window(Document(text, len(text) // 2), 1000, count)
    assert time.perf_counter() - start < 1
    assert context.tokens
    assert max(slices) <= 8 * 1000


def test_what_costs_more_together_than_in_pieces_still_fits():
    def count(piece):
        return len(piece) ** 2 // 400

    context = fit_window(Document(PROGRAM, len(PROGRAM) // 2), 100, count)
    assert 50 <= context.tokens <= 100
