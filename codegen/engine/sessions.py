"""Loading a graph into ONNX Runtime."""

import re
from pathlib import Path
from typing import Final

import onnxruntime as ort

from codegen.engine.device import Device
from codegen.engine.failures import first_line
from codegen.engine.manifest import WEIGHTS_FILE
from codegen.engine.memory import is_out_of_memory
from codegen.errors import CodegenError, CorruptModelError, EngineError, OutOfMemoryError

ort.set_default_logger_severity(3)  # errors only: its warnings are about its own optimisations

# What an error of CUDA says after the C++ signature of the function that failed.
_CUDA_FAILURE: Final = re.compile(r"CUDA failure \d+:[^;\n]*")


def open_session(
    path: Path, device: Device, options: ort.SessionOptions | None = None, *, capture: bool = False
) -> ort.InferenceSession:
    """Loads a graph, with its weights if it has some.

    Args:
        path: the .onnx file; its weights lie beside it.
        device: where to run.
        options: of the session; by default ONNX Runtime's own.
        capture: whether calls may be captured as CUDA graphs.

    Raises:
        OutOfMemoryError: there is no memory for it.
        CorruptModelError: one of its files is missing or damaged.
        EngineError: CUDA was asked for, and failed, or ONNX Runtime took the CPU.
    """
    providers = device.providers(capture=capture)
    try:
        # Without its fallback, which prints to standard output, and hides why a GPU failed.
        session = ort.InferenceSession(
            str(path), options or ort.SessionOptions(), providers=providers, enable_fallback=0
        )
    except Exception as error:
        raise _failed_load(path, error) from error
    if device.kind == "cuda" and session.get_providers()[0] != providers[0][0]:
        raise EngineError("onnxruntime fell back to the CPU while loading for CUDA")
    return session


def _failed_load(path: Path, error: Exception) -> CodegenError:
    """What to say when ONNX Runtime couldn't load a graph."""
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"there is not enough memory to load {path}; close other programs, or use a smaller "
            "model"
        )
    if (failure := _CUDA_FAILURE.search(str(error))) is not None:
        return EngineError(f"the GPU failed while {path} was loaded: {failure[0].strip()}")
    weights = path.with_name(WEIGHTS_FILE)
    # A graph that names its weights elsewhere is refused for that, though they aren't here either.
    without_weights = not weights.exists() and "does not exist" in str(error)
    if without_weights or not path.exists():
        missing = path if not path.exists() else weights
        return CorruptModelError(f"{missing} is missing; export the model again")
    return CorruptModelError(f"{path} can't be loaded: {first_line(error)}")
