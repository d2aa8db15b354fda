"""Whether a model fits into the memory that is free on a card, and what is done if it doesn't."""

import dataclasses

import pytest

from codegen.engine.card_memory import need
from codegen.engine.cuda import ObstacleKind
from codegen.engine.device import Device
from codegen.engine.manifest import WEIGHTS_FILE, FileRecord, Manifest, Shape, Source
from codegen.engine.nvidia import Card
from codegen.errors import OutOfMemoryError
from codegen.models import fitting, loading
from codegen.models.catalogue import lookup
from codegen.models.fitting import memory_obstacle
from codegen.settings.config import Settings

GB = 10**9
SMALL, LARGE = lookup("qwen2.5-coder-0.5b"), lookup("qwen2.5-coder-1.5b")
SHAPES = {
    SMALL.name: Shape(layers=24, kv_heads=2, head_dim=64, vocabulary=151936, window=32768),
    LARGE.name: Shape(layers=28, kv_heads=2, head_dim=128, vocabulary=151936, window=32768),
}


def manifest(entry, precision, weights, *, graphs=("full",), sha256=None):
    return Manifest(
        name=entry.name,
        family=entry.family,
        source=Source(entry.file, entry.sha256 if sha256 is None else sha256, entry.bytes),
        precision=precision,
        target="cuda",
        shape=SHAPES[entry.name],
        graphs={path: f"model.{path}.onnx" for path in graphs},
        files={WEIGHTS_FILE: FileRecord(weights, "0" * 64)},
    )


@pytest.fixture
def free(monkeypatch):
    """Sets how much memory is free on the card."""

    def free(bytes_):
        card = None if bytes_ is None else Card("NVIDIA Test", 24 * GB, bytes_, "580.65.06")
        monkeypatch.setattr(fitting, "first_card", lambda: card)

    return free


@pytest.mark.parametrize(
    ("precision", "graphs", "weights", "caches"),
    [
        # 2 slots x 2048 tokens x 24 layers x 2 (keys, values) x 2 heads x 64 numbers x bytes
        ("fp16", 1, 988_000_000, 50_331_648),
        ("int4", 1, 988_000_000, 50_331_648),
        ("fp32", 1, 988_000_000, 100_663_296),
        ("fp16", 2, 1_976_000_000, 50_331_648),
    ],
)
def test_what_a_model_needs(precision, graphs, weights, caches):
    needed = need(SHAPES[SMALL.name], precision, 988_000_000, graphs=graphs, slots=2, capacity=2048)
    assert (needed.weights, needed.caches) == (weights, caches)
    assert needed.total == weights + caches + 1_000_000_000


def test_a_slot_is_no_longer_than_the_models_window():
    shape = dataclasses.replace(SHAPES[SMALL.name], window=512)
    assert need(shape, "fp16", 0, graphs=1, slots=2, capacity=2048).caches == 50_331_648 // 4


@pytest.mark.parametrize(
    ("made", "bytes_", "numbers", "advice"),
    [
        # The next smaller precision is named first, then the next smaller model, then the CPU.
        (
            manifest(LARGE, "fp16", 3_087_000_000),
            3 * GB,
            "needs 4.2 GB (3.1 GB of weights, 117 MB of caches, 1.0 GB to compute with)",
            "run: codegen config set precision int4, or codegen config set device cpu",
        ),
        (
            manifest(LARGE, "fp32", 6_174_000_000),
            5 * GB,
            "needs 7.4 GB (6.2 GB of weights, 235 MB of caches, 1.0 GB to compute with)",
            "run: codegen config set precision fp16, or codegen config set device cpu",
        ),
        (
            manifest(LARGE, "int4", 1_500_000_000),
            2 * GB,
            "needs 2.6 GB (1.5 GB of weights, 117 MB of caches, 1.0 GB to compute with)",
            "run: codegen config set model qwen2.5-coder-0.5b, or codegen config set device cpu",
        ),
        (
            manifest(SMALL, "int4", 500_000_000),
            GB,
            "needs 1.6 GB (500 MB of weights, 50 MB of caches, 1.0 GB to compute with)",
            "run: codegen config set device cpu",
        ),
        # Two graphs, each with its own copy of the weights.
        (
            manifest(LARGE, "int4", 1_500_000_000, graphs=("l1", "l4")),
            3 * GB,
            "needs 4.1 GB (3.0 GB of weights, 117 MB of caches, 1.0 GB to compute with)",
            "run: codegen config set model qwen2.5-coder-0.5b, or codegen config set device cpu",
        ),
        # A file that the catalogue doesn't know has no smaller sister.
        (
            manifest(LARGE, "int4", 1_500_000_000, sha256="0" * 64),
            2 * GB,
            "needs 2.6 GB (1.5 GB of weights, 117 MB of caches, 1.0 GB to compute with)",
            "run: codegen config set device cpu",
        ),
    ],
)
def test_a_model_that_does_not_fit(free, made, bytes_, numbers, advice):
    free(bytes_)
    obstacle = memory_obstacle(made)
    assert obstacle.kind is ObstacleKind.NO_MEMORY
    assert obstacle.sentence == (
        f"NVIDIA Test has {bytes_ // GB}.0 GB of memory free, and {made.name} in "
        f"{made.precision} {numbers}"
    )
    assert obstacle.advice == advice


def test_the_last_byte_decides(free):
    made = manifest(SMALL, "fp16", 988_000_000)
    needed = fitting.needs(made).total
    for bytes_, fits in ((needed, True), (needed - 1, False)):
        free(bytes_)
        assert (memory_obstacle(made) is None) == fits


def test_unknown_memory_is_no_obstacle(free):
    free(None)
    assert memory_obstacle(manifest(LARGE, "fp32", 10**15)) is None


class Notes(list):
    """A Progress that keeps the notes."""

    def note(self, message):
        self.append(message)

    def __getattr__(self, _):
        return lambda *_, **__: None


@pytest.fixture
def on_a_card(monkeypatch, tiny, free):
    """A machine with a GPU, and a model with an export for either device."""
    ready = []

    def find(choice, _progress):
        ready.append(choice.device)
        return tiny.int4 if choice.device == "cpu" else tiny.fp32

    monkeypatch.setattr(
        loading, "choose_device", lambda wanted: Device("cpu" if wanted == "cpu" else "cuda")
    )
    monkeypatch.setattr(loading, "ready", find)
    return ready


SENTENCE = "running on the CPU: NVIDIA Test has 1.0 GB of memory free, and "


def test_auto_takes_the_cpu_if_the_card_has_too_little_memory(on_a_card, free, tmp_path):
    free(GB)
    notes = Notes()
    model = loading.load_model(Settings(cache_dir=tmp_path, compute_path="l4"), notes)
    assert (model.device, on_a_card) == ("cpu", ["auto", "cpu"])
    assert [note for note in notes if note.startswith(SENTENCE)] == list(model.notes)
    assert len(model.notes) == 1
    assert len(model.notes[0].splitlines()) == 1


@pytest.mark.parametrize("named", ["device", "export"])
def test_a_card_or_an_export_by_name_fails_before_it_is_loaded(
    on_a_card, free, tiny, tmp_path, monkeypatch, named
):
    free(GB)
    monkeypatch.setattr(loading, "OnnxBackend", lambda *_, **__: pytest.fail("it was loaded"))
    monkeypatch.setattr(loading, "prompt_speed", lambda *_: pytest.fail("it was measured"))
    settings = Settings(cache_dir=tmp_path)
    if named == "device":
        settings = dataclasses.replace(settings, device="cuda")
    else:
        settings = dataclasses.replace(settings, model=str(tiny.fp32.directory))
    with pytest.raises(OutOfMemoryError, match=r"NVIDIA Test has 1\.0 GB of memory free, and "):
        loading.load_model(settings, Notes())
    with pytest.raises(OutOfMemoryError, match="run: codegen config set device cpu"):
        loading.load_backend(tiny.fp32, settings, Notes())


def test_the_cpu_asks_for_no_cards_memory(on_a_card, monkeypatch, tmp_path):
    monkeypatch.setattr(fitting, "first_card", lambda: pytest.fail("it was asked"))
    settings = Settings(cache_dir=tmp_path, device="cpu", compute_path="l4")
    assert loading.load_model(settings, Notes()).notes == ()
