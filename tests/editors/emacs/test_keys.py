"""The keys and commands: accepting, choosing, dismissing, and what Tab leaves to others."""

import pytest

from tests.editors.required import missing
from tests.editors.servers import INLINE
from tests.editors.terminal import ESCAPE, UP, alt, artefacts, ctrl

pytestmark = [pytest.mark.editors]

PARTLY = "textDocument/didPartiallyAcceptCompletion"
EXECUTE = "workspace/executeCommand"
CANCEL = "$/cancelRequest"

ALPHA = "alpha + beta"
UNDO = ctrl("_")


def test_all_of_it_is_accepted_and_undone_at_once(emacs, scripted):
    editor = emacs(scripted)
    editor.type("1 + ")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until_line("total = 1 + alpha + beta")
    [accepted] = scripted.until_sent(EXECUTE)
    assert accepted["command"] == "codegen.didAcceptCompletionItem"
    # What comes next is asked for at once.
    editor.until_answered(5)
    editor.terminal.send(UNDO)
    editor.until_line("total = 1 + ")
    # What was just taken back is not suggested again.
    editor.terminal.settle()
    assert len(scripted.sent(INLINE)) == 5
    assert not editor.terminal.ghost
    editor.until_same_text()


def test_a_word_at_a_time(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    for count, (inserted, rest) in enumerate([("alpha", " + beta"), ("alpha +", " beta")], start=1):
        editor.terminal.send(alt("f"))
        editor.until_line(f"total =  {inserted}")
        editor.until(lambda rest=rest: editor.terminal.ghost == rest)
        told = scripted.until_sent(PARTLY, count)[-1]
        assert told["acceptedLength"] == len(inserted)
        assert told["item"]["insertText"] == ALPHA
    assert len(scripted.sent(INLINE)) == 1
    editor.terminal.capture(artefacts() / "emacs-word.svg")
    editor.terminal.send(UNDO)
    editor.until_line("total =  alpha")
    editor.terminal.send(UNDO)
    editor.until_line("total =  ")


def test_the_last_word_is_all(emacs, make_shaped):
    command = {"title": "", "command": "accepted", "arguments": []}
    server = make_shaped({"insertText": "😀 a", "command": command})
    editor = emacs(server)
    editor.type(" ")
    editor.until_ghost("😀 a")
    editor.terminal.send(alt("f"))
    # In units of UTF-16, whatever positions are counted in.
    assert server.until_sent(PARTLY)[0]["acceptedLength"] == 2
    editor.terminal.send(alt("f"))
    editor.until_line("total =  😀 a")
    server.until_sent(EXECUTE)
    assert len(server.sent(PARTLY)) == 1
    # With all of it there, what comes next is asked for.
    server.until_sent(INLINE, 2)


def test_a_line_at_a_time(emacs, make_shaped):
    server = make_shaped("one\n\n    two\n    three")
    editor = emacs(server, "|\nafter\n")
    editor.type(" ")
    editor.until_ghost("three")
    for count, text in enumerate(["one", "one\n\n    two"], start=1):
        editor.terminal.send(ctrl("e"))
        editor.until_text(f" {text}\nafter\n")
        assert server.until_sent(PARTLY, count)[-1]["acceptedLength"] == len(text)
    editor.terminal.send(ctrl("e"))
    editor.until_text(" one\n\n    two\n    three\nafter\n")
    assert len(server.sent(PARTLY)) == 2


def test_the_next_and_the_previous_one(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    wanted = ["alpha - beta", "beta + alpha", ALPHA, "alpha - beta"]
    for text in wanted:
        editor.terminal.send(alt("n"))
        editor.until_ghost(text)
    editor.terminal.send(alt("p"))
    editor.until_ghost(ALPHA)
    # They were asked for once, by hand.
    assert [one["context"]["triggerKind"] for one in scripted.sent(INLINE)] == [2, 1]
    editor.terminal.send(alt("p"))
    editor.until_ghost("beta + alpha")
    editor.type("\t")
    editor.until_line("total =  beta + alpha")
    # Each was shown once, or again after another one.
    shown = scripted.sent("textDocument/didShowCompletion")
    assert shown[0]["item"]["insertText"] == ALPHA


def test_by_hand_where_nothing_is_typed(emacs, scripted):
    editor = emacs(scripted, "value = |\n")
    editor.terminal.send(ctrl("c") + "\\")
    editor.until_ghost(ALPHA)
    assert scripted.sent(INLINE)[-1]["context"] == {"triggerKind": 1}
    editor.terminal.send(alt("n"))
    editor.until_ghost("alpha - beta")
    assert len(scripted.sent(INLINE)) == 1


def test_by_hand_there_may_be_nothing(emacs, make_shaped):
    editor = emacs(make_shaped())
    editor.command("codegen-invoke")
    editor.until("codegen: nothing to suggest here")


@pytest.mark.parametrize("name", ["note.org", "note.py"])
def test_the_key_to_ask_by_hand_is_left_to_what_has_it(emacs, scripted, name):
    mine = '(global-set-key (kbd "C-c \\\\") (lambda () (interactive) (message "my key")))'
    editor = emacs(scripted, "* one |\n", name=name, before="" if name == "note.org" else mine)
    editor.terminal.send(ctrl("c") + "\\")
    # Org narrows its tree with it.
    editor.until("Match:" if name == "note.org" else "my key")
    assert not scripted.sent(INLINE)


def test_dismissed_without_a_trace(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.terminal.send(ctrl("g"))
    editor.until_no_ghost()
    editor.terminal.settle()
    assert editor.text == "total =  "
    assert not scripted.sent(CANCEL)
    assert "Quit" not in editor.terminal.text


def test_what_is_being_written_is_cancelled(emacs, scripted):
    editor = emacs(scripted, "# at length, slowly 1000\ntotal = |")
    editor.type(" ")
    scripted.until_sent(INLINE)
    editor.terminal.send(ctrl("g"))
    scripted.until_sent(CANCEL)
    editor.until_answered(1)
    assert not editor.terminal.ghost
    # Typing cancels nothing: the server answers an older request by itself.
    editor.type("ab")
    scripted.until_sent(INLINE, 3)
    assert len(scripted.sent(CANCEL)) == 1
    # A buffer that is left is.
    editor.terminal.send("\x18b*scratch*\r")
    scripted.until_sent(CANCEL, 2)


MY_TAB = '(global-set-key (kbd "TAB") (lambda () (interactive) (insert "<tab>")))'


def test_without_ghost_text_tab_indents(emacs, scripted):
    editor = emacs(scripted, "if one:\n|two")
    editor.type("\t")
    editor.until_text("if one:\n    two")


def test_without_ghost_text_tab_is_what_the_user_has_made_of_it(emacs, scripted):
    editor = emacs(scripted, before=MY_TAB)
    editor.type("\t")
    editor.until_line("total = <tab>")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until_line(f"total = <tab>{ALPHA}")


def test_with_its_keys_switched_off_they_do_nothing(emacs, scripted):
    editor = emacs(scripted, before=f"(setq codegen-bind-keys nil) {MY_TAB}")
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until_line("total =  <tab>")
    editor.until_ghost(ALPHA)
    editor.command("codegen-accept")
    editor.until_line(f"total =  <tab>{ALPHA}")


def test_in_a_blank_line_tab_indents_before_blanks(emacs, make_shaped):
    editor = emacs(make_shaped("    one"), "if one:\n|")
    editor.type(" ")
    editor.until_ghost("one")
    editor.type("\t")
    editor.until_text("if one:\n    ")
    # Elsewhere, blanks are accepted.
    editor.type("x")
    # Before, there was ghost text already.
    editor.until("x    one")
    editor.type("\t")
    editor.until_text("if one:\n    x    one")


def test_a_menu_of_company_comes_first(emacs, scripted):
    editor = emacs(
        scripted,
        "cartwheel = cartridge = 1\ntotal = |",
        before="(setq company-idle-delay nil company-backends '(company-dabbrev-code))"
        "(global-company-mode 1)",
    )
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.type("cart")
    editor.command("company-complete")
    editor.until("cartridge ")
    requests = len(scripted.sent(INLINE))
    editor.until_idle()
    # Typing asks all the same, so that there is an answer when the menu is closed.
    editor.type("r")
    editor.until_answered(requests + 1)
    editor.terminal.settle()
    assert not editor.terminal.ghost
    editor.type("\t")
    editor.until_line("total =  cartridge")


def test_emacs_own_menu_hides_ghost_text(emacs, scripted):
    table = '(list (line-beginning-position) (point) \'("total =  one" "total =  other"))'
    editor = emacs(
        scripted,
        before="(defun my-table () (add-hook 'completion-at-point-functions"
        f" (lambda () {table}) -90 t)) (add-hook 'python-mode-hook #'my-table 90)",
    )
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.command("completion-at-point")
    editor.until_line("total =  o")
    editor.command("completion-at-point")
    editor.until("Possible completions")
    editor.until_no_ghost()
    # Closed without a choice, the place is free again.
    editor.until_idle()
    editor.terminal.send(ctrl("g"))
    editor.until(lambda: "Possible completions" not in editor.terminal.text)


def test_a_snippet_keeps_its_tab(emacs, scripted):
    editor = emacs(
        scripted,
        "|",
        before="(require 'yasnippet) (yas-global-mode 1)\n"
        '(defun my-snippet () (interactive) (yas-expand-snippet "f($1, $2)$0"))',
    )
    editor.command("my-snippet")
    editor.until_text("f(, )")
    editor.type("x")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until(lambda: editor.eval("(point)") == len("f(x, ") + 1, "the next field")
    editor.type("y")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until(lambda: editor.eval("(point)") == len("f(x, y)") + 1, "the end")
    # After the snippet, the key accepts again.
    editor.type(" + ")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until_text(f"f(x, y) + {ALPHA}")


def test_evil_has_ghost_text_in_its_insert_state(emacs, scripted):
    before = "(setq evil-want-keybinding nil) (require 'evil) (evil-mode 1)"
    if not emacs.has("evil"):
        missing("evil")
    editor = emacs(scripted, "total = |", before=before)
    # In normal state, nothing is suggested.
    editor.type("x")
    editor.until_line("total =")
    editor.terminal.settle()
    assert not scripted.sent(INLINE)
    editor.type("a ")
    editor.until_ghost(ALPHA)
    editor.terminal.send(ESCAPE)
    editor.until_no_ghost()
    editor.until(lambda: editor.eval("(symbol-name evil-state)") == "normal", "normal state")
    editor.type("a ")
    editor.until_ghost(ALPHA)
    editor.type("\t")
    editor.until(lambda: editor.text.endswith(ALPHA), "accepted text")


def test_no_ghost_text_for_a_keyboard_macro(emacs, scripted):
    editor = emacs(scripted, "total = |\n")
    editor.terminal.send("\x18(")
    editor.until("Def")
    editor.type("1 ")
    editor.terminal.send("\x18)")
    editor.until_line("total = 1 ")
    editor.terminal.send("\x18e")
    editor.until_line("total = 1 1 ")
    editor.terminal.settle()
    assert not scripted.sent(INLINE)
    editor.type("2 ")
    editor.until_ghost(ALPHA)
    editor.until_same_text()


def test_a_buffer_that_is_left_and_seen_again(emacs, scripted):
    editor = emacs(scripted, "one = 1\ntotal = |")
    [focus] = scripted.until_sent("textDocument/didFocus")
    assert focus["textDocument"]["uri"] == editor.file.as_uri()
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.terminal.send("\x18b*scratch*\r")
    editor.until("*scratch*")
    editor.until_no_ghost()
    editor.terminal.send("\x18b\r")
    scripted.until_sent("textDocument/didFocus", 2)
    editor.terminal.settle()
    assert not editor.terminal.ghost
    # Where the cursor rests, the server may look ahead.
    editor.terminal.send(UP)
    [moved] = scripted.until_sent("codegen/didMoveCursor")
    assert moved["position"]["line"] == 0
