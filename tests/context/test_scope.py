"""In which definitions the cursor stands, where the source around it is broken or isn't."""

import pytest

from codegen.context.scope import definitions_around
from tests.cursor import at_cursor

BROKEN = "def f(:\n  ((((\n"
METHOD = "class X:\n    def y(self):\n        self.‸"

PYTHON = {
    # What is half-written keeps definitions from the tree, or what is in them.
    "broken above": (BROKEN + METHOD, "X.y"),
    "broken above, a header without its colon": (
        BROKEN + "class X\n    def y(self):\n        self.‸",
        "X.y",
    ),
    "broken above, no header has one": (
        BROKEN + "class X(Y)\n    def y(self)\n        self.‸",
        "X.y",
    ),
    "broken above, a line for the cursor": (
        BROKEN + "class X:\n    def y(self):\n        ‸\n",
        "X.y",
    ),
    "broken above, the body missing": (BROKEN + "class X:\n    def y(self):\n‸\n", "X.y"),
    "broken above and below": (BROKEN + METHOD + "\n\n    def z(:\n  ((((\n", "X.y"),
    "broken above, async": (
        BROKEN + "class X:\n    async  def y(self):\n        await self.‸",
        "X.y",
    ),
    "broken above, decorated": (
        BROKEN + "@data\nclass X:\n    @property\n    def y(self):\n        self.‸",
        "X.y",
    ),
    "broken above, nested": (
        BROKEN
        + "class X:\n    def y(self):\n        if self:\n            def z():\n                a.‸",
        "X.y.z",
    ),
    "broken above, behind a nested one": (
        BROKEN + "class X:\n    def y(self):\n        def z():\n            a\n        b.‸",
        "X.y",
    ),
    "broken above, behind all": (BROKEN + "class X:\n    def y(self):\n        a\nb.‸", ""),
    "broken above, behind another method": (
        BROKEN + "class X:\n    def y(self):\n        a\n\n    def z(self):\n        b.‸",
        "X.z",
    ),
    "broken above, parameters on lines of their own": (
        BROKEN + "class X:\n    def y(\n        self,\n        a,\n    ):\n        a.‸",
        "X.y",
    ),
    "broken above, code on the header's line": (BROKEN + "class X: a = (\n    b.‸", "X"),
    "broken above, blank lines and comments": (
        BROKEN + "class X:\n\n    def y(self):\n# a\n\n        # def n():\n\n        self.‸",
        "X.y",
    ),
    "broken above, tabs": (BROKEN + "class X\n\tdef y(self)\n\t\tself.‸", "X.y"),
    "broken above, Windows": (
        (BROKEN + "class X\n    def y(self)\n        self.‸").replace("\n", "\r\n"),
        "X.y",
    ),
    "broken above, other letters": (BROKEN + "# é😀\nclass Ä\n    def ö(self)\n        x.‸", "Ä.ö"),
    "an unclosed bracket above": ("x = f(a,\nclass X:\n    def y(self):\n        self.‸", "X.y"),
    "an unclosed bracket above in the body": (
        "class X:\n    def y(self):\n        a = f(\n        self.‸",
        "X.y",
    ),
    "an unclosed bracket in a header": ("class X(\n    def y(self:\n        self.‸", "X.y"),
    "an unclosed string above": ('x = "a\nclass X\n    def y(self)\n        self.‸', "X.y"),
    "a header without its colon": ("class X:\n    def y(self)\n        self.‸\n", "X.y"),
    "no header has one": ("class X\n    def y(self)\n        self.‸\n", "X.y"),
    "without its parameters": ("class X:\n    def y\n        self.‸\n", "X.y"),
    # What only looks like a header is none.
    "a header in a string": (
        BROKEN + 'def y():\n    a = """\n  class X:\n  """\n    a.‸',
        "y",
    ),
    "code in a string": (BROKEN + 'def y():\n    a = f"""\n{b}\n"""\n    a.‸', "y"),
    "in a string": (BROKEN + 'def y():\n    a = f("""\n  class X:\n    ‸\n', "y"),
    "in a docstring": (BROKEN + 'class X\n    def y()\n        """Does.\n\n        ‸', "X.y"),
    "a header in a comment": (BROKEN + "a\n# class X:\n    def y(self):\n        self.‸", "y"),
    "a word that begins like one": (BROKEN + "define = a\nclassy.b(\n    a.‸", ""),
    "on the header's own line": (BROKEN + "class X\n    def y(‸", "X"),
    "no name yet": (BROKEN + "class \n    a.‸", ""),
    # A whole file is what its tree says.
    "whole": (METHOD + "a\n", "X.y"),
    "whole, at the file's end": ("class X:\n    def y(self):\n        self.a\n\n    ‸", "X"),
    "whole, behind all": ("class X:\n    def y(self):\n        self.a\n\n\n‸\n", ""),
    "whole, in brackets": ("def y():\n    a = [\n        1,\n‸\n    ]\n", "y"),
    "whole, a header in a string": ('def y():\n    a = """\nclass X:\n"""\n    ‸\n', "y"),
    "whole, behind the colon": ("class X:\n    def y(self):‸\n", "X"),
    "whole, a function in a call": ("a(\n    b,\n)\n\n\ndef y():\n    ‸\n", "y"),
}


@pytest.mark.parametrize(("source", "expected"), PYTHON.values(), ids=PYTHON)
def test_the_scope_in_python(source, expected):
    document = at_cursor(source, "a.py")
    found = definitions_around(document)
    assert ".".join(one.name for one in found) == expected
    for one in found:
        assert document.text.startswith(("class", "def", "async"), one.start)
        assert one.start < one.body[0] <= one.body[1] <= max(one.end, document.cursor)


def test_what_is_no_header_where_blocks_have_no_names():
    source = "a: [\nclass X:\n    def y:\n        ‸"
    assert definitions_around(at_cursor(source, "a.yaml")) == ()
