"""Where holes may be: each case is a source whose marked span has to be one, or must not."""

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen_eval.mine.cuts import MAX_CHARACTERS, MAX_LINES, decode, holes


def spans(text: str) -> set[tuple[str, str]]:
    return {(hole.kind, text[hole.start : hole.end]) for hole in holes(text)}


def check(marked: str, kind: str) -> None:
    """The span between « and » is a hole of this kind, at this very place."""
    before, inside, after = re.split("[«»]", marked)
    text = before + inside + after
    found = [h for h in holes(text) if (h.start, h.end) == (len(before), len(before + inside))]
    assert kind in {hole.kind for hole in found}, spans(text)


@pytest.mark.parametrize(
    ("kind", "marked"),
    [
        ("statement", "def f(x):\n    «y = x + 1»\n    return y\n"),
        ("statement", "def f(x):\n    y = x + 1\n    «return y»"),
        ("statement", "def f(x):\n    «y = x  # why»\n    return y\n"),
        ("statement", "def f(x):\n    «y = g(\n        x,\n    )»\n    return y\n"),
        ("statement", "def f(x):\n\t«y = x»\n\treturn y\n"),
        ("statement", "def f(x):\r\n    «y = 'ü€😀'  \t»\r\n    return y\r\n"),
        ("statement", "def f(ü):\r    «ü = 'é'»\r    return ü\r"),
        ("statement", "class A:\n    def f(self):\n        if self:\n            «return 1»\n"),
        ("statement", "def f():\n    s = '''a\nb\n'''\n    «return s»\n"),
        ("statement", "def f():\n    «x = 1  # \f\u2028»\n    return x\n"),
        ("statement", "async def f():\n    «await g()»\n    return 1\n"),
        ("statement", "def f(x):\n    match x:\n        case 1:\n            «return 2»\n"),
        ("statement", "def f(x):\n    try:\n        pass\n    except E:\n        «return 2»\n"),
        ("block", "def f(x):\n    «if x:\n        return 1»\n    return 2\n"),
        ("block", "def f(x):\n    «y = 1\n    z = 2»\n    return y\n"),
        ("block", "def f(x):\n    for y in x:\n        «z = 1\n        g(z)»\n    return 2\n"),
        ("block", "def f(x):\n    «with x:\n        return 1»\n    return 2\n"),
        ("body", "def f(x):\n    «y = 1\n    return y»\n"),
        ("body", 'def f(x):\n    """Says."""\n    «return x»\n'),
        ("body", 'def f(x):\n    """Says.\n\n    More.\n    """\n\n    «return x»\n'),
        ("body", "def f(x):\n    «@g\n    def h():\n        return x\n    return h»\n"),
        ("body", "def f(x):\n    # first\n    «return x»\n"),
        ("body", "class A:\n    @property\n    def f(self):\n        «return 1»\n"),
    ],
)  # fmt: skip
def test_the_span_of_a_hole(kind, marked):
    check(marked, kind)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "class A:\n    x = 1\n",
        "def f():\n    pass\n",
        "def f(): ...\n",
        'def f():\n    """Says."""\n',
        'def f():\n    """Says."""\n    ...\n',
        "def f():\n    import os\n    from a import b\n",
        "def f():\n    global x\n",
        "def f(): return 1\n",
        "def f(:\n",
        "def f():\n    x = 1\n  y = 2\n",
        "",
        "\0",
    ],
)
def test_texts_without_holes(text):
    assert holes(text) == []


def test_statements_that_share_a_line_stay_together():
    text = "def f():\n    x = 1; y = 2\n    return x\n"
    assert spans(text) == {
        ("statement", "return x"),
        ("block", "x = 1; y = 2"),
        ("body", text[13:-1]),
    }


def test_what_is_too_long_is_no_hole():
    lines = "".join(f"    x{n} = {n}\n" for n in range(MAX_LINES + 1))
    text = f"def f():\n{lines}"
    assert {hole.kind for hole in holes(text)} == {"statement", "block"}
    assert max(hole.last - hole.first for hole in holes(text)) < MAX_LINES
    long = f"def f():\n    x = '{'y' * MAX_CHARACTERS}'\n    return x\n"
    assert spans(long) == {("statement", "return x")}


def test_holes_are_named_by_outermost_and_innermost_function():
    text = (
        "class A:\n    def f(self):\n        def g():\n            return 1\n        return g\n"
        "def h():\n    return 2\n"
    )
    named = {(hole.function, hole.entry_point, hole.label) for hole in holes(text)}
    assert ("A.f", "A.f.g", "A.f/body/L4") in named
    assert ("A.f", "A.f", "A.f/body/L3-5") in named
    assert ("h", "h", "h/body/L7") in named
    labels = [hole.label for hole in holes(text)]
    # The two functions of a nest may have bodies on the same lines, but not on all of them.
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\r\n", "x = 1\r\n"),
        ("é = 1".encode(), "é = 1"),
        (b"# -*- coding: utf-8 -*-\n", "# -*- coding: utf-8 -*-\n"),
        (b"\xef\xbb\xbfx = 1", None),
        ("é = 1".encode("latin-1"), None),
        (b"# coding: latin-1\n", None),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n", None),
        (b"x = '\0'", None),
    ],
)
def test_decode_accepts_plain_utf_8_only(data, text):
    assert decode(data) == text


def sources() -> st.SearchStrategy[str]:
    """Functions of random statements, with all kinds of indentation and line ending."""
    names = st.sampled_from(["x", "ü", "変数"])
    strings = st.text(st.characters(codec="utf-8"), max_size=6).map(repr)
    lines = st.one_of(
        st.builds("{} = {}".format, names, strings),
        st.builds("return {}  # {}".format, names, st.sampled_from(["", "ß", "\f", "\u2028"])),
        st.builds("{} = '''a{}b'''".format, names, st.sampled_from(["\n", "\r\n", "\r", "é\n"])),
        st.builds("g({},\n{})".format, names, names),
        st.just("pass"),
    )
    suites = st.lists(lines, min_size=1, max_size=4)

    def function(before: list[str], inner: list[str], after: list[str], tab: str) -> str:
        body = [tab + line for line in before]
        body += [f"{tab}if x:", *(tab * 2 + line for line in inner)]
        body += [tab + line for line in after]
        return "\n".join(["def f(x, ü=1):", *body, ""])

    whole = st.builds(function, suites, suites, suites, st.sampled_from(["    ", "\t", " "]))
    return st.tuples(st.lists(whole, max_size=3), st.sampled_from(["\n", "\r\n", "\r"])).map(
        lambda pair: "\n".join(pair[0]).replace("\n", pair[1])
    )


@settings(max_examples=50)
@given(sources())
def test_a_hole_takes_nothing_from_the_rest(text):
    tree = ast.unparse(ast.parse(text))
    for hole in holes(text):
        prefix, inside, suffix = (
            text[: hole.start],
            text[hole.start : hole.end],
            text[hole.end :],
        )
        assert (prefix + inside + suffix).encode() == text.encode()
        assert inside
        assert not inside[0].isspace()
        # It begins after an indentation, and ends before a line's ending.
        assert re.search(r"(?:\A|[\r\n])[ \t\f]+\Z", prefix)
        assert suffix[:1] in ("", "\r", "\n")
        # Whole statements: without them the rest is a program, but for what has to stand there.
        assert ast.unparse(ast.parse(prefix + "pass" + suffix)) != tree or inside == "pass"


@given(st.text())
def test_any_text_can_be_asked(text):
    for hole in holes(text):
        assert 0 <= hole.start < hole.end <= len(text)
