"""The server beside Emacs: started, seen, asked, killed, restarted and left alone."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.editors.emacs.conftest import wait_while
from tests.editors.servers import INLINE, Server
from tests.editors.terminal import ENTER, LEFT, ctrl

pytestmark = [pytest.mark.editors]

ROOT = Path(__file__).parents[3]

ALPHA = "alpha + beta"
CHANGED = "textDocument/didChange"
MOVED = "codegen/didMoveCursor"


def test_the_beginning(emacs, scripted):
    editor = emacs(scripted)
    [params] = scripted.sent("initialize")
    capabilities = params["capabilities"]
    assert "inlineCompletion" in capabilities["textDocument"]
    assert capabilities["general"]["positionEncodings"][0] == "utf-8"
    wanted = {"debounce": False, "computeAhead": False, "maxLatency": 60000}
    assert params["initializationOptions"] == wanted
    [folder] = params["workspaceFolders"]
    assert folder["uri"] == editor.file.parent.as_uri()
    [opened] = scripted.until_sent("textDocument/didOpen")
    assert opened["textDocument"]["languageId"] == "python"
    [asked] = [
        one["message"]["id"]
        for one in scripted.entries
        if one.get("message", {}).get("method") == "workspace/configuration"
    ]
    [answer] = [
        one["message"]["result"]
        for one in scripted.entries
        if one.get("from") == "editor" and one["message"].get("id") == asked
    ]
    assert answer == [wanted]


def test_settings_change_while_it_runs(emacs, scripted):
    editor = emacs(scripted)
    editor.eval("(progn (customize-set-variable 'codegen-settings '(:candidates 2)) nil)")
    scripted.until(lambda: len(scripted.said("workspace/configuration")) == 2)
    # Until the settings are there: what is asked before them is given up for them.
    editor.terminal.settle(1)
    editor.terminal.send(ctrl("c") + "\\")
    editor.until_ghost(ALPHA)
    assert len(editor.answers[-1]["items"]) == 2


def test_without_the_program_emacs_goes_on(emacs, scripted):
    editor = emacs(scripted, before='(setq codegen-command \'("codegen-x"))', ready=False)
    editor.until("codegen-x is not installed: make install, in a clone of codegen")
    editor.until("codegen:error")
    editor.type("1 + 2")
    editor.until_line("total = 1 + 2")
    editor.terminal.send("\x18\x06other.py" + ENTER)
    editor.until("other.py")
    # It is said once.
    assert editor.eval('(with-current-buffer "*Messages*" (how-many "make install" 1))') == 1
    editor.command("codegen-status")
    editor.until("codegen: error  codegen-x is not installed")


def test_no_folder_of_a_project_chooses_the_program(emacs, scripted, workspace):
    variables = '((nil . ((codegen-command . ("touch" "chosen")) (codegen-settings . (:a 1)))))'
    (workspace / ".dir-locals.el").write_text(variables)
    # The user has allowed them all, and yet.
    editor = emacs(scripted, before="(setq enable-local-variables :all)")
    editor.type(" ")
    editor.until_ghost(ALPHA)
    assert "a" not in scripted.sent("initialize")[0]["initializationOptions"]


def test_killed_it_comes_back(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    scripted.kill()
    editor.until_no_ghost()
    editor.until("codegen: the server ended; it is started again")
    editor.type("1 ")
    scripted.until_ready(2)
    editor.until("codegen:ready")
    editor.type("+ ")
    editor.until_ghost(ALPHA)
    opened = scripted.sent("textDocument/didOpen")
    assert [one["textDocument"]["text"][:8] for one in opened] == ["total = "] * 2


def test_killed_too_often_it_stays_away(emacs, scripted):
    editor = emacs(scripted)
    for starts in range(1, 5):
        scripted.until_ready(starts)
        editor.until("codegen:ready")
        scripted.kill()
        editor.until("codegen:error" if starts == 4 else "it is started again")
        editor.until(lambda: "codegen:ready" not in editor.terminal.text)
    editor.until("M-x codegen-restart tries again")
    editor.type("1")
    editor.until_line("total = 1")
    assert len(scripted.pids) == 4
    editor.command("codegen-restart")
    scripted.until_ready(5)
    editor.until("codegen:ready")
    editor.type(" + ")
    editor.until_ghost(ALPHA)


def deaf(server, how, file):
    """The command of a server that says what `server` does, until it hears no more."""
    program = [sys.executable, Path(__file__).with_name("deaf_server.py")]
    return [str(word) for word in (*program, server.command[-1], how, file)]


def test_a_pipe_that_breaks_costs_no_suggestions(emacs, make_shaped, tmp_path):
    server, closed = make_shaped("alpha"), tmp_path / "closed"
    program = server.bin / "codegen"
    first, rest = program.read_text().split("\n", 1)
    # The first one only; of it the wire's record knows nothing.
    command = shlex.join(["env", f"PYTHONPATH={ROOT}", *deaf(server, "closed", closed)])
    program.write_text(f"{first}\n[ -e {closed} ] || exec {command}\n{rest}")
    editor = emacs(server, ready=False)
    editor.until("codegen:ready")
    editor.type("1")
    editor.until(closed.exists, "a broken pipe")
    editor.type(" ")
    editor.until("codegen: the server ended; it is started again")
    server.until_ready()
    editor.until("codegen:ready")
    editor.type("+")
    editor.until_ghost("alpha")
    editor.until_same_text()


def test_a_server_that_does_not_read_holds_nobody_up(emacs, make_shaped, tmp_path):
    awake = tmp_path / "awake"
    command = deaf(make_shaped("alpha"), "busy", awake)
    server = Server(tmp_path / "busy", command, {"PYTHONPATH": str(ROOT)})
    editor = emacs(server, "|\n")
    more_than_a_pipe_takes = "(insert (make-string 40000 ?\\n))"
    for typed in ("1", "11", "111", "1111"):
        editor.type("1")
        editor.until(lambda typed=typed: editor.terminal.rows[0] == typed)
        editor.eval(f"(save-excursion (goto-char (point-max)) {more_than_a_pipe_takes})")
    assert len(server.sent(CHANGED)) < 4
    awake.touch()
    # Nothing is lost, and the rest of it is sent by itself.
    server.until_sent(CHANGED, 4)
    editor.type("1")
    editor.until_ghost("alpha")
    editor.until_same_text()
    server.close()


def test_a_write_from_a_timer_leaves_the_limit_of_the_one_that_waits(emacs, scripted):
    editor = emacs(scripted)
    write = "(codegen-wire--write codegen-server--current (lambda () (sleep-for {})))"
    # The timer's write begins while the first one waits, and would still wait at its limit.
    took = editor.eval(
        f"""(let ((start (float-time)))
              (run-with-timer 0.02 nil (lambda () {write.format(0.5)}))
              {write.format(30)}
              (- (float-time) start))"""
    )
    assert took < 15


def test_a_server_that_is_stopped_is_replaced(emacs, scripted):
    editor = emacs(scripted)
    process = '(get-process "codegen")'
    os.kill(editor.eval(f"(process-id {process})"), signal.SIGSTOP)
    editor.until(lambda: editor.eval(f"(process-status {process})") == "stop", "a stopped server")
    editor.type("1")
    scripted.until_ready(2)
    editor.until("codegen:ready")
    editor.type(" + ")
    editor.until_ghost(ALPHA)
    editor.until_same_text()


def test_restarted_by_hand(emacs, scripted):
    editor = emacs(scripted)
    editor.command("codegen-restart")
    scripted.until_ready(2)
    # The first one was let go, and has ended by itself.
    scripted.until(lambda: any(one.get("code") == 0 for one in scripted.entries))
    editor.type(" ")
    editor.until_ghost(ALPHA)


def test_loading_is_seen(emacs, make_scripted, tmp_path):
    hold = tmp_path / "hold"
    server = make_scripted(hold=str(hold))
    editor = emacs(server, ready=False)
    editor.until("codegen:loading")
    server.until_sent("textDocument/didOpen")
    editor.type(" ")
    editor.until_answered(1)
    hold.touch()
    editor.until("codegen:ready")
    editor.command("codegen-status")
    editor.until("codegen: ready  scripted on cpu")


def test_each_status_has_its_word(emacs, make_shaped):
    loading = {"state": "loading", "busy": True}
    cases = [
        (loading, {"kind": "report", "percentage": 42}, "loading 42 % "),
        (loading, {"kind": "end"}, "loading "),
        ({"state": "ready", "busy": True}, {"kind": "end"}, "busy "),
        ({"state": "error", "busy": False}, {"kind": "end"}, "error "),
        ({"state": "missing", "busy": False}, {"kind": "end"}, "no model "),
        ({"state": "ready", "busy": False}, {"kind": "end"}, "ready "),
        ({"state": "unloaded", "busy": False}, {"kind": "end"}, "off "),
    ]
    server = make_shaped()
    editor = emacs(server)
    for status, more, word in cases:
        progress = {"method": "$/progress", "params": {"token": "1", "value": more}}
        server.will(say=[{"method": "didChangeStatus", "params": status}, progress])
        editor.type("1")
        editor.until(f"(Python codegen:{word}")


@pytest.mark.parametrize(("choice", "asked"), [("Fetch", True), ("Not now", False)])
def test_the_user_is_asked_before_a_model_is_fetched(emacs, make_scripted, choice, asked):
    server = make_scripted(offer=("tiny", 1_000_000, "example.org"))
    editor = emacs(server, ready=False)
    editor.until("Fetch/Not now")
    editor.type(choice + ENTER)
    if asked:
        editor.until("codegen:ready")
    else:
        editor.until("codegen:no model")
        editor.type("1")
        editor.until_line("total = 1")


def test_a_question_waits_for_the_typist(emacs, make_scripted):
    server = make_scripted(offer=("tiny", 1_000_000, "example.org"))
    editor = emacs(server, ready=False)
    for _ in range(10):
        editor.terminal.type("n ", 0.1)
    editor.until("Fetch/Not now")
    assert editor.file.exists()
    editor.terminal.send(ctrl("g"))
    editor.until("codegen:no model")
    assert editor.text == "total = " + "n " * 10


def test_a_language_is_turned_off_and_on(emacs, scripted):
    editor = emacs(scripted)
    editor.command("codegen-toggle-language")
    editor.until("codegen: off for python")
    editor.until("codegen:off")
    editor.type(" ")
    editor.until_same_text()
    assert not scripted.sent(INLINE)
    # Nor is a place prepared where the cursor rests.
    editor.terminal.send(LEFT)
    wait_while(lambda: not scripted.sent(MOVED), 1)
    editor.command("codegen-toggle-language")
    editor.until("codegen: on for python")
    editor.terminal.send(ctrl("e"))
    scripted.until_sent(MOVED)
    editor.type(" ")
    editor.until_ghost(ALPHA)


def test_everything_is_turned_off_and_on(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.command("global-codegen-mode")
    editor.until_no_ghost()
    scripted.until_sent("textDocument/didClose")
    # Without a buffer, there is no need for a server.
    scripted.until(lambda: any(one.get("code") == 0 for one in scripted.entries))
    editor.type("1 ")
    editor.command("global-codegen-mode")
    scripted.until_ready(2)
    editor.until("codegen:ready")
    editor.type("+ ")
    editor.until_ghost(ALPHA)


def test_what_it_says_can_be_read(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.command("codegen-explain")
    editor.until('"trigger": "automatic"')
    editor.command("codegen-show-log")
    editor.until("ready: scripted on cpu")


def test_beside_the_languages_own_eglot_server(emacs, make_scripted):
    other, server = make_scripted(), make_scripted()
    program = other.bin / "codegen"
    editor = emacs(
        server,
        before="(require 'eglot) (setq eglot-events-buffer-size 0)\n"
        f'(add-to-list \'eglot-server-programs \'(python-mode . ("{program}" "lsp")))\n'
        "(add-hook 'python-mode-hook #'eglot-ensure)",
    )
    other.until_ready()
    editor.until(lambda: editor.eval("(if (eglot-managed-p) t :json-false)"), "an Eglot server")
    editor.type("1 + ")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until_line("total = 1 + alpha + beta")
    assert not other.sent(INLINE)
    # As Eglot's own server, it is in the menu.
    editor.eval("(progn (codegen-mode -1) nil)")
    editor.type(" - ")
    # The menu doesn't wait for the model, which has written by the next time.
    wanted = editor.text + ALPHA

    def completed():
        if editor.text != wanted:
            editor.command("completion-at-point")
            editor.terminal.settle()
        return editor.text == wanted

    editor.until(completed, "the completion")
    assert other.sent("textDocument/completion")


def test_emacs_ends_at_once(emacs, scripted):
    editor = emacs(scripted)
    assert editor.quit() == 0
    scripted.until(lambda: any("code" in one for one in scripted.entries) or not _runs(scripted))


def _runs(server):
    try:
        os.kill(server.pids[-1], 0)
    except ProcessLookupError:
        return False
    return True


def test_only_local_text_files(emacs, scripted):
    editor = emacs(scripted)
    form = """(list
      (with-temp-buffer (python-mode) (codegen-mode 1) codegen-mode)
      (with-temp-buffer (setq buffer-file-name "/ssh:host:/x.py") (python-mode) (codegen-mode 1)
        (prog1 codegen-mode (setq buffer-file-name nil)))
      (with-temp-buffer (insert (make-string 2000001 ?x)) (setq buffer-file-name "/x.py")
        (codegen-mode 1) (prog1 codegen-mode (setq buffer-file-name nil)))
      (with-temp-buffer (set-buffer-multibyte nil) (setq buffer-file-name "/x.py")
        (codegen-mode 1) (prog1 codegen-mode (setq buffer-file-name nil)))
      (with-current-buffer "*Messages*" codegen-mode))"""
    assert editor.eval(form) == [None] * 5
    # Nor where nothing can be typed.
    editor.eval("(progn (read-only-mode 1) nil)")
    editor.terminal.send(ctrl("c") + "\\")
    editor.until("Buffer is read-only")
    wait_while(lambda: not scripted.sent(INLINE), 0.3)
