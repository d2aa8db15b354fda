"""One process at a time, and what the others are told."""

import errno
import os
import threading
from pathlib import Path

import pytest

from codegen.errors import CancelledError, ModelError
from codegen.models.locking import locked
from codegen.models.store import Store
from codegen.progress import LineProgress, NullProgress, StoppableProgress
from tests.models.broken_json import BROKEN_JSON, write


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


class Listener(NullProgress):
    """Keeps what it is told, and lets others wait for it."""

    def __init__(self):
        self.told = []
        self._news = threading.Condition()

    def _tell(self, *what):
        with self._news:
            self.told.append(what)
            self._news.notify_all()

    def start(self, description, total, done=0, *, unit=""):
        self._tell("start", description, total, done, unit)

    def advance(self, n):
        if n:
            self._tell("advance", n)

    def note(self, message):
        self._tell("note", message)

    def finish(self):
        self._tell("finish")

    def wait_for(self, *what):
        with self._news:
            assert self._news.wait_for(lambda: what in self.told, 30), (what, self.told)


def waiting(store, progress):
    """A thread that waits for the lock and then has it for a moment."""

    def work():
        with locked(store, "m.lock-name", progress, what="tiny"):
            progress.note("mine")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_whoever_waits_is_told_for_whom_and_how_far(store):
    own, other, me = Listener(), Listener(), f"process {os.getpid()}"
    with locked(store, "m.lock-name", own, what="tiny") as telling:
        thread = waiting(store, other)
        other.wait_for("note", f"waiting for {me}, another codegen that works on tiny")
        telling.note("quantizing ...")
        other.wait_for("note", f"{me}: quantizing ...")
        telling.start("quantizing", 24, unit="layers")
        other.wait_for("start", f"waiting for {me}: quantizing", 24, 0, "layers")
        telling.advance(5)
        telling.finish()
        other.wait_for("finish")
        telling.start("fetching", 491_000_000, 1000)
        other.wait_for("start", f"waiting for {me}: fetching", 491_000_000, 1000, "")
        assert ("note", "mine") not in other.told
    thread.join(30)
    # What was waited for ends before one's own work begins.
    assert other.told[-2:] == [("finish",), ("note", "mine")]
    assert own.told == [
        ("note", "quantizing ..."),
        ("start", "quantizing", 24, 0, "layers"),
        ("advance", 5),
        ("finish",),
        ("start", "fetching", 491_000_000, 1000, ""),
    ]
    assert [path.suffix for path in (store.root / "locks").iterdir()] == [".lock"]


def test_how_far_it_is_goes_on(store, monkeypatch):
    monkeypatch.setattr("codegen.models.locking._REPORT", 0.0)
    other = Listener()
    with locked(store, "m.lock-name", NullProgress(), what="tiny") as telling:
        telling.start("quantizing", 24, 3, unit="layers")
        thread = waiting(store, other)
        other.wait_for("start", f"waiting for process {os.getpid()}: quantizing", 24, 3, "layers")
        telling.advance(7)
        other.wait_for("advance", 7)
    thread.join(30)


@pytest.mark.parametrize(
    "content",
    [*BROKEN_JSON, '{"pid": 1}', '{"pid": "1", "what": "tiny"}', '{"pid": 1, "what": "a\\u001b["}',
     '{"pid": 1, "what": "tiny", "done": 1.5}'],
)  # fmt: skip
def test_one_who_says_nothing_that_can_be_read(store, content):
    other = Listener()
    with locked(store, "m.lock-name", NullProgress(), what="tiny"):
        write(store.root / "locks" / "m.lock-name.json", content)
        thread = waiting(store, other)
        other.wait_for("note", "waiting for another codegen that works on tiny")
    thread.join(30)
    assert other.told[-1] == ("note", "mine")


def test_one_who_waits_can_be_stopped(store):
    listener = Listener()
    stoppable, ended = StoppableProgress(listener), []

    def work():
        with pytest.raises(CancelledError), locked(store, "m", stoppable, what="tiny"):
            pass
        ended.append(True)

    with locked(store, "m", NullProgress(), what="tiny"):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        listener.wait_for(
            "note", f"waiting for process {os.getpid()}, another codegen that works on tiny"
        )
        stoppable.stop()
        thread.join(30)
        assert ended


def test_nothing_is_told_of_no_task(capsys):
    import sys

    progress = LineProgress(sys.stdout, interval=0.0)
    progress.advance(0)
    progress.start("fetching", 10)
    progress.advance(5)
    progress.finish()
    progress.advance(1)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_cache_directory_that_is_a_file(tmp_path):
    (tmp_path / "cache").write_text("mine")
    with (
        pytest.raises(ModelError, match="can't be written to"),
        locked(Store(tmp_path / "cache"), "m", NullProgress(), what="tiny"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_directory(store):
    store.root.mkdir(mode=0o500)
    with (
        pytest.raises(ModelError, match="Permission denied"),
        locked(store, "m", NullProgress(), what="tiny"),
    ):
        pass


def test_a_cache_directory_without_permission(store, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with (
        pytest.raises(ModelError, match=r"Permission denied.*CODEGEN_CACHE_DIR") as caught,
        locked(store, "m", NullProgress(), what="tiny"),
    ):
        pass
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
