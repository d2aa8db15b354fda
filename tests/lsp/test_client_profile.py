"""What is read of what a client announces."""

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter

from codegen_lsp.client_profile import ClientProfile, mend

ONE_LINE = {"snippetSupport": False, "documentationFormat": ["plaintext"]}
SNIPPETS = {"snippetSupport": True}
MODES = {"snippetSupport": False, "insertTextModeSupport": {"valueSet": [1, 2]}}
MARKDOWN = {"documentationFormat": ["plaintext", "markdown"], "labelDetailsSupport": True}


def read(document, info=None):
    params = {"processId": None, "rootUri": None, "capabilities": {"textDocument": document}}
    if info is not None:
        params["clientInfo"] = info
    mend(params)
    return ClientProfile.of(get_converter().structure(params, types.InitializeParams))


@pytest.mark.parametrize(
    ("name", "patience"),
    [
        ("Neovim", 15),
        ("Vim", 15),
        ("Eglot", 15),
        ("emacs", 0.15),
        ("vim-lsp", 0.15),
        ("Visual Studio Code", 0.15),
        ("Kate", 0.15),
        ("neovim", 0.15),
        ("", 0.15),
    ],
)
def test_how_long_a_menu_may_wait_depends_on_the_client(name, patience):
    assert read({}, {"name": name}).patience == patience


def test_the_menu_of_an_unknown_client_waits_briefly():
    assert ClientProfile().patience == read({}).patience == read({}, {}).patience == 0.15


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, ClientProfile()),
        (ONE_LINE, ClientProfile()),
        (SNIPPETS, ClientProfile(several_lines=True)),
        (MODES, ClientProfile(several_lines=True)),
        (MARKDOWN, ClientProfile(markdown=True, label_details=True)),
    ],
)
def test_what_a_menu_is_announced_to_show(item, expected):
    assert read({"completion": {"completionItem": item}}) == expected


def test_items_of_vims_own_menu_have_one_line_whatever_is_announced():
    menu = {"completion": {"completionItem": MODES}}
    assert [read(menu, {"name": name}).several_lines for name in ("Vim", "x")] == [False, True]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, ClientProfile()),
        ({"completion": None}, ClientProfile()),
        ({"inlineCompletion": {}}, ClientProfile(ghost_text=True)),
        ({"inlineCompletion": None}, ClientProfile(ghost_text=True)),
        (
            {"inlineCompletion": {"dynamicRegistration": True}},
            ClientProfile(ghost_text=True, ghost_text_later=True),
        ),
        ({"completion": {"dynamicRegistration": True}}, ClientProfile(menu_later=True)),
    ],
)
def test_which_features_are_announced(document, expected):
    assert read(document) == expected
