"""JSON-RPC that answers each request exactly once, whatever is sent.

pygls 2.1 leaves some requests without an answer (docs/upstream.md), so this reads and checks each
message itself, and hands to pygls what pygls can handle.
"""

import json
import logging
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage

from codegen_lsp.client_profile import mend
from codegen_lsp.positions import choose_encoding
from codegen_lsp.pygls_private import PrivateProtocol, place_of_error

_log = logging.getLogger("codegen.lsp")
_wire = logging.getLogger("pygls.wire")  # pygls logs what it sends below "pygls", too

_FREE = frozenset({types.INITIALIZE, types.EXIT})

# Characters that the log shows of a name that a client made up.
_SHOWN = 80


class Protocol(PrivateProtocol):
    """The server's end of the connection."""

    _initialized = False

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.own: dict[str, type[Any]] = {}
        """The types of the parameters of methods that lsprotocol doesn't know."""

    def receive(self, body: bytes) -> None:
        """Handles the body of one message."""
        _wire.debug("Received data: %s", body)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            # Python also raises ValueError for a number of thousands of digits, which is JSON.
            self._refuse(None, types.ErrorCodes.ParseError, "the message is not JSON")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            asked = data.get("id") if isinstance(data, dict) and "method" in data else None
            why = "expected one message of JSON-RPC 2.0"
            self._refuse(asked, types.ErrorCodes.InvalidRequest, why)
        elif "method" in data:
            self._called(data)
        elif "id" in data:
            self._answered(data)
        else:
            why = "expected a method, or an id"
            self._refuse(None, types.ErrorCodes.InvalidRequest, why)

    def _called(self, data: dict[str, Any]) -> None:
        """Handles a request or a notification; refuses it at the wrong time."""
        method, asked, asks = data["method"], data.get("id"), "id" in data
        if not isinstance(method, str) or (asks and not _is_id(asked)):
            why = "a method is a string, and an id a string or a whole number"
            self._refuse(asked, types.ErrorCodes.InvalidRequest, why)
            return
        if (untimely := self._untimely(method)) is not None:
            if asks:
                self._refuse(asked, *untimely)
            return
        if not self._handles(method):
            if asks:
                self._refuse(asked, types.ErrorCodes.MethodNotFound, "Method Not Found")
            return
        kind = self.get_message_type(method)
        if asks and kind is not None and not hasattr(kind, "id"):
            why = "this method is a notification, which has no id"
            self._refuse(asked, types.ErrorCodes.InvalidRequest, why)
            return
        try:
            message = self._message(kind, data)
        except Exception:  # noqa: BLE001 - any failure means that it is malformed
            if asks:
                self._refuse(asked, types.ErrorCodes.InvalidParams, "Invalid Params")
            else:
                self._ignored(method, data.get("params"))
        else:
            self.handle_message(message)

    def _handles(self, method: str) -> bool:
        features = self.fm.features
        known = method in features or method in self.fm.builtin_features
        return known or method == types.CANCEL_REQUEST

    def _message(self, kind: type[Any] | None, data: dict[str, Any]) -> Any:
        if kind is types.InitializedNotification:
            # Some clients leave the parameters out, since they have no fields.
            return kind(types.InitializedParams())
        if kind is types.InitializeRequest:
            mend(data.get("params"))
        if kind is not None:
            return self.structure(data, kind)
        params = data.get("params")
        if (own := self.own.get(data["method"])) is not None:
            params = self.structure(params, own)
        common = {"method": data["method"], "jsonrpc": self.VERSION, "params": params}
        if "id" in data:
            return JsonRPCRequestMessage(id=data["id"], **common)
        return JsonRPCNotification(**common)

    def _ignored(self, method: str, params: Any) -> None:
        _log.warning("a malformed %s was ignored", method[:_SHOWN])
        if method not in (types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE):
            return
        # Without this edit the text would differ from the editor's, so the document is closed.
        try:
            document = types.TextDocumentIdentifier(params["textDocument"]["uri"])
        except (LookupError, TypeError):
            return
        self.lsp_text_document__did_close(types.DidCloseTextDocumentParams(document))

    def _answered(self, data: dict[str, Any]) -> None:
        """Hands the client's answer to the coroutine that waits for it."""
        asked = data["id"]
        waiting = self.take_request(asked) if _is_id(asked) else None
        if waiting is None:
            _log.debug("an answer without a request was ignored")
            return
        kind, future = waiting
        if future is None or future.done():
            return
        try:
            if "error" in data:
                error = self.structure(data["error"], types.ResponseError)
                raise JsonRpcException.from_error(error)  # noqa: TRY301 - one way to fail
            result = self.structure(data, kind).result
        except Exception as failure:  # noqa: BLE001 - the coroutine is told of any failure
            future.set_exception(failure)
        else:
            future.set_result(result)

    def _refuse(self, asked: object, code: int, message: str) -> None:
        """Answers with an error; without an id where the message has none that can be used."""
        known = asked if _is_id(asked) else None
        self.refuse(known, types.ResponseError(code=int(code), message=message))

    def told(self, error: types.ResponseError) -> types.ResponseError:
        """Leaves out the text and the traceback of an internal error, which may quote source."""
        if error.code == types.ErrorCodes.InternalError:
            return types.ResponseError(error.code, "Internal Error; the log says where")
        return error

    def _untimely(self, method: str) -> tuple[int, str] | None:
        """Code and message of the error if a method can't be called now, None if it can."""
        if self.is_shut_down and method != types.EXIT:
            return types.ErrorCodes.InvalidRequest, "the server is shutting down"
        if not self._initialized and method not in _FREE:
            return types.ErrorCodes.ServerNotInitialized, "the first request must be initialize"
        if self._initialized and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "initialize was called already"
        return None

    def initializing(self, params: types.InitializeParams) -> None:
        """Chooses UTF-8 wherever the client offers it."""
        general = params.capabilities.general
        if general is not None and general.position_encodings:
            general.position_encodings = [choose_encoding(general.position_encodings).value]
        if not _is_uri(params.root_uri):
            params.root_uri = None

    def initialized(self, result: types.InitializeResult) -> None:
        """Announces inline completion as `true`.

        Emacs reads an empty object as nothing, and would not see that it is announced.
        """
        if result.capabilities.inline_completion_provider is not None:
            result.capabilities.inline_completion_provider = True
        self._initialized = True


class CodegenLanguageServer(LanguageServer):
    """pygls' server, but errors go to the log only, and not to the user."""

    protocol: Protocol

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Logs an error; the client has been answered already."""
        where = place_of_error(error)
        if where is None:
            # A mistake of the client, and the answer said so.
            _log.debug("%s in %s", type(error).__name__, getattr(source, "__name__", source))
            return
        # The error's text may quote source, so only its type and its place are logged.
        name = str(error).partition(":")[0][:_SHOWN]
        _log.error("%s in %s\n%s", name, getattr(source, "__name__", source), where)


def _is_uri(value: str | None) -> bool:
    try:
        return value is None or bool(urlsplit(value))
    except ValueError:
        return False


def _is_id(value: object) -> TypeGuard[int | str]:
    return isinstance(value, (int, str)) and not isinstance(value, bool)
