"""The command line on a machine with a GPU that computes nothing: all but what the model writes."""

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


@pytest.fixture(scope="module")
def export(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fp16") / "export"
    return write_export(folder, from_directory(tiny.checkpoint), "fp16", target="cuda")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return machine.build(tmp_path_factory.mktemp("gpu")) | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'lsp'}:{ROOT / 'eval'}",
    }


@pytest.fixture
def codegen(environment, tmp_path):
    def run(*arguments, **more):
        return subprocess.run(
            [sys.executable, "-m", "codegen", *arguments],
            env=environment | more, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("def first(items):\n    return \n")
    return f"{file}:2:12"


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_a_model_runs_on_the_gpu(codegen, export, file, device):
    done = codegen("complete", file, "--json", "--model", str(export.directory), "--device", device)
    assert done.returncode in (0, 1), done.stderr
    said = json.loads(done.stdout)
    assert said["device"] == "cuda"
    assert said["timings"]["decode_ms"] > 0
    assert "CPU" not in done.stderr


def test_doctor_sees_the_gpu(codegen, export):
    done = codegen("doctor", "--model", str(export.directory))
    assert "Pretended GPU" in done.stdout
    assert "580.65.06" in done.stdout
    assert "CUDAExecutionProvider" in done.stdout


def test_a_full_card_is_refused_with_numbers(codegen, export, file):
    command = ["complete", file, "--model", str(export.directory), "--device", "cuda"]
    done = codegen(*command, PRETENDED_FREE="500000000")
    assert done.returncode == 4
    [line] = done.stderr.strip().splitlines()
    assert "Pretended GPU has 500 MB of memory free" in line
    assert "codegen config set device cpu" in line
