"""A session in the real VS Code with the real model."""

import pytest

pytestmark = [pytest.mark.editors, pytest.mark.model, pytest.mark.timeout(1800)]

# The body of `total_value`, which the model is to write again.
LINE = 25
INDENT = " " * 8

# What can be compared line by line, and no menu that takes the keys.
SINGLE = {"codegen.lines": "single", "editor.wordBasedSuggestions": "off"}


def test_a_session(open_window, workspace, real):
    settings = SINGLE | {"codegen.server.path": str(real.bin / "codegen")}
    path = workspace / "inventory.py"
    before = path.read_text(encoding="utf-8").splitlines(keepends=True)
    window = open_window(workspace, settings)
    window.open("inventory.py")
    real.until_ready()
    window.go("".join(before[: LINE - 1]) + INDENT)
    window.press("Shift+End", "Delete")
    window.until_line(INDENT)

    # Typed, and what the model makes of it.
    window.type("return ")
    whole = INDENT + "return " + window.until(lambda: window.ghost, "ghost text")
    assert "quantity" in whole
    window.capture("real model")

    # A word of it, and the rest.
    window.press("Control+ArrowRight")
    window.until(
        lambda: window.ghost and whole.removesuffix(window.ghost) in window.lines, "a word"
    )
    window.press("Control+z")
    window.until_line(INDENT + "return ")

    # Typed on, what it says and then something else.
    window.type(whole.removeprefix(INDENT + "return ")[:3])
    window.until(lambda: window.ghost and whole.endswith(window.ghost), "the rest of it")
    window.type("XYZ")
    window.until(lambda: not window.ghost or not whole.endswith(window.ghost), "its end")
    window.press(*["Backspace"] * 6)
    window.until_line(INDENT + "return ")

    # Not wanted, and asked for again.
    window.until(lambda: window.ghost, "ghost text")
    window.press("Escape")
    window.until_ghost("")
    window.press("Alt+\\")
    taken = window.until(lambda: window.ghost, "ghost text")
    window.press("Tab")
    window.until_line(f"{INDENT}return {taken}")
    window.press("Control+s")
    line = f"{INDENT}return {taken}\n"
    wanted = "".join([*before[: LINE - 1], line, *before[LINE:]]).encode()
    window.until(lambda: path.read_bytes() == wanted, "saved")

    # The server dies, and the editor doesn't.
    window.press("Shift+Home", "Delete")
    real.kill()
    window.type("return ")
    window.until_line(f"{INDENT}return ")
    real.until_ready(2)
    window.until_status("ready")
    window.press("Backspace")
    window.type(" ")
    window.until(lambda: window.ghost, "ghost text of the new server")


def test_a_file_of_another_kind(open_window, workspace, real):
    # Lines that end as on Windows, and characters that editors count differently.
    path = workspace / "greet.py"
    head = "MARKS = ['𝒳', '👩‍👩‍👧']\r\n\r\n\r\ndef greet(name):\r\n"
    path.write_text(f"{head}    mark = '𝒳 👩‍👩‍👧'; return", encoding="utf-8", newline="")
    window = open_window(workspace, SINGLE | {"codegen.server.path": str(real.bin / "codegen")})
    window.open("greet.py")
    real.until_ready()
    window.press("Control+End")
    window.type(" ")
    line = f"    mark = '𝒳 👩‍👩‍👧'; return {window.until(lambda: window.ghost, 'ghost text')}"
    window.press("Tab")
    window.until_line(line)
    window.press("Control+s")
    wanted = f"{head}{line}".encode()
    window.until(lambda: path.read_bytes() == wanted, f"saved as {wanted}")
