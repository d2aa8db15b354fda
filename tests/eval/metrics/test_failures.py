"""Each case is a hole, written `prefix‸reference‸suffix`, and a completion that failed."""

from collections import Counter

import pytest

from codegen_eval.metrics.failures import CLASSES, classify, in_order
from codegen_eval.suites.verdict import Result, Verdict
from tests.eval.metrics.made import problem, sample

LINE = "def f(x):\n‸    y = x + 1\n‸    return y\n"
SPAN = "def f(x):\n    return g(‸x + 1‸)\n"
NAME = "def f(x):\n    return gr‸een‸(x)\n"
CALL = "def f(x):\n    return ‸g‸(x, deep)\n    # end\n"
END = 'def f(x):\n    """."""\n‸    return x\n‸'


def check(hole, completion, expected, verdict="wrong", detail="", *, finish="stop"):
    prefix, reference, suffix = hole.split("‸")
    made = problem(prefix=prefix, reference=reference, suffix=suffix)
    result = Result("made/0", 0, Verdict(verdict), detail)
    assert classify(made, sample(completion=completion, finish=finish), result) == expected


@pytest.mark.parametrize(
    ("hole", "completion", "expected"),
    [
        (LINE, "    y = x + 1\n    return y\n", "repeats suffix"),
        (LINE, "    y = x\n    return y\n", "repeats suffix"),
        (CALL, "h(x, deep)", "repeats suffix"),
        (CALL, "g(x, deep)\n", "repeats suffix"),
        # A bracket alone is nothing to be recognised by.
        (SPAN, "x + 2)", "wrong answer"),
        (LINE, "    y = x + 1\n    y = 2\n", "overrun"),
        (LINE, "    y = x + 1\n\n\ndef g():\n    pass\n", "overrun"),
        # More on the same line is another text,
        (LINE, "    y = x + 10\n", "wrong answer"),
        (LINE, "    y = x + 1 + 1\n", "wrong answer"),
        # unless the hole ends amid a line; there a longer word is another word.
        (SPAN, "x + 1, y", "overrun"),
        (SPAN, "x + 10", "wrong answer"),
        (NAME, "eenery", "wrong answer"),
        (END, "    return x\n\nprint(f(1))\n", "overrun"),
        (LINE, "    y = x", "early stop"),
        (LINE, "    y = x + 1", "early stop"),
        (LINE, "", "early stop"),
        (LINE, "\n", "early stop"),
        (SPAN, "x +", "early stop"),
        (LINE, "y = x + 1\n", "indentation"),
        (LINE, "        y = x + 1\n", "indentation"),
        (LINE, "    y = x - 1\n", "wrong answer"),
        # The reference itself, and blank lines after it, are for the verdict to explain.
        (LINE, "    y = x + 1\n", "wrong answer"),
        (LINE, "    y = x + 1\n\n", "wrong answer"),
    ],
)
def test_failures_that_the_text_shows(hole, completion, expected):
    check(hole, completion, expected)


@pytest.mark.parametrize(
    ("verdict", "detail", "expected"),
    [
        ("syntax", "SyntaxError: invalid syntax (line 2)", "syntax"),
        ("syntax", "IndentationError: unexpected indent (line 2)", "indentation"),
        ("syntax", "TabError: inconsistent use of tabs", "indentation"),
        ("error", "IndentationError: raised by the code itself", "crash"),
        ("timeout", "", "timeout"),
        ("wrong", "", "wrong answer"),
        ("error", "", "crash"),
        ("forged", "", "forged"),
        ("passed", "", None),
    ],
)
def test_failures_that_only_the_verdict_shows(verdict, detail, expected):
    check(LINE, "    y = [x\n", expected, verdict, detail)


def test_causes_come_before_symptoms():
    check(LINE, "    y = x + 1\n    y = (\n", "overrun", "syntax", "IndentationError: ...")
    check(LINE, "    y = x + 1\n    y = 2\n", "overrun", "timeout", finish="length")
    check(LINE, "    y = 2\n" * 9, "cut off", "timeout", finish="length")
    check(LINE, "    y = x + 1\n    return y\n", "forged", "forged")


def test_a_pass_is_no_failure_whatever_its_text():
    check(LINE, "    y = x + 1\n    return y\n", None, "passed")


def test_every_class_has_a_name_and_every_verdict_a_class():
    assert len({each.name for each in CLASSES}) == len(CLASSES)
    for verdict in set(Verdict) - {Verdict.PASSED}:
        made = Result("made/0", 0, verdict, "")
        assert classify(problem(), sample(completion="    pass\n"), made)


def test_counts_are_in_the_order_of_the_classes():
    counts = Counter({"crash": 1, "overrun": 2, "syntax": 0})
    assert list(in_order(counts).items()) == [("overrun", 2), ("crash", 1)]
