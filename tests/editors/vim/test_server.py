"""The server's life, what it asks and tells, and the commands."""

import re
import subprocess

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ESCAPE
from tests.editors.vim.conftest import ROOT

pytestmark = pytest.mark.editors

INSTALL = "make install, in a clone of codegen"
CONFIGURED = "workspace/didChangeConfiguration"


def flat(editor):
    """The screen in one line, without a popup's borders."""
    return re.sub(r"[\s│║|~]+", " ", editor.text)


def until_flat(editor, words):
    editor.until(lambda: words in flat(editor), words)


@pytest.fixture
def opened(vim, workspace):
    """Opens a new file with a server: opened(server, *vimrc)."""

    def begin(server, *vimrc):
        (workspace / "new.py").touch()
        editor = vim(server, "new.py", vimrc=vimrc)
        server.until_sent("textDocument/didOpen")
        return editor

    return begin


def test_without_a_server_vim_goes_on(vim, workspace):
    (workspace / "new.py").touch()
    missing = "let g:codegen.command = ['codegen-that-is-not-there', 'lsp']"
    editor = vim(None, "new.py", vimrc=[missing])
    until_flat(editor, INSTALL)
    editor.picture("not_installed")
    editor.until("codegen: error")
    editor.send("ix = 1" + ESCAPE)
    editor.command("call popup_clear()")
    editor.command("edit other.py")
    assert editor.evaluate("execute('messages') =~ 'E\\d'") == 0
    assert "make install" not in editor.text
    assert editor.quit() == 0


def test_what_a_server_is_told_of_the_editor(opened, make_shaped):
    server = make_shaped()
    editor = opened(server)
    [hello] = server.sent("initialize")
    assert hello["processId"] == editor.pid
    assert "inlineCompletion" in hello["capabilities"]["textDocument"]
    assert hello["capabilities"]["general"]["positionEncodings"][0] == "utf-8"
    assert hello["initializationOptions"]["debounce"] is False


def test_it_is_shut_down_with_vim(opened, scripted):
    editor = opened(scripted)
    scripted.until_ready()
    assert editor.quit() == 0
    scripted.until(lambda: {"code": 0} in scripted.entries, "a server that has ended well")
    assert scripted.sent("shutdown")
    assert scripted.sent("exit")


def test_one_that_dies_is_started_again_with_all_documents(opened, make_shaped):
    server = make_shaped("alpha")
    editor = opened(server)
    editor.send("ix = ")
    editor.until_ghost_is("alpha")
    server.kill()
    until_flat(editor, "the server ended unexpectedly")
    editor.until_no_ghost()
    document = server.until_sent("textDocument/didOpen", 2)[-1]["textDocument"]
    assert document["text"] == "x = \n"
    editor.send("1 + ")
    editor.until_ghost_is("alpha")
    assert len(server.pids) == 2
    # Not for ever.
    for starts in (3, 4):
        server.kill()
        server.until_sent("initialized", starts)
    server.kill()
    until_flat(editor, "the server ended too often")
    editor.until("codegen: error")
    editor.send("2" + ESCAPE)
    assert editor.lines == ["x = 1 + 2"]
    editor.command("Codegen restart")
    server.until_sent("textDocument/didOpen", 5)
    editor.until("codegen: ready")
    assert len(server.pids) == 5


def test_restarted_by_hand(opened, make_shaped):
    server = make_shaped("alpha")
    editor = opened(server)
    editor.until("codegen: ready")
    editor.command("Codegen restart")
    server.until_sent("textDocument/didOpen", 2)
    server.until(lambda: {"code": 0} in server.entries, "the first one's end")
    editor.send("ix = ")
    editor.until_ghost_is("alpha")
    assert "unexpectedly" not in editor.text


def test_settings_are_asked_for(opened, make_scripted):
    server = make_scripted()
    opened(server, "let g:codegen.settings.lines = 'single'")
    answers = server.until(
        lambda: [
            one["message"]["result"]
            for one in server.entries
            if one.get("from") == "editor" and isinstance(one["message"].get("result"), list)
        ],
        "settings",
    )
    wanted = {
        "debounce": False,
        "computeAhead": False,
        "maxLatency": 60000,
        "lines": "single",
        "languages": {},
    }
    assert answers == [[wanted]]


@pytest.mark.parametrize(("choice", "fetched"), [("Fetch", True), ("Not now", False)])
def test_a_question_waits_while_somebody_types(choice, fetched, opened, make_scripted):
    server = make_scripted(offer=("tiny", 1000, "nowhere"), progress=400_000)
    editor = opened(server)
    until_flat(editor, "codegen needs the model tiny")
    until_flat(editor, ":Codegen answer Fetch")
    editor.picture("question")
    editor.send("iyes = n" + ESCAPE)
    assert editor.lines == ["yes = n"]
    # Longer than a notification is shown.
    editor.settle(4)
    until_flat(editor, "Fetch it now?")
    editor.command(f"Codegen answer {choice}")
    editor.until(lambda: "Fetch it now?" not in flat(editor))
    if fetched:
        server.until_ready()
        editor.until("codegen: ready")
        assert server.said("window/workDoneProgress/create")
    else:
        editor.until("codegen: no model")


def test_progress_is_seen_in_the_status_line(opened, make_scripted, tmp_path):
    hold = tmp_path / "hold"
    server = make_scripted(hold=str(hold))
    editor = opened(server)
    editor.until("codegen: loading")
    hold.touch()
    editor.until("codegen: ready")


def test_switched_off_and_on(opened, make_shaped):
    server = make_shaped("alpha")
    editor = opened(server)
    for off, on, setting in (
        ("disable", "enable", "enabled"),
        ("disable-language", "enable-language", "languages"),
    ):
        editor.command(f"Codegen {off}")
        editor.until("codegen: off")
        value = False if setting == "enabled" else {"python": False}
        server.until(
            lambda name=setting, wanted=value: any(
                one["settings"]["codegen"].get(name) == wanted for one in server.sent(CONFIGURED)
            ),
            "the new settings",
        )
        count = len(server.sent(INLINE))
        editor.send("ox = ")
        editor.evaluate("1")
        assert len(server.sent(INLINE)) == count
        editor.command(f"Codegen {on}")
        editor.until("codegen: ready")
        editor.send("ox = ")
        editor.until_ghost_is("alpha")


def test_off_from_the_start_no_server_is_started(vim, make_shaped, workspace):
    server = make_shaped("alpha")
    (workspace / "new.py").touch()
    editor = vim(server, "new.py", vimrc=["let g:codegen.settings.enabled = v:false"])
    editor.until("codegen: off")
    assert editor.lines == [""]
    assert server.entries == []
    editor.command("Codegen enable")
    server.until_sent("textDocument/didOpen")
    editor.send("ix = ")
    editor.until_ghost_is("alpha")


def test_the_last_suggestion_is_explained(opened, scripted):
    editor = opened(scripted)
    scripted.until_ready()
    editor.send("itotal = ")
    editor.until_ghost("alpha + beta")
    editor.command("Codegen explain")
    editor.until("codegen: explain")
    editor.picture("explain")
    lines = editor.lines
    assert {"trigger: automatic", "source: model", "reason: null"} <= set(lines)
    assert "alpha + beta" in "\n".join(lines)
    assert editor.evaluate("[&buftype, &modifiable]") == ["nofile", 0]


def test_the_log_is_shown(opened, scripted):
    editor = opened(scripted)
    scripted.until_ready()
    editor.command("Codegen log")
    editor.until("codegen: log")
    editor.until("ready: scripted on cpu")


def test_the_status_is_told(opened, make_shaped):
    editor = opened(make_shaped())
    editor.until("codegen: ready")
    editor.command("Codegen status")
    editor.until("codegen: ready: shaped")


def test_an_unknown_command_names_those_there_are(opened, make_shaped):
    editor = opened(make_shaped())
    editor.command("Codegen dance")
    editor.until("there is no dance")
    names = editor.evaluate("getcompletion('Codegen ', 'cmdline')")
    assert {"enable", "disable", "restart", "log", "explain", "status"} <= set(names)


def test_an_older_vim_is_told_what_it_lacks(vim, workspace):
    (workspace / "new.py").touch()
    editor = vim(None, "new.py", vimrc=["set encoding=latin1"])
    editor.until("codegen needs 'encoding' to be utf-8")


def test_every_function_compiles(editor, tmp_path):
    """Functions are otherwise compiled when they are first called."""
    scripts = sorted((ROOT / "editors" / "vim" / "autoload").rglob("*.vim"))
    program = tmp_path / "compile.vim"
    errors = tmp_path / "errors"
    program.write_text(
        f"""vim9script
var errors = ['none']
for script in glob('{ROOT}/editors/vim/autoload/**/*.vim', true, true)
  execute 'source' script
  const name = fnamemodify(script, ':r')->substitute('.*autoload/', '', '')->tr('/', '#')
  const sid = getscriptinfo()->filter((_, each) => each.name == script)[0].sid
  for line in readfile(script)->filter((_, text) => text =~ '^\\(export \\)\\=def ')
    const function = matchstr(line, 'def \\zs\\w\\+')
    try
      execute 'silent defcompile' line =~ '^export' ? $'{{name}}#{{function}}'
        : $'<SNR>{{sid}}_{{function}}'
    catch
      add(errors, $'{{script}} {{function}}: {{v:exception}}')
    endtry
  endfor
endfor
writefile(errors, '{errors}')
qall!
""",
        encoding="utf-8",
    )
    assert len(scripts) > 10
    runtime = f"set runtimepath^={ROOT}/editors/vim"
    words = [
        editor("vim"),
        "-u",
        "NONE",
        "-i",
        "NONE",
        "-N",
        "-es",
        "--cmd",
        runtime,
        "-S",
        str(program),
    ]
    assert subprocess.run(words, stdin=subprocess.DEVNULL, check=False, timeout=60).returncode == 0
    assert errors.read_text() == "none\n"


def test_help_has_a_tag_for_each_command(opened, make_shaped):
    editor = opened(make_shaped())
    text = (ROOT / "editors" / "vim" / "doc" / "codegen.txt").read_text(encoding="utf-8")
    names = editor.evaluate("getcompletion('Codegen ', 'cmdline')")
    missing = [name for name in names if f"*:Codegen-{name}*" not in text]
    assert missing == []
