"""All attacks, in a module for each kind of target."""

from typing import Final

from codegen_eval.selftest.attack import Attack
from codegen_eval.selftest.attacks import (
    channel,
    equality,
    exits,
    frames,
    kernel,
    memory,
    network,
    patches,
    processes,
    reads,
    resources,
    sources,
    values,
    writes,
)

ATTACKS: Final[tuple[Attack, ...]] = (
    *sources.ATTACKS,
    *equality.ATTACKS,
    *values.ATTACKS,
    *frames.ATTACKS,
    *memory.ATTACKS,
    *channel.ATTACKS,
    *exits.ATTACKS,
    *patches.ATTACKS,
    *processes.ATTACKS,
    *reads.ATTACKS,
    *writes.ATTACKS,
    *network.ATTACKS,
    *kernel.ATTACKS,
    *resources.ATTACKS,
)
"""Every attack that is judged by calls or by assertions, in the order of the report."""
