"""What onnxruntime's CUDA provider does with an export, on libraries that stand in for CUDA's.

Nothing is computed, so results and speeds are not tested here. What is tested is all that leads to
them: which nodes run on the GPU, what is captured and replayed, and what is copied.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.models.export.checkpoint import from_directory
from tests.engine.pretended_gpu import machine
from tests.tiny_model import write_export

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(bool(machine.missing()), reason=machine.missing() or "-"),
]

TOKEN_BYTES = 8 + 4
"""Bytes of a token that a graph has chosen, and of its log-probability."""

TOP_BYTES = 64 * (4 + 8) + 2 * 4
"""Bytes of the likeliest tokens of a row, with their scores and two sums."""

ROWS = 4  # of a batch of three samples


@pytest.fixture(scope="module")
def export(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fp16") / "export"
    return write_export(folder, from_directory(tiny.checkpoint), "fp16", target="cuda")


@pytest.fixture(scope="module", params=["captured", "eager"])
def run(request, export, tmp_path_factory):
    """What the requests of play.py were counted, and whether steps are captured."""
    folder = tmp_path_factory.mktemp("gpu")
    environment = machine.build(folder) | {"PYTHONPATH": f"{ROOT}:{ROOT / 'lsp'}"}
    program = ROOT / "tests" / "engine" / "pretended_gpu" / "play.py"
    library = folder / "libpretended.so"
    done = subprocess.run(
        [sys.executable, str(program), str(export.directory), str(library), request.param],
        env=environment, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return request.param, json.loads(done.stdout)


def test_all_but_a_length_is_computed_on_the_gpu(run):
    _, said = run
    on_cpu = {name for provider, name in said["nodes"] if not provider.startswith("CUDA")}
    # The length of the mask, which is a shape, and never leaves the CPU.
    assert on_cpu == {"Gather", "Cast"}
    on_gpu = {name for provider, name in said["nodes"] if provider.startswith("CUDA")}
    assert {"GroupQueryAttention", "ArgMax", "TopK", "Gather"} <= on_gpu
    assert not any(name.startswith("Memcpy") for name in on_gpu | on_cpu)


def test_each_form_of_a_step_is_captured_once(run):
    how, said = run
    captures = {name: counted["captures"] for name, counted in said.items() if name != "nodes"}
    # Steps in two slots, and in one batch.
    wanted = {"first", "other slot", "samples"} if how == "captured" else set()
    assert captures == {name: int(name in wanted) for name in captures}


@pytest.mark.parametrize(
    ("request_", "steps"),
    # A prompt that is known is a step, too: its last token is computed again.
    [("again", 9), ("longer", 41), ("first slot again", 9), ("more samples", 17)],
)
def test_known_forms_are_replayed(run, request_, steps):
    how, said = run
    counted = said[request_]
    assert counted["replays"] == (steps if how == "captured" else 0)
    assert counted["allocations"] == 0
    if request_ != "more samples":
        assert (counted["launches"] == 0) == (how == "captured")


def test_a_greedy_step_brings_a_token_home(run):
    _, said = run
    for name, steps in (("again", 9), ("longer", 41)):
        counted = said[name]
        assert counted["bytes to host"] == steps * TOKEN_BYTES
        # The mask and the token. Which position is wanted stays.
        assert counted["to device"] <= 2 * steps


def test_samples_bring_the_likeliest_tokens_home(run, tiny):
    _, said = run
    short, long = said["samples again"], said["more samples"]
    assert long["bytes to host"] - short["bytes to host"] == 8 * ROWS * TOP_BYTES
    # Their first tokens are drawn from the logits of the prompt.
    assert short["bytes to host"] == 8 * ROWS * TOP_BYTES + 2 * tiny.vocabulary
