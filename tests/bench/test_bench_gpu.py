"""`make bench-gpu`: pieces, time limits, results, and a rehearsal of the first stage on the CPU.

Speeds are its output, and not asserted.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.bench import decoding
from codegen.engine.manifest import WEIGHTS_FILE
from codegen.engine.scripted import ScriptedBackend
from codegen.errors import EngineError
from dev.bench_gpu import checks, layout, machine, pieces, results, runtime, taking
from dev.bench_gpu.comparing import NEAR_TIE, Nearness, Written, drawing, first_difference, play
from dev.bench_gpu.floors import Floors
from dev.bench_gpu.pieces import Index, Part, PiecesError, Whole, cut
from dev.bench_gpu.results import Results
from dev.bench_gpu.running import Run, Step
from dev.bench_gpu.shapes import SCALES, SHAPES
from dev.bench_gpu.taking import Store
from tests.tiny_gguf import write_gguf
from tests.tiny_model import load

ROOT = Path(__file__).parent.parent.parent
ROOM = 100_000  # bytes of a piece that are kept for its index


# Pieces


def wholes(folder, *contents):
    """Files of these contents, the first of stage 1 and the others of stage 2."""
    folder.mkdir(exist_ok=True)
    made = []
    for number, content in enumerate(contents):
        file = folder / f"whole{number}"
        file.write_bytes(content)
        stage = 1 if number == 0 else 2
        made.append((Whole(file.name, stage, len(content), pieces.sha256(file)), file))
    return made


def carry(source, target, number):
    """Copies one piece, as if only that was brought."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source / f"{number:02d}", target / f"{number:02d}")


def silent(_):
    pass


@settings(max_examples=25)
@given(
    contents=st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=4),
    room=st.integers(100, 2000),
    order=st.randoms(use_true_random=False),
)
def test_pieces_that_are_brought_one_by_one_make_the_files_again(
    tmp_path_factory, contents, room, order
):
    tmp_path = tmp_path_factory.mktemp("pieces")
    made = wholes(tmp_path / "made", *contents)
    limit = ROOM + room
    index = cut(made, tmp_path / "cut", silent, limit)
    folders = sorted((tmp_path / "cut").iterdir())
    assert [folder.name for folder in folders] == [piece.folder for piece in index.pieces]
    for folder in folders:
        assert sum(file.stat().st_size for file in folder.iterdir()) <= limit
    numbers = [piece.number for piece in index.pieces]
    order.shuffle(numbers)
    for number in numbers:
        carry(tmp_path / "cut", tmp_path / "carried", number)
        store = Store(tmp_path / "store")
        asked = {piece.number for piece in store.missing()}
        assert store.index is None or number in asked
        assert store.take(tmp_path / "carried") == []
        store.assemble()
        assert {piece.number for piece in store.missing()} == (asked or set(numbers)) - {number}
    for whole, file in made:
        assert (store.place(whole.name) / whole.name).read_bytes() == file.read_bytes()
    assert not list((tmp_path / "store" / "parts").iterdir())
    # Nothing is asked for again, and what is brought again changes nothing.
    assert Store(tmp_path / "store").take(tmp_path / "cut") == []
    assert Store(tmp_path / "store").missing() == []


def test_stages_share_no_piece(tmp_path):
    index = cut(wholes(tmp_path / "made", b"a" * 150, b"b" * 150), tmp_path, silent, ROOM + 1000)
    assert [(piece.stage, piece.bytes) for piece in index.pieces] == [(1, 150), (2, 150)]


def test_a_flipped_byte_is_refused(tmp_path):
    made = wholes(tmp_path / "made", bytes(range(250)))
    cut(made, tmp_path / "cut", silent, ROOM + 100)
    part = next((tmp_path / "cut" / "02").glob("whole*"))
    right = part.read_bytes()
    part.write_bytes(bytes([right[0] ^ 1]) + right[1:])
    store = Store(tmp_path / "store")
    (said,) = store.take(tmp_path / "cut")
    assert str(part) in said
    assert "damaged" in said
    store.assemble()
    assert store.place("whole0") is None
    assert [piece.number for piece in store.missing()] == [2]
    part.write_bytes(right)
    assert store.take(tmp_path / "cut") == []
    store.assemble()
    assert store.missing() == []


def test_a_piece_that_is_right_is_not_made_again(tmp_path):
    made = wholes(tmp_path / "made", bytes(range(250)))
    first = cut(made, tmp_path / "cut", silent, ROOM + 100)
    parts = sorted((tmp_path / "cut").glob("*/whole*"))
    parts[1].write_bytes(b"interrupted")
    (tmp_path / "cut" / "03" / "left over").touch()
    (tmp_path / "cut" / "09").mkdir()
    before = [part.stat().st_ino for part in parts]
    said = []
    assert cut(made, tmp_path / "cut", said.append, ROOM + 100) == first
    assert ["there already" in line for line in said] == [True, False, True]
    after = [part.stat().st_ino for part in parts]
    assert [one == two for one, two in zip(before, after, strict=True)] == [True, False, True]
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == ["01", "02", "03"]
    assert not (tmp_path / "cut" / "03" / "left over").exists()


def test_another_making_keeps_what_it_shares(tmp_path):
    made = wholes(tmp_path / "made", b"a" * 150, b"b" * 150)
    cut(made, tmp_path / "cut", silent, ROOM + 1000)
    store = Store(tmp_path / "store")
    store.take(tmp_path / "cut")
    store.assemble()
    made = wholes(tmp_path / "made", b"a" * 150, b"c" * 150)
    cut(made, tmp_path / "cut", silent, ROOM + 1000)
    carry(tmp_path / "cut", tmp_path / "carried", 1)
    store = Store(tmp_path / "store")
    store.take(tmp_path / "carried")
    assert [piece.number for piece in store.missing()] == [2]
    assert store.place("whole0") is not None
    assert len(list((tmp_path / "store" / "wholes").iterdir())) == 1


def test_pieces_of_two_makings_are_refused(tmp_path):
    cut(wholes(tmp_path / "a", b"a" * 150), tmp_path / "cut", silent, ROOM + 100)
    cut(wholes(tmp_path / "b", b"b" * 150), tmp_path / "other", silent, ROOM + 100)
    shutil.rmtree(tmp_path / "cut" / "02")
    shutil.copytree(tmp_path / "other" / "02", tmp_path / "cut" / "02")
    with pytest.raises(PiecesError, match="different makings"):
        Store(tmp_path / "store").take(tmp_path / "cut")


def test_parts_that_make_another_file_are_refused(tmp_path):
    made = wholes(tmp_path / "made", b"a" * 150)
    wrong = [(Whole("whole0", 1, 150, "0" * 64), file) for _, file in made]
    cut(wrong, tmp_path / "cut", silent, ROOM + 100)
    store = Store(tmp_path / "store")
    store.take(tmp_path / "cut")
    with pytest.raises(PiecesError, match="another hash"):
        store.assemble()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "wholes": 3}'])
def test_another_file_is_no_index(text):
    with pytest.raises(PiecesError):
        Index.from_json(text, Path("index.json"))


def test_an_index_is_read_as_it_was_written():
    whole = Whole("a", 1, 3, "0" * 64)
    index = Index((whole,), (pieces.Piece(1, 1, (Part("a", 0, 3, "1" * 64),)),))
    assert Index.from_json(index.to_json(), Path("index.json")) == index


def test_an_archive_is_unpacked(tmp_path):
    runtime.pack({"a/b": b"1", "c": b"2"}, tmp_path / "packed.tar.xz")
    first = (tmp_path / "packed.tar.xz").read_bytes()
    runtime.pack({"c": b"2", "a/b": b"1"}, tmp_path / "packed.tar.xz")
    assert (tmp_path / "packed.tar.xz").read_bytes() == first
    file = tmp_path / "packed.tar.xz"
    whole = Whole(file.name, 1, len(first), pieces.sha256(file))
    cut([(whole, file)], tmp_path / "cut", silent)
    store = Store(tmp_path / "store")
    store.take(tmp_path / "cut")
    store.assemble()
    place = store.place(file.name)
    assert sorted(path.name for path in place.iterdir()) == ["a", "c"]
    assert (place / "a" / "b").read_bytes() == b"1"


# What is brought of the runtime


def entry(target, code):
    head = struct.pack("<HHIQIIHHI", 2, 257, 64, len(code), 0, 0, 1, 8, target)
    return head.ljust(64, b"\0") + code


def container(*entries):
    inside = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(inside)) + inside


def test_the_code_of_other_gpus_is_left_out():
    ours, other = entry(90, b"y" * 24), entry(80, b"x" * 40)
    library = b"ELF" + container(other, ours, other, ours) + b"between"
    library += container(other) + container(ours) + b"end"
    wanted = b"ELF" + container(ours, ours) + bytes(2 * len(other)) + b"between"
    wanted += container(other) + container(ours) + b"end"
    assert runtime.without_other_gpus(library, 90) == wanted


@pytest.mark.parametrize(
    ("library", "said"),
    [
        (b"nothing of that kind", "no code for GPUs of compute capability 9.0"),
        (container(entry(80, b"x" * 8)), "no code for GPUs of compute capability 9.0"),
        (container(entry(90, b"x" * 8)[:-4]), "doesn't add up"),
        (container(entry(90, b"x" * 8), b"rest"), "doesn't add up"),
        # Bytes that only begin like a container.
        (struct.pack("<I", 0xBA55ED50), "no code for GPUs"),
        (struct.pack("<IHHQ", 0xBA55ED50, 1, 16, 1 << 40), "no code for GPUs"),
    ],
)
def test_a_library_without_such_code_is_refused(library, said):
    with pytest.raises(ValueError, match=said):
        runtime.without_other_gpus(library, 90)


def test_what_runs_on_the_cpu_and_on_cuda_is_brought(tmp_path):
    cuda = container(entry(80, b"x" * 40), entry(90, b"y" * 24))
    wheel = tmp_path / "onnxruntime_gpu-1-cp312-cp312-x.whl"
    kept = {
        "onnxruntime/__init__.py": b"",
        "onnxruntime/LICENSE": b"",
        "onnxruntime/capi/_pybind_state.py": b"",
        "onnxruntime/capi/libonnxruntime_providers_shared.so": b"",
        "onnxruntime/capi/libonnxruntime_providers_cuda.so": cuda,
        "onnxruntime_gpu-1.dist-info/METADATA": b"",
    }
    dropped = (
        "onnxruntime/capi/libonnxruntime_providers_tensorrt.so",
        "onnxruntime/capi/libonnxruntime.so.1.31.1",
        "onnxruntime/transformers/optimizer.py",
        "onnxruntime/tools/__init__.py",
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in {**kept, **dict.fromkeys(dropped, b"")}.items():
            archive.writestr(name, data)
    assert dict(runtime.runtime_members(wheel, None)) == kept
    slim = dict(runtime.runtime_members(wheel, 90))
    assert slim.keys() == kept.keys()
    assert slim["onnxruntime/capi/libonnxruntime_providers_cuda.so"] == (
        container(entry(90, b"y" * 24)) + bytes(64 + 40)
    )


def test_the_versions_are_those_of_the_constraints():
    text = (ROOT / "constraints" / "dev.txt").read_text(encoding="utf-8")
    for name in ("onnxruntime-gpu", "gguf"):
        assert f"\n{runtime.pinned(text, name)}\n" in text
    with pytest.raises(SystemExit, match="name no version of numpy"):
        runtime.pinned("numpy-financial==1.0\n", "numpy")


# Weights


@pytest.fixture(scope="module")
def bare(tiny, tmp_path_factory):
    """The tiny model as for a GPU, without its weights; and the same, said to be in fp16."""
    root = tmp_path_factory.mktemp("bare")
    layout.strip(tiny.for_gpu.directory, root / "fp32")
    shutil.copytree(root / "fp32", root / "fp16")
    raw = json.loads((root / "fp16" / "layout.json").read_text(encoding="utf-8"))
    for tensor in raw["tensors"]:
        if tensor["name"] not in ("cos_cache", "sin_cache"):
            tensor["dtype"], tensor["bytes"] = "float16", tensor["bytes"] // 2
    (root / "fp16" / "layout.json").write_text(json.dumps(raw), encoding="utf-8")
    return root


def stored(folder, tensor):
    return np.memmap(
        folder / WEIGHTS_FILE, tensor.dtype, "r", offset=tensor.offset, shape=tensor.dims
    )


def test_both_precisions_have_the_same_weights(tiny, bare, tmp_path):
    out = [tmp_path / "fp16", tmp_path / "fp32"]
    layout.fill([bare / each.name for each in out], out, layout.random_values(1))
    half, full = (layout.read_layout(folder) for folder in out)
    for one, two in zip(half.weights, full.weights, strict=True):
        values = stored(out[0], one)
        assert values.dtype == np.float16
        assert np.isfinite(values).all()
        assert values.std() > 0
        np.testing.assert_array_equal(values.astype(np.float32), stored(out[1], two))
    # What is no weight is as it was.
    for tensor in full.tensors:
        if tensor.constant:
            np.testing.assert_array_equal(
                stored(out[1], tensor), stored(tiny.for_gpu.directory, tensor)
            )
    logits = load(layout.opened(out[1])).score([1, 2, 3], [4, 5])
    assert np.isfinite(logits).all()


def test_weights_that_are_there_stay_and_others_are_made_of_the_same_values(bare, tmp_path):
    model = bare / "fp32"
    layout.fill([model], [tmp_path / "one"], layout.random_values(1))
    before = (tmp_path / "one" / WEIGHTS_FILE).read_bytes()
    layout.fill([model, model], [tmp_path / "one", tmp_path / "two"], layout.random_values(1))
    assert (tmp_path / "two" / WEIGHTS_FILE).read_bytes() == before
    layout.fill([model], [tmp_path / "one"], layout.random_values(2))
    assert (tmp_path / "one" / WEIGHTS_FILE).read_bytes() == before
    layout.fill([model], [tmp_path / "three"], layout.random_values(2))
    assert (tmp_path / "three" / WEIGHTS_FILE).read_bytes() != before


def test_models_of_other_tensors_are_refused(bare, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(bare / "fp32", other)
    text = (other / "layout.json").read_text(encoding="utf-8")
    (other / "layout.json").write_text(text.replace("embedding", "head"), encoding="utf-8")
    with pytest.raises(ValueError, match="different tensors"):
        layout.fill(
            [bare / "fp16", other], [tmp_path / "a", tmp_path / "b"], layout.random_values(1)
        )


def test_a_gguf_file_gives_the_weights_that_the_export_has(tiny, bare, tmp_path):
    from dev.bench_gpu.real import gguf_values

    file = tmp_path / "tiny.gguf"
    write_gguf(file, tiny)
    values = gguf_values(file)
    for tensor in layout.read_layout(bare / "fp32").weights:
        np.testing.assert_array_equal(values(tensor), stored(tiny.for_gpu.directory, tensor))
    with pytest.raises(KeyError):
        values(layout.Tensor("other", "float32", (1,), 0, 4))


# Checks and figures


def test_requests_use_both_slots_and_go_back(tiny):
    scale = SCALES["tiny"]
    said = play(load(tiny.fp32), scale, tiny.vocabulary, drawing())
    assert said == play(load(tiny.fp32), scale, tiny.vocabulary, drawing())
    new = [each for each in said if not each.cached]
    # Every prompt is new, and goes on; the last of both slots is gone on with, too.
    assert len(new) == scale.same_prompts
    assert len(said) == 2 * scale.same_prompts + scale.same_prompts // 2
    assert all(len(each.tokens) == scale.same_steps for each in new)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([Written(0, (1, 2)), Written(2, (3,))], None),
        ([Written(0, (1, 2)), Written(2, (4,))], "request 1, token 0: 3 and 4"),
        ([Written(0, (1, 2)), Written(1, (3,))], "request 1 had 2 and 1 tokens cached"),
        ([Written(0, (1,)), Written(2, (3,))], "request 0 has 2 and 1 tokens"),
    ],
)
def test_the_first_difference_is_told(other, said):
    assert first_difference([Written(0, (1, 2)), Written(2, (3,))], other) == said


def test_first_choices_that_differ_are_near_ties_or_not():
    right = np.asarray([[1.0, 0.0, -4.0], [4.0, 3.99, 0.0]], np.float32)
    near = Nearness().plus(right, right + np.float32(0.5))
    assert (near.positions, near.same, near.worst_tie) == (2, 2, 0.0)
    assert near.largest == pytest.approx(0.5)
    assert near.mean == pytest.approx(0.5)
    tie = near.plus(right, right[:, [1, 0, 2]])
    assert (tie.positions, tie.same, tie.agreement) == (4, 2, 0.5)
    assert tie.worst_tie == pytest.approx(0.25)
    assert Nearness().plus(right[1:], right[1:, [1, 0, 2]]).worst_tie < NEAR_TIE
    broken = near.plus(right, np.full_like(right, np.nan))
    assert broken.largest == np.inf


@pytest.mark.parametrize(
    ("mine", "holds"),
    [
        ([1, 2, 3, 4], (True, True)),
        # Another token than the CPU's at the third place: a near tie, one that isn't, and a
        # repetition of the token before.
        ([1, 2, 5, 5], (True, True)),
        ([1, 2, 6, 6], (False, True)),
        ([1, 2, 2, 3], (False, False)),
    ],
)
def test_what_the_default_model_writes_is_compared_with_the_cpu(monkeypatch, mine, holds):
    class Cpu(ScriptedBackend):
        def score(self, prompt, continuation):
            assert (prompt, continuation) == ([7], (1, 2, 3))
            logits = np.zeros((3, 8), np.float32)
            logits[2] = [0, 0, 2, 4, 0, 3.99, 3, 0]
            return logits

    told = []
    context = SimpleNamespace(
        backend=lambda _: ScriptedBackend([mine]),
        twin=lambda _: Cpu([[1, 2, 3, 4]]),
        scale=SCALES["tiny"],
        left=100.0,
        check=lambda _name, passed, _detail: told.append(passed),
    )
    monkeypatch.setattr(checks, "_holes", lambda _: [([7], [1])])
    checks.real_tokens(context)
    assert tuple(told) == holds


def test_the_floors_are_bytes_and_operations_over_the_cards(tmp_path):
    shape, card = SHAPES["true"], machine.card("NVIDIA H200, 580.1, 143771 MiB")
    tensors = [
        {"name": "embedding", "dtype": "float16", "dims": [151936, 896], "offset": 0,
         "bytes": 2 * 151936 * 896},
        {"name": "layers", "dtype": "float16", "dims": [1000, 1000], "offset": 0, "bytes": 2000000},
    ]  # fmt: skip
    (tmp_path / "layout.json").write_text(json.dumps({"bytes": 1, "tensors": tensors}))
    floors = Floors.of(tmp_path, shape, card)
    weights = 2 * 151936 * 896 + 2_000_000
    cache = 2 * 2 * 24 * 2 * 64
    assert floors.step(2000) == pytest.approx((weights + 2000 * cache) / 4.8e12)
    assert floors.step(2000, 4) == pytest.approx((weights + 8000 * cache) / 4.8e12)
    assert floors.suggestion(2000, 32) == pytest.approx(32 * floors.step(2000))
    # Few operations are done before the weights are read; many aren't.
    assert floors.prompt(1) == floors.step(1)
    operations = 2 * 1e6 * 8000 + 2 * 24 * 14 * 64 * 8000**2
    assert floors.prompt(8000) == pytest.approx(operations / 989e12)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("NVIDIA H200, 580.1, 143771 MiB", "H200"),
        ("NVIDIA H100 80GB HBM3, 580.1, 81559 MiB", "H100"),
        ("NVIDIA H100 NVL, 580.1, 95830 MiB", "H100 NVL"),
        ("NVIDIA GeForce RTX 3090, 580.1, 24576 MiB", None),
        ("unknown (no such file)", None),
    ],
)
def test_a_card_is_known_by_its_name(said, name):
    found = machine.card(said)
    assert (found.name if found else None) == name


def test_times_of_requests_are_taken_of_whole_requests():
    script = [[1, 2, 3], [1, 2, 3], [4, 5, 6], [7, 8, 9]]
    backend = ScriptedBackend(script)
    times = decoding.step_seconds(backend, [1, 2], 2)
    assert len(times) == 2
    assert all(seconds >= 0 for seconds in times)
    assert decoding.prompt_seconds(backend, [1, 2]) >= 0
    assert backend.warmed == [(1, 2)]
    assert decoding.batch_rate(ScriptedBackend([[1] * 4]), [1], 1, 2) > 0
    with pytest.raises(EngineError, match="3 tokens were written instead of 5"):
        decoding.step_seconds(ScriptedBackend(script), [1], 4)
    with pytest.raises(EngineError, match="3 tokens were written instead of 14"):
        decoding.batch_rate(ScriptedBackend([[1, 2], [1]]), [1], 2, 5)
    with pytest.raises(EngineError, match="0 tokens were cached instead of 2"):
        decoding.suggestion_seconds(ScriptedBackend(script), [1, 2], [3], 3)


def test_a_suggestion_goes_on_with_what_is_cached(tiny):
    backend = load(tiny.fp32)
    prompt, typed = tiny.prompts(3, 40, 4)
    assert decoding.suggestion_seconds(backend, prompt, typed, 5) > 0
    assert decoding.suggestion_seconds(backend, prompt, typed[::-1], 5) > 0
    with pytest.raises(EngineError, match="39 tokens were cached instead of 40"):
        decoding.suggestion_seconds(backend, prompt, [], 5)


def test_a_spread_leaves_out_the_slowest_and_the_fastest():
    spread = decoding.Spread.of([float(number) for number in range(1, 41)])
    assert spread == decoding.Spread(20.5, 3.0, 38.0, 40)
    assert decoding.Spread.of([2.0]) == decoding.Spread(2.0, 2.0, 2.0, 1)


# The run


def step(code, *, least=0.0, limit=30.0, required=True, needs=()):
    return Step("step", [sys.executable, "-c", code], least, limit, required, needs)


REPORT = """
import json, os, sys, time
def tell(**line):
    with open(os.environ["REPORT"], "a") as file:
        file.write(json.dumps(line) + "\\n")
figure = {"name": "speed", "value": 2.0, "unit": "ms"}
"""


@pytest.fixture
def running(tmp_path):
    """Runs steps; gives whether all is well with each, and where the results are."""

    class Running:
        def __init__(self):
            self.out = tmp_path / "out"
            self.said = []
            self.results = Results(self.out)

        def run(self, *steps, seconds=60.0):
            run = Run(self.results, seconds, self.out / "log.txt", self.said.append)
            report = tmp_path / "report"
            environment = os.environ | {"REPORT": str(report), "OUT": str(self.out)}
            return [run.step(each, environment, report) for each in steps]

        def read(self):
            return json.loads((self.out / "results.json").read_text(encoding="utf-8"))

    return Running()


def test_a_hanging_step_is_ended_with_what_it_started_and_its_figures_stay(running, tmp_path):
    code = REPORT + (
        "import subprocess\n"
        "tell(figure=figure)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(300)\n"
    )
    start = time.monotonic()
    assert running.run(step(code, limit=3.0)) == [False]
    assert time.monotonic() - start < 30
    read = running.read()
    assert read["steps"]["step"]["state"] == "ended"
    assert [each["name"] for each in read["figures"]] == ["speed"]
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)


def is_running(pid):
    """Whether a process runs; one that nobody has waited for yet doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_figure_is_on_disk_while_its_step_runs(running):
    code = REPORT + (
        "tell(figure=figure)\n"
        "for _ in range(200):\n"
        "    whole = json.load(open(os.path.join(os.environ['OUT'], 'results.json')))\n"
        "    text = open(os.path.join(os.environ['OUT'], 'results.md')).read()\n"
        "    if whole['figures'] and 'speed' in text: sys.exit(0)\n"
        "    time.sleep(0.05)\n"
        "sys.exit(1)\n"
    )
    assert running.run(step(code)) == [True]
    assert running.read()["steps"]["step"]["state"] == "done"


def test_a_step_that_fails_or_is_skipped_is_told(running):
    run = running.run(
        step("raise ValueError('broken')"),
        step("pass", needs=("step",)),
        step("pass", least=100.0),
        step("pass", least=100.0, required=False),
    )
    assert run == [False, False, False, True]
    assert "broken" in (running.out / "log.txt").read_text(encoding="utf-8")
    assert [line.partition(":")[2].partition(",")[0] for line in running.said[1:]] == [
        " failed", " skipped", " skipped", " skipped",
    ]  # fmt: skip
    assert running.said[1] == "step: failed, exit status 1: ValueError: broken"
    assert "100 needed" in running.said[-1]


def test_a_step_gets_no_more_time_than_is_left(running):
    start = time.monotonic()
    assert running.run(step("import time; time.sleep(60)", limit=50.0), seconds=5.0) == [False]
    assert time.monotonic() - start < 15


def test_results_are_a_table(tmp_path):
    table = Results(tmp_path)
    table.add("a", {"about": {"GPU": "none"}})
    table.add("a", {"figure": {"name": "step", "value": 1.25, "unit": "ms", "expected": 1.2}})
    table.add("a", {"figure": {"name": "batch", "value": 4000, "unit": "tokens/s", "floor": 8000}})
    timed = {"name": "prompt", "value": 4.0, "low": 3.0, "high": 5.0, "count": 9, "unit": "ms"}
    table.add("a", {"figure": timed | {"floor": 2.0, "expected": 12.0, "note": "a|b"}})
    table.add("a", {"check": {"name": "same", "passed": False, "detail": "1 and 2"}})
    table.add("a", {"profile": {"nodes": []}})
    text = (tmp_path / results.MARKDOWN).read_text(encoding="utf-8")
    for line in (
        "- GPU: none",
        "| same | **no** | 1 and 2 |",
        "| step | 1.25 ms | - | - | - | <= 1.2 | **no** |  |",
        "| batch | 4,000 tokens/s | - | 8,000 | 50% | - | - |  |",
        "| prompt | 4 ms | 3 to 5 (9) | 2 | 50% | <= 12 | yes | a/b |",
    ):
        assert line in text.splitlines()
    assert table.failed == ["same"]
    assert len(list(tmp_path.iterdir())) == 3


def command(*arguments):
    return [sys.executable, "-m", "dev.bench_gpu", *map(str, arguments)]


def test_missing_pieces_are_named_and_end_the_run_with_3(tmp_path):
    def run():
        options = ("--pieces", tmp_path / "carried", "--store", tmp_path / "store")
        options += ("--out", tmp_path / "out")
        return subprocess.run(
            command("run", *options), check=False, capture_output=True, text=True, cwd=ROOT
        )

    done = run()
    assert done.returncode == 3
    assert "missing: all pieces" in done.stdout
    made = wholes(tmp_path / "made", b"a" * 150, b"b" * 50)
    cut(made, tmp_path / "cut", silent, ROOM + 100)
    carry(tmp_path / "cut", tmp_path / "carried", 1)
    done = run()
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "missing: piece 02, 0.0 MB, stage 1",
        "missing: piece 03, 0.0 MB, stage 2",
    ]


def test_the_steps_need_nothing_that_the_machine_lacks():
    """And what starts them needs Python alone."""
    lacks = ("tree_sitter", "pygls", "platformdirs", "tomlkit", "filelock", "rich", "gguf")
    slow = ("torch", "transformers", "onnx")
    for module, blocked in (
        ("dev.bench_gpu.steps", lacks + slow),
        ("dev.bench_gpu.__main__", (*lacks, *slow, "numpy", "onnxruntime", "codegen", "psutil")),
    ):
        code = f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\nimport {module}"
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr


def test_what_was_brought_wins_over_what_is_installed(tmp_path):
    site = tmp_path / "site"
    (site / "onnxruntime").mkdir(parents=True)
    (site / "onnxruntime" / "__init__.py").write_text("brought = True\n")
    done = subprocess.run(
        [sys.executable, "-c", "import onnxruntime, codegen; print(onnxruntime.brought)"],
        check=False, capture_output=True, text=True, cwd=tmp_path,
        env=machine.environment([site], ROOT),
    )  # fmt: skip
    assert done.stdout.strip() == "True", done.stderr


def test_the_libraries_of_cuda_are_found_where_pip_puts_them(tmp_path, monkeypatch):
    for folder in ("nvidia/cu13/lib", "nvidia/cudnn/lib", "torch/lib", "site"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "torch" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/before")
    libraries = machine.environment([], ROOT)["LD_LIBRARY_PATH"].split(os.pathsep)
    assert libraries[0] == str(tmp_path / "nvidia/cu13/lib")
    assert libraries[1] == str(tmp_path / "nvidia/cudnn/lib")
    assert libraries[2:] == [str(tmp_path / "torch/lib"), "/before"]
    for _ in range(2):
        machine.link_libraries(tmp_path / "site")
        assert (tmp_path / "site/nvidia/cu13/lib").is_dir()


@pytest.fixture(scope="module")
def brought(tiny, bare, tmp_path_factory):
    """A store with the pieces of both stages, for the tests' tiny model."""
    root = tmp_path_factory.mktemp("brought")
    files = [path for path in bare.rglob("*") if path.is_file()]
    graph = {path.relative_to(bare).as_posix(): path.read_bytes() for path in files}
    runtime.pack(graph, root / taking.GRAPH)
    runtime.pack({"brought.py": b""}, root / taking.PACKAGES)
    holes = [
        {"prompt": prompt, "middle": middle}
        for prompt, middle in zip(tiny.prompts(1, 9, 12), tiny.prompts(2, 5, 3), strict=True)
    ]
    (root / taking.HOLES).write_text(json.dumps(holes), encoding="utf-8")
    write_gguf(root / taking.WEIGHTS, tiny)
    made = []
    for stage, name in (
        (1, taking.GRAPH), (2, taking.PACKAGES), (2, taking.HOLES), (2, taking.WEIGHTS),
    ):  # fmt: skip
        file = root / name
        made.append((Whole(name, stage, file.stat().st_size, pieces.sha256(file)), file))
    cut(made, root / "pieces", silent)
    return root


def rehearse(root, *options):
    """Runs steps on the CPU; what was printed, and the results."""
    out = root / "out"
    done = subprocess.run(
        command("run", "--device", "cpu", "--shape", "tiny", "--pieces", root / "pieces",
                "--store", root / "store", *options),
        check=False, capture_output=True, text=True, cwd=ROOT, env=os.environ | {"OUT": str(out)},
    )  # fmt: skip
    return done, json.loads((out / "results.json").read_text(encoding="utf-8"))


def test_both_stages_are_run(brought):
    wanted = ["placement", "captured-as-eager", "cuda-as-cpu", "speed", "batch"]
    wanted += ["real-tokens", "real-as-cpu"]
    done, read = rehearse(brought, "--seconds", 200, "--only", *wanted)
    assert done.returncode == 0, done.stdout + (brought / "out" / "log.txt").read_text()
    assert {*read["steps"]} == {*wanted, "weights", "real-weights"}
    assert {step["state"] for step in read["steps"].values()} == {"done"}
    checks = {check["name"]: check["detail"] for check in read["checks"]}
    assert len(checks) == 6
    assert all(check["passed"] for check in read["checks"])
    real = checks["the device computes what the CPU computes (real weights)"]
    assert real.startswith("8 of 8 first choices are the same")
    assert (
        "2 holes, 2 of them the same"
        in checks["the default model writes what it writes on the CPU"]
    )
    names = " ".join(figure["name"] for figure in read["figures"])
    scale = SCALES["tiny"]
    figures = [f"a prompt of {size} tokens" for size in scale.prompts]
    figures += [f"{samples} samples at once" for samples in scale.batches]
    for name in (*figures, "captured", "eager", "cached ones", "agreement"):
        assert name in names
    profile = json.loads((brought / "out" / "profile.json").read_text(encoding="utf-8"))
    assert "GroupQueryAttention" in {node["operator"] for node in profile["nodes"]}
    assert profile["memcpy"] == []
    files = {path.name for path in (brought / "out").iterdir()}
    assert files == {"results.json", "results.md", "profile.json", "log.txt"}


def test_without_time_nothing_is_run_and_the_run_fails(brought):
    done, read = rehearse(brought, "--seconds", 5)
    assert done.returncode == 1
    assert {step["state"] for step in read["steps"].values()} == {"skipped"}
    assert "weights: skipped, 2 s are left, 20 needed" in done.stdout


def test_graphs_of_another_shape_are_refused(brought):
    done, read = rehearse(brought, "--only", "weights", "--shape", "true")
    assert done.returncode == 1
    assert "have 2 layers, and those of the true shape 24" in read["steps"]["weights"]["why"]


def test_a_step_that_is_not_there_is_named(brought):
    done, _ = rehearse(brought, "--only", "speed", "fast")
    assert done.returncode == 2
    assert "fast" in done.stdout


@pytest.mark.deep
def test_the_whole_first_stage_is_rehearsed_with_pieces_of_its_own(tmp_path):
    made = subprocess.run(
        command("pieces", "--shape", "tiny", "--pieces", tmp_path / "pieces", "--cache",
                tmp_path / "cache"),
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    done, read = rehearse(tmp_path, "--seconds", 200)
    assert done.returncode == 0, done.stdout + (tmp_path / "out" / "log.txt").read_text()
    assert {step["state"] for step in read["steps"].values()} == {"done"}
    assert len(read["checks"]) == 3
    assert all(check["passed"] for check in read["checks"])
    assert any(figure["name"].startswith("baseline: a step") for figure in read["figures"])
    # A second run needs no pieces any more.
    shutil.rmtree(tmp_path / "pieces")
    done, read = rehearse(tmp_path, "--only", "batch")
    assert done.returncode == 0
    assert {*read["steps"]} == {"weights", "batch"}
