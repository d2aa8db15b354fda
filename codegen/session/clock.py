"""Time, as the session sees it: injected, so that tests and replays can drive it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that only grow, and waiting for them to pass."""

    def now(self) -> float:
        """The time, in seconds from an arbitrary start."""

    async def sleep(self, seconds: float) -> None:
        """Returns when so many seconds have passed."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """The monotonic time."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Lets the event loop do other things meanwhile."""
        await asyncio.sleep(seconds)
