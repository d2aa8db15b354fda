"""Simulated machines: what NVIDIA's driver, the libraries' loader and onnxruntime answer."""

import importlib.util
from collections.abc import Collection
from dataclasses import dataclass, field
from types import SimpleNamespace

import onnxruntime as ort

from codegen.engine import cuda as cuda_module
from codegen.engine import nvidia
from codegen.engine.cuda import CUDA, Obstacle, ObstacleKind

CPU = "CPUExecutionProvider"
GB = 10**9
ON_LINUX_13 = ("libcublasLt.so.13", "libcublas.so.13", "libcurand.so.10", "libcudart.so.13")
ON_LINUX_12 = ("libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10", "libcudart.so.12")
ON_WINDOWS_13 = ("cublasLt64_13.dll", "cublas64_13.dll", "cudart64_13.dll")

NO_CARD = Obstacle(ObstacleKind.NO_DRIVER, "no card")

_SECOND = "0000:41:00.0"  # the place of the card that CUDA counts first and NVML second


@dataclass
class Cuda:
    """libcuda: the code that cuInit returns, 0 being well, and what it answers then."""

    init: int = 0
    version: int = 13000
    devices: int = 1
    capability: tuple[int, int] = (9, 0)
    errors: dict[int, bytes] = field(default_factory=dict)

    def cuDriverGetVersion(self, pointer):  # noqa: N802
        pointer._obj.value = self.version
        return 0

    def cuInit(self, flags):  # noqa: N802
        assert flags == 0
        return self.init

    def cuGetErrorString(self, code, pointer):  # noqa: N802
        pointer._obj.value = self.errors.get(code)
        return 0 if code in self.errors else 1

    def cuDeviceGetCount(self, pointer):  # noqa: N802
        pointer._obj.value = self.devices
        return self.init

    def cuDeviceGet(self, pointer, ordinal):  # noqa: N802
        pointer._obj.value = ordinal + 7  # a handle is not the number of a device
        return 0 if ordinal < self.devices else 101

    def cuDeviceGetAttribute(self, pointer, attribute, device):  # noqa: N802
        pointer._obj.value = self.capability[{75: 0, 76: 1}[attribute]]
        return 0 if device == 7 else 101

    def cuDeviceGetName(self, buffer, length, device):  # noqa: N802
        return _write(buffer, length, "NVIDIA Test", well=device == 7)

    def cuDeviceGetPCIBusId(self, buffer, length, device):  # noqa: N802
        return _write(buffer, length, _SECOND, well=device == 7)


@dataclass
class Nvml:
    """NVML: how its calls end, 0 being well, how many cards it counts, and what of them is free."""

    init: int = 0
    counts: int = 0
    cards: int = 1
    free: int = 8 * GB
    total: int = 10 * GB
    memory: int = 0
    by_place: int = 0
    running: int = 0

    def nvmlInit_v2(self):  # noqa: N802
        self.running += self.init == 0
        return self.init

    def nvmlShutdown(self):  # noqa: N802
        self.running -= 1
        return 0

    def nvmlDeviceGetCount_v2(self, pointer):  # noqa: N802
        assert self.running
        pointer._obj.value = self.cards
        return self.counts

    def nvmlDeviceGetHandleByPciBusId_v2(self, place, pointer):  # noqa: N802
        pointer._obj.value = 2 if place == _SECOND.encode() else 1
        return self.by_place

    def nvmlDeviceGetHandleByIndex_v2(self, index, pointer):  # noqa: N802
        pointer._obj.value = index + 1
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle, pointer):  # noqa: N802
        first = handle.value == 1 and self.cards > 1
        pointer._obj.free = 0 if first else self.free
        pointer._obj.total = self.total
        return self.memory

    def nvmlDeviceGetName(self, handle, buffer, length):  # noqa: N802
        return _write(buffer, length, "NVIDIA Test", well=handle.value in {1, 2})

    def nvmlSystemGetDriverVersion(self, buffer, length):  # noqa: N802
        return _write(buffer, length, "580.65.06", well=True)


def _write(buffer, length, text, *, well):
    assert len(text) < length
    buffer.value = text.encode()
    return 0 if well else 101


@dataclass
class Machine:
    """A machine; without a word it has one card on which all is well.

    `installed` are CUDA's libraries that the loader finds, `in_pip` those of NVIDIA's packages, and
    `in_torch` those of a torch that brings its own. `provider` is what the loader says when
    onnxruntime's own library is loaded, None being well.
    """

    cuda: object | None = field(default_factory=Cuda)
    nvml: object | None = field(default_factory=Nvml)
    in_wsl: bool = False
    providers: Collection[str] = (CUDA, CPU)
    built_for: str = "13.0"
    installed: Collection[str] = ()
    in_pip: Collection[str] = ON_LINUX_13
    in_torch: Collection[str] | None = None
    preload_fails: Exception | None = None
    provider: str | None = None
    windows: bool = False
    visible: str | None = None


def play(machine, monkeypatch, tmp_path):
    """Makes this process see the machine."""
    load, preload_dlls = _loader(machine)
    torch = None
    if machine.in_torch is not None:
        (tmp_path / "torch" / "lib").mkdir(parents=True)
        torch = SimpleNamespace(submodule_search_locations=[str(tmp_path / "torch")])
    monkeypatch.setattr(nvidia.ctypes, "CDLL", load)
    monkeypatch.setattr(nvidia, "WINDOWS", machine.windows)
    monkeypatch.setattr(cuda_module, "WINDOWS", machine.windows)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: torch)
    monkeypatch.setattr(ort, "get_available_providers", lambda: list(machine.providers))
    monkeypatch.setattr(ort, "cuda_version", machine.built_for, raising=False)
    monkeypatch.setattr(ort, "preload_dlls", preload_dlls)
    monkeypatch.setattr("platform.system", lambda: "Windows" if machine.windows else "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if machine.visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", machine.visible)


def _loader(machine):
    """The machine's ctypes.CDLL, and its onnxruntime's preload_dlls."""
    if machine.windows:
        places = {"nvml.dll": machine.nvml, "nvcuda.dll": machine.cuda}
    else:
        folder = "/usr/lib/wsl/lib/" if machine.in_wsl else ""
        names = {"libnvidia-ml.so.1": machine.nvml, "libcuda.so.1": machine.cuda}
        places = {f"{folder}{name}": library for name, library in names.items()}
    loaded = set(machine.installed)

    def load(name, mode=0):
        if places.get(name) is not None:
            return places[name]
        if "onnxruntime_providers_" in name:
            if "shared" in name or machine.provider is None:
                return SimpleNamespace()
            raise OSError(machine.provider)
        if name not in loaded:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        return SimpleNamespace()

    def preload_dlls(directory=None):
        print("Failed to load something, which nobody may read on standard output")
        if machine.preload_fails is not None:
            raise machine.preload_fails
        loaded.update(machine.in_pip if directory is None else machine.in_torch)

    return load, preload_dlls
