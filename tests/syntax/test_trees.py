"""The tree of a text that is edited."""

import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.syntax import trees as module
from codegen.syntax.registry import language_of
from codegen.syntax.trees import Trees, changed_span
from codegen.syntax.turns import ParsingTooLongError

SOURCE = 'def add(a, b):\n    "é日"\n    return a + b\n'

PIECES = st.sampled_from(["", "x", "é", "日本", "\n", "    ", "def f(a):\n", '"', '"""', "(", ")"])
EDIT = st.tuples(st.floats(0, 1), st.floats(0, 1), PIECES)


def python():
    return Trees(language_of("/a.py", None))


def edited(text, edits):
    """A text after edits in thirds of it."""
    for start, end, new in edits:
        first, last = sorted((round(start * len(text)), round(end * len(text))))
        text = text[:first] + new + text[last:]
    return text


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
@example("aaaa", "aaa")
@example("", "")
def test_what_differs_between_two_texts(old, new):
    start, old_end, new_end = changed_span(old, new)
    assert 0 <= start <= min(old_end, new_end)
    assert old[:start] + new[start:new_end] + old[old_end:] == new
    assert old[:start] == new[:start]
    # No less would do: the span's first and last letters differ.
    assert start in (old_end, new_end) or old[start] != new[start]
    assert start in (old_end, new_end) or old[old_end - 1] != new[new_end - 1]


@given(st.lists(st.tuples(st.lists(EDIT, max_size=6), st.booleans()), max_size=8))
@example([([(0.9, 0.95, "x"), (0.0, 0.1, ""), (0.5, 1.0, "日")], True)])
@example([([(0.1, 0.1, "x")], False), ([(0.9, 1.0, ""), (0.0, 1.0, "")], True)])
def test_the_tree_is_that_of_the_text(batches):
    trees, text = python(), SOURCE
    for edits, keep in batches:
        changed = edited(text, edits)
        check(trees.of(changed, keep=keep), changed)
        text = changed if keep else text
    check(trees.of(text), text)


def check(tree, text):
    assert tree.text == text
    assert tree.errors() >= 0
    for capture in (*tree.captures(0, len(text)), *tree.literals(0, len(text))):
        assert 0 <= capture.start <= capture.end <= len(text)
    assert tree._data == text.encode()


def test_a_burst_of_keys_is_parsed_as_one_edit(monkeypatch):
    trees = python()
    tree, seen = trees.of(SOURCE), []
    whole = type(tree).edited
    monkeypatch.setattr(
        type(tree), "edited", lambda *parts: seen.append(parts[1:]) or whole(*parts)
    )
    assert trees.of(SOURCE) is tree
    trees.of(SOURCE[:4] + "xyz" + SOURCE[4:])
    assert seen == [(4, 4, "xyz")]


@pytest.mark.parametrize("path", ["/a.unknown", None])
def test_what_has_no_tree(path):
    assert Trees(language_of(path, None)).of("x = 1\n") is None


@pytest.mark.parametrize("opened", [True, False], ids=["too large at first", "grown too large"])
def test_a_text_that_is_small_again_has_its_tree_again(monkeypatch, opened):
    monkeypatch.setattr(module, "MAX_PARSED", 10)
    monkeypatch.setattr("codegen.syntax.opening.MAX_PARSED", 10)
    trees = python()
    if not opened:
        assert trees.of("x = 1\n") is not None
    assert trees.of("x = 1\ny = 2\n") is None
    assert trees.of("z = 2\n").text == "z = 2\n"


@pytest.mark.parametrize("opened", [True, False], ids=["at first", "after an edit"])
def test_a_text_that_took_too_long_is_not_tried_again(monkeypatch, opened):
    tried = []

    def parsed(_, data, *old):
        tried.append(data)
        raise ParsingTooLongError("too long")

    trees = python()
    if not opened:
        trees.of("x = 1\n")
    with monkeypatch.context() as patch:
        patch.setattr("codegen.syntax.tree.parsed", parsed)
        for text in ("x = 12\n", "x = 123\n", "x = 124\n"):
            assert trees.of(text) is None
    assert tried == [b"x = 12\n"]
    # A shorter one is.
    assert trees.of("x =\n").text == "x =\n"


def test_several_threads_may_ask():
    trees, texts = python(), [f"x = {number}\n" * 50 for number in range(40)]
    wrong = []

    def ask(part):
        wrong.extend(text for text in part if trees.of(text).text != text)

    threads = [threading.Thread(target=ask, args=(texts[one::4],)) for one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
