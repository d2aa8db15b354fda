"""Ghost text: when it is shown, what follows of typing, and what becomes of it."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import BACKSPACE, LEFT, artefacts, ctrl

pytestmark = [pytest.mark.editors]

SHOWN = "textDocument/didShowCompletion"
CHANGED = "textDocument/didChange"

# What the scripted server suggests.
ALPHA = "alpha + beta"


def test_what_is_typed_gets_ghost_text(emacs, scripted):
    editor = emacs(scripted)
    editor.type("1 + ")
    editor.until_ghost(ALPHA)
    editor.until_idle()
    editor.terminal.capture(artefacts() / "emacs-ghost.svg")
    assert editor.text == "total = 1 + "
    assert editor.eval("(if (buffer-modified-p) t :json-false)")
    # The cursor stands before the ghost text.
    row, column = editor.terminal.cursor
    assert editor.terminal.rows[row][column:].startswith(ALPHA)

    # Each key was a change, and then a request.
    messages = [
        one["message"]["method"]
        for one in scripted.entries
        if one.get("from") == "editor" and one["message"].get("method") in (CHANGED, INLINE)
    ]
    assert messages == [CHANGED, INLINE] * 4
    assert {one["context"]["triggerKind"] for one in scripted.sent(INLINE)} == {2}
    assert not scripted.sent("$/cancelRequest")


def test_its_own_next_characters_shrink_it(emacs, scripted):
    editor = emacs(scripted)
    editor.type(" ")
    editor.until_ghost(ALPHA)
    requests = len(scripted.sent(INLINE))
    for index in range(3):
        editor.terminal.send(ALPHA[index])
        editor.until(lambda index=index: editor.terminal.ghost == ALPHA[index + 1 :])
    editor.until_idle()
    assert editor.terminal.ghost == ALPHA[3:]
    assert len(scripted.sent(INLINE)) == requests + 3
    # One suggestion, however often its rest was sent.
    assert len(scripted.sent(SHOWN)) == 1


def test_anything_else_removes_it(emacs, scripted):
    editor = emacs(scripted, "# slowly 60\ntotal = |")
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.type("xy")
    editor.until_no_ghost()
    editor.until_idle()
    assert editor.line == "total =  xy"


@pytest.mark.parametrize("key", [LEFT, ctrl("p"), BACKSPACE])
def test_it_goes_with_the_cursor(emacs, scripted, key):
    editor = emacs(scripted, "one = 1  # slowly 40\ntotal = |")
    editor.type(" ")
    editor.until_ghost(ALPHA)
    editor.terminal.send(key)
    editor.until_no_ghost()


@pytest.mark.parametrize(
    ("keys", "prompt"), [(ctrl("s"), "I-search:"), ("\x18r ", "Point to register:")]
)
def test_a_late_answer_does_not_disturb_what_is_going_on(emacs, make_shaped, keys, prompt):
    server = make_shaped("late")
    server.will("late", delay=2)
    editor = emacs(server)
    editor.type("x")
    server.until_sent(INLINE)
    editor.terminal.send(keys)
    editor.until(prompt)
    editor.until_answered(1)
    editor.terminal.settle()
    assert not editor.terminal.ghost
    # Once it is over, there is ghost text as ever.
    server.will("soon")
    editor.terminal.send(" " + ctrl("m"))
    editor.type("y")
    editor.until_ghost("soon")


def test_several_lines_and_tabs(emacs, make_shaped):
    server = make_shaped("(\n\tone,\n    two)")
    editor = emacs(server, "call|\nafter\n")
    editor.type("s")
    editor.until_ghost("two")
    editor.until_idle()
    assert editor.terminal.rows[:4] == ["calls(", "        one,", "    two)", "after"]
    editor.terminal.capture(artefacts() / "emacs-several-lines.svg")
    editor.type("\t")
    editor.until_text("calls(\n\tone,\n    two)\nafter\n")
    # The cursor stays before what begins in the next line.
    server.will("\n    three")
    editor.replace("one = |\n")
    editor.type("2")
    editor.until_ghost("three")
    assert editor.terminal.cursor == (0, len("one = 2"))


def test_what_is_seen_is_what_accepting_makes(emacs, make_shaped):
    cases = [
        # What stands behind the cursor is the suggestion's end.
        ("call(|)", 7, "xa, b)", "call(xa, b)", "call(xa, b)"),
        # Or it isn't, and is replaced.
        ("call(|)", 7, "x)[0]", "call(x)[0]", "call(x)[0]"),
        ("call(|, 1)", 7, "x2;", "call(x2; 1)", "call(x2; 1)"),
        # What was typed differs from what is suggested.
        ("call(|)", 7, "yz)", "call(x)", None),
        # There is nothing new in it.
        ("call(|)", 7, "x)", "call(x)", None),
        # It is for another place.
        ("call(|)", 5, "xa", "call(x)", None),
    ]
    server = make_shaped()
    editor = emacs(server)
    for text, end, insert, row, accepted in cases:
        span = {"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": end}}
        server.will({"insertText": insert, "range": span})
        editor.replace(text)
        editor.type("x")
        editor.until(lambda row=row: editor.terminal.rows[0] == row, row)
        if accepted is None:
            editor.until_idle()
            assert not editor.terminal.ghost
        else:
            editor.until_ghost()
            editor.type("\t")
            editor.until_text(accepted)
            editor.until_line(f"call({insert}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_are_counted_as_the_server_wants(emacs, make_shaped, encoding):
    units = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    before = '"😀é👩‍👩‍👧"'

    def width(text):
        return len(text.encode(units)) // size

    at = width(before)
    span = {"start": {"line": 1, "character": at}, "end": {"line": 1, "character": at + 1}}
    server = make_shaped({"insertText": "x.alpha", "range": span}, encoding=encoding)
    editor = emacs(server, f"first\n{before}|")
    editor.type(ctrl("e") + "x")
    editor.until_ghost(".alpha")
    assert server.sent(INLINE)[-1]["position"] == {"line": 1, "character": at + 1}
    [change] = server.sent(CHANGED)[-1]["contentChanges"]
    assert change["range"]["start"] == {"line": 1, "character": at}
    editor.type("\t")
    editor.until_text(f"first\n{before}x.alpha")


def test_electric_pairs_are_no_other_text(emacs, make_shaped):
    span = {"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 5}}
    server = make_shaped({"insertText": "(one)", "range": span})
    editor = emacs(server, "call|", before="(electric-pair-mode 1)")
    editor.type("s")
    editor.until_ghost("(one)")
    editor.type("(")
    editor.until_text("calls()")
    editor.until_idle()
    assert editor.terminal.rows[0] == "calls(one)"
    editor.type("\t")
    editor.until_text("calls(one)")


def test_narrowed_and_in_one_window_only(emacs, scripted):
    editor = emacs(scripted, "first\ntotal = |\nlast\n")
    editor.eval("(progn (narrow-to-region 7 15) (split-window) nil)")
    editor.type(" ")
    assert editor.until_ghost(ALPHA) == ALPHA
    assert scripted.sent(INLINE)[-1]["position"] == {"line": 1, "character": 9}
    editor.type("\t")
    editor.until_text("total =  alpha + beta")
    editor.eval("(progn (widen) nil)")
    editor.until_text("first\ntotal =  alpha + beta\nlast\n")


def test_other_ways_to_change_a_buffer_are_not_missed(emacs, scripted):
    editor = emacs(scripted, "one\ntotal = |\n")
    changes = [
        "(let ((inhibit-modification-hooks t)) (goto-char 1) (insert ?A))",
        # Announced as a change of more than it is.
        "(progn (goto-char 1) (upcase-word 1) (subst-char-in-region 1 5 ?X ?N))",
        "(with-current-buffer (make-indirect-buffer (current-buffer) {name}) (insert ?B))",
        "(with-current-buffer (make-indirect-buffer (current-buffer) {name} t) (insert ?C))",
        "(with-current-buffer (clone-indirect-buffer {name} nil) (insert ?D) (kill-buffer))",
        "(replace-string-in-region {name} {name} 1)",
        "(dotimes (i 200) (goto-char 5) (insert ?E))",
        "(set-buffer-multibyte t)",
        "(let ((case-fold-search nil)) (goto-char 1) (sort-lines nil 1 (point-max)))",
    ]
    for change in changes:
        name = '(generate-new-buffer-name \\"i\\")'.replace("\\", "")
        editor.eval(f"(progn {change.format(name=name)} (goto-char (point-max)) nil)")
        editor.type("1")
        editor.until_same_text()
    assert not scripted.sent("textDocument/didClose")


def test_stray_bytes_are_no_trouble(emacs, scripted):
    editor = emacs(scripted, "total = |\n")
    editor.eval("(progn (save-excursion (goto-char 1) (insert #x3fff80 #xd800)) nil)")
    editor.type(" ")
    editor.until_ghost(ALPHA)
    changes = scripted.sent(CHANGED)[0]["contentChanges"]
    assert "".join(change["text"] for change in changes) == "�� "
