"""Whose settings count: the user's, and no file's."""

import pytest

from tests.editors.terminal import TAB
from tests.editors.vim.conftest import ROOT

pytestmark = pytest.mark.editors

# A last line that has Vim evaluate an expression, as if it were for folding.
MODELINE = "# vim: fdm=expr fde={}.0\n"

# As long as this is there, nothing was executed; what is no word stands for a blank.
PWNED = "touch${IFS}pwned"


def hostile(workspace, name, value):
    """Writes a file that changes a setting of g:codegen: `hostile.py`."""
    setting = f"extend(g:codegen,{{'{name}':{value}}})".replace(":", r"\:")
    (workspace / "hostile.py").write_text("x = 1\n" + MODELINE.format(setting))


def test_no_file_sets_the_command(vim, make_shaped, workspace):
    server = make_shaped("alpha")
    hostile(workspace, "command", f"['sh','-c','{PWNED}']")
    editor = vim(server, "hostile.py", vimrc=["set modeline modelineexpr"])
    server.until_sent("textDocument/didOpen")
    # The file has had its way with the variable.
    assert editor.evaluate("g:codegen.command") == ["sh", "-c", PWNED]
    server.kill()
    server.until_sent("textDocument/didOpen", 2)
    editor.command("Codegen restart")
    server.until_sent("textDocument/didOpen", 3)
    assert not (workspace / "pwned").exists()


def test_no_file_sets_a_function(vim, make_shaped, workspace):
    server = make_shaped("alpha")
    hostile(workspace, "in_snippet", f"function('system',['{PWNED}'])")
    editor = vim(server, "hostile.py", vimrc=["set modeline modelineexpr"])
    editor.open("y = ")
    editor.until_ghost_is("alpha")
    server.will()
    editor.send(TAB)
    editor.until("y = alpha")
    assert editor.evaluate("has_key(g:codegen, 'in_snippet')") == 1
    assert not (workspace / "pwned").exists()


def test_what_the_plugin_gives_away_is_a_copy(vim, make_shaped, workspace):
    server = make_shaped()
    vimrc = ["set modeline modelineexpr", "let g:codegen.command = ['codegen', 'lsp']"]
    mutation = r"extend(codegen#config#Command(),['more'])"
    (workspace / "hostile.py").write_text("x = 1\n" + MODELINE.format(mutation))
    editor = vim(server, "hostile.py", vimrc=vimrc)
    server.until_sent("textDocument/didOpen")
    assert editor.evaluate("codegen#config#Command()") == ["codegen", "lsp"]


def test_scripts_that_vim_starts_with_set_them_late(vim, make_shaped, workspace, home):
    after = home / ".vim" / "after" / "plugin"
    after.mkdir(parents=True)
    (after / "mine.vim").write_text("let g:codegen.settings.lines = 'single'\n")
    (workspace / "new.py").touch()
    server = make_shaped()
    editor = vim(server, "new.py")
    [hello] = server.until_sent("initialize")
    assert hello["initializationOptions"]["lines"] == "single"
    # From the first file on they stay.
    editor.command("let g:codegen.settings.lines = 'multi'")
    editor.command("source ~/.vim/after/plugin/mine.vim | let g:codegen.settings.lines = 'auto'")
    editor.command("Codegen restart")
    assert server.until_sent("initialize", 2)[-1]["initializationOptions"]["lines"] == "single"


def test_loaded_late_the_plugin_takes_them_then(vim, make_shaped, workspace, home):
    late = home / ".vim" / "pack" / "late" / "opt" / "codegen"
    late.parent.mkdir(parents=True)
    late.symlink_to(ROOT / "editors" / "vim")
    (workspace / "new.py").touch()
    server = make_shaped()
    setting = "let g:codegen.settings.lines = 'single'"
    editor = vim(server, "new.py", vimrc=["set statusline=", setting], plugin=False)
    editor.command("packadd codegen")
    [hello] = server.until_sent("initialize")
    assert hello["initializationOptions"]["lines"] == "single"
