"""The server's process: that it is missing, dies, is restarted, and what it says and asks."""

import pytest

from tests.editors import servers
from tests.editors.neovim.test_documents import texts
from tests.editors.terminal import ENTER, ESCAPE, TAB, artefacts

pytestmark = [pytest.mark.editors]

QUESTION = "window/showMessageRequest"

STATUS = "luaeval('require(\"codegen\").statusline()')"


def until_status(nvim, wanted):
    nvim.until(lambda: nvim.expr(STATUS) == f"codegen: {wanted}", f"the status {wanted}")


def until_row(nvim, wanted):
    nvim.until(lambda: nvim.terminal.rows[-2] == wanted, wanted)


def messages(nvim):
    return nvim.expr("execute('messages')")


def test_without_a_server_one_message_says_how_to_install_it(open_nvim, tmp_path, workspace):
    nothing = servers.Server(tmp_path / "nothing", [], {})
    (nothing.bin / "codegen").unlink()
    env = {"PATH": f"{nothing.bin}:/usr/bin:/bin"}
    (workspace / "other.py").write_text("other\n")
    nvim = open_nvim("inventory.py", server=nothing, env=env)
    said = "codegen: not found; make install, in a clone of codegen"
    nvim.terminal.until(said)
    # The editor goes on, without another word.
    nvim.type("O" + TAB + "x")
    nvim.until_line("    x")
    nvim.normal()
    nvim.command("e! other.py")
    nvim.until_lines("other")
    assert messages(nvim).count("codegen: ") == 1
    assert nvim.expr(STATUS) == "codegen: error"
    # Installed meanwhile.
    nvim.command("Codegen status")
    nvim.terminal.until("codegen is not installed")


def test_wrong_options_are_named(edit, answering):
    answering.will("ghost")
    options = "ghost = 1, cmd = 'codegen', keys = { aceept = '<C-l>', next = 1 }, settings = {1}"
    nvim = edit("one\n", "new.txt", server=answering, options=options)
    said = messages(nvim)
    for words in ("no option ghost;", "option cmd: expected a list", "no option keys.aceept;"):
        assert words in said
    assert "option keys.next: expected a key" in said
    assert "option settings: expected a table with names" in said
    # The rest is as ever.
    nvim.type("Ax")
    nvim.terminal.until_ghost()


def test_a_server_that_dies_is_started_again(edit, answering):
    answering.will("ghost")
    nvim = edit("one\n", "new.txt", server=answering, keys="A")
    for count in range(1, 4):
        nvim.type("x")
        nvim.terminal.until_ghost()
        answering.kill()
        answering.until(lambda count=count: len(answering.pids) > count, "another server")
        # What is typed meanwhile isn't lost for it.
        nvim.type("yz")
        answering.until_ready(count + 1)
    nvim.type("!")
    nvim.terminal.until_ghost()
    assert nvim.expr("mode()") == "i"
    said = messages(nvim)
    assert said.count("the server ended (") == 3
    assert "Client codegen quit" not in said

    # The fourth within three minutes is the last.
    answering.kill()
    nvim.terminal.until("the server ends again and again")
    until_status(nvim, "error")
    nvim.type("more")
    nvim.until_line("onexyzxyzxyz!more")
    nvim.normal()
    assert len(answering.pids) == 4
    started = len(answering.entries)
    nvim.command("Codegen restart")
    answering.until_ready(5)
    nvim.until_attached()
    nvim.type("A.")
    nvim.terminal.until_ghost()
    # It is told of what was typed without it, and since.
    answering.until(lambda: texts(answering, since=started) == {"new.txt": "onexyzxyzxyz!more.\n"})


def test_it_is_restarted_by_hand(edit, answering):
    answering.will("ghost")
    nvim = edit("one\n", "new.txt", server=answering)
    nvim.command("Codegen restart")
    answering.until_ready(2)
    assert [one["code"] for one in answering.entries if "code" in one] == [0]
    nvim.until_attached()
    nvim.type("Ax")
    nvim.terminal.until_ghost()
    assert "the server ended" not in messages(nvim)


def test_it_is_stopped_as_any_other(edit, answering, workspace):
    answering.will("ghost")
    (workspace / "other.txt").write_text("other\n")
    nvim = edit("one\n", "new.txt", server=answering)
    nvim.command("lua vim.lsp.stop_client(vim.lsp.get_clients({ name = 'codegen' }))")
    until_status(nvim, "off")
    nvim.command("e other.txt")
    nvim.until_lines("other")
    assert len(answering.pids) == 1
    nvim.command("Codegen restart")
    answering.until_ready(2)
    nvim.until_attached()
    nvim.type("Ax")
    nvim.terminal.until_ghost()
    assert messages(nvim).count("codegen: ") == 0


def test_it_ends_with_the_editor(edit, answering):
    nvim = edit("one\n", "new.txt", server=answering)
    nvim.quit()
    answering.until(lambda: [one["code"] for one in answering.entries if "code" in one] == [0])
    assert len(answering.pids) == 1


def test_the_status_follows_the_server(edit, answering):
    def status(state, *, busy=False):
        params = {"busy": busy, "kind": "Normal", "state": state, "message": ""}
        return {"method": "didChangeStatus", "params": params}

    def progress(**value):
        return {"method": "$/progress", "params": {"token": "t", "value": value}}

    after = "vim.o.laststatus = 2 vim.o.statusline = [[%{v:lua.require'codegen'.statusline()}]]"
    after += " vim.cmd([[au User CodegenStatus let g:told = get(g:, 'told', 0) + 1]])"
    nvim = edit("^\n", "new.txt", server=answering, after=after)
    nvim.terminal.until("codegen: ready")
    told = nvim.expr("g:told")
    begin = progress(kind="begin", title="codegen", percentage=0)
    for say, wanted in [
        ([status("ready", busy=True)], "busy"),
        ([status("loading", busy=True)], "loading"),
        ([begin, progress(kind="report", percentage=42)], "loading 42 %"),
        ([progress(kind="end")], "loading"),
        ([status("missing")], "no model"),
        ([status("unloaded")], "off"),
        ([status("error")], "error"),
        ([status("ready")], "ready"),
    ]:
        answering.will(say=say)
        nvim.type("x")
        until_row(nvim, f"codegen: {wanted}")
    assert nvim.expr("g:told") == told + 9
    nvim.normal()
    nvim.command("Codegen disable")
    nvim.terminal.until("codegen: off")


def test_a_model_that_can_not_be_loaded_is_told(edit, make_scripted):
    server = make_scripted(broken="there is no memory left")
    server.until_ready = lambda: None
    nvim = edit("one\n", server=server)
    until_status(nvim, "error")
    nvim.terminal.until("codegen: there is no memory left")
    nvim.command("Codegen status")
    nvim.terminal.until("codegen: error; there is no memory left")


def replies(server):
    """What the server's questions were answered, by their numbers."""
    entries = [one for one in server.entries if "message" in one]
    asked = [one["message"]["id"] for one in entries if one["message"].get("method") == QUESTION]
    return {
        one["message"]["id"]: one["message"]["result"]
        for one in entries
        if one["from"] == "editor" and one["message"].get("id") in asked
    }


@pytest.mark.parametrize(("choice", "state"), [("Fetch", "ready"), ("Not now", "missing")])
def test_it_is_asked_whether_a_model_may_be_fetched(edit, make_scripted, choice, state):
    server = make_scripted(offer=("tiny", 1000, "here"))
    server.until_ready = lambda: None
    after = "vim.o.laststatus = 2 vim.o.statusline = [[%{v:lua.require'codegen'.statusline()}]]"
    # As wide as the whole question.
    nvim = edit("one\n", server=server, after=after, columns=120)
    nvim.terminal.until("codegen: asks, see :Codegen answer: codegen needs the model tiny")
    until_row(nvim, "codegen: asks (:Codegen answer)")
    # Who asks back is shown all of it, and what can be answered.
    nvim.command("Codegen answer")
    nvim.terminal.until("Nothing is sent, and later it works offline.")
    nvim.terminal.until(":Codegen answer Not now")
    nvim.terminal.capture(artefacts() / "neovim" / "question.svg")
    nvim.normal()
    assert nvim.expr("getcompletion('Codegen answer ', 'cmdline')") == ["Fetch", "Not now"]
    nvim.command("checkhealth codegen")
    nvim.until(lambda: any("WARNING it asks: codegen needs" in one for one in nvim.lines))
    nvim.command("quit")
    assert replies(server) == {}
    nvim.command(f"Codegen answer {choice}")
    server.until(lambda: [*replies(server).values()] == [{"title": choice}], "the answer")
    server.until(lambda: server.said("didChangeStatus")[-1]["state"] == state, state)
    until_row(nvim, {"ready": "codegen: ready", "missing": "codegen: no model"}[state])
    nvim.command("Codegen answer Fetch")
    nvim.terminal.until("codegen: asks nothing; after :Codegen restart it may")


ACTIONS = [{"title": "Fetch"}, {"title": "Not now"}]


def question(number="asked", actions=ACTIONS):
    params = {"type": 3, "message": "Fetch it now?", "actions": actions}
    return {"id": number, "method": QUESTION, "params": params}


def test_no_key_answers_a_question(edit, answering, workspace):
    long = {"type": 1, "message": "much is wrong " * 10}
    say = [question(), {"method": "window/showMessage", "params": long}]
    answering.will("ghost", say=say)
    nvim = edit("^\n", "new.txt", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost()
    # Nothing waits for a key: not the question, and not a message that is too long for its line.
    answering.will()
    nvim.type(f"1{ENTER}1")
    nvim.until_lines("x1", "1")
    nvim.type(f"{ESCAPE}:w{ENTER}")
    nvim.until(lambda: (workspace / "new.txt").read_bytes() == b"x1\n1\n", "a saved file")
    nvim.type(f"1GAfoo{ENTER}")
    nvim.until_lines("x1foo", "", "1")
    nvim.normal()
    until_status(nvim, "asks (:Codegen answer)")
    assert replies(answering) == {}
    nvim.command("Codegen answer Not now")
    answering.until(lambda: replies(answering) == {"asked": ACTIONS[1]}, "the answer")
    said = messages(nvim)
    assert "codegen: asks, see :Codegen answer: Fetch it now?" in said
    assert "much is wrong much is wrong" in said


def test_a_question_is_withdrawn_with_its_server(edit, answering):
    answering.will("ghost", say=[question("first"), question("empty", []), question("second")])
    nvim = edit("^\n", "new.txt", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost()
    # One at a time; what leaves no choice is only told.
    answering.until(lambda: replies(answering) == {"first": None, "empty": None}, "no choice")
    until_status(nvim, "asks (:Codegen answer)")
    answering.will()
    answering.kill()
    answering.until_ready(2)
    until_status(nvim, "ready")
    nvim.normal()
    nvim.command("Codegen answer Fetch")
    nvim.terminal.until("codegen: asks nothing")
    assert replies(answering) == {"first": None, "empty": None}
