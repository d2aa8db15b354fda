"""The one thing that keeps models from a GPU, on simulated machines."""

import sys

import onnxruntime as ort
import pytest

from codegen.engine.cuda import CUDA, ObstacleKind, find_obstacle
from tests.engine.machines import (
    CPU,
    ON_LINUX_12,
    ON_LINUX_13,
    ON_WINDOWS_13,
    Cuda,
    Machine,
    Nvml,
    play,
)

PIP = f"{sys.executable} -m pip"
LIBRARIES = f'run: {PIP} install "onnxruntime-gpu[cuda,cudnn]"'
MISMATCH = "system has unsupported display driver / cuda driver combination"
NO_CARD = "there is no NVIDIA GPU, or no driver for it"
OWN = "/x/libonnxruntime_providers_cuda.so"
RESTART = "restart the machine, or install the driver again"


@pytest.mark.parametrize(
    "machine",
    [
        Machine(),
        Machine(in_wsl=True),
        Machine(in_pip=(), installed=ON_LINUX_13),  # CUDA's toolkit is installed
        Machine(in_pip=ON_LINUX_12, in_torch=ON_LINUX_13),
        Machine(in_pip=ON_LINUX_12, built_for="12.8"),
        Machine(in_pip=ON_LINUX_12, built_for="12.8", cuda=Cuda(version=12020)),
        Machine(in_pip=ON_LINUX_12, built_for="12.8", cuda=Cuda(capability=(6, 1))),
        Machine(in_pip=ON_WINDOWS_13, windows=True),
        Machine(cuda=Cuda(capability=(7, 5))),
        Machine(cuda=Cuda(version=13020)),
        Machine(nvml=None),  # some containers have only the library that computes
        Machine(nvml=Nvml(init=9)),
        Machine(built_for="", in_pip=()),  # a build that says nothing of its version
        Machine(built_for=None, in_pip=()),
    ],
)
def test_nothing_stands_in_the_way(monkeypatch, tmp_path, capfd, machine):
    play(machine, monkeypatch, tmp_path)
    assert find_obstacle() is None
    assert capfd.readouterr() == ("", "")
    assert not getattr(machine.nvml, "running", 0)


@pytest.mark.parametrize(
    ("machine", "kind", "sentence", "advice"),
    [
        (
            Machine(providers=[CPU]),
            ObstacleKind.NO_PROVIDER,
            "this onnxruntime has no CUDA provider",
            f"run: {PIP} uninstall -y onnxruntime && {LIBRARIES.removeprefix('run: ')}",
        ),
        (Machine(cuda=None, nvml=None), ObstacleKind.NO_DRIVER, NO_CARD, None),
        (Machine(cuda=Cuda(init=100), nvml=None), ObstacleKind.NO_DRIVER, NO_CARD, None),
        (
            Machine(cuda=Cuda(init=100), nvml=Nvml(cards=0)),
            ObstacleKind.NO_DRIVER,
            NO_CARD,
            None,
        ),
        (Machine(cuda=Cuda(devices=0), nvml=None), ObstacleKind.NO_DRIVER, NO_CARD, None),
        (
            Machine(cuda=None),
            ObstacleKind.DRIVER_FAILS,
            "the NVIDIA driver's library libcuda is missing",
            "a container needs `compute` among its NVIDIA_DRIVER_CAPABILITIES",
        ),
        (
            Machine(cuda=Cuda(init=803, errors={803: MISMATCH.encode()})),
            ObstacleKind.DRIVER_FAILS,
            f"the NVIDIA driver can't be started (CUDA error 803, {MISMATCH})",
            RESTART,
        ),
        (
            Machine(cuda=Cuda(init=999)),
            ObstacleKind.DRIVER_FAILS,
            "the NVIDIA driver can't be started (CUDA error 999)",
            RESTART,
        ),
        (
            Machine(cuda=object()),  # a library of that name without its functions
            ObstacleKind.DRIVER_FAILS,
            "the NVIDIA driver can't be started (libcuda lacks its functions)",
            RESTART,
        ),
        (
            Machine(cuda=Cuda(init=100)),
            ObstacleKind.NO_DEVICE,
            "the NVIDIA driver offers no CUDA device",
            None,
        ),
        (
            Machine(cuda=Cuda(devices=0), visible=""),
            ObstacleKind.NO_DEVICE,
            "CUDA_VISIBLE_DEVICES='' hides the GPU",
            "unset that variable",
        ),
        (
            Machine(cuda=Cuda(init=100), visible="-1"),
            ObstacleKind.NO_DEVICE,
            "CUDA_VISIBLE_DEVICES='-1' hides the GPU",
            "unset that variable",
        ),
        (
            Machine(cuda=Cuda(version=12040)),
            ObstacleKind.DRIVER_TOO_OLD,
            "the NVIDIA driver supports CUDA 12.4, and this onnxruntime needs CUDA 13",
            "update the driver to 580 or newer",
        ),
        (
            Machine(cuda=Cuda(version=11080), built_for="12.8", in_pip=ON_LINUX_12),
            ObstacleKind.DRIVER_TOO_OLD,
            "the NVIDIA driver supports CUDA 11.8, and this onnxruntime needs CUDA 12",
            "update the driver to 525 or newer",
        ),
        (
            Machine(built_for="14.0"),
            ObstacleKind.DRIVER_TOO_OLD,
            "the NVIDIA driver supports CUDA 13.0, and this onnxruntime needs CUDA 14",
            "update the driver",
        ),
        (
            Machine(cuda=Cuda(capability=(7, 0))),
            ObstacleKind.CARD_TOO_OLD,
            "NVIDIA Test has compute capability 7.0, and CUDA 13 needs 7.5",
            None,
        ),
        (
            Machine(in_pip=()),
            ObstacleKind.LIBRARY_MISSING,
            f"{', '.join(ON_LINUX_13[:3])} and {ON_LINUX_13[3]} of CUDA 13 are missing",
            LIBRARIES,
        ),
        # The libraries of another version of CUDA are no help.
        (
            Machine(in_pip=ON_LINUX_12, in_torch=ON_LINUX_12),
            ObstacleKind.LIBRARY_MISSING,
            "libcublasLt.so.13, libcublas.so.13 and libcudart.so.13 of CUDA 13 are missing",
            LIBRARIES,
        ),
        (
            Machine(in_pip=ON_LINUX_13, built_for="12.8"),
            ObstacleKind.LIBRARY_MISSING,
            "libcublasLt.so.12, libcublas.so.12 and libcudart.so.12 of CUDA 12 are missing",
            LIBRARIES,
        ),
        (
            Machine(in_pip=ON_LINUX_13[1:]),
            ObstacleKind.LIBRARY_MISSING,
            "libcublasLt.so.13 of CUDA 13 is missing",
            LIBRARIES,
        ),
        (
            Machine(in_pip=ON_WINDOWS_13[:1], windows=True),
            ObstacleKind.LIBRARY_MISSING,
            "cublas64_13.dll and cudart64_13.dll of CUDA 13 are missing",
            LIBRARIES,
        ),
        # What the loader finds missing though it isn't known here to be needed.
        (
            Machine(provider="libcudnn.so.9: cannot open shared object file: No such file"),
            ObstacleKind.LIBRARY_MISSING,
            "libcudnn.so.9 is missing",
            LIBRARIES,
        ),
        (
            Machine(provider="libnvrtc.so.13: cannot open shared object file: No such file"),
            ObstacleKind.LIBRARY_MISSING,
            "libnvrtc.so.13 of CUDA 13 is missing",
            LIBRARIES,
        ),
        (
            Machine(built_for="", provider="libcublas.so.13: cannot open shared object file: No"),
            ObstacleKind.LIBRARY_MISSING,
            "libcublas.so.13 is missing",
            LIBRARIES,
        ),
        (
            Machine(provider="libm.so.6: version `GLIBC_9'\n not found"),
            ObstacleKind.PROVIDER_FAILS,
            "onnxruntime's CUDA provider can't be loaded (libm.so.6: version `GLIBC_9' not found)",
            None,
        ),
        (
            Machine(provider=f"{OWN}: cannot open shared object file"),
            ObstacleKind.PROVIDER_FAILS,
            f"onnxruntime's CUDA provider can't be loaded ({OWN}: cannot open shared object file)",
            None,
        ),
        (
            Machine(preload_fails=RuntimeError("The directory\ndoes not exist!")),
            ObstacleKind.PROVIDER_FAILS,
            "onnxruntime's CUDA provider can't be loaded (The directory does not exist!)",
            None,
        ),
    ],
)
def test_what_stands_in_the_way(monkeypatch, tmp_path, capfd, machine, kind, sentence, advice):
    play(machine, monkeypatch, tmp_path)
    obstacle = find_obstacle()
    assert (obstacle.kind, obstacle.sentence, obstacle.advice) == (kind, sentence, advice)
    assert str(obstacle) == (f"{sentence}; {advice}" if advice else sentence)
    assert len(str(obstacle).splitlines()) == 1
    assert capfd.readouterr() == ("", "")
    assert not getattr(machine.nvml, "running", 0)


@pytest.mark.parametrize(
    ("system", "processor", "advice"),
    [
        ("Darwin", "arm64", "there is no onnxruntime-gpu for this system"),
        ("Linux", "aarch64", "there is no onnxruntime-gpu for this system"),
        ("Linux", "x86_64", "run: "),
        ("Windows", "AMD64", "run: "),
    ],
)
def test_where_no_package_has_the_provider(monkeypatch, tmp_path, system, processor, advice):
    play(Machine(providers=[CPU]), monkeypatch, tmp_path)
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: processor)
    assert find_obstacle().advice.startswith(advice)


def test_the_installed_onnxruntime_says_what_is_asked_of_it():
    """The names that are read of onnxruntime are there, and are what they are taken for."""
    assert ort.cuda_version == "" or ort.cuda_version.split(".")[0].isdecimal()
    assert (CUDA in ort.get_available_providers()) == bool(ort.cuda_version)
