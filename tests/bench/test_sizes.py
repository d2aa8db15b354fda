"""What `codegen bench engine --sizes` measures, on a tiny model; speeds are not asserted."""

import json
import random

import pytest
from click.testing import CliRunner

from codegen.bench import sizes as module
from codegen.bench.sizes import Sizes, measure
from codegen.cli.bench import command
from codegen.progress import NullProgress
from tests.tiny_model import load

SMALL = Sizes(
    prompts=(16, 60, 200),
    cached=60,
    steps=6,
    typed=2,
    suggestion=5,
    samples=(1, 3),
    sample_prompt=20,
    sample_steps=6,
    repeats=2,
)


def names(captures):
    steps = ["a step after 60 tokens"]
    if captures:
        steps = ["a step after 60 tokens, captured", "a step after 60 tokens, eager"]
    return {
        "a prompt of 16 tokens",
        "a prompt of 60 tokens",
        "a prompt of 200 tokens",
        *steps,
        "5 tokens after 60 cached ones and 2 typed",
        "1 samples at once",
        "3 samples at once",
    }


@pytest.mark.parametrize("captures", [False, True])
def test_all_sizes_are_measured(tiny, captures):
    loaded = []

    def begin(capacity, capture):
        loaded.append((capacity, capture))
        return load(tiny.for_gpu, capacity=capacity)

    draw = random.Random(1)

    def take(tokens):
        return [draw.randrange(tiny.vocabulary) for _ in range(tokens)]

    found = list(measure(begin, take, SMALL, NullProgress(), captures=captures))
    assert {each.name for each in found} == names(captures)
    assert all(each.value > 0 for each in found)
    assert all(each.low <= each.value <= each.high for each in found if each.unit == "ms")
    # Eager steps are measured where others are captured; and no cache is larger than need be.
    assert [capture for _, capture in loaded].count(False) == captures
    assert max(capacity for capacity, _ in loaded) < 260
    assert [capacity > 200 for capacity, _ in loaded].count(True) == 1


@pytest.fixture
def run(tiny, monkeypatch):
    """Runs the command on the tiny model with small sizes."""

    def small(*, repeats):
        assert repeats == 2
        return SMALL

    def invoke(*options):
        monkeypatch.setattr(module, "Sizes", small)
        where = ["--model", str(tiny.fp32.directory), "--device", "cpu", "--rounds", "2"]
        done = CliRunner().invoke(command, ["engine", "--sizes", *where, *options])
        assert done.exit_code == 0, done.output
        return done.stdout

    return invoke


def test_the_command_prints_a_table(run):
    shown = run().splitlines()
    assert any(line.startswith("- model: tiny, fp32 for cpu") for line in shown)
    begin = shown.index("|---|---|---|") + 1
    assert {line[2:].split(" (")[0] for line in shown[begin:]} == names(captures=False)


def test_the_command_prints_json(run):
    said = json.loads(run("--json"))
    assert {row["name"] for row in said["table"]} == names(captures=False)
    assert said["about"]["model"].startswith("tiny, fp32 for cpu")
