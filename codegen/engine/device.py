"""The device that a model runs on, and the number of threads."""

import ctypes
import os
from dataclasses import dataclass
from typing import Any, Final, Literal

import psutil

from codegen.errors import EngineError

DeviceKind = Literal["cpu", "cuda"]
DeviceWish = Literal["auto", "cpu", "cuda"]

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

# The options of the CUDA provider. `sdpa_kernel` is the set of attention kernels that may be used:
# Flash (1), and memory-efficient attention (2) for cards older than Ampere, which Flash doesn't
# support. By default, ONNX Runtime prefers cuDNN's kernel on cards from Hopper on if cuDNN is
# installed, so results would depend on that. Source: docs/contrib_ops/cuda/gqa.md in ONNX
# Runtime's repository; not measured on a GPU.
_CUDA_OPTIONS: Final = {"sdpa_kernel": "3"}

# NVIDIA's libraries that count cards: their names on Windows and on other systems, and the
# functions with their arguments that begin, count and end. NVML is tried first, since it starts
# nothing on a card. Some containers have only the other library, which computes. Source: nvml.h and
# cuda.h.
_LIBRARIES: Final = (
    (("nvml.dll", "libnvidia-ml.so.1"), ("nvmlInit_v2",), "nvmlDeviceGetCount_v2", "nvmlShutdown"),
    (("nvcuda.dll", "libcuda.so.1"), ("cuInit", 0), "cuDeviceGetCount", None),
)


@dataclass(frozen=True, slots=True)
class Device:
    """Where to run.

    `note` says in one line why it is not what `auto` would have liked; `card` that this machine has
    a GPU nevertheless, so that its user may want to know.
    """

    kind: DeviceKind
    note: str | None = None
    card: bool = False

    @property
    def providers(self) -> list[tuple[str, dict[str, str]]]:
        """ONNX Runtime's execution providers with their options, in order of preference."""
        cpu: tuple[str, dict[str, str]] = (CPU, {})
        return [(CUDA, dict(_CUDA_OPTIONS)), cpu] if self.kind == "cuda" else [cpu]


def choose_device(wanted: DeviceWish) -> Device:
    """Resolves `auto`, `cpu` or `cuda`.

    Raises:
        EngineError: `cuda` was asked for by name and doesn't work.
    """
    if wanted == "cpu":
        return Device("cpu")
    reason = _why_no_cuda()
    if reason is None:
        return Device("cuda")
    if wanted == "cuda":
        raise EngineError(f"CUDA can't be used: {reason}")
    return Device("cpu", note=f"running on the CPU: {reason}", card=nvidia_cards() > 0)


def nvidia_cards() -> int:
    """How many GPUs NVIDIA's driver offers to this process; 0 if there is no driver.

    Its libraries are asked, and not /proc, which says nothing of it on Windows and under WSL 2.
    """
    for names, begin, count, end in _LIBRARIES:
        try:
            library = ctypes.CDLL(names[0] if os.name == "nt" else names[1])
            number = _count(library, begin, count)
            if number is not None and end is not None:
                getattr(library, end)()
        except (OSError, AttributeError):  # not here, or not the one of that name
            continue
        if number is not None:
            return number
    return 0


def _count(library: Any, begin: tuple[Any, ...], count: str) -> int | None:
    """The number of cards that a library counts; None if it can't reach the driver."""
    name, *arguments = begin
    number = ctypes.c_uint(0)
    if getattr(library, name)(*arguments) or getattr(library, count)(ctypes.byref(number)):
        return None
    return number.value


def _why_no_cuda() -> str | None:
    import onnxruntime as ort  # noqa: PLC0415 - heavy, and doctor wants this module without it

    if CUDA not in ort.get_available_providers():
        return "this onnxruntime has no CUDA provider"
    # ONNX Runtime may have the provider though there is no card. A session then falls back to the
    # CPU without an error, so the card is looked for first.
    if not nvidia_cards():
        return "there is no NVIDIA GPU, or no driver for it"
    try:
        ort.preload_dlls()
        devices = [device for device in ort.get_ep_devices() if device.ep_name == CUDA]
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise is the answer
        return f"its libraries can't be loaded ({' '.join(str(error).split())})"
    if not devices:
        return "no CUDA device was found"
    return None


def physical_cores() -> int:
    """How many cores this process may use.

    That is the machine's cores, without counting their hardware threads, or the CPUs that the
    process is bound to if these are fewer. Two threads of one core in that binding count as two.
    """
    logical = psutil.cpu_count(logical=True) or 1
    physical = psutil.cpu_count(logical=False) or logical
    try:
        usable = len(psutil.Process().cpu_affinity())
    except AttributeError:  # macOS binds no process to cores
        usable = logical
    return max(1, min(physical, usable))
