"""Who closes what is open at the cursor, `‸`.

A row is the source, what is open there, the outermost first, with a `!` behind what the completion
has to close, and what closes nothing below. `$` is the end of a line.
"""

import pytest

from codegen.context.hole import find_hole
from codegen.postprocess.joint import join
from tests.cursor import at_cursor

OWNERS = {
    "a.py": [
        ("f(‸)\n", ")", ""),
        ("f(‸\n", ")!", ""),
        ("f(g(‸)\n", ") )!", ""),
        ("f(g(‸))\n", ") )", ""),
        ("f(g(‸\n", ")! )!", ""),
        ("x = [f(‸]\n", "] )!", ""),
        ("x = [f(‸)\n", "]! )", ""),
        ("x = {[(‸\n", "}! ]! )!", ""),
        ("f(‸))\n", ")", ")"),
        ("f(a)‸)\n", "", ")"),
        ('print("‸")\n', ') "', ""),
        ('print("‸)\n', ') "!', ""),
        ('print("‸\n', ')! "!', ""),
        ('x = ["a", "‸, "b"]\n', '] "!', ""),
        ('x = ["a", "‸", "b"]\n', '] "', ""),
        ('x = "‸"\ny = "a"\n', '"', ""),
        ('x = "‸\ny = "a"\n', '"!', ""),
        ("x = '‸' + \"'\"\n", "'", ""),
        ('f("a‸", "b")\n', ') "', ""),
        ('f("‸, "b", \'c\')\n', ') "!', ""),
        ('x = d["‸"]["b"]\n', '] "', ""),
        ('x = d["‸]["b"]\n', '] "!', ""),
        ('def f():\n    """‸"""\n    return "a"\n', '"""', ""),
        ('def f():\n    """‸\n    return "a"\n', '"""!', ""),
        ('def f():\n    """‸\n    """\n', '"""', ""),
        ('def f():\n    """‸\n\n\ndef g():\n    """Doc."""\n', '"""!', ""),
        ('def f():\n    """‸\n    """\n\n\ndef g():\n    """Doc."""\n', '"""', ""),
        ('def f():\n    \'\'\'‸\n\n\ndef g():\n    """Doc."""\n', "'''!", ""),
        ('x = f"{‸}"\n', '" }', ""),
        ('x = f"{‸"\n', '" }!', ""),
        ('x = f"{‸\n', '"! }!', ""),
        ('x = f"a {d[‸]}"\n', '" } ]', ""),
        ("# (‸)\n", "$!", ""),
        ("# (‸\n", "$!", ""),
        ("f(  # ‸\n)\n", ") $!", ""),
        ("x = 'ab‸'\n", "'", ""),
        ("f('ab‸, 'c', d)\n", ") '!", ""),
        ("f('ab‸', 'c', d)\n", ") '", ""),
        ("x = 'ab‸c'\n", "'", ""),
        ("f('a‸)\n", ") '!", ""),
        ("f(a['k‸'], r'x', b'y')\n", ") ] '", ""),
        ("x = f'{a‸'\n", "' }!", ""),
        ("x = f'{a[‸'\n", "' }! ]!", ""),
        ("f(f'a {‸}', f'b')\n", ") ' }", ""),
        ("f(f'a {‸, f'b')\n", ") '! }!", ""),
        ("x = f'{d[\"‸\"]}'\n", "' } ] \"", ""),
        ("x = '‸\n", "'!", ""),
        ("x = [\n    1,\n    ‸\n]\n", "]", ""),
        ("x = [\n    1,\n    ‸\n\ny = [\n    2,\n]\n", "]!", ""),
        ("x = {\n    'a': [\n        ‸\n    ],\n}\n", "} ]", ""),
        ("x = {\n    'a': [\n        ‸\n}\n", "} ]!", ""),
        ("x = {\n    'a': f(\n        ‸\n    'b': 1,\n}\n", "} )!", ""),
        ("f(\n    a,\n    ‸\n\n\ndef g():\n    return (1)\n", ")!", ""),
        ("def f(‸\n    return x\n", ")!", ""),
        ("def f(a, ‸):\n    return x\n", ")", ""),
        ("def f(\n    a,\n    ‸\n):\n    return (x)\n", ")", ""),
        ("x = (‸)\ny = (\n", ")", ""),
        ("x = foo(‸\ny = bar(1)\n", ")!", ""),
        ("x = foo(‸\n    1)\n", ")", ""),
        ("if f(‸:\n    g()\n", ")!", ""),
        ("f(‸, g(1))\n", ")", ""),
        ("f(‸, g(1)\n", ")!", ""),
        ("f(g(‸, 1)\n", ") )!", ""),
        ("f(\n    g(\n        ‸\n    )\n\nh()\n", ")! )", ""),
    ],
    "a.js": [
        ("function f() {\n  ‸\n}\n", "}", ""),
        ("function f() {\n  ‸\n\nfunction g() {\n  h();\n}\n", "}!", ""),
        ("function f() {\n  if (x) {\n    ‸\n}\n", "} }!", ""),
        ("function f() {\n  if (x) {\n    ‸\n  }\n", "}! }", ""),
        ("class A {\n  f() {\n    ‸\n\n  g() {\n    h();\n  }\n}\n", "} }!", ""),
        ("  ‸\n}\n", "", "}"),
        ("‸\n  g();\n}\n", "", "}"),
        ("f(() => {‸});\n", ") }", ""),
        ("f(() => {\n  ‸\n});\n", ") }", ""),
        ("f(() => {‸);\n", ") }!", ""),
        ("f(() => {\n  ‸\n\ng(() => {\n  h();\n});\n", ")! }!", ""),
        ("x = `a ${‸}`;\n", "` }", ""),
        ("x = `a ${‸`;\n", "` }!", ""),
        ("x = `‸`;\n", "`", ""),
        ("x = `‸;\ny = 'a';\n", "`!", ""),
        ("x = `a\n‸\n`;\ny = `b`;\n", "`", ""),
        ("x = `‸;\ny = `b`;\n", "`!", ""),
        ("const x = {\n  a: [‸],\n  b: (1),\n};\n", "} ]", ""),
        ("const x = {\n  a: [‸,\n  b: [1],\n};\n", "} ]!", ""),
        ("x = [\n  { a: '‸' },\n];\n", "] } '", ""),
        ("x = [\n  { a: '‸ },\n];\n", "] } '!", ""),
        ("it('‸', () => {\n});\n", ") '", ""),
        ("f('‸);\n", ") '!", ""),
        ("/* ‸ */\nf();\n", "*/", ""),
        ("/* ‸\nf();\n", "*/!", ""),
        ("/**\n * ‸\n */\nf();\n", "*/", ""),
        ("/**\n * ‸\nf();\n/* a */\n", "*/!", ""),
        ("// ‸\n", "$!", ""),
        ("f('ab‸');\n", ") '", ""),
        ("f({ a: [‸ });\n", ") } ]!", ""),
        ("return <div>‸</div>;\n", "</div>", ""),
        ("return <div>‸;\n", "</div>!", ""),
        ("return <div ‸></div>;\n", ">", ""),
        ("return <div ‸/>;\n", ">", ""),
        ("return <a b={‸}></a>;\n", "> }", ""),
        ('return <a b="‸"></a>;\n', '> "', ""),
        ("return <a>{‸}</a>;\n", "</a> }", ""),
        ("return <ul>\n  <li>‸\n</ul>;\n", "</ul> </li>!", ""),
        ("if (x) {\n  y();\n‸\n", "}!", ""),
        ("switch (x) {\n  case 1:\n    ‸\n  default:\n    y();\n}\n", "}", ""),
        ("const a = {‸};\nconst b = {\n", "}", ""),
    ],
    "a.tsx": [
        ("return (\n  <A\n    b={() => {\n      ‸\n    }}\n  />\n);\n", ") > } }", ""),
        ("return (\n  <A>\n    {x && (\n      ‸\n    )}\n  </A>\n);\n", ") </A> } )", ""),
    ],
    "a.go": [
        ("func f() {\n\t‸\n}\n\nfunc g() {\n}\n", "}", ""),
        ("func f() {\n\t‸\n\nfunc g() {\n}\n", "}!", ""),
        ("func f() {\n\tif x {\n\t\t‸\n}\n\nfunc g() {\n}\n", "} }!", ""),
        ("f(`‸`)\n", ") `", ""),
        ("x := []int{‸}\n", "}", ""),
        ("var x = []A{\n\t{1, ‸},\n}\n", "} }", ""),
        ("var x = []A{\n\t{1, ‸,\n}\n", "} }!", ""),
        ('import (\n\t"‸"\n)\n', ') "', ""),
        ('\tfmt.Printf("‸")\n', ') "', ""),
    ],
    "a.rs": [
        ('fn f() {\n    println!("‸");\n}\n', '} ) "', ""),
        ('fn f() {\n    println!("‸);\n}\n', '} ) "!', ""),
        ('fn f() {\n    println!("‸\n}\n\nfn g() {\n    println!("a");\n}\n', '} )! "!', ""),
        ("fn f() {\n    match x {\n        A => ‸\n    }\n}\n", "} }", ""),
        ("fn f() {\n    match x {\n        A => {‸}\n    }\n}\n", "} } }", ""),
        ('let x = "a\n  ‸\n  b";\n', '"', ""),
    ],
    "a.java": [
        ("class A {\n    void f() {\n        ‸\n    }\n}\n", "} }", ""),
        ("class A {\n    void f() {\n        ‸\n\n    void g() {\n    }\n}\n", "} }!", ""),
        ("        ‸\n    }\n}\n", "", "} }"),
        ('String s = """\n    ‸\n    """;\n', '"""', ""),
    ],
    "a.c": [
        ("int f(void)\n{\n\t‸\n}\n", "}", ""),
        ("int f(void)\n{\n\t‸\n\nint g(void)\n{\n}\n", "}!", ""),
    ],
    "a.rb": [
        ("x = [\n  ‸\n]\n", "]", ""),
        ('puts "#{‸}"\n', '" }', ""),
        ("x = <<~A\n  ‸\nA\n", "A", ""),
        ("x = <<~A\n  ‸\n", "A!", ""),
        ("xs.each { |x| ‸ }\n", "}", ""),
    ],
    "a.php": [
        ("<?php\nf('‸');\n", ") '", ""),
        ("<?php\n$x = <<<A\n  ‸\nA;\n", "A", ""),
        ("<?php\nf('‸);\n$y = 'a';\n", ") '!", ""),
    ],
    "a.sh": [
        ('echo "‸"\n', '"', ""),
        ('echo "‸\n', '"!', ""),
        ('echo "$(‸)"\n', '" )', ""),
        ("cat <<EOF\n‸\nEOF\n", "EOF", ""),
        ("cat <<EOF\n‸\n", "EOF!", ""),
        ("case $x in\n  a) ‸\nesac\n", "", ""),
        ("f() {\n  ‸\n}\n", "}", ""),
        ('echo "‸\necho "a"\n', '"!', ""),
    ],
    "a.html": [
        ("<ul>\n  <li>‸</li>\n</ul>\n", "</ul> </li>", ""),
        ("<ul>\n  <li>‸\n</ul>\n", "</ul> </li>!", ""),
        ('<a href="‸"></a>\n', '> "', ""),
        ('<a href="‸></a>\n', '> "!', ""),
        ('<a href="‸\n', '>! "!', ""),
        ("<a ‸\n<b>c</b>\n", ">!", ""),
        ("<!-- ‸ -->\n", "-->", ""),
        ("<!-- ‸\n<p></p>\n", "-->!", ""),
        ("<div>\n  ‸\n", "</div>!", ""),
    ],
    "a.yaml": [
        ("a: [‸]\n", "]", ""),
        ('a: "‸"\n', '"', ""),
        ('a: "‸\n', '"!', ""),
        ("a: 'it‸'\n", "'", ""),
        ("a: don‸\n", "", ""),
        ("a: {b: ‸}\n", "}", ""),
    ],
    "a.json": [
        ('{\n  "a": "‸"\n}\n', '} "', ""),
        ('{\n  "a": "‸\n}\n', '} "!', ""),
        ('{\n  "a": [\n    ‸\n  ]\n}\n', "} ]", ""),
        ('{\n  "a": [\n    ‸\n}\n', "} ]!", ""),
        ('[\n  {\n    "a": 1\n  },\n  {\n    ‸\n]\n', "] }!", ""),
    ],
    "a.css": [
        ("a {\n  ‸\n}\n", "}", ""),
        ("a {\n  ‸\n\nb {\n  c: d;\n}\n", "}!", ""),
    ],
    "a.kt": [
        ("fun f() {\n    ‸\n}\n", "}", ""),
        ("fun f() {\n    ‸\n\nfun g() {\n}\n", "}!", ""),
        ('x = "${‸}"\n', '" }', ""),
    ],
    "a.lua": [
        ("x = {\n  ‸\n}\n", "}", ""),
        ("x = [[‸]]\n", "]]", ""),
        ("f(‸)\n", ")", ""),
    ],
    "a.sql": [
        ("select f(‸) from t;\n", ")", ""),
        ("where x = '‸'\n", "'", ""),
        ("create table t (\n  a int,\n  ‸\n);\n", ")", ""),
    ],
    "a.toml": [
        ('a = "‸"\n', '"', ""),
        ('a = [\n  "‸",\n]\n', '] "', ""),
    ],
    "Makefile": [
        ("a := $(b ‸)\n", ")", ""),
        ('\techo "‸"\n', '"', ""),
    ],
    "a.xyz": [
        ("f(‸)\n", ")", ""),
        ("a {\n  ‸\n}\n", "}", ""),
    ],
}


def owners_at(document):
    joint = join(document, find_hole(document))
    return " ".join(
        frame.closer.replace("\n", "$") + ("" if joint.is_closed(index) else "!")
        for index, frame in enumerate(joint.stack)
    ), " ".join(joint.spare)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "source", "expected", "spare"),
    [
        pytest.param(path, *row, id=f"{path} {row[0]}")
        for path, rows in OWNERS.items()
        for row in rows
    ],
)
def test_who_closes_what_is_open(path, source, expected, spare, newline):
    document = at_cursor(source.replace("\n", newline), path)
    assert owners_at(document) == (expected, spare)


@pytest.mark.parametrize(
    ("path", "source"),
    [pytest.param(path, row[0]) for path, rows in OWNERS.items() for row in rows],
)
def test_where_it_is_closed_stands_what_closes_it(path, source):
    document = at_cursor(source, path)
    joint = join(document, find_hole(document))
    for frame, end in zip(joint.stack, joint.ends, strict=True):
        rest = "" if end is None else document.after[end:].removeprefix("/")
        assert end is None or rest.startswith(frame.closer)
    known = [end for end in reversed(joint.ends) if end is not None]
    assert known == sorted(known)
