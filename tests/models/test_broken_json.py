"""What anybody may have written in place of a small file of ours is no file, and no error."""

import os
from pathlib import Path

import pytest

from codegen.engine.manifest import MANIFEST_FILE, WEIGHTS_FILE, open_export
from codegen.errors import CorruptModelError
from codegen.files import read_json
from codegen.models.inventory import _written
from codegen.models.transfer import _part_ends
from tests.models.broken_json import BROKEN_JSON, write

ROWS = pytest.mark.parametrize("content", BROKEN_JSON, ids=range(len(BROKEN_JSON)))


def test_what_is_there(tmp_path):
    write(tmp_path / "f", '{"a": [1, 2]}')
    assert read_json(tmp_path / "f") == {"a": [1, 2]}


@pytest.mark.parametrize(
    "content",
    ["", "{", b"\xff\xfe\x00", b"\x00" * 100, "[" * 100_000, '{"a":' * 100_000, "1" * 10_000,
     " " * 4_000_001 + "{}"],
    ids=range(8),
)  # fmt: skip
def test_what_is_no_json_of_ours(tmp_path, content):
    write(tmp_path / "f", content)
    assert read_json(tmp_path / "f") is None


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "pipe", Path("/dev/zero")):
        assert read_json(path) is None


@ROWS
def test_the_parts_of_a_download(tmp_path, content):
    write(tmp_path / ".m.partial", "half")
    write(tmp_path / ".m.partial.json", content)
    assert _part_ends(tmp_path / ".m.partial", 10) == [0]


@ROWS
def test_the_files_of_an_export(tmp_path, content):
    write(tmp_path / MANIFEST_FILE, content)
    assert WEIGHTS_FILE in _written(tmp_path)
    with pytest.raises(CorruptModelError):
        open_export(tmp_path)


def test_a_pipe_in_place_of_a_manifest(tmp_path):
    os.mkfifo(tmp_path / MANIFEST_FILE)
    with pytest.raises(CorruptModelError, match=r"codegen\.json can't be read"):
        open_export(tmp_path)
