"""Long calls of tree-sitter: they end, and other threads get their turns meanwhile."""

import threading
import time

import pytest

from codegen.context.hole import find_hole
from codegen.document import open_document
from codegen.postprocess.joint import join
from codegen.syntax import turns
from codegen.syntax.opening import MAX_PARSED, parse
from codegen.syntax.registry import language_of

# Each is near to the most that is parsed.
LARGE = {
    "one line of a list": ("a.py", "x = [" + "12, " * (MAX_PARSED // 4 - 10) + "]\n"),
    "one line of a sum": ("a.py", "x = " + "a + " * (MAX_PARSED // 4 - 10) + "b\n"),
    "many lines": ("a.py", "def f(a):\n    return a + 1\n\n" * (MAX_PARSED // 30)),
    "no line ends": ("a.js", "function f(a,b){return a+b}" * (MAX_PARSED // 27)),
    "data": ("a.json", '{"a": [' + "12, " * (MAX_PARSED // 4 - 10) + "1]}\n"),
}
BROKEN = {
    f"{mark!r} in {path}": (path, "x = " + mark * (20_000 // len(mark)))
    for path, marks in {
        "a.py": ("(", "{", "f'{", "f(", '"""', "if (", "(\n"),
        "a.js": ("(", "{", "`${", "'", "a => {"),
        "a.tsx": ("<a>", "<"),
        "a.c": ("{", "<a>", "/*"),
    }.items()
    for mark in marks
}


class Watch(threading.Thread):
    """Measures how long it had to wait for a turn, in seconds of the other thread's CPU time.

    Other processes may take the CPU for as long as they like.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.longest = 0.0
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._over = threading.Event()

    def run(self):
        last = time.clock_gettime(self._clock)
        while not self._over.wait(0.001):
            now = time.clock_gettime(self._clock)
            self.longest = max(self.longest, now - last)
            last = now

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()


@pytest.mark.deep
@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="a clock of Linux")
@pytest.mark.parametrize(("path", "text"), LARGE.values(), ids=LARGE)
def test_other_threads_get_their_turns_in_a_large_file(path, text):
    # A wait that the code causes comes each time; one that other processes cause does not.
    assert any(longest_wait(path, text) < 0.1 for _ in range(5))


def longest_wait(path, text):
    with Watch() as watch:
        document = open_document(text, len(text) // 2, path)
        find_hole(document)
        find_hole(open_document(text, len(text), path))
        tree = document.tree.edited(len(text) // 2, len(text) // 2, "a")
        time.sleep(0.01)
        # To free a tree takes as long as it is large, without turns.
        del document, tree
    return watch.longest


@pytest.mark.deep
@pytest.mark.parametrize(("path", "text"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_read_in_time(path, text):
    start = time.thread_time()
    for cursor in (len(text) // 2, len(text)):
        document = open_document(text, cursor, path)
        join(document, find_hole(document))
    assert time.thread_time() - start < 2 * turns.PARSE_SECONDS + 1


def test_a_query_finds_the_same_in_parts(monkeypatch):
    text = "class A:\n" + "".join(
        f"    def f{number}(self):\n        return 'text {number}'\n\n" for number in range(200)
    )
    tree = parse(text, language_of("a.py", None))
    whole = [*tree.captures(0, len(text)), *tree.literals(0, len(text))]
    monkeypatch.setattr(turns, "_PART", 100)
    parts = [*tree.captures(0, len(text)), *tree.literals(0, len(text))]
    assert len(parts) == len(whole) > 400
    assert {(one.kind, one.start, one.end) for one in parts} == {
        (one.kind, one.start, one.end) for one in whole
    }


@pytest.mark.parametrize("name", ["many lines", "no line ends"])
def test_a_query_sees_the_whole_of_a_large_file(name):
    path, text = LARGE[name]
    tree = parse(text, language_of(path, None))
    found = sum(one.kind == "function" for one in tree.captures(0, len(text)))
    assert found == text.count("(a")


def test_a_parse_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(turns, "PARSE_SECONDS", 0.01)
    path, text = LARGE["one line of a list"]
    start = time.thread_time()
    assert parse(text, language_of(path, None)) is None
    assert time.thread_time() - start < 0.5


def test_what_is_deep_in_is_looked_for_near_the_cursor(monkeypatch):
    text = "x = " + "a + " * 50 + '"text" + b\n'
    tree, at = parse(text, language_of("a.py", None)), text.index("text")
    monkeypatch.setattr(turns, "_DEEP", 20)
    monkeypatch.setattr(turns, "_LEVELS", 5)
    assert [one.kind for one in tree.literals(at, at)] == ["string"]


def test_too_wide_an_error_is_looked_into(monkeypatch):
    text = "def before():\n    pass\n\nx = " + "( " * 60 + '"text"'
    tree = parse(text, language_of("a.py", None))
    monkeypatch.setattr(turns, "_WIDE", 10)
    assert [one.kind for one in tree.literals(len(text) - 3, len(text))] == ["string"]
