"""Drafts: what is proposed, what is learned, and that nothing else is written with them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.cancel import CancelToken
from codegen.engine.drafts import LENGTHS, OUTPUTS, SHORTEST, Drafter, DraftSense
from codegen.engine.types import GenerateRequest, Sampling
from tests.tiny_model import load

FREE = {1: 1.0, 8: 1.0}  # a call with eight tokens takes as long as one with a single one
DEAR = {1: 1.0, 8: 8.0}


def ids(text):
    return [ord(letter) for letter in text]


def text_of(tokens):
    return "".join(map(chr, tokens))


@pytest.mark.parametrize(
    ("before", "prompt", "draft", "matching"),
    [
        ([], "the cat sat; the c", "at sat;", 5),
        # The longest match counts, and of equally long ones the latest.
        ([], "xabcd1 abcd2 xabcd", "1 abcd2", 5),
        ([], "abcd1 abcd2 abcd", "2 abcd", 5),
        # Fewer than three tokens are the same by chance.
        ([], "ab1 zb", "", 0),
        ([], "ab", "", 0),
        ([], "", "", 0),
        # What was written before is searched, too, and a draft ends with it.
        (["return value\n"], "x = 1\nretu", "rn valu", 4),
        (["foo()"], "foo", "()", 3),
        # Nothing follows across the border between two texts.
        (["abc", "def"], "abcdef", "", 3),
        # A repetition goes on.
        ([], "ababababab", "ab", 8),
    ],
)
def test_what_followed_before_is_proposed(before, prompt, draft, matching):
    sense = DraftSense(FREE)
    sense.outputs.extend(map(ids, before))
    drafter = Drafter(sense, [])
    for token in ids(prompt):
        drafter.add(token)
    found, length = drafter.propose(LENGTHS[-1])
    assert (text_of(found), length) == (draft[: _allowed(len(draft))], matching)


def _allowed(length):
    return max((each for each in LENGTHS if each <= length), default=0)


@given(st.text("abc", max_size=60), st.integers(0, 9))
def test_a_draft_is_what_followed_the_same_tokens(text, room):
    drafter = Drafter(DraftSense(FREE), ids(text))
    draft, matching = drafter.propose(room)
    assert len(draft) <= room
    if draft:
        assert matching >= SHORTEST
        assert text[-matching:] + text_of(draft) in text
    else:
        assert room == 0 or text[-SHORTEST:] not in text[:-1] or len(text) < SHORTEST


def test_only_the_latest_outputs_are_kept():
    sense = DraftSense(FREE)
    for number in range(OUTPUTS + 3):
        drafter = Drafter(sense, ids("p"))
        drafter.add(number)
        drafter.close()
    assert [list(output) for output in sense.outputs] == [[n] for n in range(3, OUTPUTS + 3)]


@pytest.mark.parametrize(
    ("seconds", "matching", "length"),
    [
        (FREE, 3, 7),
        (DEAR, 3, 0),
        (DEAR, 16, 0),
        ({1: 1.0, 8: 1.7}, 9, 7),
        ({1: 1.0, 8: 3.1}, 3, 1),  # with AVX2 alone a short draft may pay after a short match
        ({1: 1.0, 8: 3.1}, 6, 3),  # and a longer one after a longer match
        ({1: 1.0, 8: 3.1}, 9, 7),
        ({1: 1.0}, 3, 1),  # not measured
        (None, 6, 3),
        ({1: 1.0, 8: 0.5}, 9, 7),  # measured on a busy machine
    ],
)
def test_the_length_is_what_pays(seconds, matching, length):
    assert DraftSense(seconds).length(matching, 7) == length


@pytest.mark.parametrize(("available", "length"), [(7, 7), (6, 3), (3, 3), (2, 1), (1, 1), (0, 0)])
def test_a_draft_is_no_longer_than_what_there_is(available, length):
    assert DraftSense(FREE).length(9, available) == length


def test_wrong_drafts_are_given_up_for_a_while():
    sense = DraftSense({1: 1.0, 8: 3.1})
    assert sense.length(9, 7) > 0
    wrong = 0
    while sense.length(9, 7):
        sense.checked(9, right=False)
        wrong += 1
    assert wrong < 40
    assert sense.length(4, 7) >= 0  # other matches are learned apart
    tries = 0
    while not sense.length(9, 7):
        tries += 1
    assert 0 < tries < 400


def generate(backend, prompt, count, *, drafts):
    request = GenerateRequest(prompt, count, drafts=drafts)
    generation = backend.generate(request, CancelToken())
    steps = list(generation)
    return steps, generation.usage


@pytest.fixture
def eager(monkeypatch):
    """Drafts as long as can be, whatever they have brought."""
    monkeypatch.setattr(
        DraftSense, "length", lambda _self, _matching, available: _allowed(available)
    )


REPEATING = st.lists(
    st.lists(st.integers(0, 400), min_size=1, max_size=9), min_size=1, max_size=3
).flatmap(
    lambda parts: st.lists(st.sampled_from(parts), min_size=1, max_size=10).map(
        lambda chosen: [token for part in chosen for token in part]
    )
)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("export", ["fp32", "for_gpu"])
@settings(derandomize=True, max_examples=40, deadline=None)
@given(prompts=st.lists(st.tuples(REPEATING, st.integers(1, 24)), min_size=1, max_size=4))
def test_with_drafts_the_same_is_written(tiny, export, prompts):
    drafting = load(getattr(tiny, export), capacity=128)
    for prompt, count in prompts:
        steps, usage = generate(drafting, prompt, count, drafts=True)
        wanted, _ = generate(load(tiny.fp32, capacity=128), prompt, count, drafts=False)
        assert [step.token for step in steps] == [step.token for step in wanted]
        assert [step.finish for step in steps] == [step.finish for step in wanted]
        assert [step.logprob for step in steps] == pytest.approx(
            [step.logprob for step in wanted], abs=1e-4
        )
        assert usage.accepted_tokens <= usage.drafted_tokens


@pytest.mark.usefixtures("eager")
def test_right_drafts_save_calls(tiny, monkeypatch):
    from codegen.engine.runner import Runner

    backend = load(tiny.fp32)
    (prompt,) = tiny.prompts(60, 12)
    # What is written twice is found in what was written before.
    first, usage = generate(backend, prompt, 60, drafts=True)
    assert usage.accepted_tokens < 30
    calls, call = [], Runner.call

    def counting(*arguments):
        calls.append(1)
        return call(*arguments)

    monkeypatch.setattr(Runner, "call", counting)
    backend.forget()
    again, usage = generate(backend, prompt, 60, drafts=True)
    assert [step.token for step in again] == [step.token for step in first]
    # All but the three tokens before the first match.
    assert usage.accepted_tokens > 45
    assert len(calls) == 60 - usage.accepted_tokens
    # What was accepted is in the slot, as what was computed alone.
    usage = backend.warm([*prompt, *(step.token for step in again), 1], CancelToken())
    assert usage.cached_tokens == len(prompt) + 59


@pytest.mark.usefixtures("eager")
def test_the_window_is_never_passed(tiny):
    backend = load(tiny.fp32, capacity=40)
    prompt = [5, 6, 7, 8] * 6
    steps, _ = generate(backend, prompt, 100, drafts=True)
    wanted, _ = generate(load(tiny.fp32, capacity=40), prompt, 100, drafts=False)
    assert [step.token for step in steps] == [step.token for step in wanted]
    assert len(steps) == 16


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "samples", [(Sampling(0.7, seed=1),), (Sampling(), Sampling())], ids=["drawn", "several"]
)
def test_only_a_single_greedy_sample_has_drafts(tiny, samples):
    request = GenerateRequest([1, 2, 3] * 8, 10, samples=samples, drafts=True)
    generation = load(tiny.fp32).generate(request, CancelToken())
    list(generation)
    assert generation.usage.drafted_tokens == 0


@pytest.mark.usefixtures("eager")
def test_a_request_that_ends_early_leaves_a_slot_that_is_right(tiny):
    draw = random.Random(3)
    backend = load(tiny.fp32, capacity=128)
    (prompt,) = tiny.prompts(61, 12)
    generate(backend, prompt, 40, drafts=True)
    for _ in range(12):
        steps = iter(backend.generate(GenerateRequest(prompt, 40, drafts=True), CancelToken()))
        taken = [next(steps).token for _ in range(draw.randint(1, 25))]
        steps.close()
        going_on = [*prompt, *taken, 9]
        found, _ = generate(backend, going_on, 5, drafts=False)
        fresh, _ = generate(load(tiny.fp32, capacity=128), going_on, 5, drafts=False)
        assert [step.token for step in found] == [step.token for step in fresh]
