"""User ids for boxes that root starts: one per slot, and per process that uses slots.

The kernel counts processes by uid, and lets a process signal others of its uid. So boxes that share
a uid could starve and kill one another.
"""

import os
from pathlib import Path

from codegen_eval.errors import SandboxError

SLOTS = 256
# (first uid, processes told apart). The second is for a user namespace of 65,536 ids.
_RANGES = ((1 << 28, 1 << 22), (20_000, 160))


def slot_uid(slot: int) -> int | None:
    """The uid of a slot's box; None where this process isn't root and can't choose.

    Raises:
        SandboxError: the slot doesn't exist, or this user namespace has no uid for it.
    """
    if not 0 <= slot < SLOTS:
        raise SandboxError(f"there is no slot {slot}: slots are 0 to {SLOTS - 1}")
    if os.geteuid() != 0:
        return None
    for first, processes in _RANGES:
        if _mapped(first, processes * SLOTS):
            return first + os.getpid() % processes * SLOTS + slot
    raise SandboxError("this user namespace has no free user ids for boxes")


def _mapped(first: int, count: int) -> bool:
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    ranges = [(int(start), int(length)) for start, _, length in map(str.split, lines)]
    return any(start <= first and first + count <= start + length for start, length in ranges)
