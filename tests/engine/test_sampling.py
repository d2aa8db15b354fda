import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from codegen.engine.sampling import Sampler, _nucleus
from codegen.engine.types import Sampling

LOGITS = st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=40).map(
    lambda values: np.array(values, np.float32)
)
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.floats(0, 5),
    top_k=st.integers(0, 50),
    top_p=st.floats(0, 1),
    seed=st.integers(0, 2**64 - 1),
)


class Only:
    """A constraint to a fixed set."""

    def __init__(self, *ids):
        self.ids = np.array(ids, np.int64)

    def allowed(self):
        return self.ids

    def advance(self, _token):
        return self


def of_probabilities(*probabilities):
    return np.log(np.array(probabilities)).astype(np.float32)


def drawn(logits, sampling, count=400, constraint=None):
    """What one sampler draws."""
    sampler = Sampler(sampling)
    return [sampler.choose(logits, constraint).token for _ in range(count)]


@given(LOGITS)
def test_greedy_takes_the_likeliest(logits):
    assert Sampler(Sampling()).choose(logits, None).token == int(logits.argmax())


@given(LOGITS, st.floats(0.1, 5), st.integers(0, 99))
def test_the_best_one_of_one_is_greedy(logits, temperature, seed):
    for only in (Sampling(temperature, top_k=1, seed=seed), Sampling(-1.0, seed=seed)):
        assert Sampler(only).choose(logits, None).token == int(logits.argmax())


@given(LOGITS, SAMPLINGS)
def test_the_logprob_is_the_models_own(logits, sampling):
    before = logits.copy()
    choice = Sampler(sampling).choose(logits, None)
    exact = [float(value) for value in logits]
    normaliser = math.log(math.fsum(math.exp(value - max(exact)) for value in exact)) + max(exact)
    assert choice.logprob == pytest.approx(exact[choice.token] - normaliser, abs=1e-5)
    assert (logits == before).all()


@given(LOGITS, SAMPLINGS, st.data())
def test_a_constraint_is_obeyed_and_the_logprob_is_not_renormalised(logits, sampling, data):
    ids = st.lists(st.integers(0, logits.size - 1), min_size=1, unique=True).map(sorted)
    allowed = data.draw(ids)
    choice = Sampler(sampling).choose(logits, Only(*allowed))
    assert choice.token in allowed
    everything = np.exp(logits.astype(np.float64) - logits.max())
    exact = math.log(everything[choice.token] / everything.sum())
    assert choice.logprob == pytest.approx(exact, abs=1e-5)
    greedy = Sampler(Sampling()).choose(logits, Only(*allowed))
    assert logits[greedy.token] == logits[allowed].max()


def test_a_constraint_that_allows_anything():
    class Anything(Only):
        def allowed(self):
            return None

    logits = of_probabilities(0.2, 0.5, 0.3)
    assert Sampler(Sampling()).choose(logits, Anything()).token == 1


@pytest.mark.parametrize(
    ("sampling", "support"),
    [
        (Sampling(1.0), {0, 1, 2, 3}),
        (Sampling(1.0, top_k=2), {0, 2}),
        (Sampling(1.0, top_k=3), {0, 1, 2}),
        (Sampling(1.0, top_k=4), {0, 1, 2, 3}),
        (Sampling(1.0, top_k=99), {0, 1, 2, 3}),
        (Sampling(1.0, top_p=0.0), {2}),
        (Sampling(1.0, top_p=0.39), {2}),
        # The token that crosses the threshold is kept.
        (Sampling(1.0, top_p=0.41), {0, 2}),
        (Sampling(1.0, top_p=0.69), {0, 2}),
        (Sampling(1.0, top_p=0.71), {0, 1, 2}),
        (Sampling(1.0, top_p=0.91), {0, 1, 2, 3}),
        # Top-p counts what top-k left: of two, the better has 0.57.
        (Sampling(1.0, top_k=2, top_p=0.5), {2}),
        (Sampling(1.0, top_k=2, top_p=0.6), {0, 2}),
        # ... and after the temperature: at 0.5 the squares, of which the best has 0.53.
        (Sampling(0.5, top_p=0.5), {2}),
        (Sampling(0.5, top_p=0.55), {0, 2}),
        (Sampling(2.0, top_p=0.34), {0, 2}),
    ],
    ids=str,
)
def test_which_tokens_may_be_drawn(sampling, support):
    assert set(drawn(of_probabilities(0.3, 0.2, 0.4, 0.1), sampling)) == support


def test_top_k_and_top_p_count_what_is_allowed_only():
    logits = of_probabilities(0.4, 0.3, 0.2, 0.1)
    assert set(drawn(logits, Sampling(1.0, top_k=2), constraint=Only(1, 2, 3))) == {1, 2}
    assert set(drawn(logits, Sampling(1.0, top_p=0.4), constraint=Only(1, 2, 3))) == {1}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_follow_the_temperature(temperature):
    probabilities = np.array([0.4, 0.3, 0.2, 0.1])
    wanted = probabilities ** (1 / temperature)
    wanted /= wanted.sum()
    tokens = drawn(of_probabilities(*probabilities), Sampling(temperature, seed=7), count=4000)
    assert np.bincount(tokens, minlength=4) / 4000 == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-9])
def test_no_temperature_is_too_low(temperature):
    logits = np.array([-3.0, 60.0, -np.inf, 59.9], np.float32)
    assert set(drawn(logits, Sampling(temperature), count=20)) == {1}


def test_no_temperature_is_too_high():
    logits = np.array([-3.0, 60.0, -80.0], np.float32)
    assert set(drawn(logits, Sampling(1e300))) == {0, 1, 2}


def test_what_is_impossible_is_never_drawn():
    logits = np.array([-np.inf, 1.0, -np.inf, 1.0], np.float32)
    assert set(drawn(logits, Sampling(1.0))) == {1, 3}


def test_a_seed_repeats_its_draws_and_no_other():
    logits = np.zeros(1000, np.float32)
    runs = [drawn(logits, Sampling(1.0, seed=seed), count=20) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_samplers_do_not_disturb_each_other():
    logits = np.zeros(1000, np.float32)
    alone = [drawn(logits, Sampling(1.0, seed=seed), count=20) for seed in (1, 2)]
    samplers = [Sampler(Sampling(1.0, seed=seed)) for seed in (1, 2)]
    together = [[one.choose(logits, None).token for one in samplers] for _ in range(20)]
    assert [list(tokens) for tokens in zip(*together, strict=True)] == alone


@given(
    arrays(np.float64, st.integers(1, 400), elements=st.sampled_from([0.0, 1e-9, 0.1, 0.5, 1.0])),
    st.floats(0.0, 0.999),
)
def test_the_nucleus_is_that_of_all_sorted(weights, top_p):
    weights = weights + (weights.sum() == 0)
    weights /= weights.sum()
    order = np.argsort(-weights, kind="stable")
    before = np.cumsum(weights[order]) - weights[order]
    whole = order[: max(1, int((before < top_p).sum()))]
    assert list(_nucleus(weights, top_p)) == list(whole)
