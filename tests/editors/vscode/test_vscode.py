"""The extension in the real VS Code, with a model that is scripted."""

import pytest

from tests.editors.servers import INLINE

pytestmark = [pytest.mark.editors, pytest.mark.timeout(600)]

ACCEPTED = "workspace/executeCommand"
CANCEL = "$/cancelRequest"

ANSWER = "alpha + beta"


def test_a_suggestion_is_accepted_undone_and_saved(shared, sheet):
    window, server = shared
    path = sheet("first = 1\nx‸\n")
    before = len(server.sent(ACCEPTED))
    window.type(" = ")
    window.until_ghost(ANSWER)
    window.capture("ghost text")
    assert "x = " in window.lines
    window.press("Tab")
    window.until_line(f"x = {ANSWER}")
    [accepted] = server.until_sent(ACCEPTED, before + 1)[before:]
    assert accepted["command"] == "codegen.didAcceptCompletionItem"
    # It is one step.
    window.press("Control+z")
    window.until_line("x = ")
    window.press("Control+Shift+z")
    window.until_line(f"x = {ANSWER}")
    window.press("Control+s")
    window.until(lambda: path.read_bytes() == b"first = 1\nx = alpha + beta\n", "saved")


def test_a_word_and_a_line_are_accepted(shared, sheet):
    window, _ = shared
    path = sheet("x‸\n")
    window.type(" = ")
    window.until_ghost(ANSWER)
    window.press("Control+ArrowRight")
    window.until_line("x = alpha")
    window.until_ghost(" + beta")
    # How far a word goes is the editor's to say.
    window.press("Control+ArrowRight")
    window.until(lambda: len(window.ghost) < len(" + beta"), "less ghost text")
    assert f"x = {ANSWER}".removesuffix(window.ghost) in window.lines
    window.press("Control+Alt+l")
    window.until_line(f"x = {ANSWER}")
    window.press("Control+s")
    window.until(lambda: path.read_bytes() == b"x = alpha + beta\n", "saved")


def test_what_is_typed_of_a_suggestion_stays_and_anything_else_ends_it(shared, sheet):
    window, server = shared
    sheet("x‸\n")
    window.type(" = ")
    window.until_ghost(ANSWER)
    for letter in "alpha":
        window.type(letter)
    window.until_ghost(" + beta")
    window.type("X")
    window.until_line("x = alphaX")
    window.until(lambda: window.ghost != " + beta", "the end of the suggestion")
    # The server is never told that an edit has ended a request: it knows.
    assert server.sent(CANCEL) == []


def test_escape_hides_it_and_the_next_key_brings_it_back(shared, sheet):
    window, _ = shared
    sheet("x‸\n")
    window.type(" = ")
    window.until_ghost(ANSWER)
    window.press("Escape")
    window.until_ghost("")
    window.type("a")
    window.until_ghost("lpha + beta")


def test_asked_by_hand_there_are_several(shared, sheet):
    window, server = shared
    sheet("x = ‸\n")
    window.press("Alt+\\")
    window.until_ghost(ANSWER)
    window.press("Alt+]")
    window.until_ghost("alpha - beta")
    window.press("Alt+[")
    window.until_ghost(ANSWER)
    assert any(one["context"]["triggerKind"] == 1 for one in server.sent(INLINE))


def test_a_request_that_is_given_up_without_an_edit_is_cancelled(shared, sheet):
    window, server = shared
    sheet("# slowly 200, at length\nx‸\n")
    before = len(server.sent(INLINE))
    window.type(" = ")
    server.until_sent(INLINE, before + 1)
    window.until_status("busy")
    window.press("ArrowUp")
    server.until_sent(CANCEL)
    window.until_status("ready")


def test_each_key_asks_at_once_and_once(shared, sheet):
    window, server = shared
    path = sheet("x\n‸")
    window.type("y")
    before = len(asked(server, path))
    # Quicker than the editor itself asks.
    window.type(" = al", 0.03)
    window.until_ghost("pha + beta")
    changes = server.sent("textDocument/didChange")
    assert len(asked(server, path)) == before + 5
    assert changes[-1]["textDocument"]["version"] == 7


def asked(server, path):
    uri = path.as_uri()
    return [one for one in server.sent(INLINE) if one["textDocument"]["uri"] == uri]


def test_the_server_is_told_where_somebody_looks(shared, sheet):
    window, server = shared
    path = sheet("first\nsecond\n‸")
    document = {"uri": path.as_uri()}
    window.press("ArrowUp")
    place = {"textDocument": document, "position": {"line": 1, "character": 0}}
    server.until(lambda: place in server.sent("codegen/didMoveCursor"), "told of the cursor")
    assert {"textDocument": document} in server.sent("textDocument/didFocus")


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        pytest.param("a = '𝒳 👩‍👩‍👧'; b", " = ", "", id="astral"),
        pytest.param("é = 1\r\nx", " = ", "\r\ny = 2\r\n", id="CRLF"),
        pytest.param("x", " = ", "", id="at the end of a file without a newline"),
    ],
)
def test_every_byte_of_a_file_is_kept(shared, sheet, before, typed, after):
    window, _ = shared
    path = sheet(f"{before}‸{after}")
    window.type(typed)
    window.until_ghost(ANSWER)
    window.press("Tab")
    window.until_ghost("")
    window.press("Control+s")
    wanted = f"{before}{typed}{ANSWER}{after}".encode()
    window.until(lambda: path.read_bytes() == wanted, f"saved as {wanted}")


# Tab is the accept key, and more.


def test_tab_indents_where_only_blanks_stand_before_the_cursor(shared, sheet):
    window, _ = shared
    sheet("if x:\n‸\n")
    window.press("Alt+\\")
    window.until_ghost(f"    {ANSWER}")
    window.press("Tab")
    window.until_line("    ")
    window.until_ghost(ANSWER)
    window.press("Tab")
    window.until_line(f"    {ANSWER}")


def test_tab_takes_the_entry_of_an_open_menu(shared, sheet):
    window, _ = shared
    sheet("inventory = 1\nx = ‸\n")
    window.type("inv")
    window.press("Control+Space")
    window.page.wait_for_selector(".suggest-widget.visible .monaco-list-row.focused")
    window.press("Tab")
    window.until_line("x = inventory")


def test_tab_walks_through_a_snippet(shared, sheet):
    window, _ = shared
    sheet("‸\n")
    window.type("pair")
    window.press("Control+Space")
    window.page.wait_for_selector(".suggest-widget.visible .monaco-list-row.focused")
    window.press("Enter")
    window.until_line("pair(left, right)")
    window.type("a + ")
    window.until_line("pair(a + , right)")
    window.press("Tab")
    window.type("b")
    window.until_line("pair(a + , b)")
