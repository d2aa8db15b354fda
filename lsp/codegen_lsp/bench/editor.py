"""What an editor does with a language server: opens files, edits them, asks for ghost text."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from codegen.errors import EngineError
from codegen_lsp.bench.client import Client

COMMAND: Final = (sys.executable, "-m", "codegen", "lsp")

INLINE: Final = "textDocument/inlineCompletion"
CHANGE: Final = "textDocument/didChange"
EXPLAIN: Final = "codegen/explain"
COUNTERS: Final = "codegen/counters"
MOVED: Final = "codegen/didMoveCursor"
_STATUS: Final = "didChangeStatus"

_AUTOMATIC: Final = 2  # InlineCompletionTriggerKind

_CAPABILITIES: Final = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"dynamicRegistration": False},
        "inlineCompletion": {"dynamicRegistration": False},
    },
}


def environment(**chosen: str | None) -> dict[str, str]:
    """This process's environment as an editor has it, with each argument as CODEGEN_NAME.

    GLIBC_TUNABLES is left out: codegen sets it for itself (codegen.cli.pages), and a server that
    finds it set starts sooner than an editor's.
    """
    environ = {key: value for key, value in os.environ.items() if key != "GLIBC_TUNABLES"}
    given = {f"CODEGEN_{key.upper()}": value for key, value in chosen.items() if value is not None}
    return environ | given


def initialize(client: Client) -> float:
    """Sends `initialize`; returns when (time.perf_counter) it was answered."""
    params = {"processId": os.getpid(), "rootUri": None, "capabilities": _CAPABILITIES}
    return client.ask("initialize", params, 60.0).at


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model's state, which is ready, missing or error, and the server's message about it."""

    state: str
    message: str


def load(client: Client, patience: float) -> Loaded:
    """Sends `initialized`, and waits for the model.

    Raises:
        EngineError: it takes too long, or the server has ended.
    """
    client.notify("initialized", {})

    def state() -> str:
        return str((client.last.get(_STATUS) or {}).get("state"))

    ended = ("ready", "missing", "error")
    if not client.wait(lambda: state() in ended, time.perf_counter() + patience):
        raise EngineError(f"the server has no model after {patience:.0f} s; it is {state()}")
    return Loaded(state(), str(client.last[_STATUS].get("message")))


class OpenText:
    """A file that is open in the editor. `text` is its present text; offsets are code points."""

    def __init__(self, client: Client, uri: str, text: str) -> None:
        """Opens it as a Python file."""
        self.uri = uri
        self.text = text
        self._client = client
        self._version = 1
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": document})

    @property
    def named(self) -> dict[str, Any]:
        """Parameters that name the file."""
        return {"textDocument": {"uri": self.uri}}

    def at(self, offset: int) -> dict[str, Any]:
        """Parameters that name the file and a place in it."""
        return {**self.named, "position": self._position(offset)}

    def asking(self, offset: int) -> dict[str, Any]:
        """Parameters of an automatic request for ghost text."""
        return {**self.at(offset), "context": {"triggerKind": _AUTOMATIC}}

    def change(self, start: int, end: int, text: str) -> dict[str, Any]:
        """Makes an edit; returns the parameters of its notification."""
        span = {"start": self._position(start), "end": self._position(end)}
        self.text = self.text[:start] + text + self.text[end:]
        return self._changed([{"range": span, "text": text}])

    def indent(self, *, more: bool) -> dict[str, Any]:
        """Adds or removes a blank at the start of every line: many edits, in one notification."""
        lines = self.text.split("\n")
        self.text = "\n".join(f" {line}" if more else line[1:] for line in lines)
        starts = [{"line": number, "character": 0} for number in range(len(lines))]
        return self._changed(
            [
                {
                    "range": {"start": start, "end": start if more else {**start, "character": 1}},
                    "text": " " if more else "",
                }
                for start in starts
            ]
        )

    def edit(self, start: int, end: int, text: str) -> None:
        """Makes an edit, and tells the server."""
        self._client.notify(CHANGE, self.change(start, end, text))

    def explain(self) -> Mapping[str, Any]:
        """What became of the last request in the file.

        Raises:
            EngineError: the server doesn't know.
        """
        said = self._client.ask(EXPLAIN, self.named).result
        if not isinstance(said, dict):
            raise EngineError(f"the server can't explain its last answer in {self.uri}")
        return said

    def close(self) -> None:
        """Closes the file."""
        self._client.notify("textDocument/didClose", self.named)

    def _changed(self, changes: list[dict[str, Any]]) -> dict[str, Any]:
        """The parameters of a notification of the next version."""
        self._version += 1
        return {
            "textDocument": {"uri": self.uri, "version": self._version},
            "contentChanges": changes,
        }

    def _position(self, offset: int) -> dict[str, int]:
        """The protocol's position of an offset, in units of UTF-16; lines end at line feeds."""
        start = self.text.rfind("\n", 0, offset) + 1
        units = len(self.text[start:offset].encode("utf-16-le", "surrogatepass")) // 2
        return {"line": self.text.count("\n", 0, start), "character": units}


def shows(result: Any) -> bool:
    """Whether the answer to a request for ghost text has any."""
    return bool(result and result.get("items"))
