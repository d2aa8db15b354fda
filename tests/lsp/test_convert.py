"""From the core's answers to the protocol's."""

import pytest

from codegen.session.types import Answer, Suggestion
from codegen_lsp.buffer import Buffer
from codegen_lsp.convert import completion_items
from codegen_lsp.positions import Encoding


@pytest.mark.parametrize(
    ("text", "suggested", "label", "documentation"),
    [
        ("    f", "or a in b:", "for a in b:", None),
        ("    f", "or a in b:\n        pass", "for a in b:", "for a in b:\n        pass"),
        ("x = ", "1", "1", None),
    ],
)
def test_what_a_menu_shows_begins_with_the_word_that_is_typed(
    text, suggested, label, documentation
):
    buffer = Buffer(text, 1, Encoding.UTF16)
    answer = Answer((Suggestion(suggested, len(text), len(text)),), None)
    (item,) = completion_items(answer, buffer, "file:///a.py", incomplete=True).items
    assert (item.label, item.documentation) == (label, documentation)
