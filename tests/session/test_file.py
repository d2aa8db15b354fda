"""An open file: its text as it will be, and what was laid for it."""

import pytest

from codegen.session.file import OpenFile, accepted
from codegen.session.types import Selected


def test_the_editor_s_own_completion_is_in_a_snapshot_only():
    file = OpenFile("a", "/a.py", "python", "x = 1\npri\n")
    document = file.snapshot(9, Selected(6, 9, "print"))
    assert (document.before, document.after) == ("x = 1\nprint", "\n")
    assert file.text == "x = 1\npri\n"


@pytest.mark.parametrize(
    ("cursor", "selected"),
    [(-1, None), (7, None), (0, (-1, 0)), (0, (3, 2)), (0, (3, 7))],
)
def test_places_outside_of_the_text_are_refused(cursor, selected):
    file = OpenFile("a", None, None, "x = 1\n")
    with pytest.raises(ValueError):
        file.snapshot(cursor, selected and Selected(*selected, "text"))


def test_a_document_with_its_suggestion():
    file = OpenFile("a", "/a.py", None, "x = \ny = 2\n")
    document = accepted(file.snapshot(4), "日 + 1")
    assert document.text == "x = 日 + 1\ny = 2\n"
    assert document.before == "x = 日 + 1"
    assert document.path == "/a.py"
    assert file.text == "x = \ny = 2\n"
