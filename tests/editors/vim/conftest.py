"""Vim with the plugin, installed as a user does it, in a terminal."""

import functools
import json
from pathlib import Path

import pytest

from tests.editors.terminal import ENTER, ESCAPE, GHOST, GHOST_NUMBER, Terminal, artefacts

ROOT = Path(__file__).parents[3]

# Nothing of the machine's, nothing kept, and no waiting for what follows an escape.
VIMRC = f"""
set nocompatible nomodeline viminfo= noswapfile nobackup ttimeoutlen=20 timeoutlen=2000
set shortmess+=I laststatus=2 statusline=%f\\ %{{codegen#Status()}} background=dark
set softtabstop=4 shiftwidth=4 expandtab hidden
filetype plugin indent on
highlight CodegenGhost ctermfg={GHOST_NUMBER} guifg=#{GHOST}
"""

# No waiting, and nothing that the model does by itself.
AT_ONCE = (
    "let g:codegen = {'settings':"
    " {'debounce': v:false, 'computeAhead': v:false, 'maxLatency': 60000}}"
)


class Vim:
    """A running Vim; what a test does to it, and what it tells."""

    def __init__(self, terminal: Terminal, server, folder: Path):
        self.terminal = terminal
        self.server = server
        self._folder = folder
        self._asked = 0

    def __getattr__(self, name):
        return getattr(self.terminal, name)

    def command(self, text):
        """Runs a command, from any mode."""
        self.send(f"{ESCAPE}:{text}{ENTER}")

    def evaluate(self, expression):
        """The value of an expression, by way of a file, whatever the screen shows."""
        self._asked += 1
        path = self._folder / f"answer{self._asked}"
        words = f"call writefile([json_encode({expression})], '{path}.new')"
        self.command(f"{words} | call rename('{path}.new', '{path}')")
        self.until(path.exists, f"an answer to {expression}")
        return json.loads(path.read_text(encoding="utf-8"))

    @property
    def lines(self):
        """The buffer's lines. Leaves Insert mode."""
        return self.evaluate("getline(1, '$')")

    def open(self, text=""):
        """Waits for the server to know the file, and begins to type in a new last line."""
        self.server.until_sent("textDocument/didOpen")
        self.server.until_ready()
        self.send("Go")
        self.type(text)

    def until_ghost_is(self, text):
        self.until(lambda: self.ghost == text, f"ghost text {text!r}, but {self.ghost!r}")

    def quit(self):
        self.command("qall!")
        return self.wait()

    def picture(self, name):
        self.capture(artefacts() / "vim" / f"{name}.svg")


@pytest.fixture
def install(home):
    """Puts the plugin where Vim's packages are, and writes a vimrc with more lines."""

    def put(*lines, plugin=True):
        (home / ".vimrc").write_text("\n".join([VIMRC, *lines]) + "\n", encoding="utf-8")
        packages = home / ".vim" / "pack" / "codegen" / "start"
        packages.mkdir(parents=True, exist_ok=True)
        if plugin and not (packages / "codegen").exists():
            (packages / "codegen").symlink_to(ROOT / "editors" / "vim")

    return put


@pytest.fixture
def vim(editor, start, install, tmp_path):
    """Starts Vim on files: vim(server, *files, vimrc=lines)."""
    program = editor("vim")

    def begin(server, *files, vimrc=(), plugin=True, **options):
        install(AT_ONCE, *vimrc, plugin=plugin)
        folder = tmp_path / "answers"
        folder.mkdir(exist_ok=True)
        return Vim(start([program, *files], server, **options), server, folder)

    return begin


@pytest.fixture
def make_shaped(make_shaped):
    """Its items have a range only where the test gives one."""
    return functools.partial(make_shaped, like={})


@pytest.fixture
def answering(vim, make_shaped, workspace):
    """Opens an empty `new.py` with a server that answers some items: (editor, server)."""

    def begin(*items):
        server = make_shaped(*items)
        (workspace / "new.py").touch()
        editor = vim(server, "new.py")
        server.until_sent("textDocument/didOpen")
        return editor, server

    return begin
