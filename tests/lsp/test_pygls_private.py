"""What codegen_lsp.pygls_private relies on is still so in the pygls that is installed.

A test here that fails says that pygls has changed, and which of its names has to be looked at.
"""

import inspect
import json
import logging

import pytest
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from codegen_lsp.protocol import CodegenLanguageServer, Protocol
from codegen_lsp.pygls_private import PrivateProtocol, place_of_error

HOVER = {"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 0}}
OPENED = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": ""}
DOCUMENT_METHODS = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
)


class Editor:
    """A server in this process, and what it has written."""

    def __init__(self, server):
        self.server = server
        self.protocol = server.protocol
        self.written = []
        self.protocol.set_writer(self)

    def write(self, data):
        self.written.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self):
        pass

    def send(self, method, params=None, **asked):
        message = {"jsonrpc": "2.0", "method": method, "params": params, **asked}
        self.protocol.receive(json.dumps(message).encode())

    def call(self, method, params=None):
        self.send(method, params, id=1)
        return self.written.pop()


@pytest.fixture
def editor():
    server = CodegenLanguageServer("test", "1", protocol_cls=Protocol)
    editor = Editor(server)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params):
        if params.position.line:
            raise ValueError("the text of an error")
        return types.Hover(type(params).__name__)

    for method in DOCUMENT_METHODS:
        server.feature(method)(lambda _params: None)
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    assert "result" in editor.call(types.INITIALIZE, params)
    return editor


def test_converter_gives_objects_of_lsprotocol(editor):
    params = editor.protocol.structure(HOVER, types.HoverParams)
    assert params.position == types.Position(0, 0)
    assert editor.call(types.TEXT_DOCUMENT_HOVER, HOVER)["result"] == {"contents": "HoverParams"}


def test_converter_raises_where_parameters_are_malformed(editor):
    with pytest.raises(Exception, match="HoverParams"):
        editor.protocol.structure({"position": 3}, types.HoverParams)


def test_shutdown_is_remembered(editor):
    assert not editor.protocol.is_shut_down
    assert editor.call(types.SHUTDOWN)["result"] is None
    assert editor.protocol.is_shut_down


def test_requests_of_the_server_wait_by_their_ids(editor):
    future = editor.protocol.send_request(types.WORKSPACE_WORKSPACE_FOLDERS, msg_id="asked")
    kind, waiting = editor.protocol.take_request("asked")
    assert waiting is future
    assert kind is types.WorkspaceFoldersResponse
    assert editor.protocol.take_request("asked") is None


def test_requests_of_the_client_are_not_among_them(editor):
    seen = []

    @editor.server.feature("test/looks")
    async def looks(_params):
        seen.append(editor.protocol.take_request(1))

    import asyncio

    async def ask():
        editor.send("test/looks", {}, id=1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(ask())
    assert seen == [None]


def test_every_error_passes_through_what_the_client_is_told(editor, monkeypatch):
    monkeypatch.setattr(
        editor.protocol, "told", lambda error: types.ResponseError(error.code, "changed")
    )
    wrong = {**HOVER, "position": {"line": 1, "character": 0}}
    assert editor.call(types.TEXT_DOCUMENT_HOVER, wrong)["error"]["message"] == "changed"
    unknown = {"command": "nothing"}
    assert editor.call(types.WORKSPACE_EXECUTE_COMMAND, unknown)["error"]["message"] == "changed"


def test_a_refusal_is_an_answer(editor):
    editor.protocol.refuse(None, types.ResponseError(-32700, "no JSON"))
    answer = editor.written.pop()
    assert answer["error"] == {"code": -32700, "message": "no JSON"}
    assert answer.get("id") is None


def test_an_error_of_a_handler_has_its_place(editor, caplog, monkeypatch):
    reported = []
    monkeypatch.setattr(
        editor.server, "report_server_error", lambda error, _source: reported.append(error)
    )
    caplog.set_level(logging.CRITICAL)
    editor.call(types.TEXT_DOCUMENT_HOVER, {**HOVER, "position": {"line": 1, "character": 0}})
    editor.call(types.WORKSPACE_EXECUTE_COMMAND, {"command": "nothing"})
    ours, theirs = reported
    assert "in hover" in place_of_error(ours)
    assert str(ours).startswith("ValueError")
    assert place_of_error(theirs) is None


@pytest.mark.parametrize("method", [*DOCUMENT_METHODS, types.INITIALIZE])
def test_an_overridden_method_is_the_one_that_is_called(editor, method):
    """And pygls has one of that name for that method, which this overrides."""
    handler = editor.protocol.fm.builtin_features[method]
    assert handler.__func__ is vars(PrivateProtocol)[handler.__name__]
    theirs = vars(LanguageServerProtocol)[handler.__name__]
    assert theirs.method_name == method
    assert inspect.isgeneratorfunction(theirs)


def test_a_document_is_kept_by_the_server_alone(editor):
    editor.send(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": OPENED})
    assert not editor.protocol.workspace.text_documents


def test_pygls_still_keeps_a_future_of_each_notification_about_a_document():
    """Once it doesn't, the overridden handlers needn't be plain functions."""
    editor = Editor(LanguageServer("bare", "1"))
    protocol = editor.protocol
    params = types.InitializeParams(capabilities=types.ClientCapabilities())
    protocol.handle_message(types.InitializeRequest(id=1, params=params))
    before = len(protocol._request_futures)
    opened = types.DidOpenTextDocumentParams(types.TextDocumentItem("file:///a", "x", 1, ""))
    protocol.handle_message(types.DidOpenTextDocumentNotification(params=opened))
    assert len(protocol._request_futures) == before + 1
