import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.engine.manifest import (
    FORMAT,
    MANIFEST_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    FileRecord,
    Manifest,
    Shape,
    Source,
    open_export,
)
from codegen.errors import CorruptModelError, ModelMissingError

GRAPHS = {"l1": "model.l1.onnx", "l4": "model.l4.onnx"}
CONTENT = {
    name: name.encode() * 3
    for name in (*GRAPHS.values(), WEIGHTS_FILE, TOKENIZER_FILE, VOCABULARY_FILE)
}
MANIFEST = Manifest(
    name="tiny",
    family="qwen2.5-coder",
    source=Source(file="tiny.gguf", sha256="ab" * 32, bytes=123),
    precision="int4",
    target="cpu",
    shape=Shape(layers=2, kv_heads=2, head_dim=16, vocabulary=400, window=512),
    graphs=GRAPHS,
    files={
        name: FileRecord(len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENT.items()
    },
    made_with={"onnxruntime": "1.31.1"},
    parity={"agreement": 0.97, "paths": "l4"},
)
WHERE = Path("somewhere/codegen.json")


@pytest.fixture
def directory(tmp_path):
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    write(tmp_path, MANIFEST.to_json())
    return tmp_path


def write(directory, text):
    (directory / MANIFEST_FILE).write_text(text, encoding="utf-8")


def changed(**fields):
    return json.dumps(json.loads(MANIFEST.to_json()) | fields)


def check_refused(directory, match):
    with pytest.raises(CorruptModelError, match=match) as raised:
        open_export(directory)
    assert str(directory) in str(raised.value)


def test_a_manifest_is_read_as_it_was_written():
    assert Manifest.from_json(MANIFEST.to_json(), WHERE) == MANIFEST
    plain = replace(MANIFEST, parity=None, made_with={})
    assert Manifest.from_json(plain.to_json(), WHERE) == plain


def test_what_is_stored_is_plain_json():
    stored = json.loads(MANIFEST.to_json())
    assert stored["format"] == FORMAT
    assert stored["files"][WEIGHTS_FILE] == {
        "bytes": len(CONTENT[WEIGHTS_FILE]),
        "sha256": hashlib.sha256(CONTENT[WEIGHTS_FILE]).hexdigest(),
    }


def test_opening_an_export(directory):
    model = open_export(directory)
    assert model.manifest == MANIFEST
    assert model.graph("l4") == directory / "model.l4.onnx"
    assert model.tokenizer == directory / "tokenizer.json"
    assert model.vocabulary == directory / "vocabulary.npz"
    assert model.manifest.weights_bytes == len(CONTENT[WEIGHTS_FILE])


def test_the_tiny_model(tiny):
    assert open_export(tiny.int4.directory) == tiny.int4


def test_files_that_are_not_listed_do_no_harm(directory):
    (directory / "README.md").write_text("hello", encoding="utf-8")
    open_export(directory)


def test_a_directory_without_a_manifest(directory):
    (directory / MANIFEST_FILE).unlink()
    with pytest.raises(ModelMissingError, match=r"is not an exported model: no codegen\.json"):
        open_export(directory)


def test_an_export_that_is_not_there(directory):
    for path in (directory / "nothing", directory / TOKENIZER_FILE):
        with pytest.raises(ModelMissingError):
            open_export(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_manifest(directory):
    (directory / MANIFEST_FILE).chmod(0)
    check_refused(directory, "can't be read")


def test_a_manifest_that_is_a_directory(directory):
    (directory / MANIFEST_FILE).unlink()
    (directory / MANIFEST_FILE).mkdir()
    check_refused(directory, "can't be read")


@pytest.mark.parametrize("name", CONTENT)
def test_a_missing_file(directory, name):
    (directory / name).unlink()
    check_refused(directory, f"{name} is missing; export the model again")


@pytest.mark.parametrize("name", CONTENT)
@pytest.mark.parametrize("size", [0, -1])
def test_a_truncated_file(directory, name, size):
    (directory / name).write_bytes(CONTENT[name][:size])
    check_refused(directory, f"{name} has .* bytes instead of {len(CONTENT[name])}; export")


def test_a_file_that_grew(directory):
    (directory / WEIGHTS_FILE).write_bytes(CONTENT[WEIGHTS_FILE] + b"\0")
    check_refused(directory, "bytes instead of")


@pytest.mark.parametrize("name", CONTENT)
def test_a_file_that_is_not_listed(directory, name):
    files = {key: value for key, value in MANIFEST.files.items() if key != name}
    write(directory, replace(MANIFEST, files=files).to_json())
    check_refused(directory, f"doesn't list {name}")


@pytest.mark.parametrize("version", [0, FORMAT + 1, "1", None])
def test_a_manifest_of_another_format(directory, version):
    write(directory, changed(format=version))
    check_refused(directory, f"is an export of format {version}, .*; export the model again")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../weights",
            "sub/weights",
            "/etc/passwd",
            "./weights",
            "weights/",
            "",
            ".",
            "..",
            "a/..",
        ),
    ],
)
def test_names_outside_the_directory(directory, name):
    record = {"bytes": 0, "sha256": ""}
    outside = "names a file outside its directory"
    files = json.loads(MANIFEST.to_json())["files"]
    write(directory, changed(files={**files, name: record}))
    check_refused(directory, outside)
    write(directory, changed(graphs={**GRAPHS, "l4": name}))
    check_refused(directory, outside)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff\xfe", b"\0\0\0\0", b"[]", b"1", b"null", b'"text"', b"{}"),
        b'{"format": 1}',
        MANIFEST.to_json().encode()[:-20],
        MANIFEST.to_json().encode("utf-16"),
    ],
)
def test_no_manifest_at_all(directory, content):
    (directory / MANIFEST_FILE).write_bytes(content)
    check_refused(directory, "is not an export's manifest|can't be read")


def test_a_field_that_is_unknown_or_gone(directory):
    write(directory, changed(surprise=1))
    check_refused(directory, "is not an export's manifest: .*surprise")
    fields = json.loads(MANIFEST.to_json())
    del fields["shape"]["layers"]
    write(directory, json.dumps(fields))
    check_refused(directory, "is not an export's manifest: .*layers")


# What a damaged or hand-made manifest may hold in place of a number, a name or a table.
@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("files",), []),
        (("files", WEIGHTS_FILE), [1]),
        (("shape",), None),
        (("source",), 1),
        (("files", WEIGHTS_FILE, "bytes"), None),
        (("files", WEIGHTS_FILE, "bytes"), "12"),
        (("files", "nul\0"), {"bytes": 0, "sha256": ""}),
        (("graphs",), ["model.l4.onnx"]),
        (("graphs", "l4"), None),
        (("graphs", "l4"), ["model.l4.onnx"]),
        (("shape", "layers"), "2"),
        (("shape", "layers"), 0),
    ],
    ids=str,
)
def test_values_of_another_kind(directory, place, value):
    fields = json.loads(MANIFEST.to_json())
    inner = fields
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    write(directory, json.dumps(fields))
    check_refused(directory, "is not an export's manifest")


def test_a_manifest_that_is_too_deep(directory):
    write(directory, "[" * 100_000)
    check_refused(directory, "is not an export's manifest")
