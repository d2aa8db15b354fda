"""That what the real model writes joins what is there: kinds of places that reports name.

What it writes is its own affair. Asserted is that nothing right of the cursor comes twice, that
what is open gets closed once, that no syntax error is new, and that the command and the language
server ask the model the same and say the same. They may differ where one choice of the model is
nearly as likely as another ("Determinism" in docs/architecture.md), and the server's may end
earlier: it waits two seconds for several lines.
"""

import ast
import json
import sys
from collections import Counter
from dataclasses import dataclass

import pytest

from codegen.document import Document, open_document
from codegen.syntax.registry import lexis_of
from codegen.syntax.scan import scan
from tests.cursor import CURSOR, at_cursor
from tests.lsp.client import INLINE, OPTIONS, Client

pytestmark = [pytest.mark.model, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Place:
    """A file's name, what an editor calls its language, and its text with the cursor in it."""

    name: str
    language: str
    source: str

    @property
    def document(self) -> Document:
        return at_cursor(self.source, self.name)


SELECT = """async fn run(mut rx: Receiver<i32>) {
    loop {
        tokio::select! {
            ‸
        }
    }
}
"""
JENKINS = """pipeline {
    agent any
    stages {
        stage('Build') {
            steps {‸}
        }
    }
}
"""
STEPS = """name: CI
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
‸"""
LOGGED = """import logging

log = logging.getLogger(__name__)


def done(count):
    log.info("‸")
"""
PRINTED = """package main

import "fmt"

func report(x int) {
	fmt.Printf("‸")
}
"""

# What is tried each time.
FEW = {
    "Go, in a call's string": Place("a.go", "go", PRINTED),
    "Rust, a macro in two blocks": Place("a.rs", "rust", SELECT),
    "Python, code in a string": Place(
        "a.py", "python", 'def greet(name):\n    return f"Hello {‸}"\n'
    ),
    "Python, below a header of several lines": Place(
        "a.py", "python", "def area(\n    r: float,\n) -> float:\n‸"
    ),
    "PHP, before a chain": Place(
        "a.php", "php", "<?php\n\n$r = $e->model()\n‸->bunch()->of()->calls();\n"
    ),
    "TypeScript, a function in a call": Place(
        "a.ts", "typescript", "const app = express();\n\napp.listen(3000, () => ‸);\n"
    ),
    "YAML, below a key": Place("docker-compose.yaml", "dockercompose", "services:\n‸"),
}
MANY = {
    "Go, Windows": Place("a.go", "go", PRINTED.replace("\n", "\r\n")),
    "Rust, in a macro's string": Place(
        "a.rs", "rust", 'fn report(x: i32) {\n    println!("‸");\n}\n'
    ),
    "Python, in a call's string": Place("a.py", "python", LOGGED),
    "TypeScript, in a value's quotes": Place(
        "a.ts",
        "typescript",
        "const people = [\n  { name: '‸' },\n  { name: 'Bob' },\n];\n",
    ),
    "C++, in a string before a semicolon": Place(
        "a.cpp",
        "cpp",
        '#include <iostream>\n\nvoid report(int x) {\n    std::cout << "‸";\n}\n',
    ),
    "PHP, in a call's string": Place(
        "a.php", "php", "<?php\n\nfunction report($x) {\n    printf('‸');\n}\n"
    ),
    "HTML, in an attribute": Place(
        "a.html",
        "html",
        '<ul>\n  <li><a href="‸"></a></li>\n  <li><a href="/about">About</a></li>\n</ul>\n',
    ),
    "Kotlin, a body": Place("a.kt", "kotlin", "fun fibonacci(n: Int): Int {\n    ‸\n}\n"),
    "Jenkinsfile, between braces": Place("Jenkinsfile", "jenkinsfile", JENKINS),
    "Perl, between braces": Place(
        "a.pl",
        "perl",
        "use strict;\nuse warnings;\n\n# The sum of a list.\nsub total {‸}\n\nprint total(1, 2);\n",
    ),
    "Go, a new file": Place("main.go", "go", "package main\n\nfunc main() {‸}\n"),
    "Python, below a header with a comment": Place("a.py", "python", "def f(x):  # noqa\n‸"),
    "GitHub's workflow, steps": Place("ci.yml", "github-actions-workflow", STEPS),
    "systemd, a section": Place(
        "web.service", "systemd-unit-file", "[Unit]\nDescription=A web server\n\n[Service]\n‸"
    ),
    "Dockerfile, in brackets": Place(
        "Dockerfile", "dockerfile", "FROM python:3.11\nCOPY . /app\nWORKDIR /app\nCMD [‸]\n"
    ),
    "Python, in the middle of a list": Place(
        "a.py", "python", 'letters = [\n    "a",\n    ‸\n    "c",\n]\n'
    ),
    "Makefile, a recipe": Place(
        "Makefile",
        "makefile",
        "all: main.o\n\tcc -o main main.o\n\nclean:\n\t‸\n\n.PHONY: all clean\n",
    ),
    "Makefile, a recipe not yet indented": Place(
        "Makefile",
        "makefile",
        "all: main.o\n\tcc -o main main.o\n\nclean:\n‸\n\n.PHONY: all clean\n",
    ),
    "Python, behind a whole statement": Place(
        "a.py", "python", "def total(xs):\n    return sum(xs)‸\n"
    ),
}

PLACES = FEW | MANY


def rows(*always: str):
    """All places, of which some are tried each time."""
    return [
        pytest.param(name, id=name, marks=() if name in always else pytest.mark.deep)
        for name in PLACES
    ]


@pytest.fixture(scope="module")
def server(environment, tmp_path_factory):
    """A language server with the real model."""
    stderr = tmp_path_factory.mktemp("server") / "stderr"
    client = Client([sys.executable, "-m", "codegen", "lsp"], env=environment, stderr=stderr)
    try:
        client.begin(capabilities=INLINE, options=OPTIONS)
        yield client
        client.end()
        assert "Traceback" not in stderr.read_text(encoding="utf-8")
    finally:
        client.kill()


@dataclass(frozen=True)
class Shown:
    """What an editor shows, None for nothing, and how long the prompt was."""

    text: str | None
    prompt_tokens: int


@pytest.fixture(scope="module")
def shown(server, tmp_path_factory):
    """What an editor shows at a place that was just opened, without being asked."""
    known: dict[str, Shown] = {}

    def shown(name: str) -> Shown:
        if name not in known:
            place = PLACES[name]
            file = tmp_path_factory.mktemp("opened") / place.name
            opened = server.open(file.as_uri(), place.source.replace(CURSOR, ""), place.language)
            texts = opened.texts(opened.position(place.document.cursor)) or [None]
            told = server.explain(opened.uri)
            opened.close()
            [text] = texts
            known[name] = Shown(text, told["prompt_tokens"])
        return known[name]

    return shown


def with_text(document: Document, text: str) -> Document:
    whole = document.before + text + document.after
    return open_document(whole, document.cursor + len(text), document.path)


def unbalanced(document: Document) -> Counter[str]:
    """Marks that stay open, those that close nothing, and strings that their line's end cuts."""
    text = document.text.replace("\r", " ")
    language = None if document.tree is None else document.tree.grammar.language
    stack = []
    found: Counter[str] = Counter()
    for event in scan(text, lexis_of(language, document.path), stack):
        if event.kind == "stray":
            found[f"stray {text[event.start : event.end]}"] += 1
        elif event.kind == "drop" and event.frame.is_text:
            found[f"cut off {event.frame.mark}"] += 1
    found.update(f"open {frame.mark}" for frame in stack if frame.closer != "\n")
    return found


def check_joins(place: Place, text: str) -> None:
    """That a suggestion joins what is there."""
    document = place.document
    filled = with_text(document, text)
    assert text.strip()
    if document.tree is not None and document.tree.errors() == 0:
        assert filled.tree.errors() == 0
    if place.language == "python":
        ast.parse(filled.text)
    assert unbalanced(filled) <= unbalanced(document)
    # What stands right of the cursor, and the line that comes next, are not written again.
    right, *below = (document.after or "\n").splitlines()
    following = next((line.strip() for line in (right, *below) if line.strip()), "")
    last = (document.before + text).rstrip().splitlines()[-1].strip()
    if says_something(right):
        assert not text.rstrip().endswith(right.strip())
    if says_something(following):
        assert last != following
    if not says_something(following[:1]):
        assert not (says_something(last) and following.startswith(last))
    assert not any(line.strip().startswith("```") for line in text.splitlines())
    newline = "\r\n" if "\r\n" in document.text else "\n"
    assert text.count("\n") == text.count(newline)


def says_something(line: str) -> bool:
    return any(map(str.isalnum, line))


@pytest.mark.deep
@pytest.mark.parametrize("name", rows(*FEW))
def test_what_an_editor_shows_joins(shown, name):
    text = shown(name).text
    if text is not None:
        check_joins(PLACES[name], text)


# Where no token was less likely than this, as a logarithm, no other one was near it. A text has at
# most as many tokens as characters.
SURE = -0.5


@pytest.mark.deep
@pytest.mark.parametrize("name", rows("Go, in a call's string", "Python, code in a string"))
def test_the_command_says_the_same(complete, shown, tmp_path, name):
    place = PLACES[name]
    file = tmp_path / place.name
    file.write_bytes(place.source.replace(CURSOR, "").encode())
    before = place.document.before
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    code, out, err = complete(f"{file}:{line}:{column}", "--json")
    assert "Traceback" not in err
    answer = json.loads(out)
    assert code == (0 if answer["suggestions"] else 1)
    assert bool(answer["reason"]) == (code == 1)
    assert answer["timings"]["prompt_tokens"] == shown(name).prompt_tokens
    assert (code == 0) == (shown(name).text is not None)
    for one in answer["suggestions"]:
        check_joins(place, one["text"])
        if one["mean_logprob"] * len(one["text"]) > SURE:
            assert one["text"].startswith(shown(name).text)
