"""An editor for tests: a connection to a server on which no message goes unnoticed.

A test takes every answer to its requests, and every other message that it expects; `settle` fails
if a message is left, or has another form than the protocol says. Only status notifications, and log
messages of the level info, may come without being taken.
"""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter

from codegen_lsp.bench.connection import Connection, frame
from tests.lsp import scripted_server

# Seconds within which everything must happen, on a machine that does other things, too.
PATIENCE = 60.0

STATUS = "didChangeStatus"
LOG = "window/logMessage"

HEADER = re.compile(
    rb"Content-Length: (\d+)\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n"
)

INLINE = {"textDocument": {"inlineCompletion": {}}}
BOTH = {"textDocument": {"inlineCompletion": {}, "completion": {}}}
MENU = {"textDocument": {"completion": {}}}

# The answer without ghost text; never null, for which some clients go on showing the old text.
NOTHING = {"items": []}

# For most tests: no waiting, nothing computed ahead, nothing cut off, and a menu.
OPTIONS = {"debounce": False, "computeAhead": False, "maxLatency": 60_000, "completion": "on"}

_CONVERTER = get_converter()


class ResponseError(Exception):
    """The server answered with an error."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.message = error["message"]


def spawned(command, env, stderr):
    """Starts a process; the alternative is tests.clients.forked.Forked."""
    with stderr.open("wb") as said:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=env
        )


class Client(Connection):
    """One editor with its server's process."""

    header = HEADER

    def __init__(self, command, *, env, stderr, prefix=(), start=spawned):
        self.journal = None
        self.log_file = None
        self.stderr = stderr
        self.process = start([*prefix, *command], env, stderr)
        # Functions that give the result of a request of the server, by its method.
        self.replies = {}
        self.inbox = []
        self.statuses = []
        self.logs = []
        self.malformed = []
        self.encoding = "utf-16"
        self.open_uris = set()
        self._reads = True
        super().__init__(self.process.stdin, self.process.stdout)
        self.start()

    # What the editor sends.

    def send_body(self, body):
        self.send_raw(frame(body))

    def reply_error(self, message, code=-32601):
        error = {"code": code, "message": "I can't"}
        self.send({"jsonrpc": "2.0", "id": message["id"], "error": error})

    # What the server sent.

    def answer(self, asked, patience=PATIENCE):
        """The result of a request; if there are several answers, the first."""

        def fits(message):
            return "method" not in message and message.get("id") == asked

        message = self._take(fits, f"answer {asked}", patience)
        if (method := self.asked.pop(asked, None)) in types.METHOD_TO_TYPES:
            kind = types.METHOD_TO_TYPES[method][1]
            _CONVERTER.structure(
                message, types.ResponseErrorMessage if "error" in message else kind
            )
        if "error" in message:
            assert "result" not in message
            raise ResponseError(message["error"])
        return message["result"]

    def call(self, method, params=None):
        return self.answer(self.request(method, params))

    def error(self, asked):
        """The code of the error that a request, or null, is answered with."""
        with pytest.raises(ResponseError) as caught:
            self.answer(asked)
        return caught.value.code

    def take(self, method, patience=PATIENCE):
        """The first message of a method that isn't taken yet."""
        return self._take(lambda message: message.get("method") == method, method, patience)

    def status(self, **wanted):
        """Waits until the server's last status has these members."""
        self.until(
            lambda: self.statuses and wanted.items() <= self.statuses[-1].items(),
            lambda: f"{wanted}, last of {self.statuses}",
        )

    def log(self, *words):
        """Waits for a warning or an error with these words, and takes it."""

        def fits(message):
            return message["type"] <= 2 and all(word in message["message"] for word in words)

        self.until(lambda: any(map(fits, self.logs)), lambda: f"{words} in {self.logs}")
        message = next(filter(fits, self.logs))
        self.logs.remove(message)
        return message["message"]

    def until(self, condition, what):
        assert self.wait_for(condition, PATIENCE), f"nothing like {what()}"

    def _take(self, fits, what, patience):
        with self.arrived:
            came = self.wait_for(lambda: any(map(fits, self.inbox)), patience)
            why = "the server has ended" if self.over else "the time is over"
            assert came, f"no {what}, and {why}; there is {self.inbox}, {self.failure}"
            first = next(filter(fits, self.inbox))
            self.inbox.remove(first)
            return first

    def received(self, message, _at):
        self.arrived.wait_for(lambda: self._reads)
        method = message.get("method")
        try:
            assert message["jsonrpc"] == "2.0"
            if method in types.METHOD_TO_TYPES:
                _CONVERTER.structure(message, types.METHOD_TO_TYPES[method][0])
        except Exception as error:  # noqa: BLE001 - `check` fails with it, whatever it is
            self.malformed.append((message, error))
        if method == STATUS:
            self.statuses.append(message["params"])
        elif method == LOG:
            self.logs.append(message["params"])
        elif method in self.replies:
            self.reply(message, self.replies[method](message["params"]))
        else:
            self.inbox.append(message)

    # A session, from its beginning to its end.

    def initialize(self, capabilities=BOTH, options=OPTIONS, **params):
        result = self.call(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": None,
                "capabilities": capabilities,
                "initializationOptions": options,
                **params,
            },
        )
        self.encoding = result["capabilities"]["positionEncoding"]
        return result

    def begin(self, capabilities=BOTH, options=OPTIONS, **params):
        """Connects, and waits for the model."""
        result = self.initialize(capabilities, options, **params)
        self.notify("initialized", {})
        self.status(state="ready")
        return result

    def settle(self):
        """Checks that all requests are answered, and that nothing else was sent."""
        self.call("codegen/counters")
        self.check()

    def leave(self):
        """Closes all documents, and waits until nothing is written for them any more."""
        for uri in sorted(self.open_uris):
            self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.open_uris.clear()
        self.call("codegen/counters")
        deadline = time.monotonic() + PATIENCE
        while len(self.journal_entries("begin")) != len(self.journal_entries("end")):
            assert time.monotonic() < deadline, "something is still written"
            time.sleep(0.005)

    def forget(self):
        """Drops what another test has left: its failure is its own."""
        self.asked.clear()
        self.inbox.clear()
        self.logs.clear()

    def stop_reading(self):
        """Reads one more message, and leaves the others in the pipe."""
        self._reads = False

    def check(self):
        assert self.inbox == []
        assert self.asked == {}
        assert [message for message in self.logs if message["type"] <= 2] == []
        assert self.malformed == []
        assert self.failure is None

    def end(self):
        """Shuts the server down as an editor does."""
        if self.process.poll() is None and not self.process.stdin.closed:
            assert self.call("shutdown") is None
            self.notify("exit")
            assert self.wait() == 0
        self.check()

    def wait(self):
        """The exit code, once all that the server has sent is here."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                continue

    # Documents.

    def open(self, uri, text, language="python", version=1):
        document = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        self.open_uris.add(uri)
        return Document(self, uri, text, version)

    def counters(self):
        return self.call("codegen/counters")

    def explain(self, uri):
        return self.call("codegen/explain", {"textDocument": {"uri": uri}})

    def journal_entries(self, event):
        lines = Path(self.journal).read_text(encoding="utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry["event"] == event]

    def wait_for_journal(self, event, count):
        """Waits until an event of the engine has happened `count` times; returns its entries."""
        deadline = time.monotonic() + PATIENCE
        while len(entries := self.journal_entries(event)) < count:
            assert time.monotonic() < deadline, f"no {event} number {count}"
            time.sleep(0.005)
        return entries


class Document:
    """An open document, as the editor has it."""

    def __init__(self, client, uri, text, version):
        self.client = client
        self.uri = uri
        self.text = text
        self.version = version

    def position(self, offset):
        """The protocol's position of an offset in code points."""
        before = self.text[:offset].replace("\r\n", "\n")
        line, rest = before.count("\n"), before.rpartition("\n")[2]
        units = {
            "utf-8": len(rest.encode()),
            "utf-16": len(rest.encode("utf-16-le")) // 2,
            "utf-32": len(rest),
        }
        return {"line": line, "character": units[self.client.encoding]}

    @property
    def end(self):
        return self.position(len(self.text))

    def edit(self, start, end, text, version=None):
        span = {"start": self.position(start), "end": self.position(end)}
        self.text = self.text[:start] + text + self.text[end:]
        self.change([{"range": span, "text": text}], version)

    def type(self, text):
        self.edit(len(self.text), len(self.text), text)

    def change(self, changes, version=None):
        self.version = self.version + 1 if version is None else version
        document = {"uri": self.uri, "version": self.version}
        params = {"textDocument": document, "contentChanges": changes}
        self.client.notify("textDocument/didChange", params)

    def close(self):
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
        self.client.open_uris.discard(self.uri)

    def ask(self, position=None, trigger=2, **context):
        """Asks for inline completion, by default at the end; returns the id."""
        return self.client.request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self.uri},
                "position": self.end if position is None else position,
                "context": {"triggerKind": trigger, **context},
            },
        )

    def inline(self, position=None, trigger=2, **context):
        return self.client.answer(self.ask(position, trigger, **context))

    def texts(self, position=None, trigger=2):
        return [item["insertText"] for item in self.inline(position, trigger)["items"]]

    def ask_menu(self):
        params = {"textDocument": {"uri": self.uri}, "position": self.end}
        return self.client.request("textDocument/completion", params)

    def menu(self):
        return self.client.answer(self.ask_menu())

    def reason(self):
        return self.client.explain(self.uri)["reason"]


class Launcher:
    """Starts servers, and kills those that still run."""

    def __init__(self, tokenizer, directory, start):
        self._tokenizer = tokenizer
        self._directory = directory
        self._start = start
        self.clients = []

    def __call__(self, *, config="", prefix=(), **script):
        own = self._directory / str(len(self.clients))
        own.mkdir()
        (own / "config.toml").write_text(config, encoding="utf-8")
        (own / "journal").touch()
        script = {
            name: str(value) if isinstance(value, Path) else value for name, value in script.items()
        }
        said = scripted_server.Script(
            tokenizer=str(self._tokenizer), journal=str(own / "journal"), **script
        )
        client = Client(
            [sys.executable, scripted_server.__file__, json.dumps(dataclasses.asdict(said))],
            env={**os.environ, "CODEGEN_CONFIG": str(own / "config.toml")},
            stderr=own / "stderr",
            prefix=prefix,
            start=self._start,
        )
        client.journal = own / "journal"
        client.log_file = said.log_file
        self.clients.append(client)
        return client

    def close(self):
        for client in self.clients:
            client.kill()


@contextlib.contextmanager
def launching(tokenizer, directory, start=spawned):
    """Gives a launcher; its servers must shut down well, unless the test has ended them."""
    launcher = Launcher(tokenizer, directory, start)
    try:
        yield launcher
        for client in launcher.clients:
            client.end()
    finally:
        launcher.close()
