"""Where a model runs, and on how many threads."""

import os
from dataclasses import dataclass

import psutil

from codegen.errors import EngineError

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class Device:
    """Where to run; `note` says in one line why it is not what `auto` would have liked."""

    kind: str  # "cpu" or "cuda"
    note: str | None = None

    @property
    def providers(self) -> list[str]:
        """ONNX Runtime's execution providers, in order of preference."""
        return [CUDA, CPU] if self.kind == "cuda" else [CPU]


def choose_device(wanted: str) -> Device:
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
    return Device("cpu", note=f"running on the CPU: {reason}")


def _why_no_cuda() -> str | None:
    import onnxruntime as ort  # noqa: PLC0415 - heavy, and doctor wants this module without it

    if CUDA not in ort.get_available_providers():
        return "this onnxruntime has no CUDA provider"
    # The provider is compiled in whether or not there is a card, and a session that can't have
    # it falls back without an error: so look for the card first.
    if not os.path.exists("/proc/driver/nvidia/version") and os.name == "posix":  # noqa: PTH110
        return "no NVIDIA driver is loaded"
    try:
        ort.preload_dlls()
        devices = [device for device in ort.get_ep_devices() if device.ep_name == CUDA]
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise is the answer
        return f"its libraries can't be loaded ({' '.join(str(error).split())})"
    if not devices:
        return "no CUDA device was found"
    return None


def physical_cores() -> int:
    """Cores that this process may use; hardware threads of one core count once."""
    logical = psutil.cpu_count(logical=True) or 1
    physical = psutil.cpu_count(logical=False) or logical
    try:
        usable = len(psutil.Process().cpu_affinity())
    except AttributeError:  # macOS binds no process to cores
        usable = logical
    return max(1, min(physical, usable))
