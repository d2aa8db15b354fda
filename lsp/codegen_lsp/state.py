"""The state of a connection: settings, open documents, and the session that answers."""

import asyncio
import functools
import gc
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from codegen.errors import PositionError
from codegen.models.catalogue import entries
from codegen.reasons import Reason
from codegen.session.types import ModelState
from codegen.settings.config import Settings
from codegen_lsp import logs
from codegen_lsp.buffer import Buffer, Change, StaleVersionError
from codegen_lsp.client_profile import ClientProfile
from codegen_lsp.gate import Gate
from codegen_lsp.positions import Encoding
from codegen_lsp.protocol import CodegenLanguageServer
from codegen_lsp.settings import names_in, resolve, without
from codegen_lsp.status import Status, WorkProgress

if TYPE_CHECKING:
    from codegen.session.file import OpenFile
    from codegen.session.host import ModelHost, Provider
    from codegen.session.session import Session

_log = logging.getLogger("codegen.lsp")

MakeProvider = Callable[[Settings], "Provider"]

# Seconds for which a client's settings are awaited.
_SETTINGS_PATIENCE: Final = 5.0

# Settings whose change loads the model again.
_OF_THE_MODEL: Final = ("model", "device")


class ServerState:
    """What lives as long as the connection; used in one event loop only."""

    def __init__(
        self, server: CodegenLanguageServer, own: Settings, make_provider: MakeProvider
    ) -> None:
        """Begins without documents, and without a model.

        Args:
            server: the connection.
            own: the user's own settings.
            make_provider: makes what loads the model that some settings name.
        """
        self.server = server
        self.status = Status(server)
        self.buffers: dict[str, Buffer] = {}
        self.editing = own.editor
        self.encoding = Encoding.UTF16
        self.client = ClientProfile()
        self.numbers = itertools.count(1)
        self._options: object = None
        self._section: object = None
        self._section_names = frozenset[str]()
        self._settings_due: float | None = None
        self._own = own
        self._make_provider = make_provider
        self._gate = Gate(self._folders)
        self._tasks: set[asyncio.Future[None]] = set()

    @property
    def session(self) -> "Session":
        """The session; made at its first use."""
        return self._made[0]

    @property
    def host(self) -> "ModelHost":
        """The model of the session; made with it."""
        return self._made[1]

    @functools.cached_property
    def _made(self) -> "tuple[Session, ModelHost]":
        """The session and its model, made and imported at their first use.

        That is after `initialize` was answered, for which an editor waits.
        """
        from codegen.session.clock import SystemClock  # noqa: PLC0415 - see above
        from codegen.session.dispatcher import Dispatcher  # noqa: PLC0415
        from codegen.session.host import ModelHost  # noqa: PLC0415
        from codegen.session.reading import Reader  # noqa: PLC0415
        from codegen.session.session import Session  # noqa: PLC0415
        from codegen.session.worker import Worker  # noqa: PLC0415

        worker, clock = Worker(), SystemClock()
        host = ModelHost(
            self._make_provider(self._own.for_editing(self.editing)),
            worker,
            clock,
            WorkProgress(self.server, asyncio.get_running_loop()),
            consent=self.status.consent,
            changed=self._model_changed,
        )
        host.unload_after(self.editing.unload_after)
        session = Session(
            Dispatcher(host, worker),
            Reader(),
            clock,
            self.editing,
            gate=self.gate,
            context_tokens=self._own.context_tokens,
        )
        return session, host

    def _model_changed(self, state: ModelState, message: str) -> None:
        # A garbage collection over all modules and the model takes some 60 ms, in which no message
        # is answered. What exists once the model is loaded is needed until the model is unloaded,
        # so the collector may skip it.
        if state == "ready":
            gc.freeze()
        else:
            gc.unfreeze()
        self.status.changed(state, message)

    @property
    def _is_made(self) -> bool:
        return "_made" in self.__dict__

    @property
    def awaits_settings(self) -> bool:
        """Whether the client's settings are still awaited.

        Until they come nothing is loaded or suggested: they may switch suggestions off, or name
        another model.
        """
        due = self._settings_due
        return due is not None and asyncio.get_running_loop().time() < due

    def await_settings(self) -> None:
        """Begins to await the client's settings; a few seconds at most."""
        self._settings_due = asyncio.get_running_loop().time() + _SETTINGS_PATIENCE

    def settings_came(self) -> None:
        """Ends the waiting: the client has answered, with settings or without."""
        self._settings_due = None

    def prepare(self) -> None:
        """Loads the model, as the user may soon want a suggestion; nothing if those are off."""
        if self.editing.enabled and not self.awaits_settings:
            self.host.ensure()

    def configure(self, layer: Literal["options", "section"], sent: object) -> None:
        """Applies the settings that the client sent.

        The section lies over the options. A field that stood in the section and is missing now is
        unset, even if the options have it: clients send the same values as both. Without a
        section, the options count.

        Args:
            layer: `options` for initializationOptions, `section` for the section `codegen`.
            sent: the JSON value.
        """
        if layer == "options":
            self._options = sent
        else:
            self._section = sent
            self._section_names = (
                frozenset[str]() if sent is None else self._section_names | names_in(sent)
            )
        layers = (without(self._options, self._section_names), self._section)
        names = {entry.name for entry in entries()}
        editing, problems = resolve(self._own.editor, layers, names.__contains__)
        if not self.client.ghost_text and not self.client.several_lines:
            # The client gets one line, so no more is written.
            editing = replace(editing, lines="single")
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
            self.prepare()

    def gate(self, file: "OpenFile") -> Reason | None:
        """The reason why a file gets no suggestions; None if it gets some."""
        if self.awaits_settings:
            return Reason.LOADING
        return self._gate.reason(file, self.editing)

    def open(self, uri: str, language: str, version: int, text: str) -> None:
        """Takes a document that the client has opened."""
        self.buffers[uri] = Buffer(text, version, self.encoding, language)
        self.session.open(uri, self._gate.open(uri), language, text)

    def change(self, uri: str, changes: Sequence[Change], version: int) -> None:
        """Applies the client's changes to a document; closes it if they can't be applied."""
        buffer = self.buffers.get(uri)
        if buffer is None:
            return
        try:
            edits = buffer.apply(changes, version)
        except (StaleVersionError, PositionError) as error:
            # The text here differs from the client's now.
            _log.error("a document is given up until it is opened again: %s", error)
            self.close(uri)
        else:
            self.session.change(uri, edits, buffer.text)

    def close(self, uri: str) -> None:
        """Forgets a document that the client has closed."""
        self._gate.close(uri)
        if self.buffers.pop(uri, None) is not None:
            self.session.close(uri)

    def stay_busy(self, uri: str) -> None:
        """Tells that the server is busy until the model has written what a document waits for."""
        self.status.busy(1)
        task = asyncio.ensure_future(self.session.written(uri))
        self._tasks.add(task)

        def ended(_: object) -> None:
            self._tasks.discard(task)
            self.status.busy(-1)

        task.add_done_callback(ended)

    def stop(self) -> None:
        """Ends the session and its model."""
        if self._is_made:
            self.session.stop()
            self.host.stop()

    def explained(self, uri: str) -> dict[str, Any] | None:
        """What became of a document's last request, as plain data; None before the first one."""
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

    def _folders(self) -> list[str]:
        """The URIs of the workspace's folders."""
        workspace = self.server.workspace
        uris = [folder.uri for folder in workspace.folders.values()]
        if not uris and workspace.root_uri is not None:
            uris.append(workspace.root_uri)
        return uris
