"""Ghost text: what is asked, what is seen, and that accepting makes of it what was seen."""

import pytest

from tests.editors.neovim.conftest import frames, ghost_of
from tests.editors.servers import INLINE
from tests.editors.terminal import BACKSPACE, ESCAPE, LEFT, TAB, artefacts, ctrl

pytestmark = [pytest.mark.editors]

# Long enough that what is seen before can't be the answer.
LONG = 600

INSERT = "\x1b[2~"


def test_each_key_is_sent_and_then_asked_for(edit):
    nvim = edit("def add(alpha, beta):\n    return ^\n")
    nvim.type("al")
    nvim.terminal.until_ghost("pha + beta")
    nvim.terminal.capture(artefacts() / "neovim" / "ghost.svg")
    nvim.until_answered(2)
    messages = [one["message"] for one in nvim.server.entries if one.get("from") == "editor"]
    methods = [
        one["method"]
        for one in messages
        if one.get("method") in (INLINE, "textDocument/didChange", "$/cancelRequest")
    ]
    assert methods == ["textDocument/didChange", INLINE] * 2
    first, second = nvim.server.sent(INLINE)
    assert first["context"] == second["context"] == {"triggerKind": 2}
    assert second["position"] == {"line": 1, "character": 13}


def test_the_client_says_what_it_can_and_sends_the_settings(edit, scripted):
    nvim = edit("x^\n", options="settings = { candidates = 4, languages = { lua = false } }")
    [params] = scripted.sent("initialize")
    assert params["initializationOptions"] == {"candidates": 4, "languages": {"lua": False}}
    assert params["capabilities"]["textDocument"]["inlineCompletion"] is not None
    assert params["capabilities"]["general"]["positionEncodings"][0] == "utf-8"
    assert params["processId"]
    [folder] = params["workspaceFolders"]
    assert folder["uri"].endswith("/workspace")
    replies = [
        one["message"]["result"]
        for one in scripted.entries
        if one.get("from") == "editor"
        and isinstance(one["message"].get("id"), str)
        and one["message"].get("result")
    ]
    assert replies
    assert all(one == [params["initializationOptions"]] for one in replies)
    nvim.quit()


def test_what_is_typed_of_it_shrinks_it_at_once_and_without_flicker(edit, answering):
    answering.will("alpha + beta")
    nvim = edit("^\n", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost("alpha + beta")
    seen = len(nvim.terminal.written)
    answering.will("nothing", delay=LONG)
    for typed in range(1, 6):
        nvim.type("alpha"[typed - 1])
        wanted = "alpha + beta"[typed:]
        nvim.until(lambda wanted=wanted: nvim.terminal.ghost == wanted, wanted)
    assert all(ghost_of(screen.buffer[0]) for _, screen in frames(nvim.terminal, seen))
    assert len(answering.sent(INLINE)) == 6
    # It was one suggestion all the time.
    assert len(answering.sent("textDocument/didShowCompletion")) == 1


@pytest.mark.parametrize("keys", ["y", BACKSPACE, LEFT])
def test_anything_else_removes_it_at_once(edit, answering, keys):
    answering.will("alpha + beta")
    nvim = edit("^\n", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost("alpha + beta")
    answering.will("nothing", delay=LONG)
    nvim.terminal.send(keys)
    nvim.terminal.until_no_ghost()


@pytest.mark.parametrize(
    "keys", [ESCAPE, ctrl("c"), ctrl("o"), INSERT], ids=["Esc", "C-c", "C-o", "R"]
)
def test_leaving_insert_mode_dismisses_and_cancels(edit, answering, keys):
    answering.will("alpha + beta")
    nvim = edit("^\n", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost()
    answering.will("too late", delay=LONG)
    nvim.type("a")
    answering.until_sent(INLINE, 2)
    nvim.terminal.send(keys)
    nvim.terminal.until_no_ghost()
    [cancelled] = answering.until_sent("$/cancelRequest")
    asked = [one for one in answering.entries if one.get("message", {}).get("method") == INLINE]
    assert cancelled["id"] == asked[-1]["message"]["id"]


def test_an_answer_for_another_place_is_not_shown(edit, answering):
    answering.will("late", delay=1)
    nvim = edit("one\n^\n", server=answering)
    nvim.type("x")
    answering.until_sent(INLINE)
    nvim.terminal.send(LEFT)
    nvim.until_answered(1)
    nvim.terminal.settle()
    assert nvim.terminal.ghost == ""
    nvim.quit()


def test_opening_a_line_is_an_edit(edit, answering):
    answering.will("alpha")
    nvim = edit("one\n", server=answering, keys="o")
    nvim.terminal.until_ghost("alpha")
    nvim.normal()
    nvim.type("i")
    nvim.until(lambda: nvim.expr("mode()") == "i", "insert mode")
    nvim.terminal.settle()
    assert nvim.terminal.ghost == ""
    assert len(answering.sent(INLINE)) == 1


@pytest.mark.parametrize(
    "keys", [ESCAPE, ctrl("c"), INSERT + "y" + ESCAPE], ids=["Esc", "C-c", "R"]
)
def test_what_was_left_is_no_edit_of_the_next_insertion(edit, answering, keys):
    answering.will("alpha")
    nvim = edit("one^\n", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost("alpha")
    nvim.terminal.send(keys)
    nvim.until(lambda: nvim.expr("mode(1)") == "n", "normal mode")
    nvim.terminal.until_no_ghost()
    nvim.type("i")
    nvim.until(lambda: nvim.expr("mode()") == "i", "insert mode")
    nvim.terminal.settle()
    assert nvim.terminal.ghost == ""
    assert len(answering.sent(INLINE)) == 1


@pytest.mark.parametrize("item", ["ghost", "ghost\nmore"])
def test_it_is_seen_in_the_window_with_the_cursor_only(edit, answering, item):
    answering.will(item)
    nvim = edit("one\ntwo\n", "new.txt", server=answering, after="vim.o.wrap = false")
    nvim.command("split")
    for keys in ("Ax", ESCAPE + ctrl("w") + "jAx"):
        nvim.type(keys)
        rows = nvim.terminal.until_ghost("ghost").split("\n")
        assert rows == item.split("\n")
        row, _ = nvim.terminal.cursor
        assert nvim.terminal.rows[row].endswith("ghost")
    # Into the other window without leaving insert mode.
    nvim.terminal.send(ctrl("o"))
    nvim.terminal.send(ctrl("w") + "k")
    nvim.terminal.until_no_ghost()


# On a terminal without 24-bit colours.
@pytest.mark.parametrize("scheme", ["default", "habamax", "vim"])
@pytest.mark.parametrize("background", ["dark", "light"])
def test_it_is_told_from_the_files_text_in_256_colours(edit, answering, scheme, background):
    answering.will("ghost")
    before = f"vim.o.background = '{background}' vim.o.termguicolors = false"
    # After the test's own highlight, which is cleared with all others.
    after = f"vim.cmd.colorscheme('{scheme}')"
    nvim = edit("^\n", "new.txt", server=answering, before=before, after=after)
    nvim.type("text")
    nvim.terminal.until("textghost")
    text, ghost = (nvim.terminal.style(0, column) for column in (0, 4))
    assert text != ghost


# The text with the cursor, what is typed, the item (text, before, after), the text after accepting.
PICTURES = {
    "one line": ("f^\n", "(", "a, b)", "f(a, b)\n"),
    "several lines": ("if x^\ny\n", ":", "\n    a\n\n    b", "if x:\n    a\n\n    b\ny\n"),
    "text typed before": ("r^\n", "e", ("return x", 2, 0), "return x\n"),
    "text that stays behind": ("f(^)\n", "a", ("b, c)", 0, 1), "f(ab, c)\n"),
    "text that is replaced": ("f(^) + 1\n", "a", ("b]", 0, 1), "f(ab] + 1\n"),
    "lines before text": ("f(^) + 1\n", "a", ",\n  b", "f(a,\n  b) + 1\n"),
    "lines before text that is replaced": ("f(^);\n", "a", (",\n  b\n)", 0, 1), "f(a,\n  b\n);\n"),
    "less than is covered": ("^long enough\n", "x", ("\n", 0, 4), "x\n enough\n"),
    "tabs": ("\tif x^\n", ":", "\n\t\ta\tb", "\tif x:\n\t\ta\tb\n"),
    "tabs in the first line": ("x^\n", "y", "\tb\tc", "xy\tb\tc\n"),
    "wide characters": ("日^\n", "本", "語だ\n日本", "日本語だ\n日本\n"),
    "astral characters": ("𝒳 👩‍👩‍👧 = ^\n", "1", " + 𝒴", "𝒳 👩‍👩‍👧 = 1 + 𝒴\n"),
    "lines of a CRLF server": ("a^\n", "b", "c\r\nd", "abc\nd\n"),
    "no end of the last line": ("a^", "b", "c\nd", "abc\nd"),
}


def test_what_was_seen_is_what_is_accepted(edit, answering, workspace):
    before = "vim.o.fixeol = false\nvim.o.showmode = false\nvim.o.ruler = false"
    before += "\nvim.o.laststatus = 0\nvim.o.scrolloff = 0"
    nvim = edit("first\n", "new.txt", server=answering, before=before)
    for number, (name, (text, keys, item, wanted)) in enumerate(PICTURES.items()):
        path = workspace / f"{number}.txt"
        nvim.show(text, path)
        answering.will(item)
        nvim.type(keys)
        nvim.terminal.until_ghost()
        nvim.terminal.settle(0.1)
        pictured = nvim.terminal.rows
        nvim.terminal.capture(artefacts() / "neovim" / f"{name}.svg")
        answering.will()
        nvim.type(TAB)
        nvim.until_answered(2 * number + 2)
        nvim.terminal.until_no_ghost()
        nvim.until(lambda rows=pictured: nvim.terminal.rows == rows, "\n".join([name, *pictured]))
        nvim.normal()
        nvim.command("w")
        nvim.until(lambda p=path, w=wanted: p.read_bytes().decode() == w, repr(wanted))
    executed = answering.sent("workspace/executeCommand")
    assert len(executed) == len(PICTURES)
    assert {one["command"] for one in executed} == {"codegen.didAcceptCompletionItem"}


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("f(^)", ("xother", 1, 0)),  # something else was typed
        ("f(^)", ""),
        ("f(^)", (")", 0, 1)),  # nothing is added
        ("f(^" + "x" * 100 + ")", ",\n  b"),  # more than a window can cover
    ],
)
def test_what_does_not_fit_is_not_shown(edit, answering, line, item):
    answering.will(item)
    nvim = edit(f"{line}\n", server=answering)
    nvim.type("a")
    nvim.until_answered(1)
    nvim.terminal.settle()
    assert nvim.terminal.ghost == ""


def test_typing_goes_on_into_its_next_line(edit, answering):
    answering.will(":\n    pass")
    nvim = edit("class A\n^", server=answering, keys=f"{ESCAPE}ggA")
    nvim.type("B")
    nvim.terminal.until_ghost("pass")
    answering.will("nothing", delay=LONG)
    # The indentation comes from Neovim.
    nvim.type(":\r")
    nvim.until(lambda: nvim.terminal.ghost == "pass", "the rest")
    nvim.type(TAB)
    nvim.until_lines("class AB:", "    pass")
