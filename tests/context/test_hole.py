import pytest

from codegen.context.hole import find_hole
from codegen.text import opens_block
from tests.cursor import at_cursor

SINGLE = {
    "statement begun": "def f(x):\n    y = ‸\n    return y\n",
    "word begun": "import o‸\n",
    "argument": "print(‸)\n",
    "closer and colon follow": "if f(‸):\n    pass\n",
    "code follows": "x = ‸ + 1\n",
    "comment follows": "x = ‸  # the answer\n",
    "before the code of the line": "    ‸return x\n",
    "at the start of a line with code": "‸    return x\n",
    "annotation begun": "def f(x:‸\n",
    "mapping begun": 'd = {"a":‸\n',
    "comment begun": "# TODO‸\n",
    "call left open": "f(‸\n",
}

MULTI = {
    "empty file": "‸",
    "empty body": "def f(x):\n    ‸\n",
    "cursor not yet indented": "def f(x):\n‸\n",
    "body begun": "def f(x):\n    y = 1\n    ‸\n",
    "between statements": "def f(x):\n    y = 1\n    ‸\n    return y\n",
    "top level": "import os\n\n\n‸\n",
    "blanks to the right": "def f(x):\n    ‸   \n",
    "after a colon": "def f(x):‸\n",
    "after a colon and a blank": "    else: ‸\n",
    "after async": "async def f(x):‸\n",
    "after a brace": "if (x) {‸\n",
}


@pytest.mark.parametrize("source", SINGLE.values(), ids=SINGLE)
def test_a_hole_of_one_line(source):
    assert find_hole(at_cursor(source)).lines == "single"


@pytest.mark.parametrize("source", MULTI.values(), ids=MULTI)
def test_a_hole_of_several_lines(source):
    assert find_hole(at_cursor(source)).lines == "multi"


@pytest.mark.parametrize("wanted", ["single", "multi"])
@pytest.mark.parametrize("source", ["‸", "x = ‸ + 1\n"])
def test_what_is_wanted_is_done(source, wanted):
    assert find_hole(at_cursor(source), wanted).lines == wanted


@pytest.mark.parametrize(
    ("source", "left", "right", "following"),
    [
        ("‸", "", "", ""),
        ("a\n  b‸c \n\n   \n  d  \ne\n", "  b", "c ", "  d"),
        ("a\r\n  b‸c\r\n\r\n  d\r\n", "  b", "c", "  d"),
        ("a\n    ‸b\nc\n", "    ", "b", "    b"),
        ("a\n‸    b\nc\n", "", "    b", "    b"),
        ("a\n‸", "", "", ""),
        ("‸" + "\n" * 9000 + "a", "", "", ""),
    ],
)
def test_the_lines_around_a_hole(source, left, right, following):
    hole = find_hole(at_cursor(source))
    assert (hole.left, hole.right, hole.following) == (left, right, following)


@pytest.mark.parametrize(
    ("source", "newline"),
    [
        ("‸", "\n"),
        ("a‸\nb\r\n", "\n"),
        ("a‸\r\nb\n", "\r\n"),
        ("a\r\nb‸\n", "\r\n"),
        ("\n‸", "\n"),
    ],
)
def test_the_newline_of_a_hole(source, newline):
    assert find_hole(at_cursor(source)).newline == newline


def test_an_enormous_line_is_not_all_looked_at():
    hole = find_hole(at_cursor("x" * 10**6 + "‸" + "y" * 10**6))
    assert 0 < len(hole.left) < 10**4
    assert 0 < len(hole.right) < 10**4


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("for x in f(y):", True),
        ("    except ValueError:", True),
        ("} else {", True),
        ("x = lambda:", False),
        ("foreach:", False),
        ("if f(x:", False),
        ("if x: y", False),
        ("", False),
    ],
)
def test_lines_that_open_a_block(line, opens):
    assert opens_block(line) is opens
