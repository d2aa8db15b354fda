""":Codegen, :checkhealth and :help."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import TAB, artefacts

pytestmark = [pytest.mark.editors]


def test_suggestions_are_switched_off_and_on(edit, scripted):
    nvim = edit("one\n")
    changed = len(scripted.sent("workspace/didChangeConfiguration"))
    for off, on in [
        ("disable", "enable"),
        ("toggle", "toggle"),
        ("language disable", "language enable"),
        ("language disable python", "language enable python"),
    ]:
        nvim.command(f"Codegen {off}")
        scripted.until_sent("workspace/didChangeConfiguration", changed + 1)
        nvim.command("Codegen status")
        nvim.terminal.until("python is off" if "language" in off else "codegen: off")
        asked = len(scripted.sent(INLINE))
        nvim.type("oy")
        nvim.until_line("y")
        if "language" in off:
            nvim.until_answered(asked + 2)
        nvim.terminal.settle()
        assert nvim.terminal.ghost == ""
        nvim.normal()
        nvim.command(f"Codegen {on}")
        scripted.until_sent("workspace/didChangeConfiguration", changed + 2)
        nvim.type("oz")
        nvim.terminal.until_ghost()
        nvim.normal()
        changed += 2


def test_words_of_the_command_are_completed(edit, answering):
    nvim = edit("one\n", server=answering)

    def complete(line):
        return nvim.expr(f"getcompletion('{line}', 'cmdline')")

    words = "answer disable enable explain language log restart status toggle"
    assert complete("Codegen ") == words.split()
    assert complete("Codegen e") == ["enable", "explain"]
    assert complete("Codegen language ") == ["disable", "enable"]
    assert "python" in complete("Codegen language disable pyt")
    nvim.command("Codegen dance")
    nvim.terminal.until("no command dance; there are answer, disable, enable,")
    nvim.command("Codegen language dance")
    nvim.terminal.until("expected :Codegen language")


def test_the_last_suggestion_is_explained(edit, scripted):
    nvim = edit("def add(alpha, beta):\n    return ^\n")
    nvim.type("al")
    nvim.terminal.until_ghost("pha")
    nvim.until_answered(2)
    nvim.normal()
    nvim.command("Codegen explain")
    nvim.until(lambda: 'trigger = "automatic"' in "\n".join(nvim.lines), "the explanation")
    assert nvim.expr("[&buftype, &modifiable, &filetype]") == ["nofile", 0, "lua"]
    nvim.terminal.capture(artefacts() / "neovim" / "explain.svg")
    nvim.type("q")
    nvim.until(lambda: nvim.expr("winnr('$')") == 1, "one window")
    nvim.command("enew | Codegen explain")
    nvim.terminal.until("this buffer is not the server's")


def test_the_log_and_the_health_say_what_is_wrong(edit, scripted, installed):
    options = "settings = { lines = 'many', linse = 'auto' }, ghost_text = 'native', typo = 1"
    nvim = edit("one\n", options=options)
    scripted.until(lambda: len(scripted.said("window/logMessage")) >= 3)
    nvim.command("Codegen log")
    nvim.until(lambda: any("ready: scripted" in line for line in nvim.lines), "the log")
    log = "\n".join(nvim.lines)
    assert "warning the setting 'linse' = 'auto' is ignored" in log
    assert "no option typo" in log
    nvim.type("q")
    nvim.command("checkhealth codegen")
    nvim.until(lambda: any("positions in utf-8" in line for line in nvim.lines), "the report")
    report = "\n".join(nvim.lines)
    for words in (
        "WARNING no option typo",
        "WARNING this Neovim has no inline completion",
        "accept: <Tab>",
        str(scripted.bin / "codegen"),
        "buffers of its own: 1",
        "ready: scripted on cpu",
        "WARNING the setting 'linse' = 'auto' is ignored: there is no such setting",
    ):
        assert words in report
    # Shown by the plugin all the same.
    nvim.command("quit")
    nvim.until(lambda: nvim.expr("bufname()") == "new.py", "the file")
    nvim.type("ox")
    nvim.terminal.until_ghost()
    nvim.type(TAB)


def test_there_is_help(edit, answering, installed):
    nvim = edit("one\n", server=answering)
    nvim.command(f"helptags {installed}/doc")
    for tag in (
        "codegen",
        "codegen-options",
        "codegen-keys",
        "codegen-status",
        "codegen-native",
        "codegen-limits",
        ":Codegen",
        ":Codegen-answer",
        "CodegenGhost",
        "codegen-troubleshooting",
    ):
        nvim.command(f"help {tag}")
        nvim.until(lambda tag=tag: f"*{tag}*" in nvim.line, tag)
    width = max(len(line) for line in (installed / "doc/codegen.txt").read_text().splitlines())
    assert width <= 78
