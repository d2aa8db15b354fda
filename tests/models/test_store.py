import errno
import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from codegen.errors import ModelError
from codegen.models import store as store_module
from codegen.models.store import Store, atomic_directory, file_sha256, require_space, storing
from tests.models.broken_json import BROKEN_JSON, write


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def hashed(monkeypatch):
    """The files that were read to be hashed."""
    seen = []

    def counting(path, progress=None):
        seen.append(path)
        return file_sha256(path, progress)

    monkeypatch.setattr(store_module, "file_sha256", counting)
    return seen


def left_in(directory):
    return sorted(path.name for path in directory.iterdir())


def test_where_the_store_keeps_files(store):
    assert store.download("m.gguf") == store.root / "downloads/m.gguf"
    assert store.export("m", "0123456789ab", "int4", "cpu") == store.exports / "m-01234567-int4-cpu"
    assert store.autotune == store.root / "autotune.json"
    assert not store.root.exists()


def test_a_directory_appears_whole(tmp_path):
    target = tmp_path / "exports" / "m"
    with atomic_directory(target) as building:
        (building / "a").write_text("1")
        assert not target.exists()
        assert building.parent == target.parent
    assert left_in(target) == ["a"]
    assert left_in(target.parent) == ["m"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_a_directory_is_removed_when_its_making_ends_early(tmp_path, error):
    target = tmp_path / "m"

    def build():
        with atomic_directory(target) as building:
            (building / "a").write_text("1")
            raise error

    with pytest.raises(error):
        build()
    assert left_in(tmp_path) == []


def test_a_directory_that_exists_is_kept_unless_it_is_to_be_replaced(tmp_path):
    target = tmp_path / "m"
    target.mkdir()
    (target / "old").write_text("1")
    with pytest.raises(ModelError, match="m can't be written to"), atomic_directory(target):
        pass
    assert left_in(target) == ["old"]
    with pytest.raises(KeyboardInterrupt), atomic_directory(target, replace=True):
        raise KeyboardInterrupt
    assert left_in(target) == ["old"]
    with atomic_directory(target, replace=True) as building:
        (building / "new").write_text("1")
    assert left_in(target) == ["new"]
    assert left_in(tmp_path) == ["m"]


def test_what_a_killed_process_left_is_cleared(tmp_path):
    (tmp_path / ".m.1234.building").mkdir()
    (tmp_path / ".m2.1234.building").mkdir()
    with atomic_directory(tmp_path / "m"):
        pass
    assert left_in(tmp_path) == [".m2.1234.building", "m"]


def test_a_directory_in_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(ModelError, match="can't be written to"),
        atomic_directory(tmp_path / "file" / "m"),
    ):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_a_disk_without_enough_space(tmp_path, monkeypatch):
    monkeypatch.setattr(
        store_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=12_000_000)
    )
    require_space(tmp_path / "not" / "there", 12_000_000, "tiny")
    with pytest.raises(ModelError, match=r"no room for tiny: 491 MB are needed .* 12 MB are free"):
        require_space(tmp_path / "not" / "there", 491_400_064, "tiny")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "the disk of /x is full"),
        (errno.EDQUOT, "the disk of /x is full"),
        (errno.EACCES, "/x can't be written to (Permission denied)"),
        (errno.EROFS, "/x can't be written to (Read-only file system)"),
    ],
)
def test_errors_of_the_disk_are_explained(number, message):
    with pytest.raises(ModelError) as caught, storing(Path("/x")):
        raise OSError(number, os.strerror(number))
    assert str(caught.value).startswith(message)
    assert "CODEGEN_CACHE_DIR" in str(caught.value)


@pytest.mark.parametrize("error", [ConnectionResetError, TimeoutError, ValueError])
def test_other_errors_are_not_the_disk_s(error):
    with pytest.raises(error), storing(Path("/x")):
        raise error


def test_sha256(tmp_path, recorder):
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    progress = recorder()
    assert file_sha256(path, progress) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert progress.starts == [("checking f", 3_000_000, 0)]
    assert progress.advanced == 3_000_000
    with pytest.raises(ModelError, match="can't be read: No such file"):
        file_sha256(tmp_path / "missing")


def test_a_file_is_hashed_again_only_when_it_changed(store, tmp_path, hashed):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    first = store.sha256(path)
    assert store.sha256(path) == Store(store.root).sha256(path) == first
    assert len(hashed) == 1

    path.write_bytes(b"two")
    os.utime(path, ns=(0, 1))
    second = store.sha256(path)
    assert second != first

    other = tmp_path / "other"
    other.write_bytes(b"six")
    os.utime(other, ns=(0, 1))
    other.replace(path)  # same size and time, another inode
    assert store.sha256(path) not in {first, second}
    assert len(hashed) == 3


RECORD = {"signature": [3, 1, 2], "sha256": "0" * 64, "fetched": True}


@pytest.mark.parametrize(
    "memo",
    [
        *BROKEN_JSON,
        '{"F": 1}',
        '{"F": {"sha256": "0"}}',
        *(
            json.dumps({"F": RECORD | change})
            for change in (
                {"signature": []},
                {"signature": [3]},
                {"signature": {"2": 1}},
                {"signature": "abc"},
                {"signature": 7},
                {"sha256": 7},
                {"sha256": ""},
                {"sha256": "0" * 63},
                {"fetched": 1},
                {"more": 1},
            )
        ),
    ],
)
def test_a_memo_that_is_not_ours_is_no_memo(store, tmp_path, memo):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    store.root.mkdir()
    content = memo.replace("F", str(path)) if isinstance(memo, str) else memo
    write(store.root / "verified.json", content)
    assert not store.fetched(path)
    assert store.sha256(path) == hashlib.sha256(b"one").hexdigest()
    # And the file is one of ours again.
    assert Store(store.root)._recorded(path)["sha256"] == store.sha256(path)


def test_the_right_signature_with_a_hash_that_is_none(store, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    store.sha256(path)
    memo = store.root / "verified.json"
    for digest in ("7", '""', "null", '"zero"'):
        right = hashlib.sha256(b"one").hexdigest()
        memo.write_text(memo.read_text().replace(f'"{right}"', digest))
        assert store.sha256(path) == right


@pytest.mark.parametrize("what", ["pipe", "directory"])
def test_something_else_in_place_of_the_memo(store, tmp_path, what):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    store.root.mkdir()
    memo = store.root / "verified.json"
    os.mkfifo(memo) if what == "pipe" else memo.mkdir()
    assert store.sha256(path) == hashlib.sha256(b"one").hexdigest()


def test_a_cache_that_cannot_be_written_to_still_hashes(tmp_path):
    (tmp_path / "cache").write_text("a file where the directory should be")
    path = tmp_path / "f"
    path.write_bytes(b"one")
    assert Store(tmp_path / "cache").sha256(path) == hashlib.sha256(b"one").hexdigest()


def test_what_codegen_fetched_is_known_until_another_file_replaces_it(store, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    store.sha256(path)
    assert not store.fetched(path)
    store.record_fetched(path, hashlib.sha256(b"one").hexdigest())
    path.write_bytes(b"damaged")
    store.sha256(path)
    assert store.fetched(path)
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "mine").replace(path)
    assert not store.fetched(path)
