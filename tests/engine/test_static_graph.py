"""Calls of fixed shapes: the same bits as calls with a growing mask, and safe to capture."""

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers, past_names, present_name
from codegen.engine.graph import NOT_CAPTURED, STEPS, Graph
from codegen.errors import EngineError
from tests.tiny_model import CPU

CAPACITY = 64
EXPORTS = [("fp32", "full"), ("int4", "l4"), ("int4", "l1")]

SIZES = st.one_of(st.sampled_from(STEPS), st.integers(1, 12))
HISTORIES = st.lists(
    st.tuples(
        SIZES,
        st.integers(0, CAPACITY),  # the length to go back to, if that is less
        st.integers(1, 3),  # how many times the call is run
        st.booleans(),  # whether logits are wanted for all tokens, or for the last one
    ),
    min_size=1,
    max_size=14,
)


class Growing:
    """A graph that is run as it could be without fixed shapes: its mask has the valid tokens."""

    def __init__(self, model, path):
        self._session = ort.InferenceSession(
            str(model.graph(path)), _one_thread(), providers=["CPUExecutionProvider"]
        )
        self._names = past_names(model.manifest.shape)

    def run(self, buffers, ids, past, positions):
        binding = self._session.io_binding()
        mask = np.ones((len(ids), past + ids.shape[1]), np.int64)
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("attention_mask", mask)
        binding.bind_cpu_input("logits_positions", np.array(positions, np.int64))
        binding.bind_output("logits", "cpu")
        for name in self._names:
            binding.bind_ortvalue_input(name, buffers.values[name])
            binding.bind_ortvalue_output(present_name(name), buffers.values[name])
        self._session.run_with_iobinding(binding)
        return binding.get_outputs()[0].numpy()


def _one_thread():
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return options


@pytest.fixture(scope="module", params=EXPORTS, ids="-".join)
def pair(tiny, request):
    """One export as the engine runs it, and as it runs with a growing mask."""
    precision, path = request.param
    model = getattr(tiny, precision)
    shape = model.manifest.shape
    graph = Graph(model.graph(path), shape, CPU, threads=1)
    return graph, Growing(model, path), shape


def caches(shape, batch=1):
    return KvBuffers(shape, batch, CAPACITY, np.dtype(np.float32), "cpu")


def ids_of(*numbers):
    return np.array(numbers, np.int64)


@given(history=HISTORIES, seed=st.integers(0, 99))
@example(history=[(12, 64, 1, False), (1, 64, 3, True), (8, 5, 2, True), (1, 64, 1, True)], seed=1)
@settings(max_examples=40, deadline=None)
def test_any_history_gives_the_same_bits(pair, history, seed):
    graph, growing, shape = pair
    ours, theirs = caches(shape), caches(shape)
    draw = np.random.default_rng(seed)
    length = 0
    for size, back, times, everywhere in history:
        length = min(length, back)
        if length + size > CAPACITY:
            length = CAPACITY - size
        ids = draw.integers(0, shape.vocabulary, (1, size))
        positions = list(range(size)) if everywhere else [size - 1]
        for _ in range(times):
            found = graph.run(ours, ids, length, positions, CancelToken())
        wanted = growing.run(theirs, ids, length, positions)
        assert np.array_equal(found.logits(), wanted)
        length += size
        for name, array in ours.arrays.items():
            assert np.array_equal(array[:, :, :length], theirs.arrays[name][:, :, :length])


def test_a_batch_of_rows_gives_the_same_bits(pair):
    graph, growing, shape = pair
    ours, theirs = caches(shape, batch=3), caches(shape, batch=3)
    draw = np.random.default_rng(5)
    for name, array in ours.arrays.items():
        array[...] = draw.standard_normal(array.shape)
        theirs.arrays[name][...] = array
    for past in range(20, 26):
        ids = draw.integers(0, shape.vocabulary, (3, 1))
        found = graph.run(ours, ids, past, [0], CancelToken())
        assert np.array_equal(found.logits(), growing.run(theirs, ids, past, [0]))


@pytest.mark.parametrize("size", STEPS)
def test_a_step_allocates_nothing_and_keeps_its_addresses(pair, monkeypatch, size):
    graph, _, shape = pair
    buffers = caches(shape)
    positions = list(range(size))
    seen = []
    run = ort.InferenceSession.run_with_iobinding

    def noting(session, binding, options):
        seen.append(binding)
        run(session, binding, options)

    monkeypatch.setattr(ort.InferenceSession, "run_with_iobinding", noting)
    first = graph.run(buffers, ids_of([1] * size), 0, positions, CancelToken())
    kept = first.logits()

    def refuse(*_):
        raise AssertionError("a step made a tensor")

    monkeypatch.setattr(ort.OrtValue, "ortvalue_from_numpy", refuse)
    monkeypatch.setattr(ort.IOBinding, "bind_cpu_input", refuse)
    for token in range(2, 6):
        later = graph.run(buffers, ids_of([token] * size), 8, positions, CancelToken())
        assert later.logits().ctypes.data == kept.ctypes.data
    assert all(binding is seen[0] for binding in seen)


class Recording:
    """What a graph would ask of CUDA: the id under which each call is captured, or NOT_CAPTURED."""

    def __init__(self, graph, monkeypatch):
        self.ids = []
        monkeypatch.setattr(graph, "_captures", True)
        run = ort.InferenceSession.run_with_iobinding

        def noting(session, binding, options):
            self.ids.append(options.get_run_config_entry("gpu_graph_id"))
            run(session, binding, options)

        monkeypatch.setattr(ort.InferenceSession, "run_with_iobinding", noting)


def test_each_form_of_a_call_is_captured_under_an_id_of_its_own(tiny, monkeypatch):
    model = tiny.fp32
    graph = Graph(model.graph("full"), model.manifest.shape, CPU, threads=1)
    recording = Recording(graph, monkeypatch)
    slots = [caches(model.manifest.shape) for _ in range(2)]
    forms = {}
    for _ in range(3):
        for slot, buffers in enumerate(slots):
            for size in STEPS:
                ids = ids_of(list(range(size)))
                graph.run(buffers, ids, 0, list(range(size)), CancelToken())
                forms.setdefault((slot, size), set()).add(recording.ids[-1])
    assert all(len(ids) == 1 for ids in forms.values())
    assert len(set.union(*forms.values())) == len(slots) * len(STEPS)


def test_prompts_are_never_captured(tiny, monkeypatch):
    model = tiny.fp32
    graph = Graph(model.graph("full"), model.manifest.shape, CPU, threads=1)
    recording = Recording(graph, monkeypatch)
    buffers = caches(model.manifest.shape)
    graph.run(buffers, ids_of(list(range(20))), 0, [19], CancelToken())
    # Also the end of a prompt that happens to be as short as a step, where no logits are wanted.
    graph.run(buffers, ids_of([1]), 20, [], CancelToken())
    assert recording.ids == [NOT_CAPTURED, NOT_CAPTURED]


def test_a_captured_call_is_not_interrupted(tiny, monkeypatch):
    model = tiny.fp32
    graph = Graph(model.graph("full"), model.manifest.shape, CPU, threads=1)
    Recording(graph, monkeypatch)
    cancel = CancelToken()
    run = ort.InferenceSession.run_with_iobinding

    def cancelling(session, binding, options):
        cancel.cancel()
        run(session, binding, options)

    monkeypatch.setattr(ort.InferenceSession, "run_with_iobinding", cancelling)
    found = graph.run(caches(model.manifest.shape), ids_of([1]), 0, [0], cancel)
    assert np.isfinite(found.logits()).all()


def test_more_tokens_than_a_cache_holds(pair):
    graph, _, shape = pair
    with pytest.raises(EngineError, match=r"65 tokens don't fit in a cache of 64"):
        graph.run(caches(shape), ids_of([1]), CAPACITY, [0], CancelToken())
