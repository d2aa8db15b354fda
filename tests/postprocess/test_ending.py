"""`¦` is where a completion ends; without one it may go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.context.hole import find_hole
from codegen.postprocess.ending import natural_end
from codegen.postprocess.joint import join
from tests.cursor import at_cursor

IN_BODY = "def f(x):\n    ‸\n"
TOP = "import os\n\n\n‸\n"
BETWEEN = "def f(x):\n    ‸\n    return y\n"
IN_LOOP = "def f(x):\n    for y in x:\n        ‸\n    return s\n"
IN_LOOP_OF_LOOP = "def f(x):\n    for y in x:\n        if y:\n            ‸\n        s = 0\n"

CASES = {
    "single": {
        "at its newline": ("x = ‸\n", "1¦\ny = 2\n"),
        "with a bracket left open": ("x = ‸\n", "f(¦\n    1,\n)\n"),
        "not yet": ("x = ‸\n", "1 + "),
        "at once": ("x = 1‸\n", "¦\ny = 2\n"),
        "after the first line on a blank one": (IN_BODY, "\n    y = 1¦\n    z"),
        "only blank lines": (IN_BODY, "¦\n\n\n\n"),
        "the body of an opened block": ("def f(x):‸\n", "\n    return x¦\n"),
        "pushing the line's code down": ("    ‸return x\n", "y = 1\n¦    "),
        "at a line's very start": ("‸    return x\n", "    y = 1\n¦    return x\n"),
    },
    "multi": {
        "not while in the block": (IN_BODY, "y = 1\n\n    z = 2\n    retu"),
        "not before anything": (IN_BODY, "\n\n"),
        "where the block is left": (IN_BODY, "y = 1\n    return y¦\n\nprint(f(1))"),
        "the block left at the first letter": (IN_BODY, "return y¦\np"),
        "block seen from its first line": ("def f(x):\n‸\n", "    return x¦\n\ndef g"),
        "block seen below a blank line": ("def f(x):\n‸\n", "\n    return x¦\ng"),
        "a line farther out": (IN_LOOP, "s += y¦\n    s /= 2\n    retu"),
        "a line farther out than what follows": (IN_LOOP_OF_LOOP, "s += y¦\n    s /= 2\n"),
        "a line farther out after a blank one": (IN_LOOP, "s += y¦\n\n    s /= 2\n"),
        "a line at the outermost level": (IN_LOOP, "s += y¦\ns = 1\n"),
        "where a bracket closes farther out": ("    f(\n        ‸\n    )\n", "a,¦\n    )\n"),
        "where a bracket closes outside": ("f(\n    ‸\n)\n", "a,\n    b,¦\n)\n"),
        "before the line that follows": (BETWEEN, "y = x¦\n    return y\n"),
        "a line like it may go on": (BETWEEN, "y = x\n    return y"),
        "a longer line is another": (BETWEEN, "y = x\n    return y + 1\n"),
        "a return farther in than the function's body": (IN_LOOP, "return y¦\n    z = 1\n"),
        "a return in a block, nothing below": (
            "def f(x):\n    for y in x:\n        ‸\n",
            "return y\n    return 1\n",
        ),
        "a return over lines": (IN_BODY, "return f(\n        x,\n    )\n    y = 1\n"),
        "a return in a string": (IN_BODY, 'y = """\nreturn\n"""\n    z = 1\n'),
        "an outermost line in a string": (IN_BODY, 'y = """\na\n\n\nb\n"""\n    z = 1\n'),
        "a line of arguments farther out": (IN_BODY, "y = f(\n  x\n)\n    z = 1\n"),
        "the bracket closed below": ("x = [\n    1,\n    ‸\n]\n", "2,¦\n]\ny = 1\n"),
        "the bracket not closed below": ("x = [\n    1,\n    ‸\n", "2,\n]¦\ny = 1\n"),
        "deeper is another": (BETWEEN, "if x:\n        return y\n"),
        "only the line that follows, perhaps": (BETWEEN, "return y\n"),
        "the line that follows, and more": (BETWEEN, "¦return y\n    z"),
        "after a definition": (TOP, "def f(x):\n    return x¦\n\ndef g"),
        "after a definition with blank lines in it": (TOP, "def f():\n    a\n\n    b¦\n\n\n"),
        "not between plain lines": (TOP, "a = 1\n\nb = 2\n"),
        "after two blank lines": (TOP, "a = 1¦\n\n\nb"),
        "too many blank lines before": (TOP, "¦\n\n\n\n"),
        "not in a statement's own parts": (TOP, "try:\n    f()\n\nexcept OSError:\n    pass\n"),
        "a part may still be coming": (TOP, "try:\n    f()\n\nexc"),
        "no part after all": (TOP, "try:\n    f()¦\n\nexcite()"),
        "an opened block's body": ("if x:‸\n", "\n    f()\n    g()¦\nh"),
        "an opened block's other parts": ("if x:‸\n", "\n    f()\nelse:\n    g()¦\nh()"),
        "an opened brace": ("if (x) {‸\n", "\n    f();\n}¦\ng();\n"),
        "an opened brace that is closed below": ("if (x) {‸\n}\n", "\n    f();¦\n}\n"),
        "a statement begun": ("x = f(‸\n", "a,\n    b)¦\ny = 1\n"),
        "a statement begun in a block": ("    x = f(‸\n", "\n        b)¦\ny = 1\n"),
        "tabs": ("if x {\n\t‸\n", "f()\n\tif y {\n\t\tg()\n\t}\n}¦\nx"),
        "one line again and again": (IN_BODY, "f(x)¦\n    f(x)\n    f(x)\n    f(x)\n"),
        "two lines again and again": (
            IN_BODY,
            "f(x)\n    g(x)¦" + "\n    f(x)\n    g(x)" * 3 + "\n",
        ),
        "thrice is no loop": (IN_BODY, "f(x)\n    f(x)\n    f(x)\n"),
        "pushing the line's code down": ("    ‸return x\n", "y = 1\n    z = 2\n¦    return x\n"),
        "pushing it out of a block": ("‸def g():\n", "def f():\n    a\n\n\n¦def g"),
    },
}


@pytest.mark.parametrize(
    ("lines", "source", "marked"),
    [
        pytest.param(lines, *case, id=f"{lines}: {name}")
        for lines, cases in CASES.items()
        for name, case in cases.items()
    ],
)
def test_where_a_completion_ends(lines, source, marked):
    generated, mark, rest = marked.partition("¦")
    document = at_cursor(source, "a.c" if "{" in source else "a.py")
    end = natural_end(generated + rest, join(document, find_hole(document, lines)))
    assert end == (len(generated) if mark else None)


PIECES = ["\n", "    ", "x", "else", ":", "}", "return y", "if x:", "\t", " ", "def f():"]


@given(
    source=st.sampled_from(
        [IN_BODY, TOP, BETWEEN, IN_LOOP, "if x:‸\n", "x = f(‸)\n", "    ‸return y\n"]
    ),
    lines=st.sampled_from(["single", "multi"]),
    pieces=st.lists(st.sampled_from(PIECES), max_size=40),
)
def test_more_text_does_not_change_the_end(source, lines, pieces):
    document = at_cursor(source, "a.py")
    joint = join(document, find_hole(document, lines))
    text, first = "", None
    for piece in pieces:
        for letter in piece:
            text += letter
            end = natural_end(text, joint)
            assert first is None or end == first
            assert end is None or end <= len(text)
            first = end
