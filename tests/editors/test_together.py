"""Two editors at once, each with its own server and its own copy of the model."""

import json
import re
from pathlib import Path

import pytest

from tests.editors.terminal import ENTER, GHOST, artefacts

pytestmark = [pytest.mark.editors, pytest.mark.model, pytest.mark.timeout(1200)]

EDITORS = Path(__file__).parents[2] / "editors"

NEOVIM = f"""
vim.o.swapfile = false
vim.o.termguicolors = true
vim.opt.rtp:prepend("{EDITORS / "neovim"}")
require("codegen").setup()
vim.api.nvim_set_hl(0, "CodegenGhost", {{ fg = "#{GHOST}" }})
"""

VIM = f"""
set nocompatible noswapfile viminfo= termguicolors shortmess+=I
set runtimepath^={EDITORS / "vim"}
filetype plugin indent on
highlight CodegenGhost guifg=#{GHOST}
"""

# Of each editor: what it is started with, and its configuration.
FLAVOURS = {"nvim": ("init.lua", NEOVIM), "vim": ("vimrc", VIM)}


def memory_of(pid):
    """Megabytes: resident, and without what is shared with others counted for each of them."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {
        name: int(value) for name, value in re.findall(r"^(Rss|Pss): +(\d+)", rollup, re.MULTILINE)
    }
    return {name.lower(): kib[name] // 1024 for name in ("Rss", "Pss")}


def test_two_editors_at_once(start, editor, make_real, workspace, home):
    text = (workspace / "inventory.py").read_text(encoding="utf-8")
    opened = []
    for name, (file, config) in FLAVOURS.items():
        (home / file).write_text(config, encoding="utf-8")
        (workspace / f"{name}.py").write_text(text.replace("sum()", ""), encoding="utf-8")
        server = make_real()
        command = [editor(name), "-u", str(home / file), f"{name}.py"]
        opened.append((start(command, server), server, name))
    for terminal, server, _ in opened:
        server.until_ready()
        terminal.settle()
        # At the end of the line that returns nothing yet.
        terminal.send("25GA")
    # A key here and a key there: both models are wanted at the same time.
    for key in "sum(":
        for terminal, _, _ in opened:
            terminal.send(key)
    for terminal, _, name in opened:
        terminal.until_ghost("item")
        terminal.capture(artefacts() / "together" / f"{name}.svg")
        terminal.send("\t")
    memory = {name: memory_of(server.pids[-1]) for _, server, name in opened}
    for terminal, _, name in opened:
        terminal.until_no_ghost()
        terminal.send("\x1b")
        terminal.settle()
        terminal.send(f":w{ENTER}")
        saved = workspace / f"{name}.py"
        terminal.until(lambda path=saved: "return sum(item" in path.read_text(), "a saved file")
    (artefacts() / "together" / "memory.json").write_text(json.dumps(memory, indent=1))
