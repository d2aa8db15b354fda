"""All attacks, by what they aim at."""

from typing import Final

from codegen_eval.selftest.attack import Attack
from codegen_eval.selftest.attacks import (
    channel,
    equality,
    exits,
    files,
    frames,
    kernel,
    network,
    patches,
    processes,
    resources,
    sources,
)

ATTACKS: Final[tuple[Attack, ...]] = (
    *sources.ATTACKS,
    *equality.ATTACKS,
    *frames.ATTACKS,
    *channel.ATTACKS,
    *exits.ATTACKS,
    *patches.ATTACKS,
    *processes.ATTACKS,
    *files.ATTACKS,
    *network.ATTACKS,
    *kernel.ATTACKS,
    *resources.ATTACKS,
)
"""Every attack that is judged by calls or by assertions, in the order of the report."""
