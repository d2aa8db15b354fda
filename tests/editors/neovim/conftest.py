"""Neovim in a terminal, with the plugin installed as a package, as a user has it."""

import functools
import json
import shutil
import subprocess
from pathlib import Path

import pyte
import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ENTER, ESCAPE, GHOST, PATIENCE

PLUGIN = Path(__file__).parents[3] / "editors" / "neovim"

# No waiting, nothing that the model does by itself, and nothing cut off.
SETTINGS = "{ debounce = false, computeAhead = false, maxLatency = 60000 }"

ACCEPTED = {
    "title": "Accepted",
    "command": "codegen.didAcceptCompletionItem",
    "arguments": [{"number": 0}],
}

INIT = """
vim.o.swapfile = false
vim.o.termguicolors = true
{before}
vim.api.nvim_set_hl(0, "CodegenGhost", {{ fg = "#{ghost}" }})
require("codegen").setup({{ {options} }})
{after}
"""


class Neovim:
    """One editor: `terminal` is what is typed into and looked at, `server` what it has started."""

    def __init__(self, terminal, server, program, socket):
        self.terminal = terminal
        self.server = server
        self._program = program
        self._socket = socket

    def type(self, keys):
        self.terminal.type(keys, 0.03)

    def command(self, text):
        """Runs a command from normal mode."""
        self.terminal.send(f":{text}{ENTER}")

    def normal(self):
        """Goes to normal mode."""
        self.terminal.send(ESCAPE)
        self.until(lambda: self.expr("mode(1)") == "n", "normal mode")

    def expr(self, text):
        """The value of an expression, for looking only."""
        command = [self._program, "--server", self._socket, "--remote-expr", f"json_encode({text})"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(done.stdout or done.stderr)

    @property
    def lines(self):
        return self.expr("getline(1, '$')")

    @property
    def line(self):
        return self.expr("getline('.')")

    def until(self, condition, what=""):
        return self.terminal.until(condition, what)

    def until_lines(self, *wanted):
        """Waits until the buffer's text is this."""
        self.until(lambda: self.lines == list(wanted), f"the lines {wanted}")

    def until_line(self, wanted):
        """Waits until the cursor's line is this."""
        self.until(lambda: self.line == wanted, f"the line {wanted!r}")

    def until_attached(self):
        """Waits until the buffer is the server's, whose model is loaded."""
        self.server.until_ready()
        test = "luaeval('#vim.lsp.get_clients({ name = \"codegen\", bufnr = 0 })')"
        self.until(lambda: self.expr(test) == 1, "a client")

    def insert(self, keys="i"):
        """Begins to insert in a buffer that is the server's."""
        self.until_attached()
        self.type(keys)

    @property
    def answers(self):
        """What the requests were answered, in their order; without those that wait."""
        entries = [one for one in self.server.entries if "message" in one]
        results = {
            one["message"]["id"]: one["message"].get("result")
            for one in entries
            if one["from"] == "server" and "method" not in one["message"]
        }
        asked = [one["message"]["id"] for one in entries if one["message"].get("method") == INLINE]
        return [results[number] for number in asked if number in results]

    def show(self, text, path):
        """Opens another new file with a text, as the first was opened."""
        path.write_bytes(text.replace("^", "", 1).encode())
        self.normal()
        self.command(f"e! {path.name}")
        self.until(lambda: self.expr("bufname()") == path.name, path.name)
        self.until_attached()
        self.go_to_mark(text)

    def go_to_mark(self, text):
        """Inserts where `^` is in the buffer's text, as somebody who knows Neovim: by `i` or `a`.

        Without a mark normal mode stays.
        """
        if "^" in text:
            before = text.partition("^")[0]
            row, column = before.count("\n") + 1, len(before.rpartition("\n")[2].encode()) + 1
            insert = f"col('.') < {column} ? 'a' : 'i'"
            self.command(f"call cursor({row}, {column}) | call feedkeys({insert})")
            self.until(lambda: self.expr("[mode(), col('.')]") == ["i", column], "the cursor")

    def until_answered(self, count):
        """Waits until so many requests were answered; gives the answers."""
        return self.server.until(
            lambda: found if len(found := self.answers) >= count else None, f"{count} answers"
        )

    def quit(self):
        self.normal()
        self.command("qa!")
        assert self.terminal.wait() == 0


def frames(terminal, since=0):
    """When something was written to the terminal, and the screen after it, piece by piece."""
    columns, rows = terminal.size
    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    for index, piece in enumerate(terminal.written):
        # What pyte would show as text.
        stream.feed(piece.data.replace(b"\x1b[>", b""))
        if index >= since:
            yield piece.at, screen


def ghost_of(row):
    """The ghost text in a row of a screen."""
    return "".join(cell.data for _, cell in sorted(row.items()) if cell.fg == GHOST).rstrip()


@pytest.fixture
def program(editor):
    return editor("nvim")


@pytest.fixture
def installed(home):
    """The plugin, as a package of the user's."""
    package = home / ".local/share/nvim/site/pack/tests/start/codegen"
    shutil.copytree(PLUGIN, package)
    return package


@pytest.fixture
def configured(home, installed):
    """Writes the user's init.lua."""

    def write(options=f"settings = {SETTINGS}", before="", after=""):
        init = home / ".config/nvim/init.lua"
        init.parent.mkdir(parents=True, exist_ok=True)
        text = INIT.format(options=options, before=before, after=after, ghost=GHOST)
        init.write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def open_nvim(start, program, home, configured, request):
    """Opens files: open_nvim("name", options=..., before=..., after=...); the rest is start's."""

    def begin(*files, server=None, arguments=(), columns=90, rows=24, env=None, **init):
        server = server or request.getfixturevalue("scripted")
        configured(**init)
        socket = str(home / f"nvim{len(list(home.glob('nvim*')))}")
        command = [program, "--listen", socket, *arguments, *files]
        terminal = start(command, server, columns=columns, rows=rows, **(env or {}))
        editor = Neovim(terminal, server, program, socket)
        editor.until(Path(socket).exists, "the editor's socket")
        return editor

    return begin


@pytest.fixture
def edit(open_nvim, workspace):
    """Opens a new file with a text, and types keys; see Neovim.show."""

    def begin(text="", name="new.py", keys="", **more):
        path = workspace / name
        path.write_bytes(text.replace("^", "", 1).encode())
        nvim = open_nvim(name, **more)
        nvim.until_attached()
        nvim.go_to_mark(text)
        nvim.type(keys)
        return nvim

    return begin


@pytest.fixture
def make_shaped(make_shaped):
    """Its items have the command of the server's: Neovim runs it when one is accepted."""
    return functools.partial(make_shaped, like={"around": (0, 0), "command": ACCEPTED})


@pytest.fixture
def answering(make_shaped):
    """A server that answers nothing until it is told to."""
    return make_shaped()
