"""`‸` is the cursor in the source, and where the completion stands in what is expected."""

import pytest

from codegen.postprocess import pipeline
from codegen.postprocess.pipeline import Rejection, Suggestion
from codegen.postprocess.rules import RULES, Rule
from codegen.reasons import Reason
from tests.cursor import CURSOR, at_cursor
from tests.postprocess import filling

BODY = "def f(x):\n    ‸\n    return x\n"

# Source, what the model wrote, what is suggested, and the rules that spoke.
SUGGESTED = [
    ("x = ‸\n", "1", "1", ()),
    ("x = ‸\n", "1\ny = 2\n", "1", ("end-of-hole",)),
    ("x = ‸\n", "1  ", "1", ("trailing-blanks",)),
    (BODY, "x += 1", "x += 1", ()),
    (BODY, "x += 1\n\n", "x += 1", ("trailing-blanks",)),
    (BODY, "x += 1\n    return x", "x += 1", ("repeated-line",)),
    (BODY, "x += 1\n    return x\n\n\nf(1)", "x += 1", ("end-of-hole",)),
    (BODY, "x += 1\n\nprint(f(1))", "x += 1", ("end-of-hole",)),
    (BODY, "if x:\n        return x", "if x:\n        return x", ()),
    # Closing marks that stand there already.
    ("print(‸)\n", "x)", "x", ("end-of-hole",)),
    ("print(‸)\n", "x", "x", ()),
    ("print(f(‸)\n", "x)", "x)", ()),
    ("print(f(‸)\n", "x))", "x)", ("end-of-hole",)),
    ("print(f(g(‸))\n", "x))", "x)", ("end-of-hole",)),
    ("    g(‸),\n", "x),", "x", ("end-of-hole",)),
    ("f(‸);\n", "x);", "x", ("end-of-hole",)),
    ("x = f(y)‸;\n", " + 1;", " + 1", ("overlap",)),
    ('print("‸")\n', 'hello"', "hello", ("end-of-hole",)),
    ('print("‸")\n', 'hello")', "hello", ("end-of-hole",)),
    ('print("‸)\n', 'hello")', 'hello"', ("end-of-hole",)),
    ('print("‸")\n', 'a", "b', 'a", "b', ()),
    ('    """Gives ‸"""\n', 'x."""', "x.", ("end-of-hole",)),
    ('    goes on ‸"""\n', 'here."""', "here.", ("overlap",)),
    ("# (‸)\n", "don't)", "don't", ("overlap",)),
    ("if x‸:\n", " > 1:", " > 1", ("overlap",)),
    ("d[‸]\n", "f(x)[0]]", "f(x)[0]", ("end-of-hole",)),
    # The whole rest of the line.
    ("x = ‸ + 1\n", "y + 1", "y", ("end-of-hole",)),
    ("f(‸, b)\n", "a, b)", "a", ("end-of-hole",)),
    ("x = ‸  # the answer\n", "42  # the answer", "42", ("end-of-hole",)),
    ("await ‸f(x)\n", "asyncio.", "asyncio.", ()),
    # Above the line's own code.
    ("    ‸return x\n", "x += 1\n    ", "x += 1\n    ", ("end-of-hole", "own-line")),
    ("    ‸f(x)\n", "await ", "await ", ()),
    ("‸    return x\n", "    x += 1\n", "    x += 1\n", ()),
    ("‸    return x\n", "    x += 1", "    x += 1\n", ("own-line",)),
    ("‸    return x\n", "    x += 1\n    return x\n", "    x += 1\n", ("end-of-hole",)),
    ("‸    x += 1\n", "    max += 1\n", "    max += 1\n", ()),
    # Loops.
    ("x = [‸\n", "1, " * 30, "1,", ("loop", "trailing-blanks")),
    ("# ‸\n", "a long " * 6, "a long", ("loop", "trailing-blanks")),
    ("x = [‸\n", "1, " * 5, "1, 1, 1, 1, 1,", ("trailing-blanks",)),
    ("# ‸\n", "-" * 60, "-" * 60, ()),
]


def fill(source, text):
    return filling.fill(at_cursor(source, "a.py"), text)


@pytest.mark.parametrize(("source", "text", "expected", "rules"), SUGGESTED)
def test_what_the_rules_make_of_a_completion(source, text, expected, rules):
    outcome = fill(source, text)
    assert outcome == Suggestion(expected, rules)


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        ("x = ‸\n", "", Reason.BLANK),
        ("x = ‸\n", " \n\t\n", Reason.BLANK),
        ("x = 1‸\n", "\ny = 2\n", "end-of-hole"),
        (BODY, "return x", "repeated-line"),
        (BODY, "\n    return x\n\n", "repeated-line"),
        ("    for y in x:\n        ‸\n    return x\n", "return x", "repeated-line"),
        ("‸        return x\n", "    return x\n\n", "repeated-line"),
        ("    ret‸\n    return x\n", "urn x\n", "repeated-line"),
        ("    ‸return x\n", "return x", "repeated-line"),
        ("f(‸)\n", ")", "end-of-hole"),
        ("    ‸return x\n", "await ", "syntax-errors"),
        ("x = ‸y + 1\n", "y + 1", "end-of-hole"),
    ],
)
def test_completions_that_the_rules_drop(source, text, reason):
    assert fill(source, text) == Rejection(reason)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("generated", ["\n", "\r\n", "\r"])
def test_newlines_become_the_documents(newline, generated):
    source = "def f(x):\n    ‸\n".replace("\n", newline)
    outcome = fill(source, f"y = 1{generated}    return y")
    assert outcome == Suggestion(f"y = 1{newline}    return y", ())


def test_rules_have_names_of_their_own():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert Reason.BLANK not in {rule.name for rule in RULES}
    assert CURSOR not in "".join(rule.name for rule in RULES)


def test_a_rule_that_fails_is_left_out_and_named(monkeypatch, caplog):
    def fails(text, written):
        raise KeyError(text)

    rules = [Rule("broken", fails) if rule.name == "loop" else rule for rule in RULES]
    monkeypatch.setattr(pipeline, "RULES", rules)
    assert fill(BODY, "x += 1\n    return x\n\n\nf(1)") == Suggestion("x += 1", ("end-of-hole",))
    (logged,) = [record.getMessage() for record in caplog.records]
    assert logged.startswith("the rule broken failed and was left out: KeyError in test_rules.py:")
    assert "x += 1" not in logged
