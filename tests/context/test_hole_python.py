"""What kind of hole the cursor stands in, in Python: `kind lines scope` beside each source."""

import pytest

from codegen.context.hole import find_hole
from tests.cursor import at_cursor

HOLES = {
    # Statements and blocks.
    "empty file": ("‸", "statement multi"),
    "module level": ("import os\n\n‸\n", "statement multi"),
    "module level, a word begun": ("import os\nres‸\n", "statement single"),
    "between statements": ("def f():\n    x = 1\n    ‸\n    y = 2\n", "statement multi f"),
    "a word begun in a body": ("def f():\n    ret‸\n", "statement single f"),
    "definition begun": ("def na‸\n", "statement single"),
    "class begun": ("class Na‸\n", "statement single"),
    "async definition begun": ("async def na‸\n", "statement single"),
    "empty body": ("def f(x):\n    ‸\n", "block multi f"),
    "empty body, not indented": ("def f(x):\n‸\n", "block multi f"),
    "empty body at the file's end": ("def f(x):\n    ‸", "block multi f"),
    "behind the colon": ("def f(x):‸\n", "block multi"),
    "body begun": ("def f(x):\n    y = 1\n    ‸\n", "block multi f"),
    "body begun, another definition below": (
        "def f(x):\n    y = 1\n    ‸\n\ndef g():\n    pass\n",
        "block multi f",
    ),
    "empty if": ("def f(x):\n    if x:\n        ‸\n    return 1\n", "block multi f"),
    "empty else": ("if x:\n    a()\nelse:\n    ‸\n", "block multi"),
    "empty try": ("try:\n    ‸\nexcept ValueError:\n    pass\n", "block multi"),
    "empty with": ("with open(p) as f:\n    ‸\n", "block multi"),
    "empty class": ("class A(B):\n    ‸\n", "block multi A"),
    "class body begun": ("class A:\n    x = 1\n    ‸\n", "block multi A"),
    "between methods": (
        "class A:\n    def f(self):\n        pass\n\n    ‸\n\n    def g(self):\n        pass\n",
        "statement multi A",
    ),
    "after a method's blank line": (
        "class A:\n    def f(self):\n        x = 1\n\n        ‸\n",
        "block multi A.f",
    ),
    "dedented after a method": (
        "class A:\n    def f(self):\n        pass\n\n‸\n",
        "statement multi",
    ),
    "nested functions": (
        "class A:\n    def f(self):\n        def g(y):\n            ‸\n        return g\n",
        "block multi A.f.g",
    ),
    "behind a nested function": (
        "def f():\n    def g():\n        pass\n    ‸\n    return g\n",
        "statement multi f",
    ),
    "with tabs": ("class A:\n\tdef f(self):\n\t\t‸\n", "block multi A.f"),
    "in a decorated method": (
        "class A:\n    @property\n    def f(self):\n        ‸\n",
        "block multi A.f",
    ),
    "match": ("match x:\n    case 1:\n        ‸\n", "block multi"),
    # Expressions.
    "assignment": ("x = ‸\n", "expression single"),
    "assignment begun": ("x = a.b‸\n", "expression single"),
    "annotated": ("x: ‸\n", "expression single"),
    "augmented": ("x += ‸\n", "expression single"),
    "return": ("def f():\n    return ‸\n", "expression single f"),
    "condition": ("if ‸:\n    pass\n", "expression single"),
    "condition begun": ("while x and ‸\n", "expression single"),
    "loop": ("for x in ‸:\n    pass\n", "expression single"),
    "attribute": ("self.‸\n", "expression single"),
    "list": ("x = [1, ‸]\n", "expression single"),
    "list over lines": ("x = [\n    1,\n    ‸\n]\n", "expression multi"),
    "dict": ('d = {"a": ‸}\n', "expression single"),
    "dict over lines": ('d = {\n    "a": 1,\n    ‸\n}\n', "expression multi"),
    "subscript": ("x = a[‸]\n", "expression single"),
    "grouped": ("x = (a + ‸)\n", "expression single"),
    "grouped after a keyword": ("return (‸)\n", "expression single"),
    "in an f-string": ('x = f"{a + ‸}"\n', "expression single"),
    "code follows": ("x = ‸ + 1\n", "expression single"),
    # Arguments and parameters.
    "argument": ("print(‸)\n", "argument single"),
    "second argument": ("f(a, ‸)\n", "argument single"),
    "argument, not closed": ("x = f(a, ‸\n", "argument single"),
    "argument, not closed, code below": (
        "def f(x):\n    g(x, ‸\n\ndef h():\n    pass\n",
        "argument single f",
    ),
    "argument on a line of its own": ("f(\n    a,\n    ‸\n)\n", "argument multi"),
    "argument of a method": ("a.b(c)[0].d(‸)\n", "argument single"),
    "keyword argument": ("f(key=‸)\n", "argument single"),
    "base class": ("class A(‸):\n    pass\n", "argument single A"),
    "argument of a nested call": ("f(g(‸))\n", "argument single"),
    "argument in a list": ("x = [f(‸)]\n", "argument single"),
    "argument after a string with a bracket": ('f(")", ‸)\n', "argument single"),
    "a forgotten bracket above": ("x = f(a\nreturn ‸\n", "expression single"),
    "parameter": ("def f(‸):\n    pass\n", "parameter single f"),
    "parameter, not closed": ("def f(a, ‸\n", "parameter single"),
    "parameter's annotation": ("def f(a: ‸):\n    pass\n", "parameter single f"),
    "parameter on a line of its own": (
        "def f(\n    a,\n    ‸\n):\n    pass\n",
        "parameter multi f",
    ),
    "parameter of a method": (
        "class A:\n    def f(self, ‸):\n        pass\n",
        "parameter single A.f",
    ),
    # Decorators and imports.
    "decorator": ("@‸\ndef f():\n    pass\n", "decorator single"),
    "decorator begun": ("@functools.ca‸\ndef f():\n    pass\n", "decorator single"),
    "decorator at the end": ("@pro‸", "decorator single"),
    "decorator's argument": ("@app.route(‸)\ndef f():\n    pass\n", "argument single"),
    "import": ("import ‸\n", "import single"),
    "import begun": ("import os.pa‸\n", "import single"),
    "from": ("from os ‸\n", "import single"),
    "from, names": ("from os import ‸\n", "import single"),
    "from, in brackets": ("from os import (\n    path,\n    ‸\n)\n", "import multi"),
    "from, not closed": ("from os import (path, ‸\n", "import single"),
    # Strings, docstrings, comments.
    "string": ('x = "abc‸"\n', "string single"),
    "string, not closed": ('x = "abc‸\n', "string single"),
    "string in a call": ("f(a, 'b‸')\n", "string single"),
    "string over lines": ('x = """a\nb‸\n"""\n', "string single"),
    "f-string": ('x = f"abc ‸ {d}"\n', "string single"),
    "behind a string": ('f("abc", ‸)\n', "argument single"),
    "docstring": ('def f():\n    """Does‸"""\n', "docstring single f"),
    "docstring, not closed": ('def f():\n    """Does‸\n', "docstring single f"),
    "docstring, a line of its own": (
        'def f():\n    """Does.\n\n    ‸\n    """\n',
        "docstring multi f",
    ),
    "module's docstring": ('"""About ‸"""\n', "docstring single"),
    "comment": ("# TODO‸\n", "comment single"),
    "comment behind code": ("x = 1  # the ‸\n", "comment single"),
    "comment in a body": ("def f():\n    # first ‸\n    x = 1\n", "comment single f"),
    "comment at the end": ("def f():\n    x = 1\n    # then‸", "comment single f"),
    "hash in a string": ('x = "#‸"\n', "string single"),
    # Windows and other letters.
    "CRLF": ("def f(x):\r\n    ‸\r\n", "block multi f"),
    "beyond ASCII": ('é = "😀"\nf("😀", ‸)\n', "argument single"),
    "beyond ASCII, a name": (
        "def größe(x):\n    s = '€'\n    return ‸\n",
        "expression single größe",
    ),
}


@pytest.mark.parametrize(("source", "expected"), HOLES.values(), ids=HOLES)
def test_the_hole_in_python(source, expected):
    hole = find_hole(at_cursor(source, "a.py"))
    scope = ".".join(definition.name for definition in hole.scope)
    assert f"{hole.kind} {hole.lines} {scope}".rstrip() == expected


REFUSED = {
    "inside a word": ("fo‸o = 1\n", "inside-word"),
    "inside a word of a comment": ("# fo‸o\n", "inside-word"),
    "pass": ("def f():\n    pass‸\n", "closed-statement"),
    "behind a docstring": ('def f():\n    """Does."""‸\n', "closed-statement"),
    "before a word": ("x = ‸foo\n", None),
    "behind a word": ("foo‸ = 1\n", None),
    "behind a bracket": ("foo()‸\n", None),
    "behind a string value": ('x = """a"""‸\n', None),
    "a blank line": ("‸\n", None),
    "inside brackets": ("f(a;‸)\n", None),
}


@pytest.mark.parametrize(("source", "expected"), REFUSED.values(), ids=REFUSED)
def test_places_in_python_where_nothing_is_suggested(source, expected):
    assert find_hole(at_cursor(source, "a.py")).refusal == expected
