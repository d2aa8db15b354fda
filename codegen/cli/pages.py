"""Huge pages for the weights.

A decode step reads all weights once. In pages of 4 KiB, half a gigabyte needs 130,000 address
translations per token; in pages of 2 MiB a step took a sixth less (docs/benchmarks.md). Linux
gives huge pages to a process that asks for them. ONNX Runtime doesn't ask, but glibc's malloc does
if an environment variable says so when the process starts. So the process is started once more.

Asking for huge pages after the allocation (madvise, MADV_COLLAPSE) gains less and takes a second.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

_VARIABLE = "GLIBC_TUNABLES"
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
_TUNABLE = "glibc.malloc.hugetlb"

_COMMANDS = frozenset({"complete", "doctor", "bench", "eval", "lsp"})
"""Commands that load a model."""


def restart_with_huge_pages(arguments: Sequence[str]) -> None:
    """Starts this process anew with the environment variable, unless that is set already.

    Returns if the system is not Linux or the command loads no model. Call it before anything is
    read or written.
    """
    told = os.environ.get(_VARIABLE, "")
    if sys.platform == "linux" and _TUNABLE not in told and _COMMANDS & set(arguments[:1]):
        os.environ[_VARIABLE] = ":".join(filter(None, (told, f"{_TUNABLE}=1")))
        with contextlib.suppress(OSError):
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
