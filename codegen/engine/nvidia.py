"""NVIDIA's driver and cards, as this process sees them.

Two libraries of the driver are asked, and not /proc, which says nothing of them on Windows and
under WSL 2. libcuda computes: what it answers holds for ONNX Runtime, too. NVML watches: it starts
nothing on a card, and knows how much memory is free. Some containers have only one of them.

Under WSL 2 both lie in /usr/lib/wsl/lib. WSL writes that into /etc/ld.so.conf.d/ld.wsl.conf, so
the loader finds them there, unless WSL's setting `automount.ldconfig` is off, as on NixOS.

Source of all names and numbers: cuda.h and nvml.h.
"""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

WINDOWS: Final = os.name == "nt"

# The libraries' names on Windows and on other systems.
_CUDA: Final = "nvcuda.dll", "libcuda.so.1"
_NVML: Final = "nvml.dll", "libnvidia-ml.so.1"
_WSL: Final = "/usr/lib/wsl/lib/"

_NO_DEVICE: Final = 100  # CUDA_ERROR_NO_DEVICE
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
_LONGEST: Final = 100  # bytes of a name; NVML's longest may have 96


class _Memory(ctypes.Structure):
    """nvmlMemory_t, in bytes."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


@dataclass(frozen=True, slots=True)
class Driver:
    """What libcuda answers.

    `supports` is the newest version of CUDA that this driver runs, as major and minor number.
    `problem` says why the driver can't be started. `devices` are those that this process may use.
    `name` and `capability` are of the first of them, on which models run.
    """

    supports: tuple[int, int] | None = None
    problem: str | None = None
    devices: int = 0
    name: str = ""
    capability: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What NVML answers of the card that models run on; its memory is in bytes."""

    name: str
    total: int
    free: int
    driver: str


def nvidia_cards() -> int:
    """How many cards NVIDIA's driver offers to this process; 0 if there is no driver."""
    with _nvml() as nvml:
        if nvml is not None and (number := _number(nvml, "nvmlDeviceGetCount_v2")) is not None:
            return number
    cuda = _load(_CUDA)
    if cuda is None or _call(cuda, "cuInit", 0) != 0:
        return 0
    return _number(cuda, "cuDeviceGetCount") or 0


def cuda_driver() -> Driver | None:
    """What libcuda answers; None if it can't be loaded."""
    cuda = _load(_CUDA)
    if cuda is None:
        return None
    version = _number(cuda, "cuDriverGetVersion")  # 12040 is 12.4
    supports = None if version is None else (version // 1000, version % 1000 // 10)
    code = _call(cuda, "cuInit", 0)
    if code == _NO_DEVICE:
        return Driver(supports)
    if code != 0:
        return Driver(supports, problem=_problem(cuda, code))
    devices, device = _number(cuda, "cuDeviceGetCount") or 0, _number(cuda, "cuDeviceGet", 0)
    if not devices or device is None:
        return Driver(supports)
    major, minor = (
        _number(cuda, "cuDeviceGetAttribute", attribute, device) for attribute in (_MAJOR, _MINOR)
    )
    return Driver(
        supports,
        devices=devices,
        name=_text(cuda, "cuDeviceGetName", after=(device,)) or "the GPU",
        capability=None if major is None or minor is None else (major, minor),
    )


def first_card() -> Card | None:
    """The card that CUDA counts first; None if NVML doesn't answer, or it isn't clear which it is.

    CUDA and NVML count in different orders, and only CUDA heeds CUDA_VISIBLE_DEVICES, so the card
    is named by its place on the bus.
    """
    with _nvml() as nvml:
        if nvml is None:
            return None
        handle, memory = ctypes.c_void_p(), _Memory()
        if (place := _bus()) is not None:
            found = _call(nvml, "nvmlDeviceGetHandleByPciBusId_v2", place, ctypes.byref(handle))
        elif _number(nvml, "nvmlDeviceGetCount_v2") == 1:
            found = _call(nvml, "nvmlDeviceGetHandleByIndex_v2", 0, ctypes.byref(handle))
        else:
            return None
        if found != 0 or _call(nvml, "nvmlDeviceGetMemoryInfo", handle, ctypes.byref(memory)) != 0:
            return None
        return Card(
            name=_text(nvml, "nvmlDeviceGetName", handle) or "the GPU",
            total=memory.total,
            free=memory.free,
            driver=_text(nvml, "nvmlSystemGetDriverVersion") or "unknown",
        )


def _bus() -> bytes | None:
    """Where on the PCI bus the card is that CUDA counts first."""
    cuda = _load(_CUDA)
    if cuda is None or _call(cuda, "cuInit", 0) != 0:
        return None
    device = _number(cuda, "cuDeviceGet", 0)
    if device is None:
        return None
    place = _text(cuda, "cuDeviceGetPCIBusId", after=(device,))
    return place.encode() if place else None


def _problem(cuda: Any, code: int | None) -> str:
    """An error of libcuda, in words."""
    if code is None:
        return "libcuda lacks its functions"
    text = ctypes.c_char_p()
    _call(cuda, "cuGetErrorString", code, ctypes.byref(text))
    words = (text.value or b"").decode(errors="replace")
    return f"CUDA error {code}, {words}" if words else f"CUDA error {code}"


@contextlib.contextmanager
def _nvml() -> Iterator[Any]:
    """NVML, begun and ended; None if it isn't here or can't reach the driver."""
    library = _load(_NVML)
    if library is None or _call(library, "nvmlInit_v2") != 0:
        yield None
        return
    try:
        yield library
    finally:
        _call(library, "nvmlShutdown")


def _load(names: tuple[str, str]) -> Any:
    """A library of the driver; None if it isn't here."""
    windows, other = names
    for place in (windows,) if WINDOWS else (other, _WSL + other):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(place)
    return None


def _call(library: Any, function: str, *arguments: Any) -> int | None:
    """What a function returns, 0 being well; None if the library of that name lacks it."""
    called = getattr(library, function, None)
    return None if called is None else called(*arguments)


def _number(library: Any, function: str, *arguments: Any) -> int | None:
    """The number that a function writes to its first argument; None if it fails."""
    number = ctypes.c_int(0)
    return number.value if _call(library, function, ctypes.byref(number), *arguments) == 0 else None


def _text(library: Any, function: str, *before: Any, after: tuple[Any, ...] = ()) -> str | None:
    """The text that a function writes to a buffer, which its length follows; None if it fails."""
    buffer = ctypes.create_string_buffer(_LONGEST)
    if _call(library, function, *before, buffer, _LONGEST, *after) != 0:
        return None
    return buffer.value.decode(errors="replace")
