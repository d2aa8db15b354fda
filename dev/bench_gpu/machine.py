"""The machine that is measured: where its libraries lie, and what it is; imports none of them."""

import importlib.util
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU by its makers' figures: bytes and fp16 operations per second."""

    name: str
    bandwidth: float
    operations: float


# Source: NVIDIA's data sheets of the H200 and the H100; tensor cores, without sparsity. The first
# whose words are in the driver's name for the card is taken.
_CARDS = (
    Card("H200", 4.8e12, 989e12),
    Card("H100 NVL", 3.9e12, 835e12),
    Card("H100 PCIe", 2.0e12, 756e12),
    Card("H100", 3.35e12, 989e12),
)


def card(about: str) -> Card | None:
    """What is known of a card, by what `nvidia_smi` says; None if nothing is."""
    return next((each for each in _CARDS if all(word in about for word in each.name.split())), None)


def nvidia_smi() -> str:
    """The GPU's name, driver and memory, as the driver's tool says them; why not, if it fails."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, check=False, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"unknown ({error})"
    return done.stdout.strip() or f"unknown ({done.stderr.strip()})"


def processor() -> str:
    """The CPU's name, and its threads."""
    name = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{name}, {os.cpu_count()} threads"


def nvidia_package() -> Path | None:
    """The folder `nvidia` in which pip puts CUDA's libraries; None if there is none."""
    spec = importlib.util.find_spec("nvidia")
    places = spec.submodule_search_locations if spec is not None else None
    return next((Path(place) for place in places or () if Path(place).is_dir()), None)


def library_folders() -> list[Path]:
    """Where CUDA's libraries lie: those that pip installed, and those that torch brings."""
    folders = []
    if (nvidia := nvidia_package()) is not None:
        folders += sorted(path for path in nvidia.glob("*/lib") if path.is_dir())
    torch = importlib.util.find_spec("torch")
    if torch is not None and torch.origin is not None:
        folders.append(Path(torch.origin).parent / "lib")
    return [folder for folder in folders if folder.is_dir()]


def link_libraries(site: Path) -> None:
    """Lets onnxruntime in `site` find CUDA's libraries where `preload_dlls` looks: beside it."""
    link, nvidia = site / "nvidia", nvidia_package()
    if nvidia is not None and not link.exists():
        link.unlink(missing_ok=True)  # to a folder that is gone
        link.symlink_to(nvidia, target_is_directory=True)


def environment(sites: list[Path], root: Path) -> Mapping[str, str]:
    """The environment of a step: what was unpacked wins over what is installed here."""
    libraries = [str(folder) for folder in library_folders()]
    if before := os.environ.get("LD_LIBRARY_PATH"):
        libraries.append(before)
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(str(path) for path in (*sites, root)),
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
