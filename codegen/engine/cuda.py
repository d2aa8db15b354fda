"""Whether models can run with CUDA here; if not, the one thing that stands in the way.

ONNX Runtime doesn't answer that. `get_available_providers` lists what it was built with.
`get_ep_devices` lists CUDA's devices only if the provider's library was registered as a plugin. A
session whose CUDA provider can't be loaded takes the CPU. So the driver is asked here, and the
libraries that the provider needs are loaded.
"""

import contextlib
import ctypes
import importlib.util
import io
import os
import platform
import re
import shlex
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from codegen.engine.nvidia import WINDOWS, Driver, cuda_driver, nvidia_cards

CUDA: Final = "CUDAExecutionProvider"


class ObstacleKind(Enum):
    """What stands in the way of a GPU."""

    NO_PROVIDER = "onnxruntime was built without CUDA"
    NO_DRIVER = "there is no card, or no driver for it"
    DRIVER_FAILS = "the driver can't be started"
    DRIVER_TOO_OLD = "the driver knows only older versions of CUDA"
    NO_DEVICE = "the driver offers no device to this process"
    CARD_TOO_OLD = "CUDA supports only newer cards"
    LIBRARY_MISSING = "a library that the provider needs isn't here"
    PROVIDER_FAILS = "the provider can't be loaded for another reason"
    NO_MEMORY = "too little of the card's memory is free"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why no GPU is used: a sentence without its capital and full stop; `advice` is what to do."""

    kind: ObstacleKind
    sentence: str
    advice: str | None = None

    def __str__(self) -> str:
        """The sentence with the advice, for the message of an error."""
        return self.sentence if self.advice is None else f"{self.sentence}; {self.advice}"


# By CUDA's major version: the oldest branch of drivers that runs it, and the lowest compute
# capability that its compiler supports. Source: the release notes of CUDA 12.0 and 13.0.
_OLDEST_DRIVER: Final = {12: 525, 13: 580}
_OLDEST_CARD: Final = {12: (5, 0), 13: (7, 5)}

# The libraries that the provider needs, with CUDA's major version to be filled in. cuDNN and cuFFT
# are loaded only for operators that need them, and none of ours does. Source: the provider's own
# list in ONNX Runtime 1.31 (`readelf -d`), and for Windows `_get_nvidia_dll_paths` of its __init__.
_ON_LINUX: Final = ("libcublasLt.so.{}", "libcublas.so.{}", "libcurand.so.10", "libcudart.so.{}")
_ON_WINDOWS: Final = ("cublasLt64_{}.dll", "cublas64_{}.dll", "cudart64_{}.dll")

# What brings these libraries. It takes both extras, since `cuda` lacks cuBLAS, which comes with
# cuDNN. pip takes the extras of the version that is installed, so they are for the right CUDA.
_PACKAGE: Final = '"onnxruntime-gpu[cuda,cudnn]"'

# The loader's words for a library that isn't here; Windows doesn't say which one that is.
_NOT_HERE: Final = re.compile(r"^(\S+): cannot open shared object file")

_preloading = threading.Lock()


def find_obstacle() -> Obstacle | None:
    """What keeps models from running on a GPU; None if nothing does.

    All libraries that the provider needs are loaded then, and stay loaded.
    """
    import onnxruntime as ort  # noqa: PLC0415 - heavy, and doctor wants this module without it

    if CUDA not in ort.get_available_providers():
        return _without_provider()
    # CUDA's major version, if this build says which one it needs.
    built = re.match(r"\d+", getattr(ort, "cuda_version", "") or "")
    major = None if built is None else int(built[0])
    return _of_the_driver(cuda_driver(), major) or _of_the_libraries(ort, major)


def _without_provider() -> Obstacle:
    # The systems for which onnxruntime-gpu is built; pyproject.toml has the same condition.
    system = platform.system()
    built = system == "Windows" or (system, platform.machine()) == ("Linux", "x86_64")
    return Obstacle(
        ObstacleKind.NO_PROVIDER,
        "this onnxruntime has no CUDA provider",
        # The two packages share a folder, so the other one goes first.
        f"run: {_pip()} uninstall -y onnxruntime && {_pip()} install {_PACKAGE}"
        if built
        else "there is no onnxruntime-gpu for this system",
    )


def _of_the_driver(driver: Driver | None, major: int | None) -> Obstacle | None:
    if driver is not None and driver.problem is not None:
        return Obstacle(
            ObstacleKind.DRIVER_FAILS,
            f"the NVIDIA driver can't be started ({driver.problem})",
            "restart the machine, or install the driver again",
        )
    if driver is None or not driver.devices:
        return _without_devices(driver)
    if major is None:
        return None
    if driver.supports is not None and driver.supports[0] < major:
        oldest = _OLDEST_DRIVER.get(major)
        return Obstacle(
            ObstacleKind.DRIVER_TOO_OLD,
            f"the NVIDIA driver supports CUDA {_version(driver.supports)}, and this onnxruntime "
            f"needs CUDA {major}",
            "update the driver" if oldest is None else f"update the driver to {oldest} or newer",
        )
    oldest_card = _OLDEST_CARD.get(major)
    if (
        oldest_card is not None
        and driver.capability is not None
        and driver.capability < oldest_card
    ):
        return Obstacle(
            ObstacleKind.CARD_TOO_OLD,
            f"{driver.name} has compute capability {_version(driver.capability)}, and CUDA {major} "
            f"needs {_version(oldest_card)}",
        )
    return None


def _without_devices(driver: Driver | None) -> Obstacle:
    """Why CUDA has no device: there is no card, or it isn't for this process."""
    if not nvidia_cards():
        return Obstacle(ObstacleKind.NO_DRIVER, "there is no NVIDIA GPU, or no driver for it")
    if driver is None:
        return Obstacle(
            ObstacleKind.DRIVER_FAILS,
            "the NVIDIA driver's library libcuda is missing",
            "a container needs `compute` among its NVIDIA_DRIVER_CAPABILITIES",
        )
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return Obstacle(ObstacleKind.NO_DEVICE, "the NVIDIA driver offers no CUDA device")
    return Obstacle(
        ObstacleKind.NO_DEVICE,
        f"CUDA_VISIBLE_DEVICES={visible!r} hides the GPU",
        "unset that variable",
    )


def _of_the_libraries(ort: Any, major: int | None) -> Obstacle | None:
    try:
        with _silence():
            ort.preload_dlls()
            if (missing := _missing(major)) and (folder := _torch_libraries()) is not None:
                ort.preload_dlls(directory=str(folder))
                missing = _missing(major)
    except Exception as error:  # noqa: BLE001 - whatever ONNX Runtime raises is the answer
        return _failure(error)
    if missing:
        return _lacking(missing, major)
    name = "onnxruntime_providers_{}.dll" if WINDOWS else "libonnxruntime_providers_{}.so"
    folder = Path(ort.__file__).parent / "capi"
    try:
        # The second needs what the first defines.
        ctypes.CDLL(str(folder / name.format("shared")), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(folder / name.format("cuda")))
    except OSError as error:
        found = _NOT_HERE.match(str(error))
        if found is None or "onnxruntime" in found[1]:
            return _failure(error)
        return _lacking([found[1]], major)
    return None


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keeps from standard output what ONNX Runtime prints there about missing libraries.

    Only one thread at a time: a second one would find, and later put back, what the first has set.
    """
    with _preloading, contextlib.redirect_stdout(io.StringIO()):
        yield


def _missing(major: int | None) -> list[str]:
    """The needed libraries that can't be loaded, neither by the loader nor from what is loaded."""
    if major is None:
        return []
    missing = []
    for name in _ON_WINDOWS if WINDOWS else _ON_LINUX:
        try:
            ctypes.CDLL(name.format(major))
        except OSError:
            missing.append(name.format(major))
    return missing


def _torch_libraries() -> Path | None:
    """Where torch keeps CUDA's libraries, if it has any of its own; torch isn't imported.

    A torch from PyPI needs NVIDIA's packages, where `preload_dlls` looks anyway. Others bring the
    libraries along. Those of another version of CUDA have other names, so they aren't taken.
    """
    try:
        spec = importlib.util.find_spec("torch")
    except ValueError:  # a module of that name that was made by hand
        return None
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        if (folder := Path(place) / "lib").is_dir():
            return folder
    return None


def _lacking(libraries: list[str], major: int | None) -> Obstacle:
    *others, last = libraries
    # cuDNN has versions of its own, and its libraries' names say which.
    what = "" if "cudnn" in last or major is None else f" of CUDA {major}"
    named = f"{', '.join(others)} and {last}{what} are" if others else f"{last}{what} is"
    return Obstacle(
        ObstacleKind.LIBRARY_MISSING, f"{named} missing", f"run: {_pip()} install {_PACKAGE}"
    )


def _pip() -> str:
    return shlex.join([sys.executable, "-m", "pip"])


def _failure(error: Exception) -> Obstacle:
    words = " ".join(str(error).split())
    return Obstacle(
        ObstacleKind.PROVIDER_FAILS, f"onnxruntime's CUDA provider can't be loaded ({words})"
    )


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
