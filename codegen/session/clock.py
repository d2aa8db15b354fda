"""The session's clock: injected, so that tests can drive the time."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock, and a way to wait."""

    def now(self) -> float:
        """The time, in seconds from an arbitrary start."""

    async def sleep(self, seconds: float) -> None:
        """Waits for so many seconds."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """The monotonic time."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits for so many seconds, while the event loop does other things."""
        await asyncio.sleep(seconds)
