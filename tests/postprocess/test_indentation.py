"""Where lines stand: `‸` is the cursor, then what the model wrote, and what is suggested."""

import pytest

from codegen.postprocess.pipeline import Rejection, Suggestion
from tests.cursor import at_cursor
from tests.postprocess.filling import fill

PLACED = {
    # The line that was removed from a loop, written one level too far out.
    "one level too far out": (
        "def f(x):\n    for y in x:\n        a(y)\n‸\n        b(y)\n",
        "    c(y)",
        "        c(y)",
    ),
    "below what opens a block": ("def f(x):\n‸\n    return y\n", "y = x", "    y = x"),
    "below what opens a block, nothing follows": ("def f(x):\n‸\n", "return x", "    return x"),
    "farther in than anything opens": ("x = 1\n‸\ny = 2\n", "    z = 3", "z = 3"),
    "several lines": (
        "def f(x):\n    if x:\n        a()\n‸\n        b()\n",
        "    if y:\n        c()\n    d()",
        "        if y:\n            c()\n        d()",
    ),
    "an else goes with what follows": (
        "def f(x):\n    if x:\n        a()\n‸\n        b()\n",
        "    else:",
        "    else:",
    ),
    "the end of a block": (
        "def f(x):\n    if x:\n        a()\n‸\n    return y\n",
        "    y = x",
        "    y = x",
    ),
    "as far in as the line above": ("def f(x):\n    a()\n‸\n", "    b()", "    b()"),
    "where the person indented it, it stays": (
        "def f(x):\n    for y in x:\n        a(y)\n    ‸\n        b(y)\n",
        "c(y)",
        "c(y)",
    ),
    "inside a bracket": ("x = [\n‸\n    2,\n]\n", "1,", "1,"),
    "inside a string": ('x = """\n    a\n‸\n    b\n"""\n', "c", "c"),
    "tabs": ("def f(x):\n\tfor y in x:\n\t\ta(y)\n‸\n\t\tb(y)\n", "    c(y)", "\t\tc(y)"),
}


@pytest.mark.parametrize(("source", "text", "expected"), PLACED.values(), ids=PLACED)
def test_a_completion_is_moved_to_where_it_fits(source, text, expected):
    document = at_cursor(source, "a.py")
    outcome = fill(document, text)
    assert isinstance(outcome, Suggestion)
    assert outcome.text == expected


STYLED = {
    "blanks into tabs": (
        "def f(x):\n\tif x:\n\t\treturn 1\n\t‸\n",
        "if y:\n        return 2",
        "if y:\n\t\treturn 2",
    ),
    "tabs into blanks": (
        "def f(x):\n    if x:\n        return 1\n    ‸\n",
        "if y:\n\t\treturn 2",
        "if y:\n        return 2",
    ),
    "four blanks into two": (
        "def f(x):\n  if x:\n    return 1\n  ‸\n",
        "if y:\n      return 2",
        "if y:\n    return 2",
    ),
    "two stay two": (
        "def f(x):\n  if x:\n    return 1\n  ‸\n",
        "if y:\n    return 2",
        "if y:\n    return 2",
    ),
    "four stay four": (
        "def f(x):\n    if x:\n        return 1\n    ‸\n",
        "if y:\n        if z:\n            return 2",
        "if y:\n        if z:\n            return 2",
    ),
}


@pytest.mark.parametrize(("source", "text", "expected"), STYLED.values(), ids=STYLED)
def test_a_completion_is_indented_as_the_file_is(source, text, expected):
    document = at_cursor(source, "a.py")
    outcome = fill(document, text)
    assert isinstance(outcome, Suggestion)
    assert outcome.text == expected


@pytest.mark.parametrize(
    ("source", "text"),
    [("x = a‸\n", "."), ("x = a‸\n", ";"), ("foo‸\n", "=="), ("# a‸\n", "")],
)
def test_texts_that_say_too_little(source, text):
    document = at_cursor(source, "a.py")
    assert isinstance(fill(document, text), Rejection)


@pytest.mark.parametrize(
    ("source", "text"), [("f(a‸\n", ")"), ("def f(x)‸\n", ":"), ("x = ‸\n", "1"), ("x = ‸\n", "_")]
)
def test_small_but_useful(source, text):
    document = at_cursor(source, "a.py")
    outcome = fill(document, text)
    assert outcome == Suggestion(text, ())


CUT = {
    "in a line": ("def f(x):\n    ‸\n", "y = 1\n    z = y +", "y = 1"),
    "in a bracket": ("def f(x):\n    ‸\n", "y = 1\n    z = g(\n        a,\n        b", "y = 1"),
    "in a string": ("def f(x):\n    ‸\n", 'y = 1\n    z = """a\nb\nc', "y = 1"),
    "in an operand": ("x = ‸\n", "s * step_", "s"),
    "in an argument": ("x = f(‸\n", "a, b + ste", "a, b"),
    "in a word of a comment": ("# ‸\n", "says wha", "says"),
    "before a body": ("x = (\ndef f(x):\n    ‸\n", "y = 1\n    if y:\n        retu", "y = 1"),
    "in a header's comment": ("def f(x):\n    ‸\n", "y = 1\n    if y:  # or\n        z +", "y = 1"),
}


YAML = {
    "before a value": ("a:\n‸", "  b: 1\n  c:\n    - d", "  b: 1"),
    "before a text": ("a:\n‸", "  - b: 1\n    run: |\n      ec", "  - b: 1"),
}


@pytest.mark.parametrize(("source", "text", "expected"), YAML.values(), ids=YAML)
def test_a_key_is_not_whole_without_its_value(source, text, expected):
    assert fill(at_cursor(source, "a.yaml"), text, cut_off=True) == Suggestion(
        expected, ("cut-off",)
    )


@pytest.mark.parametrize(("source", "text", "expected"), CUT.values(), ids=CUT)
def test_what_the_budget_cut_off_ends_at_a_whole_statement(source, text, expected):
    document = at_cursor(source, "a.py")
    outcome = fill(document, text, cut_off=True)
    assert isinstance(outcome, Suggestion)
    assert outcome.text == expected
    assert outcome.rules == (("cut-off",) if text != expected else ())
