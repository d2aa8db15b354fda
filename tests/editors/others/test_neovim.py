"""Neovim with clients that others wrote, set up as docs/editors.md says.

Its own client runs as it is. Something stands in for what no package registry has: nvim-cmp,
blink.cmp and the inline completion of Neovim 0.12. There only what the recipe does is seen.
"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.editors.others.recipes import recipe
from tests.editors.terminal import ENTER, ESCAPE, PATIENCE, artefacts, ctrl

pytestmark = [pytest.mark.editors]

# What the scripted server suggests.
ALPHA = "alpha + beta"

INIT = """
vim.o.swapfile = false
vim.o.completeopt = "menuone,noselect,popup"
{before}
{recipe}
"""

# What Neovim 0.12 announces, with whatever menu.
CAPABILITIES = """
local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  all.textDocument.inlineCompletion = { dynamicRegistration = false }
  return all
end"""

OWN = "Neovim without the plugin"

# What stands in for something, as Lua that comes before the recipe.
OWN_0_12 = """
vim.lsp.inline_completion = { enable = function() vim.g.enabled = 1 end }
vim.lsp.config("codegen", { capabilities = capabilities() })
"""
CMP = """
package.preload["cmp_nvim_lsp"] = function() return { default_capabilities = capabilities } end
"""
BLINK = """
package.preload["blink.cmp"] = function()
  return { get_lsp_capabilities = capabilities, setup = function() end }
end
"""

# Of each section: what stands in, and whether the server is to fill the menu.
STAND_INS = {OWN: (OWN_0_12, False), "nvim-cmp": (CMP, True), "blink.cmp": (BLINK, True)}


class Neovim:
    def __init__(self, terminal, program, socket, file):
        self.terminal = terminal
        self.file = file
        self._program = program
        self._socket = socket

    def expr(self, text):
        command = [self._program, "--server", self._socket, "--remote-expr", f"json_encode({text})"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(done.stdout or done.stderr)

    def save(self):
        self.terminal.send(ESCAPE + ":w" + ENTER)
        self.terminal.until(lambda: self.expr("&modified") == 0, "a saved file")
        return self.file.read_text(encoding="utf-8")


@pytest.fixture
def neovim(editor, start, home, workspace, scripted):
    """Opens a Neovim that is set up as a section says, with the cursor in an empty file."""

    def begin(heading, before=""):
        init, socket = home / "init.lua", str(home / "socket")
        init.write_text(INIT.format(before=before, recipe=recipe(heading, "lua")), encoding="utf-8")
        file = workspace / "note.py"
        file.touch()
        program = editor("nvim")
        terminal = start([program, "--listen", socket, "-u", init, file.name], scripted)
        terminal.until(Path(socket).exists, "the editor's socket")
        scripted.until_ready()
        scripted.until_sent("textDocument/didOpen")
        terminal.send("i")
        return Neovim(terminal, program, socket, file)

    return begin


def test_its_own_menu(neovim, scripted):
    nvim = neovim(OWN)
    if nvim.expr("has('nvim-0.12')"):
        pytest.skip("this Neovim shows ghost text")
    nvim.terminal.type("total = max(")
    nvim.terminal.until(ALPHA)
    nvim.terminal.capture(artefacts() / "others" / "neovim-menu.svg")
    nvim.terminal.send(ctrl("n") + ctrl("y"))
    nvim.terminal.until(lambda: nvim.expr("pumvisible()") == 0, "no menu")
    # What it puts in ends at the first blank, as that page says.
    assert nvim.save() == "total = max(alpha\n"


@pytest.mark.parametrize("heading", STAND_INS)
def test_what_a_recipe_starts(neovim, scripted, heading):
    before, menu = STAND_INS[heading]
    nvim = neovim(heading, CAPABILITIES + before)
    [params] = scripted.sent("initialize")
    assert "inlineCompletion" in params["capabilities"]["textDocument"]
    [answer] = [one.result for one in scripted.exchanges("initialize")]
    assert ("completionProvider" in answer["capabilities"]) == menu
    if not menu:
        assert nvim.expr("g:enabled") == 1
