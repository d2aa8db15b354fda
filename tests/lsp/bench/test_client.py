"""JSON-RPC over a server's pipes: framing, answers that don't come, servers that end."""

import io
import json
import re
import sys
import time
from pathlib import Path

import pytest

from codegen.errors import EngineError
from codegen_lsp.bench import connection
from codegen_lsp.bench.client import Client
from codegen_lsp.bench.connection import TruncatedMessageError, frame, read_message
from codegen_lsp.bench.editor import INLINE, OpenText, environment, initialize, load, shows

SCRIPT = Path(__file__).with_name("scripted_lsp.py")


def serve(*options):
    return Client([sys.executable, str(SCRIPT), *options])


def run(program):
    return Client([sys.executable, "-c", program])


def framed(message):
    return frame(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode())


def soon():
    return time.perf_counter() + 20


def test_a_message_is_framed_by_its_bytes():
    wire = framed({"method": "größe", "params": {"text": "漢字😀"}})
    head, _, body = wire.partition(b"\r\n\r\n")
    assert head == b"Content-Length: %d" % len(body)
    assert read_message(io.BytesIO(wire)) == {
        "jsonrpc": "2.0",
        "method": "größe",
        "params": {"text": "漢字😀"},
    }


def test_messages_are_read_one_after_the_other():
    other = 'content-type: x\r\ncontent-LENGTH:11\r\n\r\n{"id":"é"}'.encode()
    stream = io.BytesIO(framed({"id": 1}) + other)
    assert read_message(stream) == {"jsonrpc": "2.0", "id": 1}
    assert read_message(stream) == {"id": "é"}
    assert read_message(stream) is None


@pytest.mark.parametrize(
    "wire", [b"Content-Le", b"Content-Length: 5\r\n", b"Content-Length: 5\r\n\r\n{}"]
)
def test_a_stream_that_ends_within_a_message(wire):
    with pytest.raises(TruncatedMessageError):
        read_message(io.BytesIO(wire))


def test_a_message_with_another_header_than_demanded_is_an_error():
    plain, header = framed({"id": 1}), re.compile(rb"Content-Length: \d+\r\nX: y\r\n\r\n")
    assert read_message(io.BytesIO(plain.replace(b"\r\n", b"\r\nX: y\r\n", 1)), header)["id"] == 1
    with pytest.raises(EngineError, match="another header"):
        read_message(io.BytesIO(plain), header)


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(b"hello\n", id="print"),
        pytest.param(b"X: 1\r\n\r\n{}", id="no length"),
        pytest.param(b"Content-Length: -1\r\n\r\n{}", id="no number"),
        pytest.param(b"Content-Length: 2\r\n\r\n{]", id="no JSON"),
        pytest.param(b"Content-Length: 2\r\n\r\n[]", id="no object"),
    ],
)
def test_what_is_no_message_is_an_error(wire):
    with pytest.raises(EngineError, match="the server wrote"):
        read_message(io.BytesIO(wire))


def test_a_session_from_initialize_to_exit():
    with serve() as client:
        assert initialize(client) > client.started
        loaded = load(client, 20)
        assert (loaded.state, loaded.message) == ("ready", "tiny is ready")
        opened = OpenText(client, "file:///a.py", "a😀b\nc")
        opened.edit(2, 3, "\nd")
        assert opened.text == "a😀\nd\nc"
        assert opened.at(2)["position"] == {"line": 0, "character": 3}
        assert opened.at(4)["position"] == {"line": 1, "character": 1}
        assert shows(client.ask(INLINE, opened.asking(2)).result)
        assert opened.explain()["source"] == "model"
        opened.close()
        client.stop()
    assert not client.overdue
    assert not client.strays


def test_an_edits_range_is_that_of_the_text_before_it():
    with serve() as client:
        opened = OpenText(client, "file:///a.py", "ab\ncd\n")
        change = opened.change(1, 4, "x\ny")
        assert change["textDocument"] == {"uri": "file:///a.py", "version": 2}
        (edit,) = change["contentChanges"]
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert (start, end) == ({"line": 0, "character": 1}, {"line": 1, "character": 1})
        assert opened.text == "ax\nyd\n"


def test_a_cancelled_request_is_overdue_until_it_is_answered():
    with serve("silent=2") as client:
        opened = OpenText(client, "file:///a.py", "")
        first = client.request(INLINE, opened.asking(0))
        client.cancel(first)
        assert client.wait(lambda: not client.overdue, soon())
        second = client.request(INLINE, opened.asking(0))
        assert client.poll(second, time.perf_counter() + 0.1) is None
        client.cancel(second)
        client.stop()
        assert client.overdue == {second}


def test_a_second_answer_is_counted_as_a_stray():
    with serve("twice=1") as client:
        opened = OpenText(client, "file:///a.py", "")
        client.ask(INLINE, opened.asking(0))
        client.stop()
        assert client.strays == 1


def test_a_server_that_ends_says_why():
    with serve("dies=1") as client:
        opened = OpenText(client, "file:///a.py", "")
        with pytest.raises(EngineError, match="the server ended with 3: out of order"):
            client.ask(INLINE, opened.asking(0))
        # And says it again, to whoever asks.
        with pytest.raises(EngineError, match="ended with 3"):
            client.ask(INLINE, opened.asking(0))


def test_a_server_that_ends_within_a_message_says_why():
    program = "import sys; print('Content-Length: 5'); sys.exit('out of order')"
    with run(program) as client, pytest.raises(EngineError, match="ended with 1: out of order"):
        initialize(client)


def test_a_server_that_never_answers_is_not_waited_for():
    with (
        run("import sys; sys.stdin.read()") as client,
        pytest.raises(EngineError, match="did not answer codegen/counters within"),
    ):
        client.ask("codegen/counters", {}, 0.1)


def test_a_server_that_never_reads_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE", 0.2)
    with (
        run("import time; time.sleep(60)") as client,
        pytest.raises(EngineError, match="has read nothing"),
    ):
        OpenText(client, "file:///a.py", "x" * 1_000_000)


def test_a_server_that_prints_is_an_error():
    with (
        run("print('hello', flush=True); import time; time.sleep(60)") as client,
        pytest.raises(EngineError, match="no message"),
    ):
        initialize(client)


def test_an_answer_with_an_error_is_an_error():
    answer = framed({"id": 1, "error": {"code": -32603, "message": "broken"}})
    program = f"import sys; sys.stdout.buffer.write({answer!r}); sys.stdout.flush(); input()"
    with run(program) as client, pytest.raises(EngineError, match="broken"):
        client.ask("codegen/counters", {})


def test_a_program_that_can_not_be_run_is_an_error():
    with pytest.raises(EngineError, match="can't be run"):
        Client(["/nonexistent/program"])


def test_a_server_starts_in_the_environment_that_an_editor_gives_it(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
    monkeypatch.setenv("CODEGEN_MODEL", "mine")
    monkeypatch.setenv("CODEGEN_DEVICE", "cpu")
    environ = environment(model="yours", device=None)
    assert "GLIBC_TUNABLES" not in environ
    assert (environ["CODEGEN_MODEL"], environ["CODEGEN_DEVICE"]) == ("yours", "cpu")
