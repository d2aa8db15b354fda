import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from codegen.cancel import CancelToken
from codegen.engine.batches import ExactBatches
from codegen.engine.buffers import KvBuffers, past_names, present_name
from codegen.engine.device import Device
from codegen.engine.graph import Graph
from codegen.engine.manifest import WEIGHTS_FILE, Shape
from codegen.errors import CorruptModelError, EngineError, OutOfMemoryError
from tests.tiny_model import CPU, LAYERS

CAPACITY = 48
PAST = "past_key_values.0.key"


@pytest.fixture
def graph(tiny):
    return Graph(tiny.fp32.graph("full"), tiny.fp32.manifest.shape, CPU, threads=1)


@pytest.fixture
def buffers(tiny):
    return buffers_of(tiny)


def buffers_of(tiny, batch=1, capacity=CAPACITY):
    return KvBuffers(tiny.fp32.manifest.shape, batch, capacity, np.dtype(np.float32), "cpu")


def exact(tiny):
    return ExactBatches(lambda rows, tokens: buffers_of(tiny, rows, tokens))


def run(graph, buffers, rows, past, positions):
    tokens = graph.run(buffers, np.array(rows, np.int64), past, positions, CancelToken())
    return tokens.logits().copy()


def test_the_shape_is_the_models(tiny, graph):
    assert tiny.fp32.manifest.shape == Shape(
        layers=LAYERS, kv_heads=2, head_dim=16, vocabulary=tiny.vocabulary, window=512
    )
    assert graph.kv_dtype == np.float32


def test_the_names_of_the_caches():
    assert past_names(Shape(2, 1, 8, 8, 8)) == [
        "past_key_values.0.key",
        "past_key_values.0.value",
        "past_key_values.1.key",
        "past_key_values.1.value",
    ]
    assert present_name("past_key_values.1.value") == "present.1.value"


def test_logits_are_those_of_the_chosen_positions(tiny, graph):
    (ids,) = tiny.prompts(1, 20)
    with torch.no_grad():
        reference = tiny.reference()(torch.tensor([ids])).logits.numpy()
    everything = run(graph, buffers_of(tiny), [ids], 0, range(20))
    assert everything.shape == (1, 20, tiny.vocabulary)
    assert everything.dtype == np.float32
    assert np.abs(everything - reference).max() < 1e-3 * np.abs(reference).max()
    for positions in ([0], [19], [3, 4, 11], [11, 3, 3], []):
        chosen = run(graph, buffers_of(tiny), [ids], 0, positions)
        assert chosen.shape == (1, len(positions), tiny.vocabulary)
        assert np.allclose(chosen, everything[:, positions], rtol=0, atol=1e-4)


def test_logits_stay_when_the_next_call_is_made(tiny, graph, buffers):
    (ids,) = tiny.prompts(2, 8)
    first = run(graph, buffers, [ids], 0, [7])
    kept = first.copy()
    run(graph, buffers, [[1]], 8, [0])
    assert (first == kept).all()


def test_several_rows_at_once(tiny, graph):
    prompt, *steps = tiny.prompts(3, 12, 3, 3)
    source = buffers_of(tiny)
    run(graph, source, [prompt], 0, [])
    batch, _ = exact(tiny).take(source, [0, 0, 0], 12, CAPACITY)
    for past, tokens in enumerate(steps, 12):
        together = run(graph, batch, [[token] for token in tokens], past, [0])
    for row, ids in zip(together, zip(*steps, strict=True), strict=True):
        alone = run(graph, source, [ids], 12, [1])
        assert np.allclose(row, alone[0], rtol=0, atol=1e-4)


def test_buffers_are_numpys_own_memory(buffers):
    assert list(buffers.arrays) == list(buffers.values)
    for name, array in buffers.arrays.items():
        assert buffers.values[name].data_ptr() == array.ctypes.data
        array[...] = 7
        assert (buffers.values[name].numpy() == 7).all()


def test_the_cache_is_written_in_place(tiny, graph, buffers):
    (ids,) = tiny.prompts(4, 10)
    for array in buffers.arrays.values():
        array[...] = 123
    run(graph, buffers, [ids[:6]], 0, [])
    first = {name: array.copy() for name, array in buffers.arrays.items()}
    for array in first.values():
        assert (array[:, :, 6:] == 123).all()
        assert (array[:, :, :6] != 123).any(axis=(0, 1, 3)).all()
    run(graph, buffers, [ids[6:]], 6, [3])
    for name, array in buffers.arrays.items():
        assert (array[:, :, :6] == first[name][:, :, :6]).all()
        assert (array[:, :, 6:10] != 123).any(axis=(0, 1, 3)).all()
        assert (array[:, :, 10:] == 123).all()


def test_what_lies_beyond_the_length_is_harmless(tiny, graph, buffers):
    (ids,) = tiny.prompts(5, 10)
    clean = run(graph, buffers_of(tiny), [ids], 0, [9])
    for array in buffers.arrays.values():
        array[...] = np.nan
    run(graph, buffers, [ids[:6]], 0, [])
    for array in buffers.arrays.values():
        array[:, :, 6:] = np.nan
    assert np.allclose(run(graph, buffers, [ids[6:]], 6, [3]), clean, rtol=0, atol=1e-4)


def test_one_graph_serves_several_buffers_in_turn(tiny, graph):
    (ids,) = tiny.prompts(7, 10)
    one, other = buffers_of(tiny), buffers_of(tiny, capacity=20)
    run(graph, one, [ids[:5]], 0, [])
    run(graph, other, [ids[5:]], 0, [])
    wanted = run(graph, buffers_of(tiny), [ids], 0, [9])
    assert np.allclose(run(graph, one, [ids[5:]], 5, [4]), wanted, rtol=0, atol=1e-4)


def test_a_token_that_the_model_does_not_have(graph, buffers):
    with pytest.raises(EngineError, match=r"the model failed: .*out of data bounds"):
        run(graph, buffers, [[10**6]], 0, [0])


# Models that can't be loaded.


@pytest.fixture
def folder(tiny, tmp_path):
    """A copy of the fp32 export that may be damaged."""
    return shutil.copytree(tiny.fp32.directory, tmp_path / "outer" / "model")


def check_refused(folder, shape, match):
    path = folder / "model.full.onnx"
    with pytest.raises(CorruptModelError, match=match) as raised:
        Graph(path, shape, CPU, threads=1)
    assert str(path) in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"no model", b"\xff" * 5000])
def test_a_graph_of_garbage(tiny, folder, content):
    (folder / "model.full.onnx").write_bytes(content)
    check_refused(folder, tiny.fp32.manifest.shape, "can't be loaded|has no input")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_graph(tiny, folder, share):
    path = folder / "model.full.onnx"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    check_refused(folder, tiny.fp32.manifest.shape, "can't be loaded")


def test_a_missing_graph(tiny, folder):
    (folder / "model.full.onnx").unlink()
    check_refused(folder, tiny.fp32.manifest.shape, r"\.onnx is missing; export the model")


@pytest.mark.parametrize("size", [0, 4096, -1], ids=["empty", "a page", "a byte less"])
def test_truncated_weights(tiny, folder, size):
    path = folder / WEIGHTS_FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    check_refused(folder, tiny.fp32.manifest.shape, "can't be loaded")


def test_missing_weights(tiny, folder):
    (folder / WEIGHTS_FILE).unlink()
    match = rf"{WEIGHTS_FILE} is missing; export the model again"
    with pytest.raises(CorruptModelError, match=match) as raised:
        Graph(folder / "model.full.onnx", tiny.fp32.manifest.shape, CPU, threads=1)
    assert str(folder / WEIGHTS_FILE) in str(raised.value)


def test_a_graph_of_another_model(tiny, folder):
    more = Shape(LAYERS + 1, 2, 16, tiny.vocabulary, 512)
    check_refused(folder, more, rf"has no input past_key_values\.{LAYERS}\.key")


@pytest.mark.parametrize("place", ["../weights", "sub/../../weights", "absolute", "link"])
def test_weights_outside_the_folder(tiny, folder, place):
    """ONNX Runtime refuses them, from 1.30 on at least: nothing else keeps a graph from reading."""
    outside = folder.parent / "weights"
    shutil.move(folder / WEIGHTS_FILE, outside)
    (folder / "sub").mkdir()
    if place == "link":
        (folder / "link").symlink_to(outside)
    path = folder / "model.full.onnx"
    model = onnx.load(str(path), load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = str(outside) if place == "absolute" else place
    path.write_bytes(model.SerializeToString())
    check_refused(folder, tiny.fp32.manifest.shape, "can't be loaded: .*[Ee]xternal data")


# Want of memory: each test really produces it, in a process of its own where a limit is needed.

LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
import psutil
from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers
from codegen.engine.device import Device
from codegen.engine.device import Device
from codegen.engine.graph import Graph
from codegen.engine.manifest import Shape
from codegen.errors import CodegenError

def allow(bytes_):
    limit = psutil.Process().memory_info().vms + bytes_
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

path, shape = Path(sys.argv[1]), Shape(*map(int, sys.argv[2].split()))
try:
    if sys.argv[3] == "load":
        allow(200_000)
    graph = Graph(path, shape, Device("cpu"), threads=1)
    buffers = KvBuffers(shape, 1, 512, graph.kv_dtype, "cpu")
    ids = np.ones((1, 512), np.int64)
    allow(3_000_000)
    graph.run(buffers, ids, 0, range(512), CancelToken())
    print("enough memory")
except CodegenError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            "load",
            "there is not enough memory to load {path}; close other programs, or",
        ),
        ("run", "there is not enough memory to run the model"),
    ],
)
def test_too_little_memory(tiny, what, message):
    path, shape = tiny.fp32.graph("full"), tiny.fp32.manifest.shape
    numbers = " ".join(str(number) for number in dataclasses.astuple(shape))
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), numbers, what],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.startswith(f"OutOfMemoryError {message.format(path=path)}"), ran


def test_too_little_memory_for_the_cache(tiny):
    with pytest.raises(OutOfMemoryError, match="caches of 1 times 1000000000000 tokens"):
        buffers_of(tiny, capacity=10**12)


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (
            "CUDA failure 36: API call is not supported ; GPU=-1 ; expr=cudaSetDevice(0);",
            EngineError,
            "the GPU failed while {path} was loaded: CUDA failure 36: API call is not supported",
        ),
        (
            "CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc(&p, size);",
            OutOfMemoryError,
            "there is not enough memory to load {path}; close other programs, or ",
        ),
    ],
)
def test_a_failing_gpu_is_not_replaced_by_the_cpu(
    tiny, monkeypatch, capsys, failure, kind, message
):
    """ONNX Runtime's session would print to standard output and try the CPU, by default."""
    path, tried = tiny.fp32.graph("full"), []

    def fail(_self, providers, *_):
        tried.append(providers)
        raise RuntimeError(f"/src/cuda_call.cc:154 [with bool THRW = true] {failure}")

    monkeypatch.setattr(ort.InferenceSession, "_create_inference_session", fail)
    with pytest.raises(kind) as raised:
        Graph(path, tiny.fp32.manifest.shape, Device("cuda"), threads=1)
    assert type(raised.value) is kind
    assert str(raised.value).startswith(message.format(path=path))
    assert tried == [Device("cuda").providers(capture=True)]
    assert capsys.readouterr().out == ""
