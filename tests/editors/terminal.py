"""A program in a pseudo-terminal, as somebody sits before it: keys go in, a screen comes out.

pyte is the terminal. What the program has written is kept with its times, so that a session can be
played again (asciinema's format, version 2).
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pyte
from rich.console import Console
from rich.text import Text

# Seconds until which what must happen has happened, on a machine that does other things, too.
PATIENCE = 90.0

# The colour that the tests give ghost text, by which it is told from the file's own: number 100 of
# the 256, and the same as #rrggbb.
GHOST_NUMBER = 100
GHOST = "878700"

ENTER = "\r"
ESCAPE = "\x1b"
TAB = "\t"
BACKSPACE = "\x7f"
UP, DOWN, RIGHT, LEFT = (f"\x1b[{letter}" for letter in "ABCD")
END = "\x1b[F"

# Source: the median gap of somebody who types well, some 60 words a minute.
RHYTHM = 0.12

# What pyte would take for something else: private modes of colours and keys, and device strings.
_UNKNOWN = re.compile(
    rb"\x1b\[[>=<?][0-9;:]*[mu]|\x1b\[[0-9;]*:[0-9;:]*m|\x1bP.*?\x1b\\", re.DOTALL
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[>=<?]?[0-9;:]*|P[^\x1b]*\x1b?)?\Z", re.DOTALL)


def ctrl(letter):
    return chr(ord(letter.upper()) & 0x1F)


def alt(key):
    return f"\x1b{key}"


@dataclass(frozen=True)
class Written:
    """What the program wrote at once; `at` is time.monotonic()."""

    at: float
    data: bytes


def _keep_output():
    """A key that interrupts, Ctrl-G in Emacs, doesn't throw away what the screen hasn't shown yet.

    Otherwise the kernel does so, and a part of a row may stay on the screen.
    """
    modes = termios.tcgetattr(0)
    modes[3] |= termios.NOFLSH
    termios.tcsetattr(0, termios.TCSANOW, modes)


class _Screen(pyte.Screen):
    """Answers the program's questions about the terminal."""

    reply = None

    def write_process_input(self, data):
        if self.reply is not None:
            self.reply(data)


class Terminal:
    """One program and its screen. Everything is polled with a deadline; nothing sleeps for luck."""

    def __init__(self, command, *, env, cwd, columns=90, rows=24):
        self.size = (columns, rows)
        self.written = []
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = threading.Condition()
        self._pending = b""
        self._ended = False
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            try:
                _keep_output()
                os.chdir(cwd)
                words = [str(word) for word in command]
                os.execvpe(words[0], words, env)  # noqa: S606 - an editor, named by a test
            except (OSError, termios.error) as error:
                os.write(2, f"{command[0]}: {error}".encode())
            os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.reply = self.send
        self._code = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # Keys.

    def send(self, keys):
        """Keys all at once, as if pasted."""
        data = keys.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def type(self, text, rhythm=RHYTHM):
        """Key after key, as a person types."""
        for key in text:
            self.send(key)
            time.sleep(rhythm)

    # The screen.

    @property
    def rows(self):
        with self._changed:
            return [row.rstrip() for row in self._screen.display]

    @property
    def text(self):
        return "\n".join(self.rows)

    @property
    def cursor(self):
        """Row and column, from 0."""
        with self._changed:
            return self._screen.cursor.y, self._screen.cursor.x

    @property
    def ghost(self):
        """The ghost text that is on the screen, row by row; empty where there is none."""
        return self.coloured(GHOST)

    def coloured(self, colour):
        """The text that has a colour, row by row."""
        with self._changed:
            rows = [
                "".join(row[x].data for x in range(self.size[0]) if row[x].fg == colour)
                for row in (self._screen.buffer[y] for y in range(self.size[1]))
            ]
        return "\n".join(row.rstrip() for row in rows if row.strip())

    def style(self, row, column):
        """How a cell looks, in words."""
        with self._changed:
            return _style(self._screen.buffer[row][column])

    def until(self, condition, what="", patience=PATIENCE):
        """Waits for a text on the screen, or until a function of no arguments is true.

        Gives what the function gave.
        """
        found = (lambda: condition in self.text) if isinstance(condition, str) else condition
        deadline = time.monotonic() + patience
        while not (got := found()):
            assert time.monotonic() < deadline, f"not {what or condition}:\n{self.text}"
            with self._changed:
                # Files and servers change, too, without a word to the screen.
                self._changed.wait(0.05)
        return got

    def until_ghost(self, wanted="", patience=PATIENCE):
        """Waits for ghost text that contains something; gives all of it."""

        def found():
            seen = self.ghost
            return seen if seen and wanted in seen else None

        return self.until(found, f"ghost text {wanted!r}", patience)

    def until_no_ghost(self):
        self.until(lambda: not self.ghost, "a screen without ghost text")

    def settle(self, quiet=0.3):
        """Waits until nothing was written for so many seconds."""
        start = time.monotonic()

        def still():
            last = self.written[-1].at if self.written else start
            return time.monotonic() - max(last, start) > quiet

        self.until(still, "a quiet screen")

    # What is kept.

    def capture(self, path):
        """The screen as a picture."""
        columns, rows = self.size
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            console = Console(record=True, width=columns, file=nowhere, force_terminal=True)
            with self._changed:
                for y in range(rows):
                    line, row = Text(), self._screen.buffer[y]
                    for x in range(columns):
                        line.append(row[x].data, _style(row[x]))
                    console.print(line, no_wrap=True, overflow="crop")
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = console.export_svg(title=path.stem)
        # Whoever looks at it need not ask a font server.
        picture = re.sub(r"@font-face \{.*?\}\n", "", picture, flags=re.DOTALL)
        path.write_text(picture, encoding="utf-8")

    def save_cast(self, path, since=0):
        """All that was written, to be played by asciinema; at once what came before `since`."""
        before, written = self.written[:since], self.written[since:]
        columns, rows = self.size
        head = json.dumps({"version": 2, "width": columns, "height": rows})
        events = [(0.0, b"".join(one.data for one in before))]
        events += [(round(one.at - written[0].at, 4), one.data) for one in written]
        lines = [
            head,
            *(json.dumps([at, "o", data.decode(errors="replace")]) for at, data in events),
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    # The end.

    @property
    def alive(self):
        return self._poll() is None

    def wait(self, patience=PATIENCE):
        """The exit code, once the program has ended by itself."""
        self.until(lambda: not self.alive, "the end of the program", patience)
        return self._code

    def close(self):
        """Ends the program if it still runs."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
            while self.alive:
                time.sleep(0.01)
        self._reader.join(10)
        os.close(self._master)

    def _poll(self):
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def _read(self):
        while True:
            ready, _, _ = select.select([self._master], [], [], 0.2)
            if not ready:
                if self._code is not None:
                    return
                continue
            data = b""
            # The other end is gone.
            with contextlib.suppress(OSError):
                data = os.read(self._master, 65536)
            if not data:
                return
            with self._changed:
                self.written.append(Written(time.monotonic(), data))
                self._feed(data)
                self._changed.notify_all()

    def _feed(self, data):
        data = self._pending + data
        cut = found.start() if (found := _UNFINISHED.search(data)) else len(data)
        self._pending = data[cut:]
        self._stream.feed(_UNKNOWN.sub(b"", data[:cut]))


def _style(cell):
    def colour(name):
        if name == "default":
            return None
        return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else name.replace("brown", "yellow")

    words = [word for word, on in (("bold", cell.bold), ("italic", cell.italics)) if on]
    words += ["reverse"] if cell.reverse else []
    words += [colour(cell.fg)] if colour(cell.fg) else []
    words += ["on", colour(cell.bg)] if colour(cell.bg) else []
    return " ".join(words).replace("bright", "bright_")


def artefacts() -> Path:
    """Where pictures of editors are kept."""
    folder = os.environ.get("CODEGEN_EDITOR_ARTEFACTS", "build/editors")
    return Path(__file__).parents[2] / folder
