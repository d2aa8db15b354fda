"""What is suggested where a right text meets what is there: `‸` is the cursor.

A row is the source, what the model wrote, and what is suggested; None where nothing is.
"""

import re

import pytest

from codegen.context.hole import find_hole
from codegen.postprocess.ending import natural_end
from codegen.postprocess.joint import join
from codegen.postprocess.pipeline import Suggestion
from tests.cursor import CURSOR, at_cursor
from tests.postprocess.filling import fill

SELECT = (
    "async fn run() {\n    loop {\n        tokio::select! {\n            ‸\n        }\n    }\n}\n"
)
FIB = "fun fibonacci(n: Int): Int {\n    ‸\n}\n"
REDUCE = "class A {\n  sum() {\n    ‸\n  }\n}\n"
GUARD = "def f(x):\n    ‸\n"
# Characters up to which what is left of a line is not worth a glance.
LONE = 2
CHAIN = "$r = $e->model()\n‸->bunch()->of()->calls();\n"

JOINS = {
    # Blocks whose end is there, in languages with and without a grammar.
    "a.rs": [
        (
            SELECT,
            "_ = tick() => poll(),\n            x = rx.recv() => handle(x),\n        }\n    }\n}\n",
            "_ = tick() => poll(),\n            x = rx.recv() => handle(x),",
        ),
        ('fn f() {\n    println!("‸");\n}\n', 'x = {}", x);\n}', "x = {}"),
        (
            "fn f(xs: &[i32]) -> Vec<i32> {\n    xs.iter()\n        ‸.map(|x| x + 1).filter(|x| x > &2).collect()\n}\n",
            ".map(|x| x + 1).filter(|x| x > &2).collect()\n}",
            None,
        ),
        (
            "fn f() -> impl Fn(i32) -> i32 {\n    ‸\n}\n",
            "return move |x| {\n        let y = x;\n        y + 1\n    };\n}",
            "return move |x| {\n        let y = x;\n        y + 1\n    };",
        ),
        (
            "fn f(x: i32) -> i32 {\n    ‸\n}\n",
            "if x < 0 {\n        return 0;\n    }\n\n    x + 1\n}\n\nfn g",
            "if x < 0 {\n        return 0;\n    }\n\n    x + 1",
        ),
    ],
    "a.kt": [
        (
            FIB,
            "if (n < 2) {\n        return n\n    }\n\n    return fibonacci(n - 1) + fibonacci(n - 2)\n}\n\nfun main() {\n}",
            "if (n < 2) {\n        return n\n    }\n\n    return fibonacci(n - 1) + fibonacci(n - 2)",
        ),
    ],
    "Jenkinsfile": [
        (
            "pipeline {\n    stage('x') {\n        steps {‸}\n    }\n}\n",
            "\n            sh 'make'\n        }\n    }\n",
            "\n            sh 'make'\n        ",
        ),
    ],
    "a.pl": [
        (
            "sub f {\n    ‸\n}\n",
            "my ($x) = @_;\n    return $x + 1;\n}\n\nsub g {",
            "my ($x) = @_;\n    return $x + 1;",
        )
    ],
    "a.scala": [
        ("def f(x: Int): Int = {\n  ‸\n}\n", "val y = x\n  y + 1\n}\n", "val y = x\n  y + 1")
    ],
    "a.m": [
        (
            "- (void)f {\n    ‸\n}\n",
            "[self g];\n    [self h];\n}\n\n- (void)g {",
            "[self g];\n    [self h];",
        )
    ],
    "a.awk": [("{\n    ‸\n}\n", "n += $1\n    print n\n}\n", "n += $1\n    print n")],
    # Inside quotes, brackets and tags that are closed already.
    "a.go": [
        ('package a\n\nfunc f(x int) {\n\tfmt.Printf("‸")\n}\n', 'x = %d\\n", x)', "x = %d\\n"),
        (
            "package main\n\nfunc main() {‸}\n",
            '\n    fmt.Println("hi")\n}\n',
            '\n\tfmt.Println("hi")\n',
        ),
        (
            "package main\n\nfunc main() {\n\t‸\n}\n",
            "if x {\n        return\n    }\n}\n",
            "if x {\n\t\treturn\n\t}",
        ),
        (
            "func f(x int) int {\n\t‸\n}\n",
            "if x < 0 {\n\t\treturn 0\n\t}\n\n\treturn x\n}\n",
            "if x < 0 {\n\t\treturn 0\n\t}\n\n\treturn x",
        ),
        ('import (\n\t"fmt"\n\t‸\n\t"os"\n)\n', '"io"\n)\n\nfunc main() {', '"io"'),
        (
            "func f() http.Handler {\n\t‸\n}\n",
            "return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\tw.Write(nil)\n\t})\n}\n",
            "return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\tw.Write(nil)\n\t})",
        ),
    ],
    "a.py": [
        ('def f(n):\n    log.info("‸")\n', 'done: %s", n)', "done: %s"),
        ('def f(n):\n    return f"Hello {‸}"\n', 'n}"', "n"),
        ('def f(d):\n    return g(d["‸"], 1) + d["x"]\n', 'key"], 1) + d["x"]', "key"),
        ("def area(\n    r: float,\n) -> float:\n‸", "return 3.14 * r\n", "    return 3.14 * r"),
        ("def f(x):  # noqa\n‸", "return x\n", "    return x"),
        ("if x > 0:  # pos\n‸", "print(x)\n", "    print(x)"),
        ("with (\n    open(a) as b,\n    open(c) as d,\n):\n‸", "print(b)\n", "    print(b)"),
        ("x = foo()\n    ‸.bunch().of()\n", ".bunch().of()", None),
        ("x = foo(\n    a\n)\n‸foo(\n", "f\n", "f\n"),
        (
            GUARD,
            "if not x:\n        return None\n\n    y = x + 1\n    return y\n\n\ndef g",
            "if not x:\n        return None\n\n    y = x + 1\n    return y",
        ),
        (GUARD, "return x \\\n        + 1\n\ng()", "return x \\\n        + 1"),
        ('x = [\n    "a",\n    ‸\n    "c",\n]\n', '"b",\n]\n', '"b",'),
        ('x = {\n    "a": 1,\n    ‸\n    "c": 3,\n}\n', '"b": 2,\n}\n', '"b": 2,'),
        ("f(\n    a,\n    ‸\n    c,\n)\n", "b,\n)\n", "b,"),
        ("from x import (\n    a,\n    ‸\n    c,\n)\n", "b,\n)\n", "b,"),
        ("def f(self):\n    return sum(xs)‸\n", " for xs in self.items.values()", None),
        ("def f(x):\n    y = 1\n\n    ‸\n", "\n    return y\n", "return y"),
        ("x = ‸\n", "f(\n    1,\n    2,\n)\ny = 3", "f(\n    1,\n    2,\n)"),
        ("x = f(‸\n", "1, 2)\ny = 3", "1, 2)"),
        ("x = [\n    1,\n    2,\n‸\n", "]\ny = 1", "]"),
        ("def f(x):\n    g(x)\n    ‸\n    g(x)\n", "g(x)", "g(x)"),
        ("def f(x):\n    ‸\n    return x\n", "return x", None),
    ],
    "a.ts": [
        ("const x = [\n  { name: '‸' },\n  { name: 'b' },\n];\n", "a' },\n", "a"),
        (
            "app.listen(3000, () => ‸);\n",
            "{\n  console.log(1);\n});\n\napp.get(",
            "{\n  console.log(1);\n}",
        ),
        ("app.listen(3000, () => ‸);\n", "{", None),
        (
            REDUCE,
            "return this.items.reduce((total, item) => {\n      return total + item.price;\n    }, 0);\n  }\n\n  avg() {",
            "return this.items.reduce((total, item) => {\n      return total + item.price;\n    }, 0);",
        ),
        (
            REDUCE,
            "return new Promise((resolve) => {\n      resolve(1);\n    });\n  }\n}",
            "return new Promise((resolve) => {\n      resolve(1);\n    });",
        ),
        (
            REDUCE,
            "return () => {\n      this.x();\n    };\n  }",
            "return () => {\n      this.x();\n    };",
        ),
        (
            REDUCE,
            "return fetch(path)\n      .then((r) => r.json())\n      .catch(log);\n  }\n",
            "return fetch(path)\n      .then((r) => r.json())\n      .catch(log);",
        ),
        (REDUCE, "return a &&\n      b;\n  }\n", "return a &&\n      b;"),
        (
            REDUCE,
            "if (!x) {\n      return null;\n    }\n\n    const y = x;\n    return y;\n  }\n\n  avg() {",
            "if (!x) {\n      return null;\n    }\n\n    const y = x;\n    return y;",
        ),
        ("if (x) {\n  y();\n‸\nz();\n", "}", "}"),
        ("if (x)‸\n  y();\n}\n", " {", " {"),
        ("if (x)‸\n  y();\n", " {", None),
    ],
    "a.cc": [('void f() {\n  std::cout << "‸";\n}\n', 'x = " << x;\n}', "x = ")],
    "a.php": [
        ("<?php\nfunction f($x) {\n    printf('‸');\n}\n", "%d', $x);", "%d"),
        ("<?php\n" + CHAIN, "    ->bunch()->of()->calls();\n", None),
        ("<?php\n" + CHAIN, "    ->bunch()\n", None),
        ("<?php\n" + CHAIN, "    ->bun()\n", "    ->bun()\n"),
        ("<?php\n" + CHAIN, "    ->bunc\n", "    ->bunc\n"),
        (
            "<?php\n/**\n * Does.\n */\nfunction f($x) {\n\tif ($x) {\n\t\ta();\n\t}\n\t‸\n}\n",
            "if ($x) {\n        b();\n    }\n}\n",
            "if ($x) {\n\t\tb();\n\t}",
        ),
    ],
    "a.c": [
        (
            "/*\n * Does.\n */\nint f(int x)\n{\n\tif (x)\n\t\ta();\n\t‸\n}\n",
            "if (x) {\n        b();\n    }\n}\n",
            "if (x) {\n\t\tb();\n\t}",
        ),
    ],
    "a.html": [('<ul>\n  <li><a href="‸"></a></li>\n</ul>\n', '/x">X</a></li>', "/x")],
    "a.ipynb": [('{\n "source": [\n  "print(math.‸"\n ]\n}\n', 'sqrt(2))"\n ]\n}', "sqrt(2))")],
    "a.rb": [
        (
            "def f(s)\n  s = s.gsub(/\\b-D\\s+#{‸\n  # more\n  s << 'x'\nend\n",
            "Regexp.quote(P)}\\w+/, '')\n  s\nend",
            "Regexp.quote(P)}\\w+/, '')",
        ),
        (
            "def f(xs)\n  ‸\nend\n",
            "xs.each do |x|\n    puts x\n  end\nend\n\ndef g",
            "xs.each do |x|\n    puts x\n  end",
        ),
        (
            "def f(xs)\n  ‸\nend\n",
            "return xs.map do |x|\n    x + 1\n  end\nend",
            "return xs.map do |x|\n    x + 1\n  end",
        ),
    ],
    # Depth by lines of code, and fences.
    "a.yaml": [
        ("services:\n‸", "web:\n  image: x\n", "  web:\n    image: x"),
        ("services:\n  db:\n‸", "image: x\n", "    image: x"),
        (
            "jobs:\n  build:\n    steps:\n‸",
            "      - uses: actions/checkout@v4\n```\n",
            "      - uses: actions/checkout@v4",
        ),
    ],
    "a.service": [
        ("[Unit]\nDescription=x\n\n[Service]\n‸", "ExecStart=/bin/x\n```\n", "ExecStart=/bin/x")
    ],
    "Dockerfile": [("FROM x\nCMD [‸]\n", '"x", "y"]\n```\n', '"x", "y"')],
    # A round bracket in text closes nothing, and what looks like a string or comment there is none.
    "a.md": [("# A\n\n‸\n", "1) first\n2) second\n", "1) first")],
    "a.txt": [("A\n\n‸\n", "Nice :)\n", "Nice :)")],
    "b.yaml": [("run: |\n  case $x in\n    ‸\n", "a) foo ;;\n", "a) foo ;;")],
    "b.html": [
        (
            "<ul>\n  ‸\n</ul>\n",
            "<li>a) one</li>\n  <li>b) two</li>\n</ul>",
            "<li>a) one</li>\n  <li>b) two</li>",
        )
    ],
    "a.jsx": [
        (
            "function A() {\n  return (\n    <div>\n      <p>http://x.y</p>\n      ‸\n    </div>\n  );\n}\n",
            '<p>{a} / {b}</p>\n      <p>6" :)</p>\n    </div>\n  );\n}\n',
            '<p>{a} / {b}</p>\n      <p>6" :)</p>',
        )
    ],
    "a.tsx": [
        (
            "const f = <T,>(x: T) => {\n  ‸\n};\n",
            "return x;\n};\n\nconst g",
            "return x;",
        )
    ],
    # A bracket as a character closes nothing, nor does it before the quote behind it is written.
    "b.go": [
        (
            "func f(c rune) bool {\n\treturn ‸\n}\n",
            "c == ')' || c == '}'\n}\n",
            "c == ')' || c == '}'",
        )
    ],
    "a.java": [
        (
            "class A {\n  int f(char c) {\n    ‸\n  }\n}\n",
            "if (c == ')') {\n      return 1;\n    }\n    return c == '}' ? 1 : 2;\n  }\n",
            "if (c == ')') {\n      return 1;\n    }\n    return c == '}' ? 1 : 2;",
        )
    ],
    "b.js": [("x = y.replace(‸);\n", "/[)]\\)/g, 'a');\n", "/[)]\\)/g, 'a'")],
    # Nor does the first of two quotes that stand for one.
    "a.sql": [("select a from t where b = '‸';\n", "it''s' and c = 2;\n", "it''s")],
    "a.cs": [('var x = @"‸";\n', 'a""b";\n', 'a""b')],
    # What a shift or a here-string begins is no heredoc.
    "a.sh": [
        ("x=$((1 << n))\nf() {\n  ‸\n}\n", "echo a\n}\n", "echo a"),
        ('cat <<< "abc"\nf() {\n  ‸\n}\n', "echo a\n}\n", "echo a"),
    ],
    "Makefile": [
        ("a: b\n\t‸\n", "cc -c \\\n\t  -o a b\n    strip a\n", "cc -c \\\n\t  -o a b\n\tstrip a"),
    ],
}


@pytest.mark.parametrize(
    ("path", "source", "text", "expected"),
    [
        pytest.param(path, *row, id=f"{path} {number}")
        for path, rows in JOINS.items()
        for number, row in enumerate(rows)
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_completion_joins_what_is_there(path, source, text, expected, newline):
    outcome = fill(at_cursor(source.replace("\n", newline), path), text)
    shown = outcome.text if isinstance(outcome, Suggestion) else None
    assert shown == (None if expected is None else expected.replace("\n", newline))


@pytest.mark.parametrize(
    ("path", "source", "text", "expected"),
    [(path, *row) for path, rows in JOINS.items() for row in rows if row[2] is not None],
)
def test_while_it_is_written_it_is_not_ended_before_what_is_suggested(path, source, text, expected):
    document = at_cursor(source, path)
    joint = join(document, find_hole(document))
    ends = [natural_end(text[:size], joint) for size in range(len(text) + 1)]
    kept = next((text[:end] for end in ends if end is not None), text)
    # It may be moved, and indented as its file is.
    assert "".join(kept.split()).startswith("".join(expected.split()))


# Of one line alone, these leave a source broken that was whole, or a mark open: nothing is shown.
NEEDS_MORE = ("xs.each do |x|", "return xs.map do |x|", "return a &&", "{\n  console.log(1);")


def words(path, source, text, expected):
    """What is left to write at each beginning and end of a word of a suggestion."""
    for found in re.finditer(r"\b", expected):
        at = found.start()
        if 0 < at < len(expected) and "\n" not in expected[at - 1 : at + 1]:
            yield source.replace(CURSOR, expected[:at] + CURSOR), text[at:], expected[at:]


@pytest.mark.parametrize(
    ("path", "source", "text", "expected"),
    [
        pytest.param(path, *row, id=f"{path} {number}")
        for path, rows in JOINS.items()
        for number, row in enumerate(rows)
        if row[2] and row[1].startswith(row[2].rstrip()) and not row[1].startswith(NEEDS_MORE)
    ],
)
def test_what_is_taken_word_by_word_comes_out_the_same(path, source, text, expected):
    """A begun line is suggested to its end, or to that of the statement that begins there."""
    for begun, written, left in words(path, source, text, expected):
        if len(left.partition("\n")[0].strip()) <= LONE:
            continue
        outcome = fill(at_cursor(begun, path), written)
        assert isinstance(outcome, Suggestion), begun
        assert left.startswith(outcome.text), begun
        assert left[len(outcome.text) :][:1] in ("", "\n"), begun
