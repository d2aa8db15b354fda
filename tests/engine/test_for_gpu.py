"""An export for a GPU, run by the CPU: its graphs choose tokens and copy caches themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers
from codegen.engine.manifest import ROWS_FILE, TOP_FILE
from codegen.engine.next_tokens import NextTokens
from codegen.engine.rows import RowCopier
from codegen.engine.sampling import Sampler
from codegen.engine.tensors import StaticTensor
from codegen.engine.top import TOP, TopFinder
from codegen.engine.types import GenerateRequest, Sampling
from tests.tiny_model import CPU, load

GREEDY = Sampling()
CERTAIN = [Sampling(0.05, top_p=0.9, seed=seed) for seed in range(3)]  # its nucleus is small
WILD = [Sampling(4.0, top_p=0.99, seed=seed) for seed in range(3)]  # and this one's isn't
FEW = [Sampling(1.0, top_k=8, seed=seed) for seed in range(3)]


def steps_of(backend, prompt, samples, max_tokens=12, **request):
    asked = GenerateRequest(prompt, max_tokens, samples=tuple(samples), **request)
    return list(backend.generate(asked, CancelToken()))


def tokens_of(steps, samples):
    return [[one.token for one in steps if one.sample == index] for index in range(len(samples))]


@pytest.fixture
def reads(monkeypatch):
    """How many times logits were read."""
    read = []

    def logits(tokens, original=NextTokens.logits):
        read.append(1)
        return original(tokens)

    monkeypatch.setattr(NextTokens, "logits", logits)
    return read


@pytest.mark.parametrize(
    ("samples", "read"),
    [
        ([GREEDY], 0),
        ([GREEDY] * 3, 0),
        # The first token of samples is drawn from the prompt's logits, which they share.
        (CERTAIN[:1], 1),
        (CERTAIN, 3),
        ([GREEDY, *CERTAIN[:2]], 2),
        (FEW[:1], 1),
        (WILD[:1], 12),
    ],
)
def test_logits_are_read_only_where_they_are_needed(tiny, reads, samples, read):
    (prompt,) = tiny.prompts(40, 20)
    steps_of(load(tiny.for_gpu), prompt, samples)
    assert len(reads) == read


@pytest.mark.parametrize("samples", [[GREEDY], [GREEDY] * 3, CERTAIN, WILD, [GREEDY, *CERTAIN]])
def test_the_tokens_are_those_of_the_export_for_a_cpu(tiny, samples):
    (prompt,) = tiny.prompts(41, 30)
    ours = steps_of(load(tiny.for_gpu), prompt, samples)
    theirs = steps_of(load(tiny.fp32), prompt, samples)
    assert tokens_of(ours, samples) == tokens_of(theirs, samples)
    assert np.allclose(
        [step.logprob for step in ours], [step.logprob for step in theirs], rtol=0, atol=1e-4
    )


class From:
    """A constraint to a range of ids for the first tokens, so many of them."""

    def __init__(self, count):
        self.count = count

    def allowed(self):
        return np.arange(100, 200) if self.count else None

    def advance(self, _token):
        return From(max(0, self.count - 1))


@pytest.mark.parametrize("sampling", [GREEDY, CERTAIN[0]])
def test_a_constraint_needs_the_logits_while_it_constrains(tiny, reads, sampling):
    (prompt,) = tiny.prompts(42, 20)
    ours = steps_of(load(tiny.for_gpu), prompt, [sampling], constraint=From(3))
    assert len(reads) == 3
    theirs = steps_of(load(tiny.fp32), prompt, [sampling], constraint=From(3))
    assert [step.token for step in ours] == [step.token for step in theirs]


def finder(tiny):
    return TopFinder(tiny.for_gpu.directory / TOP_FILE, CPU)


def logits_of(rows):
    tensor = StaticTensor(rows[:, None].shape, np.float32, "cpu")
    tensor.write(rows[:, None])
    return tensor


def test_the_likeliest_tokens_of_each_row(tiny):
    draw = np.random.default_rng(1)
    logits = draw.normal(0, 3, (4, tiny.vocabulary)).astype(np.float32)
    temperatures = [0.2, 0.8, 1.0, 3.0]
    found = finder(tiny).find(logits_of(logits), temperatures)
    for row, temperature, top in zip(logits, temperatures, found, strict=True):
        order = np.argsort(-row, kind="stable")[:TOP]
        below = (row - row.max()).astype(np.float64)
        assert (top.tokens == order).all()
        assert np.allclose(top.scores, below[order] / temperature, rtol=1e-5, atol=1e-5)
        assert top.log_sum == pytest.approx(np.log(np.exp(below / temperature).sum()), abs=1e-4)
        assert top.log_sum_at_1 == pytest.approx(np.log(np.exp(below).sum()), abs=1e-4)


@settings(derandomize=True, max_examples=150)
@given(
    st.integers(0, 10**6),
    st.floats(0.05, 20),
    st.builds(
        Sampling,
        temperature=st.floats(0.05, 3),
        top_p=st.floats(0.01, 0.999),
        seed=st.integers(0, 99),
    ),
)
def test_a_nucleus_is_drawn_from_as_from_all_logits(tiny, seed, spread, sampling):
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, spread, (1, tiny.vocabulary)).astype(np.float32)
    tensor = logits_of(logits)
    (top,) = finder(tiny).find(tensor, [sampling.temperature])
    ours, theirs = Sampler(sampling), Sampler(sampling)
    for _ in range(5):
        found = ours.choose_from(NextTokens(tensor, None), 0, 0, None, top)
        wanted = theirs.choose(logits[0], None)
        assert found.token == wanted.token
        assert found.logprob == pytest.approx(wanted.logprob, abs=1e-3)


def test_a_few_are_drawn_from_by_their_probabilities(tiny):
    logits = np.full((1, tiny.vocabulary), -20, np.float32)
    logits[0, [7, 3, 9, 4]] = np.log([0.4, 0.3, 0.2, 0.1])
    tensor = logits_of(logits)
    sampling = Sampling(1.0, top_k=3, seed=1)
    (top,) = finder(tiny).find(tensor, [1.0])
    sampler = Sampler(sampling)
    tokens = NextTokens(tensor, None)
    drawn = [sampler.choose_from(tokens, 0, 0, None, top).token for _ in range(3000)]
    for token, share in ((7, 4 / 9), (3, 3 / 9), (9, 2 / 9), (4, 0)):
        assert drawn.count(token) / len(drawn) == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("rows", [[0], [1, 0, 1], [2, 2, 2, 2, 0, 1, 0]])
def test_rows_are_copied(tiny, rows):
    shape = tiny.for_gpu.manifest.shape
    source, target = (
        KvBuffers(shape, batch, 24, np.dtype(np.float32), "cpu") for batch in (3, len(rows))
    )
    draw = np.random.default_rng(6)
    for array in source.arrays.values():
        array[...] = draw.standard_normal(array.shape)
    RowCopier(tiny.for_gpu.directory / ROWS_FILE, shape, CPU).copy(source, rows, target)
    for name, array in target.arrays.items():
        assert (array == source.arrays[name][rows]).all()


def test_batches_have_few_sizes_whose_caches_are_kept(tiny, monkeypatch):
    made = []

    class Counting(KvBuffers):
        def __init__(self, shape, batch, *arguments):
            made.append(batch)
            super().__init__(shape, batch, *arguments)

    monkeypatch.setattr("codegen.engine.runner.KvBuffers", Counting)
    backend = load(tiny.for_gpu)
    made.clear()
    requests = [
        (prompt, [Sampling(1.5, top_p=0.9, seed=index) for index in range(count)], count)
        for count, prompt in zip((7, 5, 2, 8, 3), tiny.prompts(50, *[20] * 5), strict=True)
    ]
    found = [ended_early(backend, *request) for request in requests]
    assert sorted(made) == [2, 4, 8]
    assert found == [ended_early(load(tiny.fp32), *request) for request in requests]


def ended_early(backend, prompt, samples, seed):
    """The samples' tokens, each of which ends at another length."""
    generation = backend.generate(
        GenerateRequest(prompt, 12, samples=tuple(samples)), CancelToken()
    )
    lengths = np.random.default_rng(seed).integers(1, 12, len(samples))
    found = [[] for _ in samples]
    for step in generation:
        found[step.sample].append(step.token)
        if len(found[step.sample]) == lengths[step.sample]:
            generation.end(step.sample)
    return found
