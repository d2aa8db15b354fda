"""Whole sessions with the real model."""

from pathlib import Path

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import artefacts, ctrl

pytestmark = [pytest.mark.editors, pytest.mark.model, pytest.mark.timeout(1800)]

EXAMPLE = Path(__file__).parents[3] / "examples" / "inventory.py"

# As a user has it, but for a machine that does other things, too.
SETTINGS = "(:maxLatency 60000)"


def holed(line_end="\n", above=""):
    """The example without the body of `total_value`, which is where the cursor is."""
    text = EXAMPLE.read_text(encoding="utf-8")
    return above + text.replace("return sum()", "|", 1).replace("\n", line_end)


def saved(editor, line_end="\n"):
    """What is on disk must be what the buffer says, with the file's own line ends."""
    expected = editor.text.replace("\n", line_end).encode()
    assert editor.save() == expected
    return expected.decode()


def test_a_session(emacs, real):
    editor = emacs(real, holed(), name="inventory.py", settings=SETTINGS)
    before = editor.text
    editor.type("return ")
    ghost = editor.until_ghost()
    editor.terminal.capture(artefacts() / "emacs-session.svg")

    # Typed on, it shrinks; otherwise, it goes.
    editor.type(ghost[:2])
    editor.until(lambda: editor.terminal.ghost.startswith(ghost[2:8]), "a shorter ghost")
    editor.type(" @")
    editor.until(lambda: ghost[2:8] not in editor.terminal.ghost, "another ghost, or none")
    for _ in range(4):
        editor.terminal.send("\x7f")
    editor.until_line("        return ")
    editor.type("s")
    editor.until_ghost()

    # A word, all, undone, dismissed.
    editor.terminal.send("\x1bf")
    editor.until(lambda: len(editor.line) > len("        return s"), "a word")
    word = editor.line
    editor.until_idle()
    editor.until_ghost()
    editor.type("\t")
    editor.until(lambda: len(editor.text) > len(before) + len(word.strip()) + 1, "all of it")
    accepted = editor.text
    real.until_sent("workspace/executeCommand")
    editor.terminal.send(ctrl("_"))
    editor.until_line(word)
    editor.command("undo-redo")
    editor.until(lambda: editor.text == accepted, "redone")
    editor.until_same_text()
    assert "quantity" in saved(editor) or "price" in saved(editor)

    # What became of the last request.
    editor.command("codegen-explain")
    editor.until('"trigger": "automatic"')


def test_a_session_in_a_file_of_dos(emacs, real):
    above = "# 😀 👩‍👩‍👧\r\n"
    editor = emacs(real, holed("\r\n", above), name="inventory.py", settings=SETTINGS)
    editor.type('a = "😀 👩‍👩‍👧"; return s')
    editor.until_ghost()
    assert real.sent(INLINE)[-1]["position"]["character"] == len(editor.line.encode())
    editor.terminal.send(ctrl("e"))
    editor.until(lambda: not editor.line.endswith("return s"), "a line")
    editor.until_same_text()
    text = saved(editor, "\r\n")
    assert text.count("\r\n") == text.count("\n")


def test_killed_in_the_middle(emacs, real):
    editor = emacs(real, holed(), name="inventory.py", settings=SETTINGS)
    editor.type("return ")
    editor.until_ghost()
    real.kill()
    editor.until_no_ghost()
    editor.type("su")
    editor.until_line("        return su")
    real.until_ready(2)
    editor.until("codegen:ready")
    editor.type("m")
    editor.until_ghost()
    editor.type("\t")
    editor.until(lambda: not editor.line.endswith("return sum"), "accepted text")
    editor.until_same_text()
    saved(editor)
