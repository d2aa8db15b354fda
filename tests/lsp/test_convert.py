"""From the core's answers to the protocol's."""

import itertools

import pytest

from codegen.session.types import Answer, Suggestion
from codegen_lsp.buffer import Buffer
from codegen_lsp.client_profile import ClientProfile
from codegen_lsp.convert import menu_items
from codegen_lsp.positions import Encoding

PLAIN = ClientProfile(several_lines=True)
RICH = ClientProfile(several_lines=True, markdown=True, label_details=True)
ONE_LINE = ClientProfile()


def item(text, suggested, client=PLAIN, language="python"):
    """The menu's item for a suggestion at the end of a text, None if there is none."""
    buffer = Buffer(text, 1, Encoding.UTF16, language)
    answer = Answer((Suggestion(suggested, len(text), len(text)),), None)
    found = menu_items(answer, buffer, "file:///a.py", client, itertools.count())
    assert found.is_incomplete
    return found.items[0] if found.items else None


@pytest.mark.parametrize(
    ("text", "suggested", "label", "documentation"),
    [
        ("    f", "or a in b:", "for a in b:", None),
        ("    f", "or a in b:\n        pass", "for a in b:", "for a in b:\n        pass"),
        ("x = ", "1", "1", None),
        ("x = ", "1" * 61, "1" * 59 + "…", "1" * 61),
    ],
)
def test_a_menus_item_begins_with_the_word_that_is_typed(text, suggested, label, documentation):
    found = item(text, suggested)
    assert found.label == label
    assert (found.documentation and found.documentation.value) == documentation


@pytest.mark.parametrize(
    ("suggested", "inserted"),
    [
        ("or a in b:\n        pass", "or a in b:"),
        ("or a in b:\r\n        pass", "or a in b:"),
        ("or a in b:\r        pass", "or a in b:"),
        ("or a in b:", "or a in b:"),
        ("\n        pass", None),
        ("  \n        pass", None),
    ],
)
def test_a_client_without_items_of_several_lines_gets_one_line(suggested, inserted):
    found = item("    f", suggested, ONE_LINE)
    assert (found and found.text_edit.new_text) == (inserted and f"f{inserted}")
    if found:
        assert found.documentation is None
        assert found.filter_text == f"f{inserted}"
        assert found.command.arguments[0]["length"] == len(inserted)


LINES = "a = [\n    1,\n]"


@pytest.mark.parametrize(
    ("text", "language", "fenced"),
    [
        (LINES, "python", f"```python\n{LINES}\n```"),
        (LINES, "c++", f"```c++\n{LINES}\n```"),
        (LINES, "", f"```\n{LINES}\n```"),
        (LINES, "no\nlanguage", f"```\n{LINES}\n```"),
        (LINES, "`", f"```\n{LINES}\n```"),
        ("```\na\n```", "markdown", "````markdown\n```\na\n```\n````"),
        ("`a` ````` b\n``", "markdown", "``````markdown\n`a` ````` b\n``\n``````"),
    ],
)
def test_an_items_documentation_is_the_inserted_text(text, language, fenced):
    shown = item("", text, RICH, language).documentation
    assert (shown.kind, shown.value) == ("markdown", fenced)
    plain = item("", text, PLAIN, language).documentation
    assert (plain.kind, plain.value) == ("plaintext", text)


@pytest.mark.parametrize(("client", "expected"), [(RICH, "codegen"), (PLAIN, None)])
def test_an_item_says_that_it_is_from_codegen(client, expected):
    found = item("x = ", "1", client)
    assert found.detail == "codegen"
    assert (found.label_details and found.label_details.description) == expected
