"""Documents: as they are on disk, in any encoding, in any window, and beside other servers."""

import json

import pytest

from codegen_lsp.buffer import Buffer, Change
from codegen_lsp.positions import Encoding
from tests.editors.servers import INLINE
from tests.editors.terminal import ESCAPE, TAB, ctrl

pytestmark = [pytest.mark.editors]

OPEN, CHANGE, CLOSE = (f"textDocument/did{what}" for what in ("Open", "Change", "Close"))


def texts(server, encoding="utf-8", since=0):
    """The documents as the server has them now, by the ends of their names."""
    buffers = {}
    for one in server.entries[since:]:
        message = one.get("message", {})
        if one.get("from") != "editor" or message.get("method") not in (OPEN, CHANGE, CLOSE):
            continue
        document = message["params"]["textDocument"]
        name = document["uri"].rpartition("/")[2]
        if message["method"] == OPEN:
            assert name not in buffers, "opened twice"
            buffers[name] = Buffer(document["text"], document["version"], Encoding(encoding))
        elif message["method"] == CLOSE:
            del buffers[name]
        else:
            changes = [
                Change(tuple((at["line"], at["character"]) for at in span), each["text"])
                for each in message["params"]["contentChanges"]
                for span in [(each["range"]["start"], each["range"]["end"])]
            ]
            buffers[name].apply(changes, document["version"])
    return {name: buffer.text for name, buffer in buffers.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_are_in_the_encoding_of_the_server(edit, make_shaped, encoding):
    server = make_shaped(encoding=encoding)
    nvim = edit("𝒳 👩‍👩‍👧 é^\n", "new.txt", server=server)
    nvim.type("𝒴")
    nvim.until_answered(1)
    [asked] = server.sent(INLINE)
    assert asked["position"]["character"] == {"utf-8": 30, "utf-16": 15, "utf-32": 10}[encoding]
    assert texts(server, encoding) == {"new.txt": "𝒳 👩‍👩‍👧 é𝒴\n"}
    server.will(("𝒴 = 𝒵", {"utf-8": 5, "utf-16": 3, "utf-32": 2}[encoding], 0))
    nvim.type(" ")
    nvim.terminal.until_ghost("= 𝒵")
    nvim.type(TAB)
    nvim.until_line("𝒳 👩‍👩‍👧 é𝒴 = 𝒵")


def test_a_crlf_file_stays_one(edit, answering, workspace):
    nvim = edit("one\r\n^two\r\n", "new.txt", server=answering)
    assert nvim.expr("&fileformat") == "dos"
    answering.will("\nthree\nfour ")
    nvim.type("2 ")
    nvim.terminal.until_ghost("three")
    answering.will()
    nvim.type(TAB)
    nvim.until_lines("one", "2 ", "three", "four two")
    nvim.until_answered(2)
    wanted = "one\r\n2 \r\nthree\r\nfour two\r\n"
    assert texts(answering) == {"new.txt": wanted}
    nvim.normal()
    nvim.command("w")
    nvim.terminal.until("written")
    assert (workspace / "new.txt").read_bytes() == wanted.encode()
    # Its line ends are the server's, too, when they are changed.
    nvim.command("set ff=unix")
    answering.until(lambda: texts(answering) == {"new.txt": wanted.replace("\r\n", "\n")})


def test_a_file_without_a_last_line_end_stays_one(edit, answering, workspace):
    nvim = edit("one\ntw^", "new.txt", server=answering, before="vim.o.fixeol = false")
    answering.will("\nthree")
    nvim.type("o")
    nvim.terminal.until_ghost("three")
    answering.will()
    nvim.type(TAB)
    nvim.until_lines("one", "two", "three")
    nvim.until_answered(2)
    assert texts(answering) == {"new.txt": "one\ntwo\nthree"}
    nvim.normal()
    nvim.command("w")
    nvim.terminal.until("written")
    assert (workspace / "new.txt").read_bytes() == b"one\ntwo\nthree"


def test_a_file_is_read_again(edit, answering, workspace):
    answering.will("ghost")
    nvim = edit("one\n", "new.txt", server=answering, keys="Ax")
    nvim.terminal.until_ghost()
    nvim.normal()
    (workspace / "new.txt").write_text("other\ntext\n")
    nvim.command("e!")
    nvim.until_lines("other", "text")
    nvim.until_attached()
    nvim.type("A!")
    nvim.terminal.until_ghost()
    assert texts(answering) == {"new.txt": "other!\ntext\n"}
    # Another language is another document.
    nvim.normal()
    nvim.command("set ft=python")
    languages = [one["textDocument"]["languageId"] for one in answering.until_sent(OPEN, 3)]
    assert languages == ["text", "text", "python"]
    assert texts(answering) == {"new.txt": "other!\ntext\n"}


def test_under_another_name_it_is_another_document(edit, answering, workspace):
    answering.will("ghost")
    nvim = edit("one\n", "new.txt", server=answering)
    for command, name in [
        ("file other.txt", "other.txt"),
        ("saveas! third.txt", "third.txt"),
        ("file inventory.py | normal! ix", "inventory.py"),
    ]:
        nvim.command(command)
        nvim.until(lambda name=name: nvim.expr("bufname()") == name, name)
        text = "\n".join([*nvim.lines, ""])
        answering.until(lambda name=name, text=text: texts(answering) == {name: text}, name)
        nvim.type("A.")
        nvim.terminal.until_ghost()
        assert answering.sent(INLINE)[-1]["textDocument"]["uri"].endswith(f"/{name}")
        nvim.normal()
    # A name that it can't have, and no name of a file.
    (workspace / "taken.txt").write_text("taken\n")
    nvim.command("e taken.txt | b # | file taken.txt")
    nvim.terminal.until("E95: ")
    nvim.type("A!")
    nvim.terminal.until_ghost()
    assert texts(answering)["inventory.py"] == "\n".join([*nvim.lines, ""])
    nvim.normal()
    nvim.command("file fake://x")
    answering.until(lambda: set(texts(answering)) == {"taken.txt"}, "no document")


def test_windows_and_buffers(edit, answering, workspace):
    answering.will("ghost")
    (workspace / "other.txt").write_text("other\n")
    nvim = edit("one\n", "new.txt", server=answering)
    nvim.command("split | vsplit other.txt")
    answering.until(lambda: set(texts(answering)) == {"new.txt", "other.txt"})
    nvim.type("Ax")
    nvim.terminal.until_ghost("ghost")
    assert nvim.terminal.text.count("ghost") == 1
    focused = "textDocument/didFocus"
    count = len(answering.sent(focused))
    # Into another window in the middle of typing, and on from there.
    nvim.terminal.send(ctrl("o") + ctrl("w") + "l")
    nvim.terminal.until_no_ghost()
    assert answering.until_sent(focused, count + 1)[-1]["textDocument"]["uri"].endswith("new.txt")
    nvim.type("y")
    nvim.terminal.until_ghost("ghost")
    nvim.type(TAB)
    nvim.until_line("yghostone")
    nvim.normal()
    # One process for all, even for a file of another folder.
    away = workspace.parent / "away"
    (away / ".git").mkdir(parents=True)
    (away / "far.txt").write_text("far\n")
    nvim.command(f"e! {away / 'far.txt'}")
    [added] = answering.until_sent("workspace/didChangeWorkspaceFolders")
    assert added["event"]["added"][0]["uri"] == away.as_uri()
    assert len(answering.pids) == 1
    nvim.command("bdelete")
    answering.until(lambda: "far.txt" not in texts(answering))


def test_what_is_no_file_is_not_served(edit, answering):
    nvim = edit("one\n", "new.txt", server=answering)
    for command in (
        "enew | setf python",
        "e fake://x | setf python",
        "help help",
        "copen",
        "new | terminal",
    ):
        buffer = nvim.expr("[bufnr(), bufname()]")
        nvim.command(command)
        nvim.until(lambda was=buffer: nvim.expr("[bufnr(), bufname()]") != was, command)
    nvim.terminal.settle()
    assert len(answering.sent(OPEN)) == 1


def test_what_becomes_a_file_is_served(edit, answering):
    nvim = edit("one\n", "new.txt", server=answering)
    nvim.command("enew | setf text | w named.txt")
    opened = answering.until_sent(OPEN, 2)
    assert opened[1]["textDocument"]["uri"].endswith("/named.txt")


def test_the_resting_cursor_is_told(edit, answering):
    nvim = edit("one\ntwo\n", "new.txt", server=answering)
    answering.will()
    moved = "codegen/didMoveCursor"
    nvim.terminal.send("jll")
    answering.until_sent(moved)
    # Where an edit has moved it, the request has told more.
    nvim.type("ix")
    nvim.until_answered(1)
    nvim.terminal.settle(0.8)
    assert [one["position"] for one in answering.sent(moved)] == [{"line": 1, "character": 2}]


OTHER = """
vim.lsp.config("other", {{ cmd = vim.json.decode([=[{command}]=]), filetypes = {{ "text" }} }})
vim.lsp.enable("other")
"""


def test_another_server_is_attached_beside(edit, answering, make_shaped):
    other = make_shaped()
    other.will("of another server")
    answering.will("ghost")
    before = OTHER.format(command=json.dumps(other.command))
    nvim = edit("one\n", "new.txt", server=answering, before=before)
    nvim.until(lambda: nvim.expr("luaeval('#vim.lsp.get_clients({ bufnr = 0 })')") == 2, "both")
    nvim.type("Ax")
    assert nvim.terminal.until_ghost() == "ghost"
    nvim.type(TAB)
    nvim.until_line("onexghost")
    nvim.terminal.send(ESCAPE + ":lua vim.lsp.enable('other', false)\r")
    nvim.until(lambda: nvim.expr("luaeval('#vim.lsp.get_clients({ bufnr = 0 })')") == 1, "one")
    nvim.type("A.")
    nvim.terminal.until_ghost("ghost")
    assert texts(answering) == {"new.txt": "onexghost.\n"}
