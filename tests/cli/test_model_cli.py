"""`codegen model`: what it shows, and that it removes nothing that codegen did not write."""

import dataclasses
import hashlib
import json
import os

import click
import pytest

from codegen.cli import model as model_cli
from codegen.cli import models, options, run
from codegen.engine.autotune import Tuning
from codegen.engine.manifest import (
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    FileRecord,
    Manifest,
    Shape,
    Source,
    open_export,
)
from codegen.models import catalogue, choice, resolve
from codegen.models.catalogue import CatalogueEntry, Measured
from codegen.models.store import Store

BODY = b"GGUF and so on"
SHA256 = hashlib.sha256(BODY).hexdigest()
TINY = CatalogueEntry(
    name="tiny",
    family="qwen2.5-coder",
    repo="someone/tiny-GGUF",
    revision="main",
    file="tiny.gguf",
    bytes=len(BODY),
    sha256=SHA256,
    licence="Apache-2.0",
    licence_url="https://example.org/LICENSE",
    released="2025-01-01",
    default=True,
)


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith("CODEGEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CODEGEN_CACHE_DIR", str(tmp_path / "cache"))
    for module in (catalogue, models, options):
        monkeypatch.setattr(module, "entries", lambda: (TINY,))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def codegen_model(capsys):
    """Runs `codegen model`; gives the exit code, stdout and stderr."""

    def codegen_model(*arguments):
        code = run(["model", *map(str, arguments)])
        return code, *capsys.readouterr()

    return codegen_model


@pytest.fixture
def download(store):
    """The catalogue's file, as codegen fetches it."""
    path = store.download(TINY.file)
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    store.record_fetched(path, SHA256)
    return path


def make_export(directory, name="tiny", precision="int4", **manifest):
    files = {
        name: f"{name} of an export".encode()
        for name in (TOKENIZER_FILE, VOCABULARY_FILE, WEIGHTS_FILE, "model.l4.onnx")
    }
    directory.mkdir(parents=True)
    for file, content in files.items():
        (directory / file).write_bytes(content)
    written = Manifest(
        name=name,
        family="qwen2.5-coder",
        source=Source(TINY.file, SHA256, len(BODY)),
        precision=precision,
        target="cpu",
        shape=Shape(2, 1, 8, 3000, 512),
        graphs={"l4": "model.l4.onnx"},
        files={
            file: FileRecord(len(content), hashlib.sha256(content).hexdigest())
            for file, content in files.items()
        },
        made_with={"torch": "2.13.0"},
        parity={"tokens": 2104, "agreement": 0.97812, "mean_kl": 0.0131},
        **manifest,
    )
    (directory / "codegen.json").write_text(written.to_json())
    return directory


@pytest.fixture
def exported(store):
    """An export of the catalogue's model."""
    return make_export(store.export("tiny", SHA256, "int4", "cpu"))


def everything_below(path):
    return sorted(str(found.relative_to(path)) for found in path.rglob("*") if found.is_file())


def test_list_without_files_names_the_catalogue(codegen_model, tmp_path):
    assert codegen_model("list") == (
        0,
        "* tiny  not here (14 bytes to fetch)\n* is the default.\n",
        "",
    )
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("download", "exported")
def test_list_names_the_models_and_their_files(codegen_model, store):
    make_export(store.export("own", "0" * 64, "fp32", "cpu"), "own", "fp32", format=0)
    code, out, _ = codegen_model("list")
    assert code == 0
    first, second, _ = out.splitlines()
    assert first.startswith("* tiny  int4 for cpu (")
    assert first.endswith(", download (14 bytes)")
    assert second.startswith("  own   fp32 for cpu (")
    assert second.endswith(", unusable)")


@pytest.mark.usefixtures("exported")
def test_list_prints_json(codegen_model, download):
    code, out, _ = codegen_model("list", "--json")
    answer = json.loads(out)
    (model,) = answer["models"]
    assert (code, answer["schema"], model["name"], model["default"]) == (0, 1, "tiny", True)
    assert model["download"] == str(download)
    assert model["catalogue"]["sha256"] == SHA256
    assert [(export["precision"], export["problem"]) for export in model["exports"]] == [
        ("int4", None)
    ]


def test_pull_prints_the_path_of_a_file_that_is_here(codegen_model, download):
    assert codegen_model("pull", "tiny") == (0, f"{download}\n", "")


def test_pull_offline_is_refused(codegen_model, tmp_path):
    code, out, err = codegen_model("pull", "tiny", "--offline")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "codegen is offline" in err
    assert everything_below(tmp_path) == []


@pytest.mark.parametrize("command", ["pull", "info", "verify", "export", "remove"])
def test_an_unknown_model_is_refused(codegen_model, tmp_path, command):
    code, _, err = codegen_model(command, "tinny")
    assert (code, err) == (
        2,
        "codegen: the catalogue has no model 'tinny'; did you mean tiny?\n",
    )
    assert codegen_model(command, tmp_path / "no.gguf")[0] == 2
    assert codegen_model(command, tmp_path)[0] == 3


def test_pull_refuses_a_path(codegen_model, tmp_path):
    path = tmp_path / "own.gguf"
    path.write_bytes(BODY)
    code, _, err = codegen_model("pull", path)
    assert code == 2
    assert "not in the catalogue" in err


def test_info_of_a_model_without_files(codegen_model):
    code, out, _ = codegen_model("info", "tiny")
    assert code == 0
    assert "tiny (the default)" in out
    assert "download  not here" in out
    assert "codegen model export tiny makes one" in out


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (None, []),
        (
            Measured("a machine, int4", "2026-11-30", 0.732, 12, 1_500_000_000, 124, 30),
            [
                (
                    "  costs     12 minutes to fetch and export, 1.5 GB on disk then, "
                    "prompts at 124 tokens/s, 30 single tokens/s"
                ),
                "  brings    73% of withheld Python lines exactly",
                "            (on a machine, int4, 2026-11-30)",
            ],
        ),
        (
            Measured("a machine, int4", "2026-11-30", 0.62),
            [
                "  brings    62% of withheld Python lines exactly",
                "            (on a machine, int4, 2026-11-30)",
            ],
        ),
    ],
)
def test_info_says_what_a_model_costs_and_brings(codegen_model, monkeypatch, measured, told):
    entry = dataclasses.replace(TINY, measured=measured)
    for module in (catalogue, models):
        monkeypatch.setattr(module, "entries", lambda: (entry,))
    lines = codegen_model("info", "tiny")[1].splitlines()
    after = lines.index("  download  not here") + 1
    assert lines[after:-1] == told
    shown = json.loads(codegen_model("info", "tiny", "--json")[1])["catalogue"]["measured"]
    assert shown == (None if measured is None else dataclasses.asdict(measured))


TUNING = Tuning("l4", {"l4": {"1": 0.02, "8": 0.1, "32": 0.3, "256": 1.28}})


@pytest.mark.usefixtures("exported")
def test_info_tells_all_of_a_model(codegen_model, download, exported, monkeypatch):
    monkeypatch.setattr(models, "recorded", lambda *_: TUNING)
    code, out, _ = codegen_model("info", "tiny")
    assert code == 0
    for part in (
        "Apache-2.0, https://example.org/LICENSE",
        "someone/tiny-GGUF",
        SHA256,
        str(download),
        str(exported),
        "agreement 0.9781, mean kl 0.0131, tokens 2104",
        "50 tokens/s one by one, 200 tokens/s in a prompt, by the paths l4",
        "torch 2.13.0",
    ):
        assert part in out


@pytest.mark.usefixtures("exported")
def test_info_prints_json(codegen_model, monkeypatch):
    (export,) = json.loads(codegen_model("info", "tiny", "--json")[1])["exports"]
    assert export["measured"] is None
    assert export["parity"]["agreement"] == 0.97812
    monkeypatch.setattr(models, "recorded", lambda *_: TUNING)
    answer = json.loads(codegen_model("info", "tiny", "--json")[1])
    assert answer["schema"] == 1
    assert answer["exports"][0]["measured"] == {"paths": "l4", "seconds": TUNING.seconds}


@pytest.mark.usefixtures("exported")
def test_measure_prints_the_speeds(codegen_model, monkeypatch):
    asked = []

    def measured_anew(model, device, *_):
        asked.append((model.manifest.name, device.kind))
        return Tuning("l4", {**TUNING.seconds, "l1": {"1": 0.5}})

    monkeypatch.setattr(models, "measured_anew", measured_anew)
    monkeypatch.setattr(choice, "default_entry", lambda: TINY)
    monkeypatch.setenv("CODEGEN_THREADS", "2")
    told = (
        "tiny, int4 for cpu, threads: 2\n"
        "  l4: 50 tokens/s one by one, 200 tokens/s in a prompt\n"
        "  l1: 2 tokens/s one by one, not measured in a prompt\n"
        "The paths l4 are used, and prompts of 600 tokens.\n"
    )
    assert codegen_model("measure", "tiny", "--device", "cpu") == (0, told, "")
    assert codegen_model("measure", "--device", "cpu") == (0, told, "")
    assert asked == [("tiny", "cpu")] * 2
    shown = json.loads(codegen_model("measure", "tiny", "--device", "cpu", "--json")[1])
    assert (shown["schema"], shown["context_tokens"], shown["paths"]) == (1, 600, "l4")


def test_measure_without_an_export_is_refused(codegen_model):
    code, out, err = codegen_model("measure", "tiny", "--device", "cpu")
    assert (code, out) == (3, "")
    assert err == "codegen: tiny is not here yet; run: codegen model export tiny\n"


def test_info_takes_the_path_of_an_export(codegen_model, tmp_path, monkeypatch):
    make_export(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    code, out, _ = codegen_model("info", "./mine")
    assert code == 0
    assert str(tmp_path / "mine") in out
    assert "not measured on this machine yet" in out


def test_info_calls_an_older_format_unusable(codegen_model, store):
    make_export(store.export("tiny", SHA256, "int4", "cpu"), format=0)
    code, out, _ = codegen_model("info", "tiny")
    assert code == 0
    assert "unusable: " in out
    assert "is an export of format 0" in out


def test_verify_reads_whole_files(codegen_model, download, exported):
    assert codegen_model("verify", "tiny") == (
        0,
        f"{download}: unchanged\n{exported}: unchanged\n",
        "",
    )


def flip(path):
    """Damages a file, and keeps its size and its time."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_verify_finds_a_damaged_download(codegen_model, download, exported):
    flip(download)
    code, out, err = codegen_model("verify", "tiny")
    assert (code, out, err.count("\n")) == (3, f"{exported}: unchanged\n", 1)
    assert f"{download} is damaged" in err


@pytest.mark.parametrize("name", [WEIGHTS_FILE, TOKENIZER_FILE, "model.l4.onnx"])
def test_verify_finds_a_damaged_export(codegen_model, exported, name):
    flip(exported / name)
    code, _, err = codegen_model("verify", "tiny")
    assert (code, err.count("\n")) == (3, 1)
    assert f"{exported / name} is damaged" in err


def test_verify_names_every_damaged_file(codegen_model, download, exported):
    flip(download)
    (exported / WEIGHTS_FILE).unlink()
    code, out, err = codegen_model("verify", "tiny")
    assert (code, out, err.count("\n")) == (3, "", 2)
    assert str(download) in err
    assert f"{exported / WEIGHTS_FILE} is missing" in err


def test_verify_without_files_is_refused(codegen_model):
    assert codegen_model("verify", "tiny") == (
        3,
        "",
        "codegen: there are no files of tiny on this machine\n",
    )


@pytest.fixture
def exporting(monkeypatch, exported):
    """Makes an export at once, and records the arguments."""
    asked = []

    def export(settings, _progress, *, force, thorough):
        asked.append((settings, force, thorough))
        return open_export(exported)

    monkeypatch.setattr(resolve, "export", export)
    return asked


def test_export_prints_the_path(codegen_model, exporting, exported, download):
    code, out, err = codegen_model(
        "export", "tiny", "--precision", "fp32", "--device", "cpu", "--force", "--offline"
    )
    assert (code, out, err) == (0, f"{exported}\n", "")
    ((settings, force, thorough),) = exporting
    assert (settings.precision, settings.device, settings.offline) == ("fp32", "cpu", True)
    assert (force, thorough) == (True, False)
    assert codegen_model("export", "tiny", "--thorough")[0] == 0
    assert exporting[1][1:] == (False, True)
    # There is no terminal to ask on.
    assert download.exists()


@pytest.mark.usefixtures("exporting")
@pytest.mark.parametrize(("answer", "left"), [(True, False), (False, True)])
def test_export_offers_to_remove_the_download(
    codegen_model, download, monkeypatch, *, answer, left
):
    monkeypatch.setattr(model_cli, "_can_ask", lambda: True)
    asked = []
    monkeypatch.setattr(click, "confirm", lambda text, **_: asked.append(text) or answer)
    assert codegen_model("export", "tiny")[0] == 0
    assert asked == [f"Remove the download {download} (14 bytes)?"]
    assert download.exists() == left


@pytest.mark.usefixtures("exporting")
def test_export_removes_the_download_if_told(codegen_model, download, exported):
    assert codegen_model("export", "tiny", "--remove-download")[0] == 0
    assert not download.exists()
    assert open_export(exported)


@pytest.mark.usefixtures("exporting")
def test_export_keeps_a_download_that_somebody_else_put_there(codegen_model, store):
    path = store.download(TINY.file)
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    assert codegen_model("export", "tiny", "--remove-download")[0] == 0
    assert path.exists()


def test_remove_removes_what_codegen_made(codegen_model, store, download, exported):
    other = make_export(store.export("own", "0" * 64, "int4", "cpu"), "own")
    older = make_export(store.export("tiny", "0" * 64, "fp32", "cpu"), precision="fp32", format=0)
    store.partial(TINY.file, "hub").write_bytes(b"half")
    code, out, err = codegen_model("remove", "tiny", "--yes")
    assert (code, out) == (0, "")
    assert all(str(path) in err for path in (download, exported, older))
    assert not exported.exists()
    assert not older.exists()
    assert everything_below(store.downloads) == []
    assert open_export(other)


@pytest.mark.parametrize(("answer", "left"), [(True, False), (False, True)])
def test_remove_asks(codegen_model, monkeypatch, download, *, answer, left):
    monkeypatch.setattr(model_cli, "_can_ask", lambda: True)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: answer)
    assert codegen_model("remove", "tiny")[0] == 0
    assert download.exists() == left


def test_remove_where_nobody_can_be_asked(codegen_model, download):
    code, _, err = codegen_model("remove", "tiny")
    assert code == 2
    assert "add --yes" in err
    assert download.exists()


def test_remove_keeps_what_codegen_did_not_write(codegen_model, store, exported):
    path = store.download(TINY.file)
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    (exported / "notes.txt").write_text("mine")
    code, _, err = codegen_model("remove", "tiny", "--yes")
    assert code == 0
    assert f"{exported} is left" in err
    assert path.read_bytes() == BODY
    assert everything_below(exported) == ["notes.txt"]


def test_remove_without_files_says_so(codegen_model):
    code, _, err = codegen_model("remove", "tiny", "--yes")
    assert (code, err) == (0, "there are no files of tiny that codegen fetched or made\n")


def test_remove_the_exports_of_a_file_keeps_the_file(codegen_model, store, tmp_path):
    path = tmp_path / "own.gguf"
    path.write_bytes(BODY)
    export = make_export(store.export("own", "0" * 64, "int4", "cpu"), "own")
    assert codegen_model("remove", path, "--yes")[0] == 0
    assert path.exists()
    assert not export.exists()


def test_remove_the_exports_of_a_file_that_is_gone(codegen_model, store):
    export = make_export(store.export("own", "0" * 64, "int4", "cpu"), "own")
    assert codegen_model("remove", "own", "--yes")[0] == 0
    assert not export.exists()


def test_remove_refuses_an_export_elsewhere(codegen_model, tmp_path):
    export = make_export(tmp_path / "mine")
    code, _, err = codegen_model("remove", export, "--yes")
    assert code == 2
    assert "remove it yourself" in err
    assert open_export(export)


def test_remove_keeps_files_that_a_manifest_names_elsewhere(codegen_model, exported, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    manifest = json.loads((exported / "codegen.json").read_text())
    manifest["files"]["../../../victim"] = manifest["files"][WEIGHTS_FILE]
    (exported / "codegen.json").write_text(json.dumps(manifest))
    assert codegen_model("remove", "tiny", "--yes")[0] == 0
    assert victim.exists()
    assert not exported.exists()


def test_remove_removes_an_export_with_a_broken_manifest(codegen_model, exported):
    (exported / "codegen.json").write_text("{")
    assert codegen_model("remove", "tiny", "--yes")[0] == 0
    assert not exported.exists()


def test_remove_follows_no_link(codegen_model, store, tmp_path):
    own = make_export(tmp_path / "mine")
    store.exports.mkdir(parents=True)
    store.export("tiny", SHA256, "int4", "cpu").symlink_to(own)
    assert codegen_model("remove", "tiny", "--yes")[0] == 0
    assert open_export(own)
