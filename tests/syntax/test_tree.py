"""A tree that is edited in step with its text, against one that is parsed anew."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.syntax.grammar import grammar_of
from codegen.syntax.registry import language_of
from codegen.syntax.tree import SyntaxTree

PYTHON = """\
import os

@cached
def grüße(name: str = "wörld 😀") -> str:
    '''Says e\u0301 \u202e it.'''
    return f"{name!r} {os.sep}"  # 漢字


class Group(dict):
    size = 3

    async def each(self, *args):
        if args and (self.size > len(args)):
            return [x for x in args]
"""

SOURCES = {
    "a.py": PYTHON,
    "a.js": "import a from 'ä';\nclass A { get(x) { return `😀${x}` + /b(/; } } // é\n"
    "const f = (x) => { };\n",
    "a.c": '#include <a.h>\nstruct a { int b; };\n'
    'int main(void)\n{\n\treturn f("é", 1); /* 😀 */\n}\n',
    "a.css": "/* é */ a:hover { color: red; content: '😀'; }\n@media (x) { b { c: d } }\n",
    "a.html": "<!-- é --><p class='😀'>a<br></p>\n<script>f({a: 'b'});</script>\n",
    "a.json": '{"é": [1, 2, {"b": "😀"}], "c": null}\n',
    "a.toml": "# é\n[a.b]\nc = '😀'\nd = [1, 2]\n",
    "a.yaml": "# é\na:\n  - b: '😀'\n  - c: |\n      d\n",
    "a.md": "# é\n\ntext `a`\n\n```python\ndef f():\n    '😀'\n```\n\n- b\n",
    "a.sh": "#!/bin/sh\n# é\nf() {\n  echo \"😀 $a\"\n}\nif [ -f a ]; then\n  f 'b'\nfi\n",
    "a.rb": "require 'a'\nclass A\n  def b(c)\n    \"😀 #{c}\" # é\n  end\nend\n",
    "a.rs": 'use a::b;\n/// é\nfn f(x: &str) -> u8 { let a = "😀"; match x { _ => 1 } }\n',
    "a.go": 'package a\n\nimport "b"\n\n// é\nfunc f(x string) int {\n\treturn len("😀" + x)\n}\n',
    "a.ts": "interface A { b: string }\nexport function f(x: A): void { g('😀'); } // é\n",
}  # fmt: skip

# What means something to a grammar or its scanner, and what is awkward to count.
PIECES = (
    *("", "x", "0", "_", " ", "    ", "\t", "\n", "\r\n", "\r", "\n\r", "\x00", "\ufeff", "\u2028"),
    *("é", "e\u0301", "漢字", "😀", "\ud800", "\udc80\ud800", "\ud83d\ude00"),
    *("(", ")", "[", "{", "}", ":", ",", "#", "'", '"', '"""', "`", "\\", "$", "<", "/*", "*/"),
    *("def f(a):\n    pass\n", "class A:\n", "return", "import é\n", "f'{", "```\n"),
)  # fmt: skip


def grammar(path):
    found = grammar_of(language_of(path))
    assert found is not None
    return found


def captures(tree):
    found = (*tree.captures(0, len(tree.text)), *tree.literals(0, len(tree.text)))
    return [(each.kind, each.start, each.end, each.inner) for each in found]


def assert_same(tree, fresh):
    assert tree.text == fresh.text
    assert captures(tree) == captures(fresh)


TEXTS = st.lists(st.sampled_from([*PIECES, *PYTHON.splitlines(keepends=True)]), max_size=30).map(
    "".join
)


@st.composite
def edits(draw):
    """A source, and edits each of which fits what the ones before it leave."""
    # Long enough, now and then, that offsets are counted from marks.
    repeats = draw(st.sampled_from([1, 1, 1, 1, 20]))
    text = start_text = draw(st.one_of(st.just(PYTHON), TEXTS)) * repeats
    made = []
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.one_of(st.integers(0, len(text)), st.sampled_from([0, len(text)])))
        length = draw(st.sampled_from([0, 0, 1, 2, 30, 2000]))
        end = min(start + length, len(text))
        inserted = draw(
            st.one_of(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), TEXTS)
        )
        made.append((start, end, inserted))
        text = text[:start] + inserted + text[end:]
    return start_text, made


# Of text that makes no sense, tree-sitter's incremental parse may keep, once in tens of thousands
# of edits, what a fresh one reads otherwise; so the examples are always the same.
@settings(max_examples=120, derandomize=True)
@given(drawn=edits())
def test_an_edited_tree_is_the_one_of_the_new_text(drawn):
    text, made = drawn
    tree = SyntaxTree.parse(text, grammar("a.py"))
    for start, end, inserted in made:
        text = text[:start] + inserted + text[end:]
        tree = tree.edited(start, end, inserted)
        assert tree.text == text
        assert_same(tree, SyntaxTree.parse(text, grammar("a.py")))


@settings(max_examples=30)
@given(drawn=edits())
def test_the_tree_before_an_edit_stays_as_it_was(drawn):
    text, made = drawn
    tree = SyntaxTree.parse(text, grammar("a.py"))
    before = captures(tree)
    tree.edited(*made[0])
    assert tree.text == text
    assert captures(tree) == before


@pytest.mark.parametrize("path", SOURCES)
def test_in_every_language_an_edit_gives_the_tree_of_the_new_text(path):
    draw = random.Random(path)
    odd = edits_made = 0
    for _ in range(30):
        text = SOURCES[path]
        tree = SyntaxTree.parse(text, grammar(path))
        for _ in range(4):
            start = draw.choice([0, len(text), *[draw.randint(0, len(text)) for _ in range(8)]])
            end = min(len(text), start + draw.choice([0, 0, 0, 1, 5]))
            inserted = "".join(draw.choices(PIECES, k=draw.choice([0, 1, 1, 3])))
            text = text[:start] + inserted + text[end:]
            tree = tree.edited(start, end, inserted)
            fresh = SyntaxTree.parse(text, grammar(path))
            assert tree.text == text
            edits_made += 1
            if captures(tree) != captures(fresh):
                # Only the recovery from errors is left to tree-sitter's liking.
                assert tree.errors()
                assert fresh.errors()
                odd += 1
    assert odd <= edits_made // 20


@pytest.mark.parametrize("path", SOURCES)
def test_typing_a_source_from_nothing_gives_its_tree(path):
    tree = SyntaxTree.parse("", grammar(path))
    for at, letter in enumerate(SOURCES[path]):
        tree = tree.edited(at, at, letter)
    assert_same(tree, SyntaxTree.parse(SOURCES[path], grammar(path)))


def test_what_is_inserted_at_the_very_start_is_parsed():
    """tree-sitter moves the start of what a tree covers behind an insertion there."""
    tree = SyntaxTree.parse("x = 1\n", grammar("a.py")).edited(0, 0, "def f():\n    pass\n")
    assert next((each.kind, each.start) for each in tree.captures(0, 3)) == ("function", 0)
    assert_same(tree, SyntaxTree.parse(tree.text, grammar("a.py")))


@given(
    prefix=st.sampled_from(["", "a", "é", "😀\ud800", "e\u0301漢\r\n"]),
    lines=st.integers(0, 400),
    cut=st.integers(0, 5000),
    inserted=st.sampled_from(["", "x", "é", "😀" * 1500, "\udc80" * 5000, "# ä\n" * 900]),
)
def test_spans_are_code_points(prefix, lines, cut, inserted):
    """Of a text whose bytes and code points part ways far before the place."""
    body = "".join(f"# {prefix}{number}\n" for number in range(lines))
    text = f"# {prefix}\n{body}def named(a):\n    return a\n"
    tree = SyntaxTree.parse(text, grammar("a.py"))
    cut = min(cut, text.index("def named"))
    tree = tree.edited(2, max(2, cut), "\n" + inserted.replace("x", "# x") + "\n")
    text = tree.text
    at = text.index("def named")
    for other in (tree, SyntaxTree.parse(text, grammar("a.py"))):
        functions = [each for each in other.captures(at, at + 1) if each.kind == "function"]
        assert [text[slice(*each.inner["name"])] for each in functions] == ["named"]
        assert [text[slice(*each.inner["body"])] for each in functions] == ["return a"]
        assert [text[each.start : each.end] for each in functions] == [text[at:].rstrip("\n")]


def test_a_query_gives_only_what_touches_the_span():
    """Even where a pattern begins at the module, and so matches everywhere in it."""
    text = "a = 1\nb = 2\nc = 3\n"
    tree = SyntaxTree.parse(text, grammar("a.py"))
    assert [each.inner["name"] for each in tree.captures(7, 8, ("variable",))] == [(6, 7)]
    # One that ends where the span begins does.
    assert [each.start for each in tree.captures(5, 6, ("variable",))] == [0, 6]
    assert not list(tree.captures(0, len(text), ("function",)))


FENCED = "text 'é\n```python\ndef f(a):\n    'ä'\n```\nmore 'text\n"


@given(
    start=st.integers(0, len(FENCED)),
    length=st.integers(0, 12),
    inserted=st.sampled_from(["", "x", "é😀", "'", "(\n", "def g():\n    1\n"]),
)
def test_a_part_keeps_to_itself(start, length, inserted):
    first = FENCED.index("def")
    last = FENCED.index("```\nmore")
    tree = SyntaxTree.parse(FENCED, grammar("a.py"), (first, last))
    end = min(len(FENCED), start + length)
    edited = tree.edited(start, end, inserted)
    added = len(inserted) - (end - start)
    # What is inserted at a border belongs to the part, and what replaces a border doesn't.
    closes = last + added if end <= last else min(last, start)
    opens = min(first if start >= first else max(first, end) + added, closes)
    assert_same(edited, SyntaxTree.parse(edited.text, grammar("a.py"), (opens, closes)))
    for each in edited.captures(0, len(edited.text)):
        assert opens <= each.start <= each.end <= closes


@pytest.mark.parametrize(
    ("source", "broken"),
    [
        pytest.param("x = 1\n", False, id="whole"),
        pytest.param("", False, id="nothing"),
        pytest.param("def f(:\n", True, id="what does not fit"),
        pytest.param("f(é", True, id="what is missing"),
    ],
)
def test_errors_are_counted(source, broken):
    assert (SyntaxTree.parse(source, grammar("a.py")).errors() > 0) is broken
