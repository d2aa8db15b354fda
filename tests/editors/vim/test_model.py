"""Sessions in Vim with the real model."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ENTER, ESCAPE, TAB, ctrl

pytestmark = [pytest.mark.editors, pytest.mark.model, pytest.mark.timeout(900)]

WORD, LINE, INVOKE, DISMISS = (*(ctrl("g") + letter for letter in "wlg"), ctrl("]"))

# Where the model is to go on: the body of `total_value`.
BODY = 25

# Two units of UTF-16, and five code points that are one character.
ASTRAL = "\N{MATHEMATICAL SCRIPT CAPITAL X}"
FAMILY = "👩‍👩‍👧"

BEFORE = "        return "


@pytest.fixture
def inventory(vim, real, workspace):
    """The example, with the model loaded and the cursor behind `return `."""

    def begin():
        # The model's settings are the user's own: nothing is sent.
        editor = vim(real, "inventory.py", vimrc=["let g:codegen = {}"], rows=40)
        real.until_ready()
        editor.send(f"{BODY}GccX{ESCAPE}")
        editor.send(f"S{BEFORE.strip()} ")
        return editor

    return begin


def line(editor):
    return editor.evaluate("getline('.')")


def asked(editor):
    """Ghost text, asked for by hand if typing has brought none."""
    editor.send(INVOKE)
    return editor.until_ghost()


def test_a_session(inventory, real, workspace):
    original = (workspace / "inventory.py").read_bytes()
    editor = inventory()
    whole = asked(editor)
    editor.picture("real_model")
    first = whole.split("\n")[0]

    # By words.
    editor.send(WORD)
    editor.until(lambda: editor.ghost and editor.ghost != whole, "a shorter ghost text")
    assert whole.replace("\n", "").endswith(editor.ghost.replace("\n", ""))

    # Typed on, letter by letter, from the cache.
    rest = editor.ghost.split("\n")[0]
    typed = rest[:4]
    editor.type(typed)
    editor.until(lambda: editor.ghost.split("\n")[0] == rest[4:], "the rest of it")

    # The line, and all of it is undone in steps.
    editor.send(LINE)
    editor.until(lambda: first.strip() in editor.text and editor.ghost.split("\n")[0] != rest[4:])
    assert line(editor) == BEFORE + first
    editor.send("u")
    assert line(editor) == (BEFORE + first)[: -len(rest[4:])]

    # All at once, after it was dismissed and asked for again.
    editor.send("S" + BEFORE.strip() + " ")
    asked(editor)
    editor.send(DISMISS)
    editor.until_no_ghost()
    whole = asked(editor)
    editor.send(TAB)
    real.until_sent("workspace/executeCommand")
    editor.send(ESCAPE)
    editor.command("write")
    assert editor.evaluate("&modified") == 0
    lines = original.decode().splitlines()
    inserted = (BEFORE + whole).split("\n")
    wanted = [*lines[: BODY - 1], *inserted, *lines[BODY:]]
    saved = (workspace / "inventory.py").read_text(encoding="utf-8")
    assert saved == "\n".join(wanted) + "\n"

    # What is typed otherwise takes the suggestion away.
    editor.send("u")
    editor.send("S" + BEFORE.strip() + " ")
    asked(editor)
    editor.send("#")
    editor.until_no_ghost()
    assert editor.quit() == 0


def test_line_ends_of_windows_stay(inventory, real, workspace):
    path = workspace / "inventory.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    editor = inventory()
    asked(editor)
    editor.send(TAB)
    real.until_sent("workspace/executeCommand")
    editor.send(ENTER + ESCAPE)
    editor.command("write")
    assert editor.evaluate("&modified") == 0
    saved = path.read_bytes()
    assert saved.count(b"\r\n") == saved.count(b"\n") == saved.count(b"\r")
    [document] = real.sent("textDocument/didOpen")
    assert document["textDocument"]["text"].count("\r\n") > BODY


def test_astral_characters_before_the_cursor(inventory, real):
    editor = inventory()
    before = f"{ASTRAL} = '{FAMILY}'; total = sum(item."
    editor.send(ctrl("u") + before)
    asked(editor)
    position = real.sent(INLINE)[-1]["position"]
    indent = len(BEFORE) - len(BEFORE.lstrip())
    assert position == {"line": BODY - 1, "character": indent + len(before.encode())}
    editor.send(WORD)
    editor.until(lambda: real.sent("textDocument/didPartiallyAcceptCompletion") or not editor.ghost)
    assert line(editor).startswith(" " * indent + before)


def test_the_server_is_killed(inventory, real):
    editor = inventory()
    asked(editor)
    real.kill()
    editor.until_no_ghost()
    editor.type("sum(")
    assert line(editor).startswith(BEFORE + "sum(")
    real.until_ready(starts=2)
    editor.send("a")
    editor.send(INVOKE)
    assert editor.until_ghost()
