"""Builds libraries that stand in for CUDA's, so that onnxruntime's CUDA provider loads and runs.

Nothing is computed. But onnxruntime itself, its provider, and codegen do all that they do on a
GPU: they place nodes, copy memory, capture calls and replay them, which `runtime.c` counts.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import onnxruntime as ort

COUNTS = (
    "launches", "captures", "replays", "allocations", "to device", "to host", "bytes to host",
)  # fmt: skip
"""What `pretended_count` of runtime.c counts, by their numbers."""

SOURCE = Path(__file__).with_name("runtime.c")
DRIVER = Path(__file__).with_name("driver.c")
PROVIDER = Path(ort.__file__).parent / "capi" / "libonnxruntime_providers_cuda.so"

# The names of runtime.c's own functions.
_DEFINED = re.compile(r"^[a-z].*?\b(\w+)\(", re.MULTILINE)


def missing() -> str:
    """What is missing here to build them; empty if nothing is."""
    if not PROVIDER.exists():
        return "onnxruntime has no CUDA provider"
    tools = [tool for tool in ("gcc", "nm", "readelf") if shutil.which(tool) is None]
    return f"{' and '.join(tools)} are not installed" if tools else ""


def build(folder: Path) -> dict[str, str]:
    """Builds the libraries into a folder; gives the environment of a process that takes them."""
    symbols = _run("nm", "-D", "--undefined-only", str(PROVIDER))
    wanted: dict[str, set[str]] = {library: set() for library in _needed()}
    for name, library in re.findall(r"U (\w+)@(lib(?:cuda|cublas)\S+)", symbols):
        wanted[library].add(name)
    wanted["libcuda.so.1"] = {"cuTensorMapEncodeTiled"}
    own = set(_DEFINED.findall(SOURCE.read_text(encoding="utf-8")))
    # One library has all functions that do something. The others have names alone.
    stubs = folder / "stubs.c"
    every = set().union(*wanted.values())
    stubs.write_text("".join(f"int {name}() {{ return 0; }}\n" for name in sorted(every - own)))
    real = folder / "libpretended.so"
    versions = folder / "versions"
    versions.write_text(
        "".join(
            f"{library} {{ global: {' '.join(f'{name};' for name in sorted(names))} }};\n"
            for library, names in wanted.items()
            if names and library != "libcuda.so.1"
        )
        + "PRETENDED { global: pretended_count; cuTensorMapEncodeTiled; };\n"
    )
    gcc = ["gcc", "-w", "-shared", "-fPIC", "-O1"]
    _run(*gcc, f"-Wl,--version-script={versions}", "-o", str(real), str(SOURCE), str(stubs))
    empty = folder / "empty.c"
    empty.write_text("")
    for library in (*wanted, "libnvidia-ml.so.1"):
        source = DRIVER if library in {"libcuda.so.1", "libnvidia-ml.so.1"} else empty
        _run(*gcc, f"-Wl,-soname,{library}", "-o", str(folder / library), str(source))
    return os.environ | {"LD_LIBRARY_PATH": str(folder), "LD_PRELOAD": str(real)}


def _needed() -> list[str]:
    """NVIDIA's libraries that the provider is linked to."""
    said = _run("readelf", "-d", str(PROVIDER))
    return re.findall(r"NEEDED.*\[(lib(?:cu)\S+)\]", said)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
