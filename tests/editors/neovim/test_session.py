"""Somebody writes with the real model."""

import pytest

from tests.editors.terminal import RHYTHM, TAB, artefacts, ctrl

pytestmark = [pytest.mark.editors, pytest.mark.model, pytest.mark.timeout(1800)]

WORD, LINE = "\x1b[1;3C", "\x1b[1;7C"

# The line of the example that is written anew, from 1: the body of `total_value`.
BODY = 25


@pytest.fixture
def hollow(workspace):
    """The example without the body of `total_value`."""

    def make(newline="\n", before=""):
        path = workspace / "inventory.py"
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[BODY - 1] = f"        {before}"
        path.write_bytes("".join(line + newline for line in lines).encode())
        return path

    return make


def take_whole(nvim):
    """Accepts what is shown; gives the cursor's line before and after."""
    before = nvim.line
    nvim.type(TAB)
    nvim.until(lambda: nvim.line != before, "a longer line")
    return before, nvim.line


def saved(nvim, path):
    """Saves; the file's bytes."""
    nvim.normal()
    nvim.command("w")
    nvim.until(lambda: nvim.expr("&modified") == 0, "a saved file")
    return path.read_bytes()


def test_a_session(open_nvim, real, hollow):
    path = hollow()
    before = path.read_bytes()
    nvim = open_nvim(path.name, server=real, options="")
    nvim.until_attached()
    nvim.command(str(BODY))
    nvim.type("A")
    nvim.terminal.type("return s", RHYTHM)
    shown = nvim.terminal.until_ghost("quantity")
    nvim.terminal.capture(artefacts() / "neovim" / "model.svg")

    # Typed on in another way: it goes, and another comes.
    nvim.terminal.type("orted", RHYTHM)
    nvim.until(lambda: nvim.terminal.ghost != shown, "another suggestion")
    nvim.terminal.send("\x7f" * 5)
    nvim.until_line("        return s")
    # What is shown between two of the keys may speak of a quantity, too.
    nvim.until(lambda: nvim.terminal.ghost.startswith("um"), "the first suggestion")

    # A word, and it is undone in one step.
    nvim.terminal.send(WORD)
    nvim.until_line("        return sum")
    nvim.normal()
    nvim.type("u")
    nvim.until_line("        return s")
    nvim.type("A")
    nvim.terminal.send("\x1b\\")
    nvim.terminal.until_ghost("um")

    # Dismissed, asked for again, a line of it, and the rest.
    nvim.terminal.send(ctrl("]"))
    nvim.terminal.until_no_ghost()
    nvim.terminal.send("\x1b\\")
    ghost = nvim.terminal.until_ghost("um")
    nvim.terminal.send(LINE)
    nvim.until_line(f"        return s{ghost.splitlines()[0]}")
    wanted = before.split(b"\n")
    wanted[BODY - 1] = f"        return s{ghost.splitlines()[0]}".encode()
    assert saved(nvim, path) == b"\n".join(wanted)
    nvim.quit()


def test_a_crlf_file_with_astral_characters_and_a_server_that_is_killed(open_nvim, real, hollow):
    start = '_ = "𝒳 👩‍👩‍👧"; return '
    path = hollow("\r\n", start)
    before = path.read_bytes()
    nvim = open_nvim(path.name, server=real, options="")
    nvim.until_attached()
    nvim.command(str(BODY))
    nvim.type("A")
    nvim.terminal.type("su", RHYTHM)
    nvim.terminal.until_ghost("m(")
    nvim.terminal.capture(artefacts() / "neovim" / "astral.svg")

    real.kill()
    nvim.type("m")
    nvim.until_line(f"        {start}sum")
    real.until(lambda: len(real.pids) == 2, "another server")
    real.until_ready(2)
    nvim.until_attached()
    nvim.type("(")
    nvim.terminal.until_ghost("quantity")
    old, new = take_whole(nvim)
    assert old == f"        {start}sum("
    assert new.startswith(old)
    lines = saved(nvim, path).split(b"\r\n")
    wanted = before.split(b"\r\n")
    wanted[BODY - 1] = new.encode()
    assert lines == wanted
    # What was accepted is a step of its own.
    nvim.type("u")
    nvim.until_line(old)
    nvim.quit()
