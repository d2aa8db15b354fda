"""Servers for editors to start: a `codegen` on PATH, as a user has it, and all it was told."""

import contextlib
import dataclasses
import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from tests.editors.terminal import PATIENCE
from tests.lsp import scripted_server

INLINE = "textDocument/inlineCompletion"


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A request and its answer; times are of time.monotonic(), in seconds."""

    asked_at: float
    answered_at: float
    params: object
    result: object


class Server:
    """What an editor starts as `codegen lsp`, and what went over its wire."""

    def __init__(self, folder, command, env):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.bin = folder / "bin"
        self.wire = folder / "wire.jsonl"
        self.wire.touch()
        self.bin.mkdir(exist_ok=True)
        program = self.bin / "codegen"
        words = [sys.executable, str(Path(__file__).parent / "wire.py"), str(self.wire), *command]
        settings = [f"{name}={value}" for name, value in env.items()]
        # As a script on PATH is. Its arguments are of no account but for the real server's.
        program.write_text(f"#!/bin/sh\nexec env {shlex.join([*settings, *words])}\n")
        program.chmod(0o755)

    @property
    def entries(self):
        with self.wire.open(encoding="utf-8") as file:
            lines = [line for line in file if line.endswith("\n")]
        return [json.loads(line) for line in lines]

    @property
    def pids(self):
        """Of all servers that were started, the newest last."""
        return [one["pid"] for one in self.entries if "pid" in one]

    def sent(self, method):
        """The parameters of what the editor has sent, the oldest first."""
        return self._messages("editor", method)

    def said(self, method):
        """The parameters of what the server has sent by itself."""
        return self._messages("server", method)

    def _messages(self, who, method):
        return [
            one["message"].get("params")
            for one in self.entries
            if one.get("from") == who and one["message"].get("method") == method
        ]

    def exchanges(self, method=INLINE):
        """What the editor asked and was answered, in the order of the answers."""
        asked, found = {}, []
        for one in self.entries:
            message = one.get("message", {})
            if one.get("from") == "editor" and message.get("method") == method and "id" in message:
                asked[message["id"]] = one
            elif one.get("from") == "server" and "method" not in message:
                question = asked.pop(message.get("id"), None)
                if question is not None:
                    params = question["message"].get("params")
                    found.append(Exchange(question["at"], one["at"], params, message.get("result")))
        return found

    def until(self, condition, what="what was waited for"):
        """Waits until a function of no arguments is true; gives what it gave."""
        deadline = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < deadline, f"not {what}; the last: {self.entries[-5:]}"
            time.sleep(0.02)
        return found

    def until_sent(self, method, count=1):
        """Waits until the editor has sent so many of them; gives their parameters."""
        return self.until(
            lambda: found if len(found := self.sent(method)) >= count else None,
            f"{count} of {method}",
        )

    def until_ready(self, starts=1):
        """Waits until so many servers were started and the last has its model."""

        def ready():
            entries = self.entries
            if sum("pid" in one for one in entries) < starts:
                return False
            newest = max(index for index, one in enumerate(entries) if "pid" in one)
            states = [
                one["message"]["params"]["state"]
                for one in entries[newest:]
                if one.get("message", {}).get("method") == "didChangeStatus"
            ]
            return states[-1:] == ["ready"]

        return self.until(ready, "a server that is ready")

    def kill(self):
        """The newest server dies without a word."""
        os.kill(self.pids[-1], signal.SIGKILL)

    def close(self):
        """Ends the servers that their editors have left."""
        ended = sum("code" in one for one in self.entries)
        for pid in self.pids if ended < len(self.pids) else ():
            # Only what is still ours: a number may have been given to another since.
            with contextlib.suppress(OSError):
                if str(self.wire).encode() in Path(f"/proc/{_parent(pid)}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)


def _parent(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]


class Shaped(Server):
    """A server that answers what it is told to: see shaped_server.py.

    `like` is what all its items have besides what is said of each.
    """

    def __init__(self, folder, *items, encoding="utf-8", like=None):
        self._script = folder / "script.json"
        self._encoding = encoding
        self._like = {"around": (0, 0)} if like is None else like
        program = Path(__file__).with_name("shaped_server.py")
        self.command = [sys.executable, str(program), str(self._script)]
        super().__init__(folder, self.command, {})
        self.will(*items)

    def will(self, *items, delay=0, say=()):
        """From now on it answers these: texts, or tuples of a text, before and after, or items.

        Before an answer it says the messages `say`.
        """
        made = [{**self._like, **_item(one)} for one in items]
        script = {"encoding": self._encoding, "items": made, "delay": delay, "say": say}
        # At once: the server may be reading it.
        new = self._script.with_suffix(".new")
        new.write_text(json.dumps(script), encoding="utf-8")
        new.replace(self._script)


def _item(said):
    if isinstance(said, str):
        return {"insertText": said}
    if isinstance(said, dict):
        return said
    text, *around = said
    return {"insertText": text, "around": around}


def scripted(folder, tokenizer, config="", **script):
    """Answers by tests/lsp/scripted_server.py: `alpha + beta` and so on, at once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal").touch()
    (folder / "config.toml").write_text(config, encoding="utf-8")
    said = scripted_server.Script(
        tokenizer=str(tokenizer), journal=str(folder / "journal"), **script
    )
    command = [sys.executable, scripted_server.__file__, json.dumps(dataclasses.asdict(said))]
    return Server(folder, command, {"CODEGEN_CONFIG": str(folder / "config.toml")})


def real(folder, config=""):
    """`codegen lsp` with the default model, on the CPU and one pinned compute path."""
    folder.mkdir(parents=True, exist_ok=True)
    # Long enough for a machine that does other things, too.
    table = "" if "[editor]" in config else "[editor]\nmax_latency = 60000\n"
    (folder / "config.toml").write_text(table + config, encoding="utf-8")
    env = {
        "CODEGEN_CONFIG": str(folder / "config.toml"),
        "CODEGEN_DEVICE": "cpu",
        "CODEGEN_COMPUTE_PATH": "l4",
        # The editor's HOME is the test's, the model is the user's.
        "HOME": os.environ.get("HOME", "/"),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    }
    return Server(folder, [sys.executable, "-m", "codegen", "lsp"], env)
