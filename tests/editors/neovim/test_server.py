"""The server's process: that it is missing, dies, is restarted, and what it says and asks."""

import pytest

from tests.editors import servers
from tests.editors.neovim.test_documents import texts
from tests.editors.terminal import ENTER, ESCAPE, TAB

pytestmark = [pytest.mark.editors]

STATUS = "luaeval('require(\"codegen\").statusline()')"


def until_status(nvim, wanted):
    nvim.until(lambda: nvim.expr(STATUS) == f"codegen: {wanted}", f"the status {wanted}")


def messages(nvim):
    return nvim.expr("execute('messages')")


def test_without_a_server_one_message_says_how_to_install_it(open_nvim, tmp_path, workspace):
    nothing = servers.Server(tmp_path / "nothing", [], {})
    (nothing.bin / "codegen").unlink()
    env = {"PATH": f"{nothing.bin}:/usr/bin:/bin"}
    (workspace / "other.py").write_text("other\n")
    nvim = open_nvim("inventory.py", server=nothing, env=env)
    said = 'codegen: not found; pipx install "codegen-lsp[export,languages]"'
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
        nvim.until(lambda wanted=wanted: nvim.terminal.rows[-2] == f"codegen: {wanted}", wanted)
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


@pytest.mark.parametrize(("choice", "state"), [("1", "ready"), ("2", "missing")])
def test_it_is_asked_whether_a_model_may_be_fetched(edit, make_scripted, choice, state):
    server = make_scripted(offer=("tiny", 1000, "here"))
    server.until_ready = lambda: None
    nvim = edit("one\n", server=server)
    nvim.terminal.until("2: Not now")
    nvim.terminal.send(choice + ENTER)
    server.until(lambda: server.said("didChangeStatus")[-1]["state"] == state, state)


def test_a_question_waits_for_the_end_of_typing(edit, answering):
    actions = [{"title": "Fetch"}, {"title": "Not now"}]
    params = {"type": 3, "message": "Fetch it now?", "actions": actions}
    question = {"id": "asked", "method": "window/showMessageRequest", "params": params}
    long = {"type": 1, "message": "much is wrong " * 10}
    answering.will("ghost", say=[question, {"method": "window/showMessage", "params": long}])
    nvim = edit("^\n", "new.txt", server=answering)
    nvim.type("x")
    nvim.terminal.until_ghost()
    # Neither waits for a key: not the question, and not a message that is too long for its line.
    answering.will()
    nvim.type(f"1{ENTER}1")
    nvim.until_lines("x1", "1")
    nvim.terminal.send(ESCAPE)
    nvim.terminal.until("2: Not now")
    nvim.terminal.send(f"2{ENTER}")
    answering.until(
        lambda: (
            {"jsonrpc": "2.0", "id": "asked", "result": actions[1]}
            in [one.get("message") for one in answering.entries]
        ),
        "the answer",
    )
    assert "much is wrong much is wrong" in messages(nvim)
