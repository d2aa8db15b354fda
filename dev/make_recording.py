"""Makes docs/typing.svg: somebody types in Neovim, and takes what the model suggests.

Its first picture has ghost text already, for who sees nothing but that one.

python -m dev.make_recording, from the repository's root, with Neovim from `make setup` and npx. The
session is real, waits included; it is played by svg-term-cli from what the terminal was sent.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.editors.terminal import ENTER, ESCAPE, TAB, Terminal

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "typing.svg"

INIT = """
vim.o.swapfile = false
vim.o.showmode = false
vim.o.ruler = false
vim.o.laststatus = 2
vim.o.statusline = " %f   %{v:lua.require'codegen'.statusline()}"
vim.opt.rtp:prepend("{plugin}")
require("codegen").setup({
  cmd = { "{python}", "-m", "codegen", "lsp" },
  settings = { maxLatency = 60000 },
})
vim.cmd.colorscheme("habamax")
vim.api.nvim_set_hl(0, "Normal", {})
vim.api.nvim_set_hl(0, "EndOfBuffer", { ctermfg = 238 })
vim.api.nvim_set_hl(0, "CodegenGhost", { ctermfg = 245, italic = true })
"""

WORD, LINE = "\x1b[1;3C", "\x1b[1;7C"  # Alt-Right, Ctrl-Alt-Right


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copy(ROOT / "examples" / "inventory.py", home / "inventory.py")
        init = INIT.replace("{plugin}", str(ROOT / "editors" / "neovim"))
        (home / "init.lua").write_text(init.replace("{python}", sys.executable), encoding="utf-8")
        program = str(Path(sys.executable).with_name("nvim"))
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_CONFIG_HOME": folder,
            "XDG_DATA_HOME": folder,
            "XDG_STATE_HOME": folder,
        }
        command = [program, "-u", "init.lua", "inventory.py"]
        terminal = Terminal(command, env=env, cwd=home, columns=92, rows=18)
        try:
            since = play(terminal)
            terminal.save_cast(home / "typing.cast", since)
        finally:
            terminal.close()
        words = [
            "--in",
            str(home / "typing.cast"),
            "--out",
            str(PICTURE),
            "--window",
        ]
        subprocess.run(["npx", "--yes", "svg-term-cli", *words], check=True)


def play(terminal: Terminal) -> int:
    """The session; gives the number of what was written before it began."""
    terminal.until("codegen: ready")
    terminal.send("37Gzbo")
    terminal.settle()
    # The first line after an empty one is indented as the method above.
    terminal.type(f"{ENTER}\x15    def cheapest(self) -> Item:")
    terminal.type(ENTER)
    terminal.type('"""The item with the lowest price."""')
    terminal.type(ENTER)
    ghost(terminal)
    since = len(terminal.written) - 1
    terminal.send(TAB)
    terminal.settle(1.5)
    terminal.type(f"{ENTER}{ENTER}\x15    def by_shelf(self) -> dict[str, list[Item]]:{ENTER}")
    ghost(terminal)
    terminal.send(LINE)
    terminal.settle(1.0)
    terminal.type(ENTER)
    ghost(terminal)
    for _ in range(3):
        terminal.send(WORD)
        terminal.settle(0.5)
    terminal.send(TAB)
    terminal.settle(2.5)
    terminal.send(ESCAPE)
    terminal.settle(1.5)
    return since


def ghost(terminal: Terminal) -> None:
    """Waits for ghost text, and looks at it."""
    terminal.until(lambda: terminal.coloured("8a8a8a"), "ghost text")
    terminal.settle(1.2)


if __name__ == "__main__":
    main()
