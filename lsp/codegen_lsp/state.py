"""What the server knows: its settings, the documents, and the session that answers."""

import asyncio
import functools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote, urlsplit

from pygls.uris import to_fs_path

from codegen.config import Settings
from codegen.editing import NARROWING_FILE, Narrowing, read_narrowing, verdict
from codegen.errors import PositionError
from codegen.models.catalogue import entries
from codegen_lsp import logs
from codegen_lsp.buffer import Buffer, Change, StaleVersionError
from codegen_lsp.positions import Encoding
from codegen_lsp.protocol import CodegenLanguageServer
from codegen_lsp.settings import resolve
from codegen_lsp.status import Status, WorkProgress

if TYPE_CHECKING:
    from codegen.session.file import OpenFile
    from codegen.session.host import ModelHost, Provider
    from codegen.session.session import Session

_log = logging.getLogger("codegen.lsp")

MakeProvider = Callable[[Settings], "Provider"]

# Settings that need the model loaded anew.
_OF_THE_MODEL: Final = ("model", "device")


class State:
    """All that lives as long as the connection. Of one event loop."""

    def __init__(
        self, server: CodegenLanguageServer, own: Settings, make_provider: MakeProvider
    ) -> None:
        """Nothing is open, and nothing loaded.

        Args:
            server: the connection.
            own: the user's own settings.
            make_provider: where the model of some settings comes from.
        """
        self.server = server
        self.status = Status(server)
        self.buffers: dict[str, Buffer] = {}
        self.editing = own.editor
        self.encoding = Encoding.UTF16
        self._layers: list[object] = [None, None]
        self._own = own
        self._make_provider = make_provider
        self._narrowings: dict[str, tuple[object, Narrowing]] = {}

    @property
    def session(self) -> "Session":
        """Who answers."""
        return self._made[0]

    @property
    def host(self) -> "ModelHost":
        """The session's model."""
        return self._made[1]

    @functools.cached_property
    def _made(self) -> "tuple[Session, ModelHost]":
        """The session with its model; what they need is imported when they are first wanted.

        That is after `initialize` was answered, which is why they aren't made at once.
        """
        from codegen.session.clock import SystemClock  # noqa: PLC0415 - see above
        from codegen.session.engine import Engine  # noqa: PLC0415
        from codegen.session.host import ModelHost  # noqa: PLC0415
        from codegen.session.session import Session  # noqa: PLC0415
        from codegen.session.worker import Worker  # noqa: PLC0415

        worker, clock = Worker(), SystemClock()
        host = ModelHost(
            self._make_provider(self._own.for_editing(self.editing)),
            worker,
            clock,
            WorkProgress(self.server, asyncio.get_running_loop()),
            consent=self.status.consent,
            changed=self.status.changed,
        )
        host.unload_after(self.editing.unload_after)
        session = Session(
            Engine(host, worker),
            clock,
            self.editing,
            gate=self.gate,
            context_tokens=self._own.context_tokens,
        )
        return session, host

    @property
    def _is_made(self) -> bool:
        return "_made" in self.__dict__

    def configure(self, layer: Literal["options", "section"], sent: object) -> None:
        """Takes what the client sent, in initializationOptions or as the section `codegen`."""
        self._layers[layer == "section"] = sent
        names = {entry.name for entry in entries()}
        editing, problems = resolve(self._own.editor, self._layers, names.__contains__)
        before, self.editing = self.editing, editing
        logs.set_level(editing.log_level)
        for problem in problems:
            _log.warning("%s", problem)
        if not self._is_made or editing == before:
            return
        self.session.settings = editing
        self.session.forget()
        if before.unload_after != editing.unload_after:
            self.host.unload_after(editing.unload_after)
        if any(getattr(before, name) != getattr(editing, name) for name in _OF_THE_MODEL):
            self.host.replace(self._make_provider(self._own.for_editing(editing)))
            self.host.ensure()

    def gate(self, file: "OpenFile") -> str | None:
        """Why a file gets no suggestions, None if it does."""
        # What is in no file has a name all the same: of a new `.env`, or of a notebook's cell.
        place = file.path or _place_of(file.uri)
        return verdict(self.editing, self._narrowed(), place, file.language, len(file.text))

    def open(self, uri: str, language: str, version: int, text: str) -> None:
        """A document was opened."""
        self.buffers[uri] = Buffer(text, version, self.encoding)
        self.session.open(uri, path_of(uri), language, text)

    def change(self, uri: str, changes: Sequence[Change], version: int) -> None:
        """A document was edited. One that can't be followed any more is as if it were closed."""
        buffer = self.buffers.get(uri)
        if buffer is None:
            return
        try:
            edits = buffer.apply(changes, version)
        except StaleVersionError as error:
            _log.warning("an edit was ignored: %s", error)
        except PositionError as error:
            _log.error("a document is given up until it is opened again: %s", error)
            self.close(uri)
        else:
            self.session.change(uri, edits, buffer.text)

    def close(self, uri: str) -> None:
        """A document was closed."""
        if self.buffers.pop(uri, None) is not None:
            self.session.close(uri)

    def stop(self) -> None:
        """The connection ends."""
        if self._is_made:
            self.session.stop()
            self.host.stop()

    def explained(self, uri: str) -> dict[str, Any] | None:
        """What became of a document's last request."""
        trace = self.session.trace(uri)
        if trace is None:
            return None
        return {
            "schema": 1,
            "trigger": trace.trigger,
            "source": trace.source,
            "reason": trace.reason,
            "seconds": {"debounce": trace.debounce, "total": trace.total},
            "usage": trace.usage,
            **{key: value for key, value in trace.explain().items() if key != "reason"},
        }

    def _narrowed(self) -> list[Narrowing]:
        """What each workspace folder's own file switches off, read again when it has changed."""
        narrowings = []
        workspace = self.server.workspace
        uris = [folder.uri for folder in workspace.folders.values()]
        if not uris and workspace.root_uri is not None:
            uris.append(workspace.root_uri)
        for uri in uris:
            root = path_of(uri)
            if root is None:
                continue
            known = self._narrowings.get(root)
            stamp = _stamp(Path(root, NARROWING_FILE))
            if known is None or known[0] != stamp:
                narrowing, problems = read_narrowing(root)
                for problem in problems:
                    _log.warning("%s", problem)
                known = self._narrowings[root] = (stamp, narrowing)
            narrowings.append(known[1])
        return narrowings


def path_of(uri: str) -> str | None:
    """The path of a document that is a file, None for any other."""
    try:
        # A semicolon is a part of a name; pygls takes what follows it for something else.
        return to_fs_path(uri.replace(";", "%3B"))
    except ValueError:
        return None


def _place_of(uri: str) -> str | None:
    try:
        return unquote(urlsplit(uri).path) or None
    except ValueError:
        return None


def _stamp(path: Path) -> object:
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
