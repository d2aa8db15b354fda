from types import SimpleNamespace

import onnxruntime as ort
import pytest

from codegen.engine import device as device_module
from codegen.engine.device import CPU, CUDA, Device, choose_device, nvidia_cards, physical_cores
from codegen.errors import EngineError

no_gpu = pytest.mark.skipif(nvidia_cards() > 0, reason="this machine has a GPU")


def check_refused(reason, *, card=False):
    """`auto` takes the CPU and says why in one line; `cuda` fails with the same words."""
    chosen = choose_device("auto")
    assert chosen.card == card
    assert (chosen.kind, chosen.providers) == ("cpu", [(CPU, {})])
    assert chosen.note == f"running on the CPU: {reason}"
    assert len(chosen.note.splitlines()) == 1
    with pytest.raises(EngineError) as raised:
        choose_device("cuda")
    assert str(raised.value) == f"CUDA can't be used: {reason}"


@pytest.fixture
def with_provider(monkeypatch):
    """An onnxruntime with CUDA, on a machine with a driver."""
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(device_module, "nvidia_cards", lambda: 1)
    monkeypatch.setattr(ort, "preload_dlls", lambda: None)
    monkeypatch.setattr(ort, "get_ep_devices", list)
    return monkeypatch


@no_gpu
def test_on_this_machine():
    chosen = choose_device("auto")
    check_refused(chosen.note.removeprefix("running on the CPU: "))


def test_cpu_by_name_needs_no_reason():
    assert choose_device("cpu") == Device("cpu")


def test_cuda_without_its_provider(monkeypatch):
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CPU])
    check_refused("this onnxruntime has no CUDA provider")


def test_cuda_without_a_driver(with_provider):
    with_provider.setattr(device_module, "nvidia_cards", lambda: 0)
    check_refused("there is no NVIDIA GPU, or no driver for it")


def test_cuda_without_a_card(with_provider):
    with_provider.setattr(ort, "get_ep_devices", lambda: [SimpleNamespace(ep_name=CPU)])
    check_refused("no CUDA device was found", card=True)


def test_libraries_that_cannot_be_loaded(with_provider):
    def fail():
        raise OSError("libcudnn.so.9: cannot open\n  shared object file\n")

    with_provider.setattr(ort, "preload_dlls", fail)
    check_refused(
        "its libraries can't be loaded (libcudnn.so.9: cannot open shared object file)", card=True
    )


class Library:
    """One of NVIDIA's: how its calls end, 0 being well, and how many cards it counts."""

    def __init__(self, begins=0, counts=0, cards=0):
        self.calls = []
        self._begins, self._counts, self._cards = begins, counts, cards

    def nvmlInit_v2(self):  # noqa: N802
        return self.cuInit(0)

    def cuInit(self, flags):  # noqa: N802
        assert flags == 0
        self.calls.append("begin")
        return self._begins

    def nvmlDeviceGetCount_v2(self, pointer):  # noqa: N802
        return self.cuDeviceGetCount(pointer)

    def cuDeviceGetCount(self, pointer):  # noqa: N802
        pointer._obj.value = self._cards
        return self._counts

    def nvmlShutdown(self):  # noqa: N802
        self.calls.append("end")


@pytest.mark.parametrize(
    ("nvml", "cuda", "cards"),
    [
        (None, None, 0),
        # Under WSL 2 both are there, and /proc/driver/nvidia is not.
        (Library(cards=1), Library(cards=1), 1),
        (Library(cards=2), None, 2),
        (Library(cards=0), Library(cards=3), 0),
        (None, Library(cards=2), 2),
        (Library(begins=9), Library(cards=1), 1),
        (Library(begins=9), Library(begins=100), 0),
        (Library(counts=999, cards=5), None, 0),
        (Library(begins=9), None, 0),
        (object(), Library(cards=1), 1),  # a library of that name without its functions
    ],
)
@pytest.mark.parametrize("system", ["posix", "nt"])
def test_cards_are_counted_by_the_drivers_libraries(monkeypatch, system, nvml, cuda, cards):
    names = {"posix": ("libnvidia-ml.so.1", "libcuda.so.1"), "nt": ("nvml.dll", "nvcuda.dll")}

    def load(name):
        library = dict(zip(names[system], (nvml, cuda), strict=True))[name]
        if library is None:
            raise OSError(f"{name}: cannot open shared object file")
        return library

    monkeypatch.setattr(device_module.os, "name", system)
    monkeypatch.setattr(device_module.ctypes, "CDLL", load)
    assert nvidia_cards() == cards


def test_what_was_begun_is_ended(monkeypatch):
    nvml = Library(cards=1)
    monkeypatch.setattr(device_module.ctypes, "CDLL", lambda _: nvml)
    nvidia_cards()
    assert nvml.calls == ["begin", "end"]


@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_gpu_is_chosen(with_provider, wanted):
    with_provider.setattr(ort, "get_ep_devices", lambda: [SimpleNamespace(ep_name=CUDA)])
    assert choose_device(wanted) == Device("cuda")
    assert choose_device(wanted).providers == [(CUDA, {"sdpa_kernel": "3"}), (CPU, {})]


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
