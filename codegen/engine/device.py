"""The device that a model runs on, and the number of threads."""

from dataclasses import dataclass
from typing import Final, Literal

import psutil

from codegen.engine.cuda import CUDA, Obstacle, find_obstacle
from codegen.engine.nvidia import nvidia_cards
from codegen.errors import EngineError

DeviceKind = Literal["cpu", "cuda"]
DeviceWish = Literal["auto", "cpu", "cuda"]

CPU: Final = "CPUExecutionProvider"

# The options of the CUDA provider. `sdpa_kernel` is the set of attention kernels that may be used:
# Flash (1), and memory-efficient attention (2) for cards older than Ampere, which Flash doesn't
# support. By default, ONNX Runtime prefers cuDNN's kernel on cards from Hopper on if cuDNN is
# installed, so results would depend on that. Source: docs/contrib_ops/cuda/gqa.md in ONNX
# Runtime's repository; not measured on a GPU.
_CUDA_OPTIONS: Final = {"sdpa_kernel": "3"}


@dataclass(frozen=True, slots=True)
class Device:
    """Where to run.

    `obstacle` is why it is not what `auto` would have liked; `card` says that this machine has a
    GPU nevertheless, so that its user may want to know.
    """

    kind: DeviceKind
    obstacle: Obstacle | None = None
    card: bool = False

    @property
    def note(self) -> str | None:
        """Why models run on the CPU, in one sentence; None if there is nothing to explain."""
        return None if self.obstacle is None else f"running on the CPU: {self.obstacle.sentence}"

    def providers(self, *, capture: bool) -> list[tuple[str, dict[str, str]]]:
        """ONNX Runtime's execution providers with their options, in order of preference.

        Args:
            capture: whether calls may be captured as CUDA graphs.
        """
        cpu: tuple[str, dict[str, str]] = (CPU, {})
        if self.kind == "cpu":
            return [cpu]
        return [(CUDA, {**_CUDA_OPTIONS, "enable_cuda_graph": str(int(capture))}), cpu]


def choose_device(wanted: DeviceWish) -> Device:
    """Resolves `auto`, `cpu` or `cuda`.

    Raises:
        EngineError: `cuda` was asked for by name and doesn't work.
    """
    if wanted == "cpu":
        return Device("cpu")
    obstacle = find_obstacle()
    if obstacle is None:
        return Device("cuda")
    if wanted == "cuda":
        raise EngineError(f"CUDA can't be used: {obstacle}")
    return Device("cpu", obstacle, card=nvidia_cards() > 0)


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
