"""How long a request waits for its flight, and when the flight has to end for it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from codegen.completion.prepare import Prepared
from codegen.reasons import Reason
from codegen.session.clock import Clock
from codegen.session.flight import Flight
from codegen.session.wish import Wish

# Seconds after which an automatic suggestion of several lines ends with the next whole statement:
# a typist rather sees some lines now than all of them later, and gets the rest after accepting
# them. See docs/benchmarks.md, "What a typist feels".
_SOON: Final = 2.0

# Seconds for which a flight goes on after its request was cancelled: coc.nvim, lsp-mode and
# blink.cmp cancel a request and ask for the same place again. Another request stops it at once.
GRACE: Final = 1.0

# A request with so many seconds of patience, or fewer, doesn't wait for the next key: that wait
# may take a second.
LITTLE: Final = 1.0


async def until_read(
    reading: asyncio.Task[Prepared], wish: Wish, clock: Clock, longest: float
) -> Reason | None:
    """Waits until a document is read; returns None then, or why the request waits no longer.

    Args:
        reading: gives the document.
        wish: the request; it waits as long as its patience lasts.
        clock: the time.
        longest: seconds after which the request must be answered in any case.
    """
    lost, patience = wish.ticket.lost, wish.request.patience
    reason, seconds = Reason.DEADLINE, longest
    if patience is not None and patience <= longest:
        reason, seconds = Reason.PENDING, patience
    if not await _within(seconds, [reading, lost], clock):
        return reason
    return lost.result() if lost.done() else None


async def landing(flight: Flight, wish: Wish, clock: Clock, longest: float) -> Reason | None:
    """Waits until a flight has ended; returns None then, or why the request waits no longer.

    Args:
        flight: the flight.
        wish: the request; it waits as long as its patience lasts.
        clock: the time.
        longest: seconds after which the flight has to end with what it has written by then. If it
            has written nothing, the request isn't waited for any longer.
    """
    flight.waiters += 1
    try:
        return await _landing(flight, wish, clock, longest)
    finally:
        flight.waiters -= 1


async def hasten(flight: Flight, wish: Wish, clock: Clock, longest: float) -> None:
    """Makes a flight end although its request was already answered without suggestions.

    The client will ask for the same place again, and gets the flight's text then. `longest` seconds
    after the request was made the flight ends with what it has written. If it has written nothing,
    it may write one statement first. The flight of an automatic request ends with its next whole
    statement if two seconds pass before that.
    """
    if not await _in_time(flight, wish, clock, _left(wish, clock, longest), [flight.outcome]):
        # A flight that has written nothing may write a whole statement first.
        flight.hurry = "now" if flight.decoding else "soon"


async def let_go(flight: Flight, clock: Clock) -> None:
    """Stops a flight whose last request was cancelled, unless another one joins within GRACE."""
    flight.left += 1
    last = flight.left
    await clock.sleep(GRACE)
    if not flight.waiters and flight.left == last:
        flight.stop(leave=False)


async def _landing(flight: Flight, wish: Wish, clock: Clock, longest: float) -> Reason | None:
    lost, patience = wish.ticket.lost, wish.request.patience
    longest = _left(wish, clock, longest)
    if patience is not None:
        patience = _left(wish, clock, patience)
    ends: list[asyncio.Future[Any]] = [flight.outcome, lost]
    if patience is not None and patience <= longest:
        if not await _in_time(flight, wish, clock, patience, ends):
            return Reason.PENDING
    elif not await _in_time(flight, wish, clock, longest, ends):
        if not flight.decoding:
            return Reason.DEADLINE
        # The engine ends the flight after its next token.
        flight.hurry = "now"
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    return lost.result() if lost.done() else None


def _left(wish: Wish, clock: Clock, seconds: float) -> float:
    """What is left of some seconds since a request was made; reading its document took a part."""
    return max(0.0, seconds - (clock.now() - wish.trace.started))


async def _in_time(
    flight: Flight, wish: Wish, clock: Clock, longest: float, ends: Sequence[asyncio.Future[Any]]
) -> bool:
    if wish.request.trigger == "automatic" and longest > _SOON:
        if await _within(_SOON, ends, clock):
            return True
        flight.hurry = "soon"
        longest -= _SOON
    return await _within(longest, ends, clock)


async def _within(seconds: float, ends: Sequence[asyncio.Future[Any]], clock: Clock) -> bool:
    """Waits until a future is done, but at most so many seconds; returns whether one is done."""
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait([*ends, limit], return_when=asyncio.FIRST_COMPLETED)
        return any(end.done() for end in ends)
    finally:
        limit.cancel()
