"""Makes the pictures of editors in docs/: each shows a suggestion of the default model.

python -m dev.make_editor_pictures [vim] [neovim] [emacs] [vscode], from the repository's root, with
what `make test-editors` installs. A person's colours and a window without what isn't meant.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.editors.terminal import Terminal
from tests.editors.vscode.driver import CodeServer, Window, tools

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

# The body of `total_value`, which the model writes: from 1.
LINE = 25
INDENT = " " * 8

GREY = "8a8a8a"

PYTHONPATH = os.pathsep.join(str(ROOT / part) for part in ("", "lsp", "eval"))

VIM = f"""
set nocompatible viminfo= noswapfile termguicolors background=dark laststatus=2 noruler
set shortmess+=I statusline=\\ %f\\ \\ \\ %{{codegen#Status()}} scrolloff=0
let g:codegen = {{'command': ['{sys.executable}', '-m', 'codegen', 'lsp']}}
set runtimepath^={ROOT / "editors" / "vim"}
filetype plugin indent on
syntax on
colorscheme habamax
highlight Normal guibg=NONE
highlight CodegenGhost guifg=#{GREY} cterm=italic
"""

NEOVIM = f"""
vim.o.swapfile, vim.o.termguicolors, vim.o.showmode, vim.o.ruler = false, true, false, false
vim.o.laststatus, vim.o.scrolloff = 2, 0
vim.o.statusline = " %f   %{{v:lua.require'codegen'.statusline()}}"
vim.opt.rtp:prepend("{ROOT / "editors" / "neovim"}")
vim.cmd.colorscheme("habamax")
vim.api.nvim_set_hl(0, "Normal", {{}})
vim.api.nvim_set_hl(0, "CodegenGhost", {{ fg = "#{GREY}", italic = true }})
require("codegen").setup({{ cmd = {{ "{sys.executable}", "-m", "codegen", "lsp" }} }})
"""

EMACS = f"""
(setq inhibit-startup-screen t make-backup-files nil auto-save-default nil create-lockfiles nil
      native-comp-async-report-warnings-errors nil frame-background-mode 'dark
      codegen-command '("{sys.executable}" "-m" "codegen" "lsp"))
(menu-bar-mode -1)
(load-theme 'wombat t)
(set-face-background 'default "unspecified-bg")
(add-to-list 'load-path "{ROOT / "editors" / "emacs"}")
(require 'codegen)
(global-codegen-mode 1)
(with-eval-after-load 'codegen-ghost
  (set-face-foreground 'codegen-ghost "#{GREY}"))
"""

# Of each: the configuration and its file, the command, and the keys that delete the line's text
# and stay where it is written, at the top of the window.
TERMINALS = {
    "vim": (VIM, "vimrc", ["vim", "-u", "vimrc", "inventory.py"], f"14Gzt{LINE}GS"),
    "neovim": (NEOVIM, "init.lua", ["nvim", "-u", "init.lua", "inventory.py"], f"14Gzt{LINE}GS"),
    "emacs": (
        EMACS,
        "init.el",
        ["emacs", "-nw", "-q", "-l", "init.el", f"+{LINE}", "inventory.py"],
        "\x01\x0b" + INDENT,
    ),
}


def patient(folder: Path) -> Path:
    """A configuration for a machine that does other things, too."""
    path = folder / "config.toml"
    path.write_text("[editor]\nmax_latency = 60000\n", encoding="utf-8")
    return path


def picture(name: str) -> None:
    """Draws an editor of the terminal."""
    config, file, command, keys = TERMINALS[name]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copy(ROOT / "examples" / "inventory.py", home / "inventory.py")
        (home / file).write_text(config, encoding="utf-8")
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": PYTHONPATH,
            "CODEGEN_CONFIG": str(patient(home)),
        }
        terminal = Terminal(command, env=env, cwd=home, columns=100, rows=20)
        try:
            terminal.until(lambda: "ready" in terminal.text, "a model")
            terminal.settle()
            terminal.send(keys)
            terminal.type("return ")
            terminal.until(lambda: "quantity" in terminal.coloured(GREY), "a suggestion")
            terminal.settle(1.0)
            terminal.capture(DOCS / f"{name}.svg")
        finally:
            terminal.close()


def main() -> None:
    for name in sys.argv[1:] or [*TERMINALS, "vscode"]:
        if name == "vscode":
            vscode()
        else:
            picture(name)


# Nothing but the file and the status bar.
BARE = {
    "workbench.activityBar.location": "hidden",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "window.commandCenter": False,
    "breadcrumbs.enabled": False,
    "editor.minimap.enabled": False,
    "editor.stickyScroll.enabled": False,
    "editor.wordBasedSuggestions": "off",
    "codegen.lines": "single",
    "codegen.maxLatency": 60_000,
}


def vscode() -> None:
    """Draws VS Code, with its side bars closed and in a window that is wide enough."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        (home / "workspace").mkdir()
        shutil.copy(ROOT / "examples" / "inventory.py", home / "workspace")
        program = home / "codegen"
        env = f"HOME={Path.home()} PYTHONPATH={PYTHONPATH}"
        program.write_text(f"#!/bin/sh\n{env} exec {sys.executable} -m codegen lsp\n")
        program.chmod(0o755)
        server = CodeServer(tools(), home / "code-server")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            server.configure(BARE | {"codegen.server.path": str(program)})
            context = browser.new_context(viewport={"width": 900, "height": 500})
            window = Window(context, server.url, home / "workspace")
            window.press("Control+b")
            window.page.wait_for_selector(".part.sidebar", state="hidden")
            window.open("inventory.py")
            lines = (home / "workspace/inventory.py").read_text(encoding="utf-8").splitlines(True)
            window.go("".join(lines[: LINE - 1]) + INDENT)
            window.press("Shift+End", "Delete")
            window.type("return ")
            window.until(lambda: suggested(window), "a suggestion")
            window.page.screenshot(path=DOCS / "vscode.png")
        finally:
            browser.close()
            server.close()


def suggested(window: Window) -> bool:
    """Types the last blank again, since the server may have come after it."""
    window.press("Backspace")
    window.type(" ")
    window.page.wait_for_timeout(15_000)
    return "quantity" in window.ghost


if __name__ == "__main__":
    main()
