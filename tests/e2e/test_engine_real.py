"""The engine and the prompt with the real model and its real tokenizer."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from codegen.cancel import CancelToken
from codegen.completion.complete import complete, result
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.document import Document
from codegen.engine.types import GenerateRequest, Sampling
from codegen.errors import CancelledError
from tests.prompt.healing_checks import check_random_cuts

pytestmark = [pytest.mark.model, pytest.mark.timeout(3600)]

LIBRARY = Path(os.__file__).parent


def text_ids(model, tokens: int) -> list[int]:
    return model.tokenizer.encode((LIBRARY / "argparse.py").read_text(encoding="utf-8"))[:tokens]


def greedy(model, prompt: list[int], tokens: int = 12) -> list[int | None]:
    request = GenerateRequest(prompt, tokens)
    return [step.token for step in model.backend.generate(request, CancelToken())]


@pytest.mark.deep
def test_500_random_cuts_of_real_files_are_healed_exactly(loaded):
    paths = sorted(LIBRARY.glob("*.py"))[:40] + sorted(LIBRARY.glob("encodings/*.py"))[:10]
    sources = [path.read_bytes() for path in paths]
    sources.append("naïve = 'çà' # 漢字 👩‍👩‍👧 e\u0301\n".encode() * 20)
    check_random_cuts(loaded.tokenizer, loaded.vocabulary, sources, cuts=500)


def test_a_constraint_takes_at_most_a_millisecond(loaded):
    from codegen.prompt.healing import Spell

    took = []
    for forced in (b" ", b"    ", b" ret", b"self._val", b"\n\t\t", b"x"):
        spell = Spell.of(loaded.tokenizer, loaded.vocabulary, forced)
        for _ in range(20):
            start = time.perf_counter()
            allowed = spell.allowed()
            took.append(time.perf_counter() - start)
            assert allowed is not None
            assert allowed.size
    assert np.median(took) < 0.001


def test_in_the_middle_of_a_word_the_word_is_finished(loaded):
    text = "def parse(arguments):\n    parser = make_parser()\n    return parser.parse_args(argum"
    done = result(
        complete(loaded, prepare(Document(text, len(text)), CompletionOptions()), CancelToken())
    )
    assert done.suggestions[0].text.startswith("ents")


@pytest.mark.deep
def test_a_cancel_in_a_long_prompt_frees_the_engine(loaded):
    """A bound that a loaded machine keeps too; `codegen bench engine` measures against 250 ms."""
    prompt = text_ids(loaded, 1000)
    cancel = CancelToken()
    asked: list[float] = []

    def stop():
        asked.append(time.perf_counter())
        cancel.cancel()

    timer = threading.Timer(0.5, stop)
    timer.start()
    with pytest.raises(CancelledError):
        loaded.backend.warm([7, *prompt], cancel)
    freed = time.perf_counter()
    timer.join()
    assert freed - asked[0] < 1.5
    # What was interrupted is gone on with, and gives what an undisturbed run gives.
    continued = greedy(loaded, [7, *prompt])
    for other in (31, 32):  # both slots forget it
        loaded.backend.warm([other, other, other, *prompt[:20]], CancelToken())
    assert greedy(loaded, [7, *prompt]) == continued


def test_the_same_prompt_again_is_not_computed_again(loaded):
    prompt = text_ids(loaded, 300)
    first = greedy(loaded, prompt)
    usage = loaded.backend.warm(prompt, CancelToken())
    assert usage.cached_tokens == len(prompt) - 1
    assert greedy(loaded, prompt) == first


def test_samples_of_one_prompt_differ_by_seed_and_repeat_by_seed(loaded):
    prompt = text_ids(loaded, 200)

    def draw():
        samples = tuple(Sampling(temperature=0.9, seed=seed) for seed in (1, 2, 3))
        texts: dict[int, list[int | None]] = {0: [], 1: [], 2: []}
        for step in loaded.backend.generate(GenerateRequest(prompt, 10, samples), CancelToken()):
            texts[step.sample].append(step.token)
        return texts

    # From here on the prompt is in the cache, whatever was asked before: a token that is computed
    # alone may have other logits than one in a chunk.
    draw()
    first = draw()
    assert draw() == first
    assert len({tuple(tokens) for tokens in first.values()}) > 1
