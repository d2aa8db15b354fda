"""The gate lets through what is the same model, and nothing else."""

import dataclasses

import numpy as np
import pytest

from codegen.errors import ParityError
from codegen.models.export.checkpoint import from_directory
from codegen.models.export.parity import Parity, SampleHole, check, measure, originals
from tests.tiny_model import load

GOOD = Parity(
    tokens=2000, agreement=1.0, perplexity_ratio=1.0, mean_kl=0.0, max_difference=0.0, paths="l4"
)


def holes(tiny):
    prompts = tiny.prompts(5, 20, 30, 40)
    return [SampleHole(tuple(prompt[:-8]), tuple(prompt[-8:])) for prompt in prompts]


@pytest.mark.parametrize(
    ("precision", "change", "passes"),
    [
        ("int4", {}, True),
        ("int4", {"agreement": 0.95, "perplexity_ratio": 1.03, "mean_kl": 0.03}, True),
        ("int4", {"agreement": 0.9499}, False),
        ("int4", {"perplexity_ratio": 1.031}, False),
        ("int4", {"mean_kl": 0.0301}, False),
        ("int4", {"mean_kl": float("nan")}, False),
        ("int4", {"perplexity_ratio": float("nan")}, False),
        ("fp32", {"max_difference": 0.0009}, True),
        ("fp32", {"max_difference": 0.001}, False),
        ("fp32", {"agreement": 0.9999}, False),
    ],
)
def test_which_figures_pass_the_gate(precision, change, passes):
    parity = dataclasses.replace(GOOD, **change)
    if passes:
        check(parity, precision)
        return
    with pytest.raises(ParityError, match=next(iter(change))[:4].replace("max_", "diff")):
        check(parity, precision)


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        # What chance does to a part of the tokens, and what a broken export does.
        ({"agreement": 0.94, "perplexity_ratio": 1.04, "mean_kl": 0.031}, True),
        ({"agreement": 0.8}, False),
        ({"perplexity_ratio": 1.2}, False),
        ({"mean_kl": 0.1}, False),
        ({"mean_kl": float("nan")}, False),
    ],
)
def test_which_figures_pass_the_brief_gate(change, passes):
    parity = dataclasses.replace(GOOD, **change)
    if passes:
        check(parity, "int4", brief=True)
    else:
        with pytest.raises(ParityError):
            check(parity, "int4", brief=True)


def compare(tiny, backend):
    wanted = originals(from_directory(tiny.checkpoint), holes(tiny), lambda *_: None)
    return measure(wanted, backend, holes(tiny), lambda *_: None)


def test_fp32_is_the_same_model(tiny):
    parity = compare(tiny, load(tiny.fp32))
    check(parity, "fp32")
    assert parity.tokens == 24
    assert abs(parity.perplexity_ratio - 1) < 1e-3
    assert parity.mean_kl < 1e-5


def test_a_broken_export_is_refused(tiny, monkeypatch):
    backend = load(tiny.fp32)
    score = backend.score

    def broken(prompt, middle):
        return np.roll(score(prompt, middle), 1, axis=1)

    monkeypatch.setattr(backend, "score", broken)
    parity = compare(tiny, backend)
    for precision in ("fp32", "int4"):
        with pytest.raises(ParityError, match="agreement"):
            check(parity, precision)
