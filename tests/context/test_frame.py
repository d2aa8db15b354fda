import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.context.frame import MAX_LINES, MAX_TYPED, Frame, anchor_above, lay_frame
from codegen.context.scope import definitions_around
from codegen.document import Document, open_document
from tests.cursor import CURSOR, at_cursor


def count_words(text: str) -> int:
    return len(re.findall(r" ?\w+|\s+|[^\w\s]", text))


SOURCE = """\
import os
import re

def first(a):
    return a

def second(b):
    x = 1
    y = 2
    z = ‸
    return b

def third(c):
    return c
"""


def frame_at(document: Document, anchor: int, budget: int, *, fold: bool = True) -> Frame:
    scope = definitions_around(document)
    return lay_frame(document, anchor, budget, count_words, scope=scope, fold=fold)


def laid(source: str, lines: int = 1, budget: int = 1000) -> Frame:
    document = at_cursor(source, "a.py")
    return frame_at(document, anchor_above(document, lines), budget)


FRAME = laid(SOURCE)


@pytest.mark.parametrize(
    ("source", "lines", "line"),
    [
        pytest.param("a\nb\nc‸d\n", 0, "cd", id="its own line"),
        pytest.param("a\nb\nc‸d\n", 1, "b", id="one above"),
        pytest.param("a\nb\nc‸d\n", 9, "a", id="the document's start"),
        pytest.param("‸", 3, "", id="nothing"),
        pytest.param("a\n\n\n‸\nb", 2, "", id="blank lines count"),
        pytest.param("a\r\nb\r\nc‸", 1, "b", id="CRLF"),
    ],
)
def test_the_anchor_is_a_line_above(source, lines, line):
    document = at_cursor(source)
    anchor = anchor_above(document, lines)
    assert anchor == 0 or document.text[anchor - 1] == "\n"
    assert document.text[anchor:].splitlines()[:1] == ([line] if document.text else [])


def test_no_anchor_is_set_before_a_line_that_is_too_long():
    text = "x\n" + "y" * (MAX_TYPED + 1)
    assert anchor_above(Document(text, len(text)), 0) == len(text)
    assert anchor_above(Document(text, len(text) - 1), 0) == 2
    assert anchor_above(Document(text, len(text) - 1), 1) == len(text) - 1


def test_a_file_that_fits_is_whole():
    frame = FRAME
    text, cursor = SOURCE.replace(CURSOR, ""), SOURCE.index(CURSOR)
    assert [piece.kind for piece in (*frame.before, *frame.after)] == ["before", "after"]
    assert frame.before[0].text + text[frame.anchor : cursor] + frame.after[0].text == text
    assert (frame.left_out, frame.ends) == ((), True)
    assert frame.tokens == count_words(frame.before[0].text) + count_words(frame.after[0].text)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(SOURCE, id="nothing"),
        pytest.param(SOURCE.replace("z = ‸", "z = first(‸"), id="typed on"),
        pytest.param(SOURCE.replace("z = ‸", "z = 3\n    w = 4\n    ‸"), id="typed lines"),
        pytest.param(SOURCE.replace("z = ‸", "‸"), id="deleted on the line"),
        pytest.param(SOURCE.replace("z = ‸", "z‸"), id="backspace"),
        pytest.param(SOURCE.replace("    z = ‸", "‸"), id="back to the line's start"),
        pytest.param(SOURCE.replace("y = 2\n    z = ‸", "y‸"), id="back to the anchor's line"),
        pytest.param(SOURCE.replace("z = ‸", "z = f(‸)"), id="bracket closed by itself"),
        pytest.param(SOURCE.replace("z = ‸", "z = f([{'‸'}])"), id="as many as are looked at"),
        pytest.param(SOURCE.replace("z = ‸", "z = '''‸'''"), id="quotes closed by themselves"),
    ],
)
def test_a_frame_holds_while_only_typing_came(source):
    assert FRAME.holds(at_cursor(source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(SOURCE.replace("y = 2\n    z = ‸", "‸y = 2\n    z = "), id="cursor up"),
        pytest.param(SOURCE.replace("z = ‸", "‸z = "), id="cursor left on its line"),
        pytest.param(
            SOURCE.replace("z = ‸", "z = ").replace("return b", "return‸ b"), id="cursor down"
        ),
        pytest.param(
            SOURCE.replace("z = ‸", "z = ").replace("return a", "return‸ a"), id="above the anchor"
        ),
        pytest.param(SOURCE.replace("x = 1\n    y = 2\n    z = ‸", "‸"), id="deleted past it"),
        pytest.param(SOURCE.replace("import os\n", ""), id="a line above deleted"),
        pytest.param(SOURCE.replace("import os\n", "import os\nimport sys\n"), id="a line added"),
        pytest.param(SOURCE.replace("return a", "return z"), id="changed above"),
        pytest.param(SOURCE.replace("return b", "return d"), id="changed below"),
        pytest.param(SOURCE + "more = 1\n", id="added at the end"),
        pytest.param(SOURCE[:-1], id="deleted at the end"),
        pytest.param(SOURCE.replace("z = ‸", "z = ‸ + 1"), id="text to the right"),
        pytest.param(SOURCE.replace("z = ‸", "z = ‸)))))"), id="too many brackets"),
        pytest.param(SOURCE.replace("z = ‸", "z = ‸) + 1"), id="more than a bracket"),
        pytest.param("‸", id="all deleted"),
    ],
)
def test_it_does_not_hold(source):
    assert not FRAME.holds(at_cursor(source))


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        pytest.param("\n" * (MAX_LINES - 1), True, id="as many lines as may be"),
        pytest.param("\n" * MAX_LINES, False, id="a line too many"),
        pytest.param("y" * (MAX_TYPED - 50), True, id="as long as may be"),
        pytest.param("y" * MAX_TYPED, False, id="too long"),
    ],
)
def test_it_holds_for_so_much(typed, holds):
    # The anchor is a line above.
    assert FRAME.holds(at_cursor(SOURCE.replace(CURSOR, typed + CURSOR))) is holds


def test_at_the_end_of_a_file_what_comes_below_counts():
    """Nothing stood below, and what now does would be in no part of the prompt."""
    frame = laid("a = 1\nb = ‸")
    assert frame.holds(at_cursor("a = 1\nb = 2\nc = ‸"))
    assert frame.holds(at_cursor("a = 1\nb = (‸)"))
    assert not frame.holds(at_cursor("a = 1\nb = ‸\nc = 3"))
    assert not frame.holds(at_cursor("a = 1\nb = ‸)\nc = 3"))


LONG = "import os\n\n" + "".join(
    f"def f{number}(a, b):\n    c = a + b\n    return c * {number}\n\n\n" for number in range(300)
)


@pytest.mark.parametrize(
    ("place", "kinds"),
    [
        pytest.param("    return c * 0\n", ["before", "after", "below"], id="at the start"),
        pytest.param(
            "    return c * 150\n", ["skeleton", "before", "after", "below"], id="in the middle"
        ),
        pytest.param("    return c * 299\n", ["skeleton", "before", "after"], id="at the end"),
    ],
)
def test_what_is_far_is_folded(place, kinds):
    document = open_document(LONG, LONG.index(place), "a.py")
    anchor = anchor_above(document, 1)
    frame = frame_at(document, anchor, 600)
    pieces = (*frame.before, *frame.after)
    assert [piece.kind for piece in pieces] == kinds
    assert [piece.folded for piece in pieces] == [kind in ("skeleton", "below") for kind in kinds]
    assert frame.tokens + count_words(LONG[anchor : document.cursor]) <= 600
    assert frame.ends is ("below" not in kinds)
    # Together with the lines since the anchor the pieces stand for all of the file.
    spans = [(piece.start, piece.end) for piece in pieces]
    assert (spans[0][0], spans[-1][1]) == (0, len(LONG))
    gaps = [(end, start) for (_, end), (start, _) in pairwise(spans)]
    assert [gap for gap in gaps if gap[0] != gap[1]] == [(anchor, document.cursor)]
    for piece in pieces:
        assert piece.folded or piece.text == LONG[piece.start : piece.end]
        assert piece.tokens == count_words(piece.text)
    assert len(frame.left_out) == kinds.count("skeleton") + kinds.count("below")
    assert all("folded to signatures" in why for why in frame.left_out)


@pytest.mark.parametrize(
    ("path", "fold"),
    [pytest.param(None, True, id="no tree"), pytest.param("a.py", False, id="not wanted")],
)
def test_otherwise_what_is_far_is_left_out(path, fold):
    document = open_document(LONG, LONG.index("    return c * 150\n"), path)
    frame = frame_at(document, document.cursor, 600, fold=fold)
    assert [piece.kind for piece in (*frame.before, *frame.after)] == ["before", "after"]
    assert [why.split(":")[0] for why in frame.left_out] == ["left out", "left out"]


def test_an_edit_that_is_not_in_a_long_files_prompt_changes_nothing():
    cursor = LONG.index("    return c * 150\n")
    document = open_document(LONG, cursor, "a.py")
    frame = frame_at(document, anchor_above(document, 1), 600)
    assert frame.holds(Document(LONG + "x = 1\n", cursor))
    # Above it moves the place, and what stands before it is found no more.
    assert not frame.holds(Document("x = 1\n" + LONG, cursor))


@given(
    cursor=st.integers(0, len(LONG)), budget=st.integers(-5, 2000), lines=st.integers(0, MAX_LINES)
)
def test_a_frame_is_within_its_budget_and_holds_its_document(cursor, budget, lines):
    document = open_document(LONG, cursor, "a.py")
    anchor = anchor_above(document, lines)
    frame = frame_at(document, anchor, budget)
    assert frame.anchor == anchor
    assert frame.tokens <= max(0, budget - count_words(LONG[anchor:cursor]))
    assert frame.holds(document)
