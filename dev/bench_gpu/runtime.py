"""The packages that the machine lacks, taken out of their wheels.

The machine has Python 3.12, numpy, psutil, tokenizers and PyYAML; of what codegen imports when it
runs a model, only onnxruntime-gpu is left, and to read a GGUF file the package gguf.
"""

import lzma
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

PYTHON = "3.12"
PLATFORM = "manylinux_2_28_x86_64"

# Of onnxruntime's members: not TensorRT; not the runtime as a library for C, which Python's module
# has inside; no tools, which nothing imports when a model runs.
_RUNTIME = re.compile(
    r"onnxruntime/(__init__\.py|LICENSE|capi/.*)|onnxruntime_gpu-.*\.dist-info/.*"
)
_NOT = re.compile(r".*(_tensorrt\.so|/libonnxruntime\.so\..*)")

_CUDA = "onnxruntime/capi/libonnxruntime_providers_cuda.so"

# A container of GPU code begins with this magic number, a version, its header's size and that of
# what follows: entries for one kind of GPU each. The sizes and places of the fields are those
# found in the library itself; `_containers` refuses what doesn't add up by them.
_CONTAINER = struct.Struct("<IHHQ")
_MAGIC, _VERSION = 0xBA55ED50, 1
_ENTRY = struct.Struct("<HHIQ")  # kind, attributes, bytes of the header, bytes of the code
_ENTRY_TARGET = 28  # in an entry: where the number of its GPUs stands, 90 for Hopper


def download(requirement: str, folder: Path) -> Path:
    """The wheel of a pinned package for the machine, as "gguf==0.19.0"; from pip's registry.

    Raises:
        CalledProcessError: pip failed.
    """
    name, version = requirement.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := sorted(folder.glob(pattern))):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--python-version", PYTHON, "--platform", PLATFORM, "--dest", str(folder)]
        subprocess.run([*command, requirement], check=True)
        found = sorted(folder.glob(pattern))
    return found[0]


def pinned(constraints: str, name: str) -> str:
    """The requirement by which a file of constraints names a package."""
    found = re.search(rf"^{re.escape(name)}==\S+$", constraints, re.MULTILINE)
    if found is None:
        raise SystemExit(f"the constraints name no version of {name}")
    return found[0]


def runtime_members(wheel: Path, gpus: int | None) -> Iterator[tuple[str, bytes]]:
    """What a session on the CPU or on CUDA needs of onnxruntime-gpu's wheel.

    Args:
        wheel: the file.
        gpus: the compute capability times ten whose code is kept; None keeps that of all GPUs.
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if _RUNTIME.fullmatch(name) and not _NOT.fullmatch(name) and not name.endswith("/"):
                data = archive.read(name)
                yield name, without_other_gpus(data, gpus) if gpus and name == _CUDA else data


def members(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """All files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                yield name, archive.read(name)


def without_other_gpus(library: bytes, gpus: int) -> bytes:
    """A library with code for some GPUs alone; zeros, which compress to nothing, fill it up.

    Every container keeps its place, and what it keeps comes first in it. One that has nothing for
    these GPUs stays as it is.

    Raises:
        ValueError: there is none for `gpus`, or the sizes in the library don't add up.
    """
    data, any_kept = bytearray(library), False
    for start, end in _containers(library):
        kept = b"".join(
            library[begin:after]
            for begin, after, target in _entries(library, start, end)
            if target == gpus
        )
        if kept:
            any_kept = True
            head = _CONTAINER.pack(_MAGIC, _VERSION, _CONTAINER.size, len(kept))
            whole = (head + kept).ljust(end - start + len(head), b"\0")
            data[start - len(head) : end] = whole
    if not any_kept:
        raise ValueError(f"the library has no code for GPUs of compute capability {gpus / 10}")
    return bytes(data)


def _entries(library: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Of each entry of a container: where it begins and ends, and the number of its GPUs."""
    while start < end:
        after = end + 1
        if start + _ENTRY_TARGET + 4 <= end:
            _, _, header, size = _ENTRY.unpack_from(library, start)
            (target,) = struct.unpack_from("<I", library, start + _ENTRY_TARGET)
            after = start + header + size
        if not start < after <= end:
            raise ValueError(f"the library's GPU code at {start:#x} doesn't add up")
        yield start, after, target
        start = after


def _containers(library: bytes) -> Iterator[tuple[int, int]]:
    """Where the entries of every container begin and end."""
    magic, position = struct.pack("<I", _MAGIC), 0
    while (position := library.find(magic, position)) >= 0:
        start = position + _CONTAINER.size
        position += len(magic)
        if start <= len(library):
            _, version, header, size = _CONTAINER.unpack_from(library, start - _CONTAINER.size)
            if (version, header) == (_VERSION, _CONTAINER.size) and start + size <= len(library):
                yield start, start + size
                position = start + size


def pack(contents: Mapping[str, bytes], target: Path) -> None:
    """Writes files as an archive; the same files make the same bytes."""
    partial = target.with_name(f"{target.name}.partial")
    # A dictionary of 64 MB: nothing here repeats from farther away.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 26}]
    with (
        lzma.open(partial, "wb", filters=filters) as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        for name, data in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, BytesIO(data))
    partial.replace(target)
