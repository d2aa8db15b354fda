"""What the user calls a model, and what becomes of it."""

import dataclasses
import os
import shutil
import threading

import pytest

from codegen.errors import CorruptModelError, ModelError, ModelMissingError, UsageError
from codegen.models import resolve as module
from codegen.models.catalogue import CatalogueEntry, default_entry
from codegen.models.resolve import (
    CheckpointDirectory,
    ExportDirectory,
    GgufFile,
    export,
    find_export,
    ready,
    resolve,
)
from codegen.progress import NullProgress
from codegen.settings.config import Settings
from tests.engine.machines import NO_CARD


@pytest.fixture
def settings(tmp_path):
    return Settings(cache_dir=tmp_path / "cache", device="cpu", offline=True)


def test_names_and_paths(tiny, tmp_path):
    gguf = tmp_path / "some.gguf"
    gguf.write_bytes(b"GGUF....")
    assert resolve(default_entry().name) == default_entry()
    assert resolve(str(gguf)) == GgufFile(gguf)
    assert resolve(str(tiny.checkpoint)) == CheckpointDirectory(tiny.checkpoint)
    assert resolve(str(tiny.int4.directory)) == ExportDirectory(tiny.int4.directory)
    assert isinstance(resolve("qwen2.5-coder-1.5b"), CatalogueEntry)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (None, UsageError, "there is no model at"),
        (b"", CorruptModelError, "not a GGUF file"),
        (b"PK\x03\x04", CorruptModelError, "not a GGUF file"),
        ("directory", CorruptModelError, "neither codegen.json nor config.json"),
        ("pipe", UsageError, "model can't be read: it is not a regular file"),
    ],
)
def test_what_is_no_model(tmp_path, content, error, words):
    path = tmp_path / "model"
    if content == "directory":
        path.mkdir()
    elif content == "pipe":
        os.mkfifo(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=words):
        resolve(str(path))


def test_nothing_here_and_offline(settings):
    assert find_export(settings) is None
    with pytest.raises(ModelMissingError) as caught:
        ready(settings, NullProgress())
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)


def test_an_export_by_its_path(settings, tiny):
    model = find_export(dataclasses.replace(settings, model=str(tiny.int4.directory)))
    assert model == tiny.int4


def test_a_flipped_bit_is_found_and_the_users_directory_is_kept(settings, tiny, tmp_path):
    copy = tmp_path / "export"
    shutil.copytree(tiny.int4.directory, copy)
    weights = copy / "model.onnx.data"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(CorruptModelError, match=r"model\.onnx\.data was changed"):
        ready(dataclasses.replace(settings, model=str(copy)), NullProgress())
    assert weights.read_bytes() == data


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left"), MemoryError])
def test_nothing_is_left_of_an_export_that_broke_off(settings, tiny, monkeypatch, failure):
    from codegen.models.export import pipeline

    def breaks(*_args, **_kwargs):
        raise failure

    monkeypatch.setattr(pipeline, "write", breaks)
    settings = dataclasses.replace(settings, model=str(tiny.checkpoint))
    with pytest.raises((KeyboardInterrupt, ModelError)):
        export(settings, NullProgress(), force=False)
    assert list((settings.cache_dir / "exports").iterdir()) == []
    assert (tiny.checkpoint / "config.json").exists()


class Slow(NullProgress):
    """Keeps its notes, and says when it has one that begins in some way."""

    def __init__(self):
        self.notes, self._news = [], threading.Condition()

    def note(self, message):
        with self._news:
            self.notes.append(message)
            self._news.notify_all()

    def wait_for(self, begin):
        def there():
            return any(note.startswith(begin) for note in self.notes)

        with self._news:
            assert self._news.wait_for(there, 60), (begin, self.notes)


@pytest.mark.parametrize("damaged", [False, True])
def test_whoever_waited_for_an_export_takes_it(settings, tiny, monkeypatch, *, damaged):
    from codegen.models.export import pipeline

    made, goes_on = [], threading.Event()

    def export_into(directory, *, progress, **_):
        made.append(directory)
        progress.note("quantizing ...")
        assert goes_on.wait(60)
        shutil.copytree(tiny.int4.directory, directory, dirs_exist_ok=True)

    monkeypatch.setattr(pipeline, "export_into", export_into)
    settings = dataclasses.replace(settings, model=str(tiny.checkpoint), precision="int4")
    if damaged:
        goes_on.set()
        whole = export(settings, NullProgress(), force=False)
        (whole.directory / "model.onnx.data").write_bytes(b"half")
        goes_on.clear()
        made.clear()
    first, second, found = Slow(), Slow(), []

    def work(progress):
        found.append(ready(settings, progress))

    threads = [threading.Thread(target=work, args=(first,), daemon=True)]
    threads[0].start()
    first.wait_for("quantizing")
    threads.append(threading.Thread(target=work, args=(second,), daemon=True))
    threads[1].start()
    me = f"process {os.getpid()}"
    second.wait_for(f"waiting for {me}, another codegen that works on {tiny.checkpoint.name}")
    second.wait_for(f"{me}: quantizing")
    goes_on.set()
    for thread in threads:
        thread.join(60)
    assert len(made) == 1
    assert found == [find_export(settings)] * 2


def test_a_device_that_is_not_there_is_told_before_anything_is_made(settings, monkeypatch):
    from codegen.engine import device
    from codegen.errors import EngineError

    monkeypatch.setattr(device, "find_obstacle", lambda: NO_CARD)
    monkeypatch.setattr(module, "export", lambda *_, **__: pytest.fail("it was made"))
    for offline in (True, False):
        wanted = dataclasses.replace(settings, device="cuda", offline=offline)
        with pytest.raises(EngineError, match="CUDA can't be used: no card"):
            ready(wanted, NullProgress())
    assert not settings.cache_dir.exists()


@pytest.mark.deep
@pytest.mark.parametrize("precision", ["fp16", "int4"])
def test_an_export_for_cuda_needs_no_gpu_and_running_it_does(
    settings, tiny, monkeypatch, precision
):
    from codegen.engine import device
    from codegen.errors import EngineError
    from codegen.models.loading import load_model

    monkeypatch.setattr(device, "find_obstacle", lambda: NO_CARD)
    settings = dataclasses.replace(
        settings, model=str(tiny.checkpoint), device="cuda", precision=precision
    )
    made = export(settings, NullProgress(), force=False)
    assert (made.manifest.precision, made.manifest.target) == (precision, "cuda")
    assert made.manifest.parity is None
    with pytest.raises(EngineError, match="no card"):
        load_model(settings, NullProgress())
    assert find_export(settings) == made
