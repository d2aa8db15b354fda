"""The real huggingface_hub against a server on loopback that answers as the hub does."""

import socket
import time

import pytest

from codegen.errors import FetchError
from codegen.models import hub
from codegen.models.hub import receive_from_hub
from codegen.progress import NullProgress


@pytest.fixture
def bring(server, entry, tmp_path, monkeypatch):
    """Receives the entry from the server, and gives what the partial file holds then."""
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    partial = tmp_path / ".m.partial"

    def bring(already=b"", progress=None):
        if already:
            partial.write_bytes(already)
        receive_from_hub(entry, partial, progress or NullProgress())
        return partial.read_bytes()

    return bring


def test_a_file_is_fetched_from_the_hub(server, entry, body, bring, recorder):
    server.serve_as_hub(entry, body)
    progress = recorder()
    assert bring(progress=progress) == body
    assert progress.starts == [("tiny", len(body), 0)]
    assert progress.advanced == len(body)


def test_nothing_but_the_file_is_asked_for_and_no_token_is_sent(server, entry, body, bring):
    server.serve_as_hub(entry, body)
    bring()
    assert server.requests == [
        ("HEAD", "/someone/tiny-GGUF/resolve/main/tiny.gguf", None, None),
        ("GET", f"/blobs/{entry.sha256}", None, None),
    ]


def test_an_interrupted_file_is_gone_on_with(server, entry, body, bring, recorder):
    server.serve_as_hub(entry, body)
    with pytest.raises(KeyboardInterrupt):
        bring(progress=recorder(interrupt_after=800_000))
    progress = recorder()
    assert bring(progress=progress) == body
    _, _, done = progress.starts[0]
    assert 700_000 < done < len(body)
    assert server.ranges[-1] == f"bytes={done}-"


def test_a_connection_that_breaks_is_taken_up_again(server, entry, body, bring):
    server.serve_as_hub(entry, body, cuts=[600_000, 300_000])
    assert bring() == body
    assert len(server.ranges) == 3


def test_what_the_hub_has_grown_to_is_refused_before_it_is_fetched(server, entry, body, bring):
    server.serve_as_hub(entry, body)
    page = server.files["/someone/tiny-GGUF/resolve/main/tiny.gguf"]
    page.headers["X-Linked-Etag"] = f'"{"0" * 64}"'
    with pytest.raises(
        FetchError, match=f"another file there: sha256 0+ instead of {entry.sha256}"
    ):
        bring()
    page.headers |= {"X-Linked-Etag": '"v2"', "X-Linked-Size": "17"}
    with pytest.raises(FetchError, match="a file of 17 bytes instead of 1500000"):
        bring()
    assert server.ranges == []


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_a_hub_that_refuses(server, entry, body, bring, status):
    server.serve_as_hub(entry, body)
    server.files["/someone/tiny-GGUF/resolve/main/tiny.gguf"].status = status
    with pytest.raises(FetchError, match=f"HTTP status {status}"):
        bring()
    assert len(server.requests) == 1


def test_a_file_that_its_host_refuses(server, entry, body, bring):
    server.serve_as_hub(entry, body, status=403)
    with pytest.raises(FetchError, match="HTTP status 403"):
        bring()


def test_an_unreachable_hub_fails_at_once(entry, tmp_path, no_hub):
    started = time.monotonic()
    with pytest.raises(FetchError, match="can't be reached"):
        receive_from_hub(entry, tmp_path / "p", NullProgress())
    assert time.monotonic() - started < 10


def test_a_hub_that_never_answers(entry, tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(FetchError, match=r"does not answer|can't be reached"):
            receive_from_hub(entry, tmp_path / "p", NullProgress())
    assert time.monotonic() - started < 5


def test_a_name_that_nobody_can_look_up_in_time(entry, tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setenv("HF_ENDPOINT", "http://slow.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1))
    with pytest.raises(FetchError, match="does not answer within"):
        receive_from_hub(entry, tmp_path / "p", NullProgress())


def test_the_hub_s_own_offline_switch(server, entry, body, bring, monkeypatch):
    import huggingface_hub

    server.serve_as_hub(entry, body)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FetchError, match="HF_HUB_OFFLINE is set"):
        bring()
    assert server.requests == []
