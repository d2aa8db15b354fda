"""The language server's handlers, a function for each message.

A handler converts the message, calls the session, and converts its answer. Every request is
answered exactly once, with a result, null or an error. An exception in a handler is answered with
an error and logged, and the server goes on.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from lsprotocol import types

from codegen import __version__
from codegen.reasons import Reason
from codegen.session.types import Request
from codegen.settings.config import Settings
from codegen_lsp import logs
from codegen_lsp.accepting import count_acceptance
from codegen_lsp.client_profile import ClientProfile
from codegen_lsp.convert import change_of, inline_items, menu_items, request_of
from codegen_lsp.positions import Encoding
from codegen_lsp.protocol import CodegenLanguageServer, Protocol
from codegen_lsp.serve import watch
from codegen_lsp.settings import SECTION
from codegen_lsp.state import MakeProvider, ServerState

_log = logging.getLogger("codegen.lsp")

FOCUSED: Final = "textDocument/didFocus"
MOVED: Final = "codegen/didMoveCursor"
EXPLAIN: Final = "codegen/explain"
COUNTERS: Final = "codegen/counters"

# Characters after which a client asks for a menu, although no word has begun.
TRIGGERS: Final = ["(", ".", "=", "[", "{", ",", ":"]


def build(own: Settings, make_provider: MakeProvider) -> CodegenLanguageServer:
    """A server for one connection.

    Args:
        own: the user's own settings.
        make_provider: makes what loads the model that some settings name.
    """
    server = CodegenLanguageServer(
        "codegen",
        __version__,
        text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
        protocol_cls=Protocol,
    )
    state = ServerState(server, own, make_provider)
    _documents(server, state)
    _hints(server, state)
    _lifecycle(server, state)
    _introspection(server, state)
    count_acceptance(server, state)
    return server


def _lifecycle(server: CodegenLanguageServer, state: ServerState) -> None:
    offers = (_inline(state), _menu(state))

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        logs.to_client(server, asyncio.get_running_loop())
        watch(params.process_id)
        state.client = ClientProfile.of(params)
        state.encoding = Encoding(server.workspace.position_encoding or Encoding.UTF16)
        state.configure("options", params.initialization_options)
        if _can_be_asked(server):
            state.await_settings()
        for offer in offers:
            if not offer.dynamic() and offer.wanted():
                offer.handle(server)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        await asyncio.gather(announce(server, offers), pull(server, state))
        state.prepare()
        await announce(server, offers)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        if not await pull(server, state):
            state.configure("section", params.settings)
        await announce(server, offers)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(_: types.DidChangeWorkspaceFoldersParams) -> None:
        """Does nothing: pygls keeps the folders, and each request reads them."""

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        state.stop()


@dataclass(slots=True)
class OfferedFeature:
    """A feature that some clients get, announced in the answer to `initialize` or dynamically.

    Attributes:
        registration: announces it dynamically.
        options: announce it in the answer to `initialize`.
        answer: handles its requests.
        wanted: whether this client gets it with the present settings.
        dynamic: whether the client supports registering it dynamically.
        announced: whether it is registered dynamically now.
    """

    registration: types.Registration
    options: object
    answer: Callable[[Any], Coroutine[Any, Any, object]]
    wanted: Callable[[], bool]
    dynamic: Callable[[], bool]
    announced: bool = False
    _handled: bool = False

    def handle(self, server: CodegenLanguageServer) -> None:
        """Registers the handler of its requests, once."""
        if not self._handled:
            self._handled = True
            server.feature(self.registration.method, self.options)(self.answer)


async def announce(server: CodegenLanguageServer, offers: Sequence[OfferedFeature]) -> None:
    """Registers the dynamic features that are wanted now, and unregisters those that are not."""
    for offer in offers:
        if not offer.dynamic() or offer.announced == offer.wanted():
            continue
        offer.announced = not offer.announced
        offer.handle(server)
        added = offer.registration
        try:
            if offer.announced:
                await server.client_register_capability_async(types.RegistrationParams([added]))
            else:
                removed = types.UnregistrationParams([types.Unregistration(added.id, added.method)])
                await server.client_unregister_capability_async(removed)
        except Exception as error:  # noqa: BLE001 - other features don't depend on it
            _log.warning("the client refused %s: %s", added.method, type(error).__name__)


async def pull(server: CodegenLanguageServer, state: ServerState) -> bool:
    """Asks the client for the section `codegen` of its settings; False if it can't be asked."""
    if not _can_be_asked(server):
        return False
    params = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    try:
        sections = await server.workspace_configuration_async(params)
    except Exception as error:  # noqa: BLE001 - without an answer nothing changes
        _log.warning("the client gave no settings: %s", type(error).__name__)
    else:
        state.configure("section", sections[0] if sections else None)
    state.settings_came()
    return True


def _can_be_asked(server: CodegenLanguageServer) -> bool:
    workspace = server.client_capabilities.workspace
    return workspace is not None and bool(workspace.configuration)


def _documents(server: CodegenLanguageServer, state: ServerState) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        state.open(document.uri, document.language_id, document.version, document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        changes = [change_of(change) for change in params.content_changes]
        state.change(params.text_document.uri, changes, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        state.close(params.text_document.uri)


def _hints(server: CodegenLanguageServer, state: ServerState) -> None:
    """Registers the handlers of the notifications about where the user looks.

    Parameters that aren't used are annotated with Any: pygls hands the server itself to a parameter
    that is annotated with `object`.
    """
    server.protocol.own[MOVED] = types.TextDocumentPositionParams

    @server.feature(MOVED)
    def did_move(params: types.TextDocumentPositionParams) -> None:
        uri, position = params.text_document.uri, params.position
        buffer = state.buffers.get(uri)
        if buffer is not None:
            state.session.moved(uri, buffer.offset((position.line, position.character)))

    @server.feature(FOCUSED)
    def did_focus(_: Any) -> None:
        """Loads the model, since the user may soon type in the file."""
        state.prepare()


def _inline(state: ServerState) -> OfferedFeature:
    async def inline_completion(
        params: types.InlineCompletionParams,
    ) -> types.InlineCompletionList:
        uri = params.text_document.uri
        buffer = state.buffers.get(uri)
        if buffer is None:
            return types.InlineCompletionList(items=[])
        request = request_of(params, buffer)
        state.status.busy(1)
        try:
            answer = await state.session.suggest(request)
        finally:
            state.status.busy(-1)
        # Never null: Neovim would keep its ghost text, and insert it wherever the cursor is.
        return inline_items(answer, buffer, uri, state.numbers)

    return OfferedFeature(
        types.Registration(
            "codegen-inline",
            types.TEXT_DOCUMENT_INLINE_COMPLETION,
            types.InlineCompletionRegistrationOptions(document_selector=None),
        ),
        options=types.InlineCompletionOptions(),
        answer=inline_completion,
        wanted=lambda: state.client.ghost_text,
        dynamic=lambda: state.client.ghost_text_later,
    )


def _menu(state: ServerState) -> OfferedFeature:
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        uri = params.text_document.uri
        buffer = state.buffers.get(uri)
        if buffer is None:
            return types.CompletionList(is_incomplete=True, items=[])
        at = buffer.offset((params.position.line, params.position.character))
        patience = state.editing.menu_patience
        if patience is None:
            patience = state.client.patience
        state.status.busy(1)
        try:
            answer = await state.session.suggest(Request(uri, at, patience=patience))
            if answer.reason == Reason.PENDING:
                state.stay_busy(uri)
        finally:
            state.status.busy(-1)
        return menu_items(answer, buffer, uri, state.client, state.numbers)

    def wanted() -> bool:
        said = state.editing.completion
        return said == "on" or (said == "auto" and not state.client.ghost_text)

    return OfferedFeature(
        types.Registration(
            "codegen-menu",
            types.TEXT_DOCUMENT_COMPLETION,
            types.CompletionRegistrationOptions(
                document_selector=None, trigger_characters=TRIGGERS
            ),
        ),
        options=types.CompletionOptions(trigger_characters=TRIGGERS),
        answer=completion,
        wanted=wanted,
        dynamic=lambda: state.client.menu_later,
    )


def _introspection(server: CodegenLanguageServer, state: ServerState) -> None:
    # The type in lsprotocol whose only field is the document.
    server.protocol.own[EXPLAIN] = types.DidCloseTextDocumentParams

    @server.feature(EXPLAIN)
    def explain(params: types.DidCloseTextDocumentParams) -> dict[str, Any] | None:
        return state.explained(params.text_document.uri)

    @server.feature(COUNTERS)
    def counters(_: Any) -> dict[str, int]:
        return asdict(state.session.counters)
