"""The memory that a model needs, against what the system lets this process have."""

from typing import Final

import psutil

from codegen.errors import EngineError
from codegen.progress import human_bytes

BESIDE_WEIGHTS: Final = 800_000_000
"""Bytes of address space beside the weights: libraries, buffers, threads; 720 MB were measured."""


def require_memory(weights_bytes: int) -> None:
    """Refuses to load what wouldn't fit: libraries would end the process in the middle of it.

    Raises:
        EngineError: the limit on this process's memory (`ulimit -v`) is below what is needed.
    """
    try:
        limit = psutil.Process().rlimit(psutil.RLIMIT_AS)[0]
    except AttributeError:  # macOS and Windows have no such limit
        return
    needed = weights_bytes + BESIDE_WEIGHTS
    if limit != psutil.RLIM_INFINITY and limit < needed:
        raise EngineError(
            f"this process may use {human_bytes(limit)} of memory (ulimit -v), and the model needs "
            f"about {human_bytes(needed)}"
        )
