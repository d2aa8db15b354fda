"""What was measured is remembered, corrected, and forgotten when what it depends on changes."""

import dataclasses
import json

import pytest

from codegen.context.budget import affordable
from codegen.engine import autotune
from codegen.engine.autotune import (
    PromptSpeed,
    Tuning,
    measured_anew,
    prompt_speed,
    recorded,
    tuned,
)
from codegen.engine.device import Device
from codegen.engine.measuring import LIMIT, SIZES
from codegen.engine.paths import ComputePaths, parse_paths
from codegen.models.store import Store
from codegen.progress import NullProgress
from tests.models.broken_json import BROKEN_JSON, write

CPU = Device("cpu")
FIGURES = {"1": 0.02, "8": 0.05, "32": 0.1, "256": 2.0}  # 128 tokens of a prompt a second


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def measuring(monkeypatch):
    """What measuring gives; the seconds that it was given, each time."""
    limits, figures = [], {"l4": FIGURES}

    def measure(_model, _device, _threads, limit):
        limits.append(limit)
        return ComputePaths("l4", "l4"), dict(figures)

    monkeypatch.setattr(autotune, "measure", measure)
    return limits


def test_an_export_is_measured_once(tiny, store, monkeypatch):
    first = tuned(tiny.int4, CPU, 1, store.autotune, NullProgress())
    monkeypatch.setattr(autotune, "measure", None)
    assert tuned(tiny.int4, CPU, 1, store.autotune, NullProgress()) == first
    parse_paths(first.paths, first.seconds)
    assert all(first.speed(size) > 0 for size in SIZES)


@pytest.mark.parametrize("change", ["threads", "model", "processor", "onnxruntime"])
def test_forgotten_when_anything_changes(tiny, store, monkeypatch, change):
    tuned(tiny.int4, CPU, 1, store.autotune, NullProgress())
    threads = 2 if change == "threads" else 1
    model = tiny.fp32 if change == "model" else tiny.int4
    if change == "processor":
        monkeypatch.setattr(autotune, "processor", lambda: "another")
    if change == "onnxruntime":
        monkeypatch.setattr("onnxruntime.__version__", "0.0")
    assert recorded(model, CPU, threads, store.autotune) is None


GOOD = {"paths": "l4", "seconds": {"l4": FIGURES}}


@pytest.mark.parametrize(
    "content",
    [
        *BROKEN_JSON,
        '{"KEY": 3}',
        '{"KEY": {"paths": "l9", "seconds": {}}}',
        '{"KEY": {"paths": "l4", "seconds": {"l4": {"1": 0}}}}',
        *(
            json.dumps({"KEY": GOOD | change})
            for change in (
                {"paths": 4},
                {"paths": "l4+l1@32"},
                {"paths": "l9", "seconds": {"l9": FIGURES}},
                {"seconds": []},
                {"seconds": {"l4": 3}},
                {"seconds": {"l4": FIGURES | {"256": -1.0}}},
                {"seconds": {"l4": FIGURES | {"256": float("nan")}}},
                {"seconds": {"l4": FIGURES | {"256": float("inf")}}},
                {"seconds": {"l4": FIGURES | {"256": True}}},
                {"seconds": {"l4": FIGURES | {"256": "2"}}},
                {"seconds": {"l4": FIGURES | {"many": 2.0}}},
                {"more": 1},
            )
        ),
    ],
)
def test_a_file_that_is_not_ours_is_measured_anew(tiny, store, measuring, content):
    tuned(tiny.int4, CPU, 1, store.autotune, NullProgress())
    (key,) = json.loads(store.autotune.read_text())
    write(store.autotune, content.replace("KEY", key) if isinstance(content, str) else content)
    assert recorded(tiny.int4, CPU, 1, store.autotune) is None
    assert tuned(tiny.int4, CPU, 1, store.autotune, NullProgress()) == Tuning("l4", {"l4": FIGURES})
    assert recorded(tiny.int4, CPU, 1, store.autotune) == Tuning("l4", {"l4": FIGURES})
    assert len(measuring) == 2


def test_what_was_remembered_of_others_is_kept(tiny, store, measuring):
    tuned(tiny.int4, CPU, 1, store.autotune, NullProgress())
    tuned(tiny.fp32, CPU, 1, store.autotune, NullProgress())
    assert recorded(tiny.int4, CPU, 1, store.autotune) is not None
    assert len(json.loads(store.autotune.read_text())) == 2


def test_a_cache_that_cannot_be_written_to_is_measured_once_a_process(tiny, tmp_path, measuring):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    first = tuned(tiny.int4, CPU, 1, store.autotune, NullProgress())
    assert tuned(tiny.int4, CPU, 1, store.autotune, NullProgress()) == first
    # And for a shorter time, since the next process has to do it again.
    assert measuring == [autotune.BRIEF]
    assert autotune.BRIEF < LIMIT


def test_where_nothing_could_be_measured_in_time_there_are_defaults(tiny, store, monkeypatch):
    monkeypatch.setattr(autotune, "measure", lambda *_: (ComputePaths("l4", "l4"), {}))
    tuning = tuned(tiny.int4, CPU, 1, store.autotune, NullProgress())
    assert (tuning.paths, tuning.speed(256), affordable(tuning.speed(256))) == ("l4", None, 1024)
    # The next process tries again, and this one doesn't.
    assert recorded(tiny.int4, CPU, 1, store.autotune) is None
    monkeypatch.setattr(autotune, "measure", None)
    assert tuned(tiny.int4, CPU, 1, store.autotune, NullProgress()) == tuning


@pytest.mark.parametrize(
    ("figures", "tokens", "speed"),
    [
        (FIGURES, 256, 128),
        (FIGURES, 1, 50),
        ({"1": 0.02, "8": 0.05, "32": 0.1}, 256, 320),
        ({"1": 0.02, "8": 0.05}, 256, 160),
        ({"1": 0.02}, 256, None),  # a single token says nothing of a prompt
        ({}, 1, None),
    ],
)
def test_the_speed_of_what_was_not_measured(figures, tokens, speed):
    found = Tuning("l4", {"l4": figures}).speed(tokens)
    assert found == (None if speed is None else pytest.approx(speed))


@pytest.mark.parametrize(
    ("chunks", "speed"),
    [
        # Tokens and seconds of chunks, and tokens a second then.
        ([(256, 0.6)], 256 / 0.6),
        ([(256, 0.6), (256, 1.0), (256, 2.5)], 256 / 0.6),  # a busy moment later changes nothing
        ([(256, 1.99)], 128),  # nor does what is hardly faster
        ([(255, 0.1), (10, 0.001), (1, 0.001)], 128),  # nor a part of a chunk
        ([(256, 0.0)], 128),
    ],
)
def test_faster_prompts_correct_what_was_measured(tiny, store, measuring, chunks, speed):
    learned = prompt_speed(tiny.int4, CPU, 1, store.autotune, NullProgress())
    assert learned.value == 128
    for tokens, seconds in chunks:
        learned.saw(tokens, seconds)
    assert learned.value == pytest.approx(speed)
    # For this process, and for the next one.
    assert recorded(tiny.int4, CPU, 1, store.autotune).speed(256) == pytest.approx(speed)
    assert affordable(learned.value) == min(1536, int(speed * 3))


def test_real_prompts_correct_what_was_not_measured_in_time(tmp_path):
    learned = PromptSpeed(Tuning("l4", {"l4": {}}), tmp_path / "autotune.json", "key")
    assert learned.value is None
    learned.saw(256, 0.5)
    assert learned.value == 512


def test_a_real_prompt_is_seen_by_the_engine(tiny, store, measuring):
    from codegen.cancel import CancelToken
    from codegen.models.loading import load_model
    from codegen.settings.config import Settings

    settings = Settings(model=str(tiny.int4.directory), device="cpu", cache_dir=store.root)
    model = load_model(settings, NullProgress())
    assert model.speed() == 128
    (prompt,) = tiny.prompts(1, 300)
    model.backend.warm(prompt, CancelToken())
    # The tiny model is far faster than the figures say.
    assert model.speed() > 1000
    assert load_model(settings, NullProgress()).speed() == model.speed()
    pinned = dataclasses.replace(settings, compute_path="l4")
    assert load_model(pinned, NullProgress()).speed() is None


def test_measuring_anew_replaces_what_was_remembered(tiny, store, monkeypatch, measuring):
    learned = prompt_speed(tiny.int4, CPU, 1, store.autotune, NullProgress())
    learned.saw(256, 0.1)
    assert measured_anew(tiny.int4, CPU, 1, store.autotune, NullProgress()).speed(256) == 128
    assert tuned(tiny.int4, CPU, 1, store.autotune, NullProgress()).speed(256) == 128
    assert measuring == [LIMIT, LIMIT]
