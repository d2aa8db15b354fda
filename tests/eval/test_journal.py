"""An append-only file: the bytes of a record, an unfinished last line, and one writer at a time."""

from pathlib import Path

import pytest

from codegen.errors import UsageError
from codegen_eval.errors import DataError
from codegen_eval.journal import Journal


def test_the_bytes_of_records(tmp_path):
    journal = Journal(tmp_path / "x")
    journal.append({"b": 1, "a": "ä\n\ud800", "c": [0.1, None]})
    journal.append({})
    assert journal.path.read_bytes() == (
        b'{"b": 1, "a": "\\u00e4\\n\\ud800", "c": [0.1, null]}\n{}\n'
    )
    assert list(journal.rows()) == [{"b": 1, "a": "ä\n\ud800", "c": [0.1, None]}, {}]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"", b""),
        (b"{", b""),
        (b'{}\n{"a', b"{}\n"),
        (b"{}\n", b"{}\n"),
        (b"{}\n" + b"b" * 200_000, b"{}\n"),
        (b"b" * 200_000, b""),
    ],
)
def test_an_unfinished_last_line_is_skipped_and_cut_off(tmp_path, content, kept):
    journal = Journal(tmp_path / "x")
    journal.path.write_bytes(content)
    assert list(journal.rows()) == [{}] * kept.count(b"\n")
    journal.append({"a": 1})
    journal.append({"a": 2})
    assert journal.path.read_bytes() == kept + b'{"a": 1}\n{"a": 2}\n'


def test_a_missing_file_has_no_records(tmp_path):
    journal = Journal(tmp_path / "x")
    assert list(journal.rows()) == []
    assert not journal.path.exists()


@pytest.mark.parametrize("line", [b"{", b"[1]", b"nonsense", b"[" * 100_000])
def test_a_damaged_line_is_named(tmp_path, line):
    journal = Journal(tmp_path / "x")
    journal.path.write_bytes(b"{}\n\n" + line + b"\n{}\n")
    with pytest.raises(DataError, match="line 3 is"):
        list(journal.rows())


def test_one_writer_at_a_time(tmp_path):
    journal = Journal(tmp_path / "new" / "x")
    lock = tmp_path / "new" / "lock"
    with (
        journal.locked(lock, "writing"),
        pytest.raises(UsageError, match=r"^another process is writing$"),
        Journal(journal.path).locked(lock, "writing"),
    ):
        pass


def test_a_full_disk_is_a_data_error(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    full = tmp_path / "x"
    full.symlink_to("/dev/full")
    journal = Journal(full)
    journal._whole = True

    def write():
        with journal.locked(tmp_path / "lock", "writing"):
            journal.append({})

    with pytest.raises(DataError, match="x can't be written to: No space left"):
        write()


def test_a_folder_that_cannot_be_made_is_a_data_error(tmp_path):
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "x")
    with (
        pytest.raises(DataError, match="file can't be written to"),
        journal.locked(tmp_path / "file" / "lock", "writing"),
    ):
        pass
