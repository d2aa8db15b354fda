"""Emacs in a terminal, with the package installed as a user installs it."""

import functools
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import ENTER, GHOST, PATIENCE, alt

PACKAGE = Path(__file__).parents[3] / "editors" / "emacs"

# No waiting, nothing that the model does by itself, and nothing cut off.
SETTINGS = "(:debounce :json-false :computeAhead :json-false :maxLatency 60000)"

INIT = """
(setq inhibit-startup-screen t
      make-backup-files nil
      auto-save-default nil
      create-lockfiles nil
      native-comp-async-report-warnings-errors nil
      initial-scratch-message nil
      server-socket-dir (getenv "TMPDIR")
      codegen-settings '{settings})
(menu-bar-mode -1)
(server-start)
{before}
(global-codegen-mode 1)
(with-eval-after-load 'codegen-ghost
  (set-face-foreground 'codegen-ghost "#{ghost}"))
"""


class Emacs:
    """One editor: `terminal` is what is typed into and looked at, `server` what it has started."""

    def __init__(self, terminal, server, file, client, socket):
        self.terminal = terminal
        self.server = server
        self.file = file
        self._client = client
        self._socket = socket

    def type(self, keys):
        self.terminal.type(keys, 0.03)

    def replace(self, text):
        """Makes this the buffer's text; `|` is the cursor."""
        before, _, after = text.partition("|")
        both = f"(erase-buffer) (insert {_quoted(after)}) (goto-char 1) (insert {_quoted(before)})"
        self.eval(f"(progn {both} (set-window-point nil (point)) nil)")

    def command(self, name):
        """Runs a command by its name."""
        self.terminal.send(f"{alt('x')}{name}{ENTER}")

    def eval(self, form):
        """The value of a form in the buffer that is looked at, outside of any command."""
        form = f"(with-current-buffer (window-buffer) (json-encode {form}))"
        command = [self._client, f"--socket-name={self._socket}", "--eval", form]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(json.loads(done.stdout))

    @property
    def text(self):
        return self.eval("(buffer-substring-no-properties (point-min) (point-max))")

    @property
    def line(self):
        return self.eval("(buffer-substring-no-properties (line-beginning-position) (point))")

    def until(self, condition, what=""):
        return self.terminal.until(condition, what)

    def until_text(self, wanted):
        """Waits until this is what the buffer says."""
        self.until(lambda: self.text == wanted, f"the text {wanted!r}")

    def until_line(self, wanted):
        """Waits until this stands before the cursor in its line."""
        self.until(lambda: self.line == wanted, f"{wanted!r} before the cursor")

    def until_ghost(self, wanted=""):
        return self.terminal.until_ghost(wanted)

    def until_no_ghost(self):
        self.terminal.until_no_ghost()

    def until_same_text(self):
        """Waits until the server has been told what the buffer says."""
        self.until(lambda: self._told() == self.text, "the same text for the server")

    def _told(self):
        """What the server was told of the file, replayed; positions are in UTF-8."""
        uri, text = self.file.as_uri(), b""
        for one in self.server.entries:
            params = one.get("message", {}).get("params")
            match one.get("message", {}).get("method"):
                case "textDocument/didOpen" if params["textDocument"]["uri"] == uri:
                    text = params["textDocument"]["text"].encode()
                case "textDocument/didChange" if params["textDocument"]["uri"] == uri:
                    for change in params["contentChanges"]:
                        text = _changed(text, change)
        return re.sub("\r\n?", "\n", text.decode())

    @property
    def answers(self):
        """What the editor's requests for suggestions were answered, in their order."""
        # In the order of time: an answer may be written down before its question.
        messages = sorted(
            (one for one in self.server.entries if "message" in one), key=lambda one: one["at"]
        )
        waiting, found = set(), []
        for one in messages:
            message = one["message"]
            if message.get("method") == INLINE:
                waiting.add(message["id"])
            elif one["from"] == "server" and "method" not in message and message["id"] in waiting:
                waiting.remove(message["id"])
                found.append(message.get("result"))
        return found

    def until_answered(self, count):
        """Waits until so many requests were answered; gives the last answer."""
        return self.server.until(
            lambda: found[-1:] if len(found := self.answers) >= count else None, f"{count} answers"
        )[0]

    def until_idle(self):
        """Waits until every request is answered, and Emacs has seen it."""
        sent = self.server.sent(INLINE)
        self.until_answered(len(sent))
        self.terminal.settle(0.2)

    def save(self):
        """Saves; gives the bytes on disk."""
        before = self.file.stat().st_mtime_ns
        self.terminal.send("\x18\x13")
        self.until(lambda: self.file.stat().st_mtime_ns != before, "a saved file")
        self.until(lambda: not self.eval("(if (buffer-modified-p) t :json-false)"), "saved")
        return self.file.read_bytes()

    def quit(self):
        self.terminal.send("\x18\x03")
        return self.terminal.wait()


@pytest.fixture(scope="session")
def installed(editor, tmp_path_factory):
    """A home directory with the package in it."""
    home = tmp_path_factory.mktemp("emacs")
    form = f'(package-install-file "{PACKAGE}")'
    command = [editor("emacs"), "-q", "--batch", "-l", "package", "--eval", form]
    env = {**os.environ, "HOME": str(home)}
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=PATIENCE)
    return home


@pytest.fixture
def emacs(editor, start, home, workspace, installed):
    """Starts Emacs with a file: emacs(server, text, ...) where `|` in the text is the cursor.

    `before` are forms for the init file; `settings` are the server's.
    """
    program, client = editor("emacs"), editor("emacsclient")
    shutil.copytree(installed, home, dirs_exist_ok=True)

    def begin(
        server, text="total = |", *, name="note.py", before="", settings=SETTINGS, ready=True
    ):
        file = workspace / name
        before_cursor, _, after = text.partition("|")
        file.write_bytes((before_cursor + after).encode())
        init = home / ".emacs.d" / "init.el"
        init.write_text(INIT.format(before=before, settings=settings, ghost=GHOST))
        line, column = before_cursor.count("\n"), len(before_cursor.rpartition("\n")[2])
        command = [program, "-nw", f"+{line + 1}:{column + 1}", file]
        found = Emacs(start(command, server), server, file, client, home / "server")
        found.until((home / "server").exists, "an Emacs that listens")
        if ready:
            server.until_ready()
            found.until("codegen:ready")
        return found

    begin.has = lambda library: _has(program, library)
    return begin


@pytest.fixture
def make_shaped(make_shaped):
    """Its positions are in UTF-16 unless the test wants others."""
    return functools.partial(make_shaped, encoding="utf-16")


def _quoted(text):
    """The text as Emacs reads it."""
    return json.dumps(text, ensure_ascii=False)


def _has(program, library):
    form = f'(kill-emacs (if (locate-library "{library}") 0 1))'
    command = [program, "--batch", "--eval", form]
    done = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE)
    return done.returncode == 0


def _changed(text, change):
    if "range" not in change:
        return change["text"].encode()
    starts = [0, *(found.end() for found in re.finditer(b"\r\n?|\n", text))]
    start, end = (
        starts[at["line"]] + at["character"]
        for at in (change["range"]["start"], change["range"]["end"])
    )
    return text[:start] + change["text"].encode() + text[end:]


def wait_while(condition, seconds):
    """Sees to it that something stays true for so long: what must not happen doesn't."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition()
        time.sleep(0.05)
