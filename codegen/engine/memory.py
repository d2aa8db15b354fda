"""Whether there is enough memory for a model: before it is loaded, and when something failed."""

import re
from typing import Final

import psutil

from codegen.errors import OutOfMemoryError
from codegen.progress import human_bytes

BESIDE_WEIGHTS: Final = 800_000_000
"""Bytes of address space beside the weights: libraries, buffers, threads; 720 MB were measured."""

# ONNX Runtime has no class of error for this. These are the words of C++'s libraries, of its own
# arena and of CUDA.
_NO_MEMORY: Final = re.compile(
    r"bad_alloc|bad allocation|failed to allocate memory|out of memory", re.IGNORECASE
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python or ONNX Runtime says that there was no memory left."""
    return isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)) is not None


def require_memory(weights_bytes: int) -> None:
    """Refuses to load a model that wouldn't fit: libraries would end the process meanwhile.

    Raises:
        OutOfMemoryError: the limit on this process's memory (`ulimit -v`) is below what is needed.
    """
    try:
        limit = psutil.Process().rlimit(psutil.RLIMIT_AS)[0]
    except AttributeError:  # macOS and Windows have no such limit
        return
    needed = weights_bytes + BESIDE_WEIGHTS
    if limit != psutil.RLIM_INFINITY and limit < needed:
        raise OutOfMemoryError(
            f"this process may use {human_bytes(limit)} of memory (ulimit -v), and the model needs "
            f"about {human_bytes(needed)}"
        )
