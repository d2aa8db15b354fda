"""An editor's end of the connection: JSON-RPC over the pipes of a server's process.

Nothing that the server sends may go unnoticed. Every answer is taken by whoever asked, every other
message by whoever expects it; `settle` fails if anything is left. Only the status and what is said
at the level of information may come unasked. All messages that the protocol knows must be as it
says.
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

# Seconds until which what must happen has happened, on a machine that does other things, too.
PATIENCE = 60.0

STATUS = "didChangeStatus"
LOG = "window/logMessage"

HEADER = re.compile(
    rb"Content-Length: (\d+)\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n"
)

INLINE = {"textDocument": {"inlineCompletion": {}}}
BOTH = {"textDocument": {"inlineCompletion": {}, "completion": {}}}
MENU = {"textDocument": {"completion": {}}}

# No ghost text: a client may go on showing what it has where the answer is null.
NOTHING = {"items": []}

# What most tests want: no waiting, nothing that the model does by itself, and nothing cut off.
OPTIONS = {"debounce": False, "computeAhead": False, "maxLatency": 60_000, "completion": "on"}

_CONVERTER = get_converter()


class ResponseError(Exception):
    """The server answered with an error."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.message = error["message"]


def spawned(command, env, stderr):
    """A process of its own."""
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
        # What the client says to the server's requests, by their method.
        self.replies = {}
        self.inbox = []
        self.statuses = []
        self.logs = []
        self.malformed = []
        self.encoding = "utf-16"
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
        """The result of a request; of several answers, if there are, the first."""
        message = self._take(
            lambda one: "method" not in one and one.get("id") == asked, f"answer {asked}", patience
        )
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
        """The first message of a method that nobody has taken yet."""
        return self._take(lambda one: one.get("method") == method, method, patience)

    def status(self, **wanted):
        """Waits until the server's last status is like this."""
        self.until(
            lambda: self.statuses and wanted.items() <= self.statuses[-1].items(),
            lambda: f"{wanted}, last of {self.statuses}",
        )

    def log(self, *words):
        """Waits for a warning or an error with these words, and takes it."""

        def fits(message):
            return message["type"] <= 2 and all(word in message["message"] for word in words)

        self.until(lambda: any(map(fits, self.logs)), lambda: f"{words} in {self.logs}")
        found = next(filter(fits, self.logs))
        self.logs.remove(found)
        return found["message"]

    def until(self, condition, what):
        assert self.wait_for(condition, PATIENCE), f"nothing like {what()}"

    def _take(self, fits, what, patience):
        with self.arrived:
            came = self.wait_for(lambda: any(map(fits, self.inbox)), patience)
            why = "the server ended" if self.over else "it didn't come"
            assert came, f"no {what}, for {why}; there is {self.inbox}, {self.failure}"
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

    # A session, from its begin to its end.

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
        """Is connected, and has a model that is ready."""
        result = self.initialize(capabilities, options, **params)
        self.notify("initialized", {})
        self.status(state="ready")
        return result

    def settle(self):
        """Everything that was asked for is answered, and nothing else was said."""
        self.call("codegen/counters")
        self.check()

    def forget(self):
        """Begins anew: what is unread, or unanswered, is another test's failure."""
        self.asked.clear()
        self.inbox.clear()
        self.logs.clear()

    def stop_reading(self):
        """Leaves in the pipe what comes from now on, but for one message."""
        self._reads = False

    def check(self):
        assert self.inbox == []
        assert self.asked == {}
        assert [one for one in self.logs if one["type"] <= 2] == []
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
        return Document(self, uri, text, version)

    def counters(self):
        return self.call("codegen/counters")

    def explain(self, uri):
        return self.call("codegen/explain", {"textDocument": {"uri": uri}})

    def journal_entries(self, event):
        lines = Path(self.journal).read_text(encoding="utf-8").splitlines()
        return [one for one in map(json.loads, lines) if one["event"] == event]

    def wait_for_journal(self, event, count):
        """Waits until something has happened in the engine so many times."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.journal_entries(event)) < count:
            assert time.monotonic() < deadline, f"no {event} number {count}"
            time.sleep(0.005)
        return found


class Document:
    """An open document, as the editor has it."""

    def __init__(self, client, uri, text, version):
        self.client = client
        self.uri = uri
        self.text = text
        self.version = version

    def position(self, offset):
        """Where an offset in code points is, as the protocol counts."""
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

    def ask(self, position=None, trigger=2, **context):
        """Asks for inline completion, at the end if nothing else is said; gives the id."""
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
        return [one["insertText"] for one in self.inline(position, trigger)["items"]]

    def ask_menu(self):
        params = {"textDocument": {"uri": self.uri}, "position": self.end}
        return self.client.request("textDocument/completion", params)

    def menu(self):
        return self.client.answer(self.ask_menu())

    def reason(self):
        return self.client.explain(self.uri)["reason"]


class Launcher:
    """Starts servers, and ends those that are left."""

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
    """What starts servers; they are to end well, unless the test has ended them."""
    launcher = Launcher(tokenizer, directory, start)
    try:
        yield launcher
        for client in launcher.clients:
            client.end()
    finally:
        launcher.close()
