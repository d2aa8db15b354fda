"""Which device is chosen; why not the other one: test_cuda.py."""

from types import SimpleNamespace

import pytest

from codegen.engine import device as device_module
from codegen.engine.cuda import CUDA
from codegen.engine.device import CPU, Device, choose_device, physical_cores
from codegen.engine.nvidia import nvidia_cards
from codegen.errors import EngineError
from tests.engine.machines import Cuda, Machine, play

no_gpu = pytest.mark.skipif(nvidia_cards() > 0, reason="this machine has a GPU")


def check_refused(sentence, advice, *, card):
    """`auto` takes the CPU and says why in one line; `cuda` fails with the same words."""
    chosen = choose_device("auto")
    assert chosen.card == card
    assert (chosen.kind, chosen.providers(capture=True)) == ("cpu", [(CPU, {})])
    assert chosen.note == f"running on the CPU: {sentence}"
    assert len(chosen.note.splitlines()) == 1
    with pytest.raises(EngineError) as raised:
        choose_device("cuda")
    assert str(raised.value) == f"CUDA can't be used: {sentence}{advice}"


@no_gpu
def test_on_this_machine():
    check_refused("there is no NVIDIA GPU, or no driver for it", "", card=False)


def test_the_cpu_by_name_needs_no_reason():
    assert choose_device("cpu") == Device("cpu")
    assert choose_device("cpu").note is None


@pytest.mark.parametrize(
    ("machine", "sentence", "advice", "card"),
    [
        (
            Machine(cuda=Cuda(version=12040)),
            "the NVIDIA driver supports CUDA 12.4, and this onnxruntime needs CUDA 13",
            "; update the driver to 580 or newer",
            True,
        ),
        (
            Machine(cuda=None, nvml=None),
            "there is no NVIDIA GPU, or no driver for it",
            "",
            False,
        ),
    ],
)
def test_a_gpu_is_refused(monkeypatch, tmp_path, machine, sentence, advice, card):
    play(machine, monkeypatch, tmp_path)
    check_refused(sentence, advice, card=card)


@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_gpu_is_chosen(monkeypatch, tmp_path, wanted):
    play(Machine(), monkeypatch, tmp_path)
    assert choose_device(wanted) == Device("cuda")
    assert choose_device(wanted).providers(capture=True) == [
        (CUDA, {"sdpa_kernel": "3", "enable_cuda_graph": "1"}),
        (CPU, {}),
    ]


@pytest.mark.parametrize(
    ("logical", "physical", "usable", "cores"),
    [(8, 4, 8, 4), (8, 4, 2, 2), (8, None, 8, 8), (None, None, 3, 1), (2, 4, 2, 2)],
)
def test_the_count_of_physical_cores(monkeypatch, logical, physical, usable, cores):
    monkeypatch.setattr(device_module.psutil, "cpu_count", lambda logical: counts[logical])
    counts = {True: logical, False: physical}
    process = SimpleNamespace(cpu_affinity=lambda: list(range(usable)))
    monkeypatch.setattr(device_module.psutil, "Process", lambda: process)
    assert physical_cores() == cores
