"""What of a far part of a file is shown: sources with the text that stands for them."""

import re
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.context.outline import EMPTY, Skeleton, skeleton
from codegen.context.scope import definitions_around
from tests.cursor import at_cursor

PYTHON = '''\
"""Doc."""

import os
from a import (
    b,
    c,
)

LIMIT = 3

@cached
def first(
    a, b=None,
) -> int:
    """Doc."""
    import inner
    x = 1
    def nested():
        pass
    return a


class Group(dict):
    """Doc."""

    size = 3

    def get(self):
        return 1

    @property
    async def each(self):
        if self:
            return 2


class Empty:
    pass

'''


def count_words(text: str) -> int:
    return len(re.findall(r" ?\w+|\s+|[^\w\s]", text))


def outlined(source: str, path: str, budget: int = 1000) -> Skeleton:
    """The skeleton of what stands before the cursor."""
    document = at_cursor(source, path)
    part = (0, document.cursor)
    return skeleton(document, part, definitions_around(document), budget, count_words)


@pytest.mark.parametrize(
    ("path", "source", "shown"),
    [
        pytest.param(
            "a.py",
            PYTHON + "‸",
            """\
            import os
            from a import (
                b,
                c,
            )
            LIMIT = 3
            def first(
                a, b=None,
            ) -> int: ...
            class Group(dict):
                def get(self): ...
                async def each(self): ...
            class Empty: ...
            """,
            id="python",
        ),
        pytest.param(
            "a.py",
            "class A:\n    class B:\n        def f(self):\n            pass\n\n"
            "    def g(self):\n        a = 1\n        ‸\n        return a\n",
            """\
            class A:
                class B:
                    def f(self): ...
                def g(self):
            """,
            id="what the cursor is in stays open",
        ),
        pytest.param(
            "a.py",
            f"x = 1\nTABLE = [{'1, ' * 200}]\ndef f(a={'1+' * 200}1):\n    y = 1\n‸",
            """\
            x = 1
            """,
            id="nothing that is too long",
        ),
        pytest.param("a.py", "x = [\n    1,\n]\n‸", "x = [...]\n", id="a value's first line"),
        pytest.param("a.py", "def f():\n\tpass\n\tdef g(): 1\n‸", "def f(): ...\n", id="tabs"),
        pytest.param(
            "a.py",
            "import é\r\ndef 漢(😀):\r\n    pass\r\n‸",
            "import é\ndef 漢(😀): ...\n",
            id="not ASCII",
        ),
        pytest.param(
            "a.js",
            "import a from 'b';\nconst c = require('d');\nconst LIMIT = 3;\n"
            "export function f(x, y) { return x; }\nconst g = (x) => { return 1; };\n"
            "class A extends B {\n  constructor(x) { this.x = x; }\n  get y() { return 1; }\n}\n"
            "class C {\n  m(z) {\n    ‸\n  }\n}\n",
            """\
            import a from 'b';
            const c = require('d');
            const LIMIT = 3;
            function f(x, y) { ... }
            const g = (x) => { ... }
            class A extends B {
              constructor(x) { ... }
              get y() { ... }
            }
            class C {
              m(z) {
            """,
            id="javascript",
        ),
        pytest.param(
            "a.c",
            "#include <stdio.h>\nstruct point {\n    int x;\n};\n\n"
            "static int add(int a, int b)\n{\n    return a + b;\n}\n\n"
            "int main(void)\n{\n    ‸\n}\n",
            """\
            #include <stdio.h>
            struct point { ... }
            static int add(int a, int b) { ... }
            int main(void) {
            """,
            id="c",
        ),
        pytest.param(
            "a.rs",
            "use a::b;\nstruct S { x: u8 }\nimpl S {\n    fn get(&self) -> u8 { self.x }\n}\n‸",
            """\
            use a::b;
            struct S { ... }
            impl S {
                fn get(&self) -> u8 { ... }
            }
            """,
            id="rust",
        ),
        pytest.param(
            "a.rb",
            "require 'a'\nclass A < B\n  def one(x)\n    x\n  end\nend\nclass C\n  X = 1\nend\n‸",
            """\
            require 'a'
            class A < B
              def one(x)
              end
            end
            class C
            end
            """,
            id="ruby",
        ),
        pytest.param(
            "a.py",
            "# Far.\n\n# Of A,\n# in two lines.\nclass A:\n"
            '    """What A is.\n\n    More.\n    """\n\n'
            '    def f(self):\n        """Not around."""\n\n'
            "    # Of g.\n    def g(self):\n        'Of g.'\n        a = 1\n        ‸\n",
            """\
            # Of A,
            # in two lines.
            class A:
                \"\"\"What A is.

                More.
                \"\"\"
                def f(self): ...
                # Of g.
                def g(self):
                    'Of g.'
            """,
            id="what the cursor is in has its documentation",
        ),
        pytest.param(
            "a.py",
            f"# {'far ' * 200}\ndef f():\n"
            f'    """What f is.\n\n    {"more " * 200}\n    """\n    ‸',
            """\
            def f():
                \"\"\"What f is.\"\"\"
            """,
            id="of a long docstring the summary",
        ),
        pytest.param(
            "a.go",
            "package a\n\nconst (\n\tone = 1\n)\n\nvar x = 2 // Not of f.\n\n"
            "// f does it.\nfunc f(a int) {\n\t‸\n}\n",
            """\
            const (...)
            var x = 2
            // f does it.
            func f(a int) {
            """,
            id="go",
        ),
        pytest.param("a.toml", "[a]\nb = 1\n‸", "[a]\nb = 1\n", id="what has no body"),
        pytest.param("a.md", "# A\n\n```python\ndef f(): 1\n```\n‸", "", id="prose has nothing"),
        pytest.param("a.py", "‸def f():\n    pass\n", "", id="an empty part"),
        pytest.param("a.unknown", "def f():\n    pass\n‸", "", id="no tree"),
    ],
)  # fmt: skip
def test_the_skeleton_of_a_file(path, source, shown):
    found = outlined(source, path)
    assert found.text == dedent(shown)
    assert found.tokens == count_words(found.text)


def test_without_a_budget_there_is_none():
    assert outlined(PYTHON + "‸", "a.py", budget=0) == EMPTY
    assert outlined(PYTHON + "‸", "a.py", budget=-3) == EMPTY


@pytest.mark.parametrize(
    ("budget", "shown"),
    [
        pytest.param(3, "import os\n", id="an import comes first"),
        pytest.param(
            17, "import os\nfrom a import (\n    b,\n    c,\n)\n", id="the other after it"
        ),
        pytest.param(
            26,
            "import os\nfrom a import (\n    b,\n    c,\n)\nclass Empty: ...\n",
            id="then the nearest",
        ),
    ],
)
def test_what_is_chosen(budget, shown):
    found = outlined(PYTHON + "‸", "a.py", budget)
    assert found.text == shown
    assert found.left_out == 8 - len(found.entries)


def test_what_the_cursor_is_in_comes_before_all_else():
    source = PYTHON + "class Here(Group):\n    def one(self):\n        a = 1\n        ‸\n"
    assert outlined(source, "a.py", 22).text == "class Here(Group):\n    def one(self):\n"


def test_a_signature_comes_without_its_documentation_where_there_is_no_room():
    source = 'def f(self):\n    """What f is, at some length."""\n    ‸'
    assert outlined(source, "a.py", 10).text == "def f(self):\n"


def test_a_method_brings_its_class():
    source = "class A:\n    def f(self):\n        pass\n\n\n" + "\n" * 50 + "‸"
    assert outlined(source, "a.py").text == "class A:\n    def f(self): ...\n"
    # And is left out where there is no room for both.
    assert outlined(source, "a.py", 8).text == "class A: ...\n"


def test_of_a_part_only_what_begins_in_it():
    document = at_cursor(PYTHON + "‸", "a.py")
    part = (PYTHON.index("    def get"), PYTHON.index("class Empty"))
    found = skeleton(document, part, (), 1000, count_words)
    assert [line.strip() for line in found.text.splitlines()] == [
        "def get(self): ...",
        "async def each(self): ...",
    ]


LINES = """\
import a
x = 1
class A:
    def f(self):
        return 1
def g(
    b):
    pass

)
@d
'''
é = 2
def h(): 1
""".splitlines(keepends=True)

SOURCES = st.lists(st.sampled_from(LINES), max_size=60).map("".join)


@given(source=SOURCES, after=SOURCES, budget=st.integers(0, 120))
def test_an_outline_is_within_its_budget_and_in_the_files_order(source, after, budget):
    found = outlined(source + "‸" + after, "a.py", budget)
    assert found.tokens == count_words(found.text) <= budget
    starts = [entry.start for entry in found.entries]
    assert starts == sorted(set(starts))
    # What holds an entry is there too.
    for entry in found.entries:
        assert set(entry.parents) <= set(starts)
        assert source.startswith(entry.text.strip()[:6], entry.start)


@given(source=SOURCES, budget=st.integers(0, 120))
def test_where_pieces_cost_more_together_the_last_wanted_go(source, budget):
    def count(text: str) -> int:
        return count_words(text) + len(text) ** 2 // 900

    document = at_cursor(source + "‸", "a.py")
    found = skeleton(document, (0, document.cursor), (), budget, count)
    assert found.tokens == count(found.text) <= budget
