"""What a client does wrong, and how it ends: the language server answers, goes on, or goes."""

import contextlib
import itertools
import json
import signal
import subprocess
import sys

import pytest

from tests.lsp.client import NOTHING, launching
from tests.lsp.scripted_server import ANSWERS

pytestmark = pytest.mark.deep

SOURCE = "alpha = 1\nbeta = 2\ntotal = "
SLOW = "# slowly 200, at length\n" + SOURCE

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002
CANCELLED = -32800

INLINE = "textDocument/inlineCompletion"

# Seconds within which a server that nobody needs is to be gone, with what a busy machine adds.
GONE = 2 + 20

others = itertools.count()


@pytest.fixture
def launch(tokenizer_file, tmp_path):
    """For servers of one test's own, in processes as an editor starts them."""
    with launching(tokenizer_file, tmp_path) as launcher:
        yield launcher


@pytest.fixture
def client(server):
    server.forget()
    yield server
    still_works(server)


def still_works(client):
    """Nothing is left of what went wrong, and a request is answered as ever."""
    document = client.open(f"file:///somewhere/else{next(others)}.py", SOURCE)
    assert document.texts() == [ANSWERS[0]]
    document.close()
    client.settle()


def message(method, params=None, **more):
    return {"jsonrpc": "2.0", "method": method, "params": params, **more}


class TestNoMessage:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            pytest.param(b"{", PARSE_ERROR, id="no end"),
            pytest.param(b"{'id': 1}", PARSE_ERROR, id="other quotes"),
            pytest.param(b"\xff\xfe\xfd", PARSE_ERROR, id="no UTF-8"),
            pytest.param(b"[" * 100_000, PARSE_ERROR, id="deep"),
            pytest.param(b"[" * 10_000 + b"]" * 10_000, PARSE_ERROR, id="deep and whole"),
            pytest.param(b"9" * 5000, PARSE_ERROR, id="a number of many digits"),
            pytest.param(b"[]", INVALID_REQUEST, id="an empty batch"),
            pytest.param(
                b'[{"jsonrpc": "2.0", "id": 1, "method": "codegen/counters"}]',
                INVALID_REQUEST,
                id="a batch",
            ),
            pytest.param(b"5", INVALID_REQUEST, id="a number"),
            pytest.param(b'"text"', INVALID_REQUEST, id="a text"),
            pytest.param(b"null", INVALID_REQUEST, id="null"),
            pytest.param(b"{}", INVALID_REQUEST, id="nothing in it"),
            pytest.param(b'{"jsonrpc": "2.0"}', INVALID_REQUEST, id="no method"),
            pytest.param(
                b'{"jsonrpc": "2.0", "id": 1.5, "method": "codegen/counters"}',
                INVALID_REQUEST,
                id="a fraction for an id",
            ),
            pytest.param(
                b'{"jsonrpc": "2.0", "id": null, "method": "codegen/counters"}',
                INVALID_REQUEST,
                id="null for an id",
            ),
            pytest.param(
                b'{"jsonrpc": "2.0", "id": {}, "method": "codegen/counters"}',
                INVALID_REQUEST,
                id="an object for an id",
            ),
        ],
    )
    def test_what_is_no_message_is_answered_without_an_id(self, client, body, code):
        client.send_body(body)
        assert client.error(None) == code

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param({"id": "a", "method": "codegen/counters"}, id="no version"),
            pytest.param({"jsonrpc": "1.0", "id": "a", "method": "x"}, id="another version"),
            pytest.param({"jsonrpc": "2.0", "id": "a", "method": 5}, id="a number for a method"),
            pytest.param({"jsonrpc": "2.0", "id": "a", "method": []}, id="a list for a method"),
            pytest.param(message("textDocument/didOpen", {}, id="a"), id="a notification"),
        ],
    )
    def test_a_wrong_message_with_an_id_is_answered_by_it(self, client, wrong):
        client.send(wrong)
        assert client.error("a") == INVALID_REQUEST

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"id": 77, "result": None}, id="nobody asked"),
            pytest.param({"id": "x", "error": {"code": 1, "message": "no"}}, id="an error"),
            pytest.param({"id": [], "result": 1}, id="no id"),
            pytest.param({"id": None, "error": 5}, id="null"),
        ],
    )
    def test_an_answer_without_a_request_is_ignored(self, client, answer):
        client.send({"jsonrpc": "2.0", **answer})

    def test_an_answer_to_the_clients_own_request_is_ignored(self, client, uri):
        document = client.open(uri, SLOW)
        asked = document.ask()
        client.send({"jsonrpc": "2.0", "id": asked, "result": None})
        client.notify("$/cancelRequest", {"id": asked})
        assert client.error(asked) == CANCELLED


def framed(header):
    return header + b"\r\n\r\n" + json.dumps(message("$/nothing")).encode()


class TestLength:
    """A length that is wrong costs what it belongs to, and at most the next message."""

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param(b"Content-Length: 0", id="zero"),
            pytest.param(b"Content-Length: -5", id="negative"),
            pytest.param(b"Content-Length: many", id="a word"),
            pytest.param(b"Content-Length:", id="nothing"),
            pytest.param(b"Content-Length: 1000000000000", id="a terabyte"),
            pytest.param(b"Content-Length: " + b"9" * 5000, id="thousands of digits"),
            pytest.param(b"Content-Length: 10", id="too short"),
            pytest.param(b"Content-Type: application/json", id="another header"),
            pytest.param(b"x" * 100_000, id="a long line"),
        ],
    )
    def test_a_wrong_header_is_answered_and_survived(self, client, header):
        client.send_raw(framed(header))
        assert client.error(None) == PARSE_ERROR

    def test_a_length_that_is_too_long_is_survived(self, client):
        # It swallows what follows it.
        body = json.dumps(message("$/nothing")).encode()
        client.send_raw(b"Content-Length: %d\r\n\r\n%b" % (len(body) + 30, body))
        client.notify("$/nothing")
        assert client.error(None) == PARSE_ERROR

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param(
                b"Content-Length: %d\r\nContent-Type: x; charset=utf-8", id="a type after"
            ),
            pytest.param(b"Content-Type: x\r\nContent-Length: %d", id="a type before"),
            pytest.param(b"content-length: %d", id="small letters"),
            pytest.param(b"Content-Length:%d", id="no blank"),
            pytest.param(b"\r\n\r\nContent-Length: %d", id="empty lines before"),
        ],
    )
    def test_headers_that_are_right(self, client, header):
        body = json.dumps(message("codegen/counters", id="a")).encode()
        client.send_raw(header % len(body) + b"\r\n\r\n" + body)
        assert "requests" in client.answer("a")


TEXT = {"uri": "file:///a.py"}
PLACE = {"line": 0, "character": 0}
ASKED = {"textDocument": TEXT, "position": PLACE, "context": {"triggerKind": 1}}


class TestParameters:
    @pytest.mark.parametrize(
        ("method", "params"),
        [
            pytest.param(INLINE, None, id="none"),
            pytest.param(INLINE, 5, id="a number"),
            pytest.param(INLINE, [], id="a list"),
            pytest.param(INLINE, {}, id="empty"),
            pytest.param(INLINE, {**ASKED, "textDocument": None}, id="no document"),
            pytest.param(INLINE, {**ASKED, "position": {"line": 1}}, id="half a position"),
            pytest.param(
                INLINE, {**ASKED, "position": {"line": "x", "character": 0}}, id="a word for a line"
            ),
            pytest.param(
                INLINE, {**ASKED, "position": {"line": -1, "character": 0}}, id="a negative line"
            ),
            pytest.param(
                INLINE, {**ASKED, "position": {"line": 0, "character": -1}}, id="before the line"
            ),
            pytest.param(
                INLINE, {**ASKED, "position": {"line": 2**40, "character": 0}}, id="a line too far"
            ),
            pytest.param(INLINE, {**ASKED, "context": {"triggerKind": 9}}, id="another trigger"),
            pytest.param("textDocument/completion", {"textDocument": TEXT}, id="the menu's"),
            pytest.param("workspace/executeCommand", {"command": "rm -rf"}, id="another command"),
            pytest.param("workspace/executeCommand", {"arguments": []}, id="no command"),
            pytest.param("codegen/explain", None, id="explain without any"),
            pytest.param("codegen/explain", {"textDocument": 5}, id="explain a number"),
        ],
    )
    def test_malformed_parameters_of_a_request_are_answered(self, client, method, params):
        assert client.error(client.request(method, params)) == INVALID_PARAMS

    @pytest.mark.parametrize(
        ("method", "params"),
        [
            ("textDocument/didOpen", {"textDocument": {"uri": "file:///a.py"}}),
            ("textDocument/didChange", {"textDocument": TEXT, "contentChanges": []}),
            ("textDocument/didChange", None),
            ("textDocument/didClose", {}),
            ("workspace/didChangeWorkspaceFolders", {"event": 5}),
            ("$/cancelRequest", {}),
            ("codegen/didMoveCursor", {"textDocument": TEXT}),
        ],
    )
    def test_malformed_parameters_of_a_notification_are_logged(self, client, method, params):
        client.notify(method, params)
        client.log(method, "ignored")

    @pytest.mark.parametrize("method", ["textDocument/hover", "codegen/nothing", "$/x", ""])
    @pytest.mark.parametrize("params", [None, {}, [1], {"type_name": "x", "class": 1}])
    def test_parameters_of_an_unknown_method_do_not_matter(self, client, method, params):
        assert client.error(client.request(method, params)) == METHOD_NOT_FOUND
        client.notify(method, params)

    def test_parameters_may_be_left_out(self, client):
        client.send({"jsonrpc": "2.0", "id": "a", "method": "codegen/nothing", "more": 1})
        assert client.error("a") == METHOD_NOT_FOUND
        client.send({"jsonrpc": "2.0", "id": "b", "method": "codegen/counters"})
        assert "requests" in client.answer("b")
        client.send({"jsonrpc": "2.0", "method": "codegen/didMoveCursor"})
        client.log("codegen/didMoveCursor", "ignored")

    def test_an_id_may_be_used_again(self, client, uri):
        document = client.open(uri, SOURCE)
        params = {**ASKED, "textDocument": {"uri": uri}, "position": document.end}
        for _ in range(2):
            client.send(message(INLINE, params, id="same"))
            assert client.answer("same")["items"]


class TestOrder:
    def test_requests_before_initialize_and_after_shutdown_are_refused(self, launch, uri):
        client = launch()
        for method in (INLINE, "shutdown", "codegen/counters", "unknown", "initialized"):
            assert client.error(client.request(method, {})) == NOT_INITIALIZED
        client.open(uri, SOURCE)
        client.notify("initialized", {})
        assert client.error(client.request("initialize", {})) == INVALID_PARAMS
        client.begin()
        assert client.explain(uri) is None
        assert client.error(client.request("initialize", {"capabilities": {}})) == INVALID_REQUEST
        client.notify("initialized")
        still_works(client)

        document = client.open(uri, SLOW)
        asked = document.ask()
        assert client.call("shutdown") is None
        # What nobody waits for any more is answered all the same.
        with contextlib.suppress(Exception):
            assert client.answer(asked) == NOTHING
        for method in (INLINE, "shutdown", "codegen/counters", "unknown", "initialize"):
            assert client.error(client.request(method, {})) == INVALID_REQUEST
        document.type("ignored")
        client.notify("initialized", {})
        client.notify("exit")
        assert client.wait() == 0
        client.check()

    def test_shutdown_and_exit_with_odd_parameters(self, launch):
        client = launch()
        client.initialize()
        assert client.call("shutdown", {"why": "because"}) is None
        client.notify("exit", [1])
        assert client.wait() == 0

    def test_exit_without_shutdown(self, launch):
        client = launch()
        client.initialize()
        client.notify("exit")
        assert client.wait() == 1

    def test_exit_before_initialize(self, launch):
        client = launch()
        client.notify("exit")
        assert client.wait() == 1


FAR = 2**31 - 1


class TestDocuments:
    @pytest.mark.parametrize(
        "position",
        [
            pytest.param({"line": 0, "character": FAR}, id="beyond the line"),
            pytest.param({"line": FAR, "character": 0}, id="beyond the last line"),
            pytest.param({"line": FAR, "character": FAR}, id="beyond both"),
        ],
    )
    def test_a_position_beyond_the_end_is_the_end(self, client, uri, position):
        document = client.open(uri, "total = ")
        (item,) = document.inline(position)["items"]
        assert item["range"] == {"start": document.end, "end": document.end}
        change = {"range": {"start": position, "end": position}, "text": "0\nalpha = "}
        document.text += "0\nalpha = "
        document.change([change])
        (item,) = document.inline()["items"]
        assert item["range"]["start"] == {"line": 1, "character": 8}

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"start": {"line": -1, "character": 0}, "end": PLACE}, id="negative"),
            pytest.param({"start": {"line": 1, "character": 0}, "end": PLACE}, id="reversed"),
            pytest.param({"start": 5, "end": PLACE}, id="no position"),
        ],
    )
    def test_after_a_wrong_edit_a_document_gets_nothing_until_reopened(self, client, uri, change):
        document = client.open(uri, SOURCE)
        document.change([{"range": change, "text": "x"}])
        client.log()
        # Another edit would be one of a text that isn't the editor's.
        document.type("1")
        assert document.texts() == []
        assert client.open(uri, SOURCE).texts() == [ANSWERS[0]]

    @pytest.mark.parametrize(
        "uri",
        [
            "untitled:Untitled-1",
            "vscode-notebook-cell:/a/b.ipynb#W0sZmlsZQ%3D%3D",
            "http://[::1",
            "file://[/x.py",
            "file:",
            "file:///",
            "file:///%",
            "file:///a%00b.py",
            "file:///%ff%fe.py",
            "%%%",
            "",
            "x" * 100_000,
            "file:///" + "a/" * 5000 + "b.py",
            "file:///\ud800.py",
            "file:///\u202e\n.py",
        ],
        ids=lambda uri: ascii(uri)[:30],
    )
    def test_odd_uris(self, client, uri):
        document = client.open(uri, SOURCE)
        assert document.texts() == [ANSWERS[0]]
        assert document.reason() is None
        document.close()
        assert document.texts() == []

    def test_roots_that_are_no_folders(self, launch, uri):
        client = launch()
        folders = ["file://[/x", "untitled:x", "", "file:///a%00b", "%%%"]
        client.begin(
            rootUri="file://[/x",
            workspaceFolders=[{"uri": each, "name": "x"} for each in folders],
        )
        assert client.open(uri, SOURCE).texts() == [ANSWERS[0]]
        client.log("nothing is suggested below", "null byte")

    def test_a_document_that_is_not_open_gets_nothing(self, client, uri):
        document = client.open(uri, SOURCE)
        document.close()
        document.type("x")
        document.close()
        assert document.texts() == []
        assert document.menu() == {"isIncomplete": True, "items": []}
        position = {"textDocument": {"uri": uri}, "position": PLACE}
        client.notify("codegen/didMoveCursor", position)

    @pytest.mark.parametrize("version", [5, 4, -1])
    def test_after_a_stale_version_a_document_gets_nothing_until_reopened(
        self, client, uri, version
    ):
        document = client.open(uri, SOURCE, version=5)
        document.change([{"text": "nothing"}], version=version)
        client.log("a document is given up until it is opened again", f"version {version}")
        document.version = 5
        document.type("al")
        # What the client has now isn't known here: better nothing than a wrong one.
        assert document.texts() == []
        assert client.open(uri, SOURCE, version=1).texts() == [ANSWERS[0]]

    def test_versions_may_be_negative_and_skip_numbers(self, client, uri):
        document = client.open(uri, "total", version=-7)
        document.edit(5, 5, " = ", version=100)
        assert document.texts() == [ANSWERS[0]]

    @pytest.mark.parametrize("language", ["", "no-such-language", "x" * 10_000, "python\n"])
    def test_odd_language_ids(self, client, uri, language):
        assert client.open(uri, SOURCE, language).texts() == [ANSWERS[0]]


class TestSizes:
    def test_a_document_of_ten_megabytes(self, client, uri):
        document = client.open(uri, "value = 1\n" * 1_000_000)
        assert document.texts() == []
        assert document.reason() == "too-large"
        document.edit(0, len(document.text) - 10, "")
        document.type("total = ")
        assert document.texts() == [ANSWERS[0]]
        document.edit(0, 0, "value = 1\n" * 1_000_000)
        assert document.texts() == []

    def test_a_document_of_one_long_line(self, client, uri):
        document = client.open(uri, "x = '" + "é😀" * 100_000 + "'; total = ")
        (item,) = document.inline()["items"]
        assert item["range"]["start"] == document.end

    def test_a_burst_of_notifications(self, client, uri):
        document = client.open(uri, SOURCE)
        for _ in range(5000):
            # What is typed is taken back: the text stays what it is.
            document.edit(0, 0, "#")
            document.edit(0, 1, "")
        assert document.texts() == [ANSWERS[0]]

    def test_a_burst_in_one_notification(self, client, uri):
        document = client.open(uri, f"#\n{SOURCE}")
        places = [{"line": 0, "character": at} for at in range(1, 10_001)]
        document.text = f"#{'é' * 10_000}\n{SOURCE}"
        document.change([{"range": {"start": at, "end": at}, "text": "é"} for at in places])
        (item,) = document.inline()["items"]
        assert item["range"]["start"] == document.end

    @pytest.mark.parametrize("step", [1, -1], ids=["downwards", "upwards"])
    def test_every_line_changed_in_one_notification(self, client, uri, step):
        count, old, new = 10_000, "    # an indented remark\n", "\t# an indented remark\n"
        document = client.open(uri, old * count + SOURCE)
        spans = [
            {"start": {"line": at, "character": 0}, "end": {"line": at, "character": 4}}
            for at in range(count)[::step]
        ]
        document.text = new * count + SOURCE
        document.change([{"range": span, "text": "\t"} for span in spans])
        (item,) = document.inline()["items"]
        assert item["range"]["start"] == document.end

    def test_a_burst_of_requests(self, client, uri):
        document = client.open(uri, SOURCE)
        asked = [document.ask() for _ in range(500)]
        answers = [client.answer(each) for each in asked]
        assert answers[-1]["items"]


class TestDeath:
    """A client that is gone takes the server with it, whatever that is doing."""

    @pytest.fixture(params=["idle", "busy", "loading"])
    def abandoned(self, request, launch, uri, tmp_path):
        script = {"hold": tmp_path / "never"} if request.param == "loading" else {}
        client = launch(**script)
        self.keep_busy(client, uri, request.param)
        return client

    def keep_busy(self, client, uri, doing, **params):
        client.initialize(**params)
        client.notify("initialized", {})
        client.status(state="loading" if doing == "loading" else "ready")
        if doing == "busy":
            client.open(uri, SLOW).ask()
            client.wait_for_journal("begin", 1)

    def test_the_input_ends(self, abandoned):
        abandoned.process.stdin.close()
        assert abandoned.process.wait(GONE) == 1
        abandoned.forget()

    def test_the_input_ends_in_a_message(self, launch):
        client = launch()
        client.initialize()
        client.send_raw(b'Content-Length: 100\r\n\r\n{"jsonrpc": ')
        client.process.stdin.close()
        assert client.process.wait(GONE) == 1

    def test_both_pipes_end(self, launch, uri):
        client = launch()
        self.keep_busy(client, uri, "busy")
        client.process.stdin.close()
        client.process.stdout.close()
        assert client.process.wait(GONE) == 1
        client.forget()

    @pytest.mark.parametrize("doing", ["idle", "busy"])
    def test_the_editor_is_killed(self, launch, uri, doing):
        # The pipes live on here.
        editor = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        client = launch()
        self.keep_busy(client, uri, doing, processId=editor.pid)
        editor.send_signal(signal.SIGKILL)
        editor.wait()
        assert client.process.wait(GONE) == 1
        client.forget()

    def test_the_editor_is_killed_while_nobody_reads(self, launch, uri):
        editor = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        client = launch()
        self.keep_busy(client, uri, "idle", processId=editor.pid)
        document = client.open(uri, "alpha = 1\n" * 200 + SOURCE)
        document.inline()
        client.stop_reading()
        for _ in range(100):
            client.request("codegen/explain", {"textDocument": {"uri": uri}})
        editor.send_signal(signal.SIGKILL)
        editor.wait()
        client.forget()
        assert client.process.wait(GONE) == 1

    def test_an_editors_process_that_does_not_exist_here(self, launch):
        # As the number of a process outside of the container that the server is in.
        done = subprocess.Popen([sys.executable, "-c", ""])
        done.wait()
        client = launch()
        client.begin(processId=done.pid)
        with pytest.raises(subprocess.TimeoutExpired):
            client.process.wait(1.5)
        still_works(client)
