"""A small HTTP server on loopback that serves files and breaks off when told to, and a model."""

import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from codegen.models import transfer
from codegen.models.catalogue import CatalogueEntry
from codegen.progress import NullProgress


@dataclass
class Served:
    """What the server has under one path."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes to send before each next breaking off
    gate: threading.Event | None = None  # half the body is sent only once this is set


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Listener"

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.begin()

    def do_GET(self) -> None:
        with suppress(ConnectionError):
            served, body = self.begin()
            if served.cuts:
                self.wfile.write(body[: served.cuts.pop(0)])
                self.close_connection = True
                return
            half = len(body) // 2
            self.wfile.write(body[:half])
            if served.gate is not None:
                served.gate.wait(20)
            self.wfile.write(body[half:])

    def begin(self) -> tuple[Served, bytes]:
        wanted = self.headers.get("Range")
        self.server.owner.requests.append(
            (self.command, self.path, wanted, self.headers.get("Authorization"))
        )
        served = self.server.owner.files.get(self.path) or Served(b"", status=404)
        start, status, headers = 0, served.status, dict(served.headers)
        if wanted and served.ranges and status == 200:
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            total = len(served.body)
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        body = served.body[start:]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        return served, body


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    owner: "Server"


class Server:
    """What is served, and what was asked for: (method, path, range, authorization)."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.requests: list[tuple[str, str, str | None, str | None]] = []
        self._listener = Listener(("127.0.0.1", 0), Handler)
        self._listener.owner = self
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def serve_as_hub(self, entry: CatalogueEntry, body: bytes, **served: object) -> Served:
        """Serves `body` as the entry's file, by way of a redirection, as the hub does.

        The metadata is the entry's, whatever the body.
        """
        blob = Served(body, **served)
        self.files[f"/blobs/{entry.sha256}"] = blob
        self.files[f"/{entry.repo}/resolve/{entry.revision}/{entry.file}"] = Served(
            b"",
            status=302,
            headers={
                # Another host than the hub's, as its files are.
                "Location": f"{self.url.replace('127.0.0.1', 'localhost')}/blobs/{entry.sha256}",
                "X-Repo-Commit": "0" * 40,
                "X-Linked-Etag": f'"{entry.sha256}"',
                "X-Linked-Size": str(entry.bytes),
            },
        )
        return blob

    @property
    def ranges(self) -> list[str | None]:
        """The ranges of the GET requests."""
        return [wanted for method, _, wanted, _ in self.requests if method == "GET"]


class Recorder(NullProgress):
    """A progress that remembers, and interrupts like Ctrl-C after so many bytes."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.notes: list[str] = []
        self.starts: list[tuple[str, int, int]] = []
        self.advanced = 0
        self._interrupt_after = interrupt_after

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:  # noqa: ARG002
        self.starts.append((description, total, done))

    def advance(self, n: int) -> None:
        self.advanced += n
        if self._interrupt_after is not None and self.advanced >= self._interrupt_after:
            raise KeyboardInterrupt

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(transfer, "_RETRY_SECONDS", 0.01)
    server = Server()
    yield server
    server.close()


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def served() -> type[Served]:
    return Served


@pytest.fixture(scope="session")
def body() -> bytes:
    return random.Random(7).randbytes(1_500_000)


@pytest.fixture(scope="session")
def entry(body: bytes) -> CatalogueEntry:
    return CatalogueEntry(
        name="tiny",
        family="qwen2.5-coder",
        repo="someone/tiny-GGUF",
        revision="main",
        file="tiny.gguf",
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        licence="Apache-2.0",
        licence_url="https://example.org/LICENSE",
        released="2025-01-01",
    )


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that can't be reached: nobody listens on port 9."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
