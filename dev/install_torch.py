"""Installs torch's CPU build on a machine without a GPU: its usual build brings some 5 GB of CUDA.

    python dev/install_torch.py CONSTRAINTS     installs it, if it can, or leaves it to what follows

Only tests need torch: they compare with what it computes. The CPU build is PyTorch's own, from its
own index. Where that can't be reached, torch comes from wherever pip's configuration says, and that
is told.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE = 5.0  # seconds


def has_gpu() -> bool:
    """Whether an NVIDIA driver is here."""
    return shutil.which("nvidia-smi") is not None or Path("/proc/driver/nvidia/version").exists()


def is_reachable() -> bool:
    """Whether PyTorch's index answers."""
    request = urllib.request.Request(f"{INDEX}/torch/", method="HEAD")  # noqa: S310 - https
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310
            return True
    except (OSError, ValueError):
        return False


def wants_cpu_build(platform: str, *, gpu: bool, reachable: Callable[[], bool]) -> bool:
    """Whether torch should come from PyTorch's CPU index; says so where that can't be."""
    # PyPI's build for macOS is for the CPU already.
    if platform == "darwin" or gpu:
        return False
    if reachable():
        return True
    print(
        f"{INDEX} can't be reached: torch comes from where pip looks for everything, which may be "
        "the build for CUDA, 5 GB larger",
        file=sys.stderr,
    )
    return False


def pinned(constraints: str) -> str:
    """The release of torch that a file of constraints names."""
    found = re.search(r"^torch==\S+$", constraints, re.MULTILINE)
    if found is None:
        raise SystemExit("the constraints name no release of torch")
    return found[0]


def main() -> None:
    (constraints,) = sys.argv[1:]
    if importlib.util.find_spec("torch") is not None:
        return
    if not wants_cpu_build(sys.platform, gpu=has_gpu(), reachable=is_reachable):
        return
    torch = pinned(Path(constraints).read_text(encoding="utf-8"))
    # Alone, so that nothing else is looked for there; what it needs comes with all the rest.
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--index-url", INDEX, torch]
    if subprocess.run(command, check=False).returncode != 0:
        print("it failed: torch comes from where pip looks for everything", file=sys.stderr)


if __name__ == "__main__":
    main()
