from pathlib import Path
from types import SimpleNamespace

import onnxruntime as ort
import pytest

from codegen.engine import device as device_module
from codegen.engine.device import CPU, CUDA, Device, choose_device, physical_cores
from codegen.errors import EngineError

no_gpu = pytest.mark.skipif(
    Path("/proc/driver/nvidia/version").exists(), reason="this machine has a GPU"
)


def check_refused(reason):
    """`auto` takes the CPU and says why in one line; `cuda` fails with the same words."""
    chosen = choose_device("auto")
    assert (chosen.kind, chosen.providers) == ("cpu", [CPU])
    assert chosen.note == f"running on the CPU: {reason}"
    assert len(chosen.note.splitlines()) == 1
    with pytest.raises(EngineError) as raised:
        choose_device("cuda")
    assert str(raised.value) == f"CUDA can't be used: {reason}"


@pytest.fixture
def with_provider(monkeypatch):
    """An onnxruntime with CUDA, on a machine with a driver."""
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(device_module.os.path, "exists", lambda _: True)
    monkeypatch.setattr(ort, "preload_dlls", lambda: None)
    monkeypatch.setattr(ort, "get_ep_devices", list)
    return monkeypatch


@no_gpu
def test_on_this_machine():
    chosen = choose_device("auto")
    check_refused(chosen.note.removeprefix("running on the CPU: "))


def test_cpu_by_name_needs_no_reason():
    assert choose_device("cpu") == Device("cpu")


def test_no_provider(monkeypatch):
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CPU])
    check_refused("this onnxruntime has no CUDA provider")


def test_no_driver(with_provider):
    with_provider.setattr(device_module.os.path, "exists", lambda _: False)
    check_refused("no NVIDIA driver is loaded")


def test_no_device(with_provider):
    with_provider.setattr(ort, "get_ep_devices", lambda: [SimpleNamespace(ep_name=CPU)])
    check_refused("no CUDA device was found")


def test_libraries_that_cannot_be_loaded(with_provider):
    def fail():
        raise OSError("libcudnn.so.9: cannot open\n  shared object file\n")

    with_provider.setattr(ort, "preload_dlls", fail)
    check_refused("its libraries can't be loaded (libcudnn.so.9: cannot open shared object file)")


@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_gpu(with_provider, wanted):
    with_provider.setattr(ort, "get_ep_devices", lambda: [SimpleNamespace(ep_name=CUDA)])
    assert choose_device(wanted) == Device("cuda")
    assert choose_device(wanted).providers == [CUDA, CPU]


@pytest.mark.parametrize(
    ("logical", "physical", "usable", "cores"),
    [(8, 4, 8, 4), (8, 4, 2, 2), (8, None, 8, 8), (None, None, 3, 1), (2, 4, 2, 2)],
)
def test_physical_cores(monkeypatch, logical, physical, usable, cores):
    monkeypatch.setattr(device_module.psutil, "cpu_count", lambda logical: counts[logical])
    counts = {True: logical, False: physical}
    process = SimpleNamespace(cpu_affinity=lambda: list(range(usable)))
    monkeypatch.setattr(device_module.psutil, "Process", lambda: process)
    assert physical_cores() == cores
