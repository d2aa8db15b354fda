"""An open file: its text and its tree in step, whatever is edited."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.document import Document
from codegen.session import file as module
from codegen.session.file import OpenFile
from codegen.session.types import Edit, Selected

SOURCE = 'def add(a, b):\n    "é日"\n    return a + b\n'

PIECES = st.sampled_from(["", "x", "é", "日本", "\n", "    ", "def f(a):\n", '"', '"""', "(", ")"])
EDITS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), PIECES), min_size=1, max_size=6)


def apply(text, parts):
    """Edits in thirds of the text that each of them is made to, and what they end with."""
    edits = []
    for start, end, new in parts:
        first, last = sorted((round(start * len(text)), round(end * len(text))))
        edits.append(Edit(first, last, new))
        text = text[:first] + new + text[last:]
    return edits, text


@given(st.lists(st.tuples(EDITS, st.booleans()), max_size=8), st.sampled_from([SOURCE, "", "é"]))
@example([([(0.9, 0.95, "x"), (0.0, 0.1, ""), (0.5, 1.0, "日")], True)], SOURCE)
@example([([(0.1, 0.1, "x")], False), ([(0.9, 1.0, ""), (0.0, 1.0, "")], True)], SOURCE)
def test_the_tree_is_that_of_the_text(batches, source):
    file = OpenFile("a", "/a.py", "python", source)
    for parts, looked in batches:
        edits, text = apply(file.text, parts)
        file.edit(edits, text)
        assert file.text == text
        if looked:
            check(file)
    check(file)


def check(file):
    tree = file.tree
    assert tree.text == file.text
    assert tree.errors() >= 0
    for capture in (*tree.captures(0, len(file.text)), *tree.literals(0, len(file.text))):
        assert 0 <= capture.start <= capture.end <= len(file.text)
    assert tree._data == file.text.encode()
    assert file.tree is tree


def test_a_burst_of_keys_is_parsed_as_one_edit(monkeypatch):
    file = OpenFile("a", "/a.py", "python", SOURCE)
    seen = []
    edited = type(file.tree).edited
    monkeypatch.setattr(
        type(file.tree), "edited", lambda *parts: seen.append(parts[1:]) or edited(*parts)
    )
    for at, key in enumerate("xyz"):
        file.edit([Edit(4 + at, 4 + at, key)], file.text[: 4 + at] + key + file.text[4 + at :])
    assert file.tree.text == file.text
    assert seen == [(4, 4, "xyz")]


@pytest.mark.parametrize(
    ("language", "path", "parsed"),
    [("python", None, True), (None, "/a.py", True), (None, "/a.unknown", False)],
)
def test_what_has_a_tree(language, path, parsed):
    file = OpenFile("a", path, language, "x = 1\n")
    assert (file.tree is not None) is parsed
    file.edit([Edit(0, 0, "y")], "yx = 1\n")
    assert (file.snapshot(1).tree is not None) is parsed


@pytest.mark.parametrize("opened", [True, False], ids=["too large at first", "grown too large"])
def test_a_text_that_is_small_again_has_its_tree_again(monkeypatch, opened):
    monkeypatch.setattr(module, "MAX_PARSED", 10)
    monkeypatch.setattr("codegen.syntax.opening.MAX_PARSED", 10)
    large = "x = 1\ny = 2\n"
    file = OpenFile("file:///a.py", "/a.py", "python", large if opened else "x = 1\n")
    if not opened:
        file.edit([Edit(6, 6, "y = 2\n")], large)
    assert file.tree is None
    file.edit([Edit(0, 6, "")], "y = 2\n")
    file.edit([Edit(0, 1, "z")], "z = 2\n")
    assert file.tree.text == "z = 2\n"


def test_the_editor_s_own_completion_is_in_a_snapshot_only():
    file = OpenFile("a", "/a.py", "python", "x = 1\npri\n")
    document = file.snapshot(9, Selected(6, 9, "print"))
    assert (document.before, document.after) == ("x = 1\nprint", "\n")
    assert document.tree.text == document.text
    assert file.tree.text == file.text == "x = 1\npri\n"


@pytest.mark.parametrize(
    ("cursor", "selected"),
    [(-1, None), (7, None), (0, (-1, 0)), (0, (3, 2)), (0, (3, 7))],
)
def test_places_outside_of_the_text_are_refused(cursor, selected):
    file = OpenFile("a", None, None, "x = 1\n")
    with pytest.raises(ValueError):
        file.snapshot(cursor, selected and Selected(*selected, "text"))


@pytest.mark.parametrize("path", ["/a.py", "/a.txt"])
def test_a_document_with_its_suggestion(path):
    file = OpenFile("a", path, None, "x = \ny = 2\n")
    document = file.accepted(file.snapshot(4), "日 + 1")
    assert document.text == "x = 日 + 1\ny = 2\n"
    assert document.before == "x = 日 + 1"
    assert document.tree is None or document.tree.text == document.text
    assert file.text == "x = \ny = 2\n"


def test_in_a_fence_the_tree_is_the_code_s():
    text = "# Title\n\n```python\nx = \n```\n"
    file = OpenFile("a", "/a.md", "markdown", text)
    document = file.snapshot(text.index("\n```\n", 12))
    if document.tree is None:
        pytest.skip("no grammar of Markdown here")
    assert document.tree.grammar.language.name == "python"
    accepted = file.accepted(document, "1\n```\n")
    assert isinstance(accepted, Document)
    assert accepted.tree.text == accepted.text


def test_what_is_laid_belongs_to_one_model(model):
    file = OpenFile("a", None, None, "")
    first, second = model("").backend, model("").backend
    laid = file.laid(first)
    laid.layout = "something"
    assert file.laid(first) is laid
    assert file.laid(second).layout is None
    assert file.laid(first) is not laid
    file.forget()
    assert file.laid(first).layout is None
