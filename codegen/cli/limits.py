"""Refuses commands if the process may use too little memory (`ulimit -v`) to load their libraries.

Some of these libraries would end the process without an error message.
"""

import sys
from collections.abc import Sequence
from typing import Final

from codegen.errors import CodegenError

LEAST: Final = 300_000_000
"""Bytes of address space. All commands without a model ran with 307 MB, on two cores."""

# Commands that need none of those libraries.
_LIGHT: Final = frozenset({"config", "completion"})


def require_memory_to_start(arguments: Sequence[str]) -> None:
    """Refuses a command whose libraries couldn't be loaded.

    Raises:
        CodegenError: this process may use less than LEAST bytes, and the command needs them.
    """
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - Windows has none

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        heavy = [argument for argument in arguments[:1] if argument[:1] != "-"]
        if heavy and heavy[0] not in _LIGHT and 0 <= limit < LEAST:
            raise CodegenError(
                f"this process may use {limit // 1_000_000} MB of memory (ulimit -v), and codegen "
                f"needs {LEAST // 1_000_000} MB before it loads a model"
            )
