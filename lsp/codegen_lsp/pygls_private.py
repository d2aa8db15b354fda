"""What the server uses of pygls that pygls doesn't document: private names, and methods overridden.

Any release of pygls may change these, so `pyproject.toml` bounds its version, and a test in
tests/lsp/test_pygls_private.py fails for each that has changed. docs/upstream.md says what pygls
itself would have to do so that they aren't needed.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from concurrent.futures import Future


class PrivateProtocol(LanguageServerProtocol):
    """pygls' end of the connection, with public names for what is private in it."""

    def structure(self, data: object, kind: type[Any]) -> Any:
        """A message, or its parameters, as an object of lsprotocol.

        `_converter`: the public `structure_message` raises without the id of the request, so that
        a malformed one could not be answered.

        Raises:
            Exception: cattrs' or lsprotocol's own, where the data isn't of that kind.
        """
        return self._converter.structure(data, kind)

    @property
    def is_shut_down(self) -> bool:
        """Whether `shutdown` was answered.

        `_shutdown`: pygls drops what comes after it without an answer, so it must be known before
        a message is handed to pygls.
        """
        return self._shutdown

    def take_request(self, number: int | str) -> "tuple[Any, Future[Any] | None] | None":
        """The type of the answer to a request of the server, and who waits; None if there is none.

        `_result_types` and `_request_futures`: pygls looks for both only when it handles an answer,
        and then a malformed answer leaves its waiter waiting. Requests of the client wait in
        `_request_futures` too, but have no type of a result.
        """
        if number not in self._result_types:
            return None
        return self._result_types.pop(number), self._request_futures.pop(number, None)

    def refuse(self, number: int | str | None, error: types.ResponseError) -> None:
        """Answers a request with an error.

        `_send_response`: pygls has no public way to answer a request that it doesn't handle.
        """
        self._send_response(number, error=error)

    def told(self, error: types.ResponseError) -> types.ResponseError:
        """What the client is told of an error; a subclass may leave parts of it out."""
        return error

    def _send_response(
        self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        """Answers a request; pygls calls this, too.

        Overridden: pygls sends the text and the traceback of an exception to the client.
        """
        super()._send_response(msg_id, result, None if error is None else self.told(error))

    def initializing(self, params: types.InitializeParams) -> None:
        """Called before `initialize` is handled; may change its parameters."""

    def initialized(self, result: types.InitializeResult) -> None:
        """Called before `initialize` is answered; may change the answer."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        """Handles `initialize`.

        Overridden: a feature for `initialize` can't change what pygls makes of the parameters, nor
        the capabilities that it answers with.
        """
        self.initializing(params)
        result = yield from super().lsp_initialize(params)
        self.initialized(result)
        return result

    # Overridden: pygls keeps a second copy of every document. And it keeps a future, forever, of
    # each notification whose handler is a generator, as its own are: these are plain functions.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Leaves the document to the server's own handler."""
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Leaves the document to the server's own handler."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Leaves the document to the server's own handler."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)


def place_of_error(error: Exception) -> str | None:
    """The traceback of an exception in a handler; None for an error that a client made.

    `data["traceback"]`: pygls hands the exception to `report_server_error` in an error of JSON-RPC,
    whose data have the lines of the traceback.
    """
    data = getattr(error, "data", None)
    if not isinstance(data, dict):
        return None
    return "".join(data.get("traceback", ())).rstrip()
