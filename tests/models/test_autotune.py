"""Compute paths are measured once, remembered, and forgotten when what they depend on changes."""

import json

import pytest

from codegen.engine.device import Device
from codegen.engine.paths import parse_paths
from codegen.models import autotune
from codegen.models.autotune import recorded, tuned
from codegen.models.progress import NullProgress
from codegen.models.store import Store

CPU = Device("cpu")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_measured_once(tiny, store, monkeypatch):
    first = tuned(tiny.int4, CPU, 1, store, NullProgress())
    monkeypatch.setattr(autotune, "measure", None)
    assert tuned(tiny.int4, CPU, 1, store, NullProgress()) == first
    assert set(first.seconds) == {"l4", "l1"}
    parse_paths(first.paths, first.seconds)
    assert all(first.speed(size) > 0 for size in autotune.SIZES)


@pytest.mark.parametrize("change", ["threads", "model", "processor", "onnxruntime"])
def test_forgotten_when_anything_changes(tiny, store, monkeypatch, change):
    tuned(tiny.int4, CPU, 1, store, NullProgress())
    threads = 2 if change == "threads" else 1
    model = tiny.fp32 if change == "model" else tiny.int4
    if change == "processor":
        monkeypatch.setattr(autotune, "processor", lambda: "another")
    if change == "onnxruntime":
        monkeypatch.setattr("onnxruntime.__version__", "0.0")
    assert recorded(model, CPU, threads, store) is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"KEY": 3}', '{"KEY": {"paths": "l9", "seconds": {}}}',
     '{"KEY": {"paths": "l4", "seconds": {"l4": {"1": 0}}}}'],
)  # fmt: skip
def test_a_broken_file_is_measured_anew(tiny, store, content):
    tuned(tiny.int4, CPU, 1, store, NullProgress())
    (key,) = json.loads(store.autotune.read_text())
    store.autotune.write_text(content.replace("KEY", key))
    assert recorded(tiny.int4, CPU, 1, store) is None
    assert tuned(tiny.int4, CPU, 1, store, NullProgress()).seconds.keys() == {"l4", "l1"}


def test_a_cache_that_cannot_be_written_to(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    tuning = tuned(tiny.int4, CPU, 1, Store(tmp_path / "file"), NullProgress())
    assert tuning.seconds.keys() == {"l4", "l1"}


@pytest.mark.parametrize(
    ("l4", "l1", "paths"),
    [
        # Tokens per call:  1     8    32   256
        ((1.0, 2.0, 3.0, 9.0), (2.0, 3.0, 4.0, 10.0), "l4"),
        ((1.0, 2.0, 3.0, 9.0), (2.0, 3.0, 2.5, 5.0), "l4+l1@32"),
        ((1.0, 2.0, 3.0, 9.0), (3.0, 3.0, 4.0, 5.0), "l4+l1@256"),
        ((2.0, 2.0, 3.0, 9.0), (1.0, 1.0, 2.0, 5.0), "l1"),
    ],
)
def test_the_faster_path_for_each_size(tiny, monkeypatch, l4, l1, paths):
    times = {"l4": l4, "l1": l1}

    def time_path(_model, path, *_):
        return dict(zip(map(str, autotune.SIZES), times[path], strict=True))

    monkeypatch.setattr(autotune, "_time_path", time_path)
    assert autotune.measure(tiny.int4, CPU, 1).paths == paths
