"""How long a flight is waited for, and when what it has written by then has to do."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from codegen.completion.prepare import Prepared
from codegen.reasons import Reason
from codegen.session.clock import Clock
from codegen.session.flight import Flight
from codegen.session.wish import Wish

# Seconds after which an automatic suggestion of several lines ends with the statement it is at:
# a typist rather sees some lines now than all of them later, and gets the rest when these are
# accepted. From docs/benchmarks.md, "What a typist feels".
_SOON: Final = 2.0

# Seconds for which it is written on what a cancelled request has asked for: coc.nvim, lsp-mode and
# blink.cmp cancel a request and ask for the same place again. It holds up nobody meanwhile.
GRACE: Final = 1.0

# Seconds of patience that aren't enough to wait for the next key, too: that is up to one.
LITTLE: Final = 1.0


async def until_read(
    reading: asyncio.Task[Prepared], wish: Wish, clock: Clock, longest: float
) -> Reason | None:
    """Waits until a document is read; gives the reason if it isn't waited for any more.

    Args:
        reading: what is waited for.
        wish: who waits, for as long as its patience lasts.
        clock: the time.
        longest: seconds after which an answer is due.
    """
    lost, patience = wish.ticket.lost, wish.request.patience
    reason, seconds = Reason.DEADLINE, longest
    if patience is not None and patience <= longest:
        reason, seconds = Reason.PENDING, patience
    if not await _within(seconds, [reading, lost], clock):
        return reason
    return lost.result() if lost.done() else None


async def landing(flight: Flight, wish: Wish, clock: Clock, longest: float) -> Reason | None:
    """Waits until the flight has landed; gives the reason if it isn't waited for any more.

    Args:
        flight: what is waited for.
        wish: who waits, for as long as its patience lasts.
        clock: the time.
        longest: seconds after which what is written by then has to do, if anything is.
    """
    flight.waiters += 1
    try:
        return await _landing(flight, wish, clock, longest)
    finally:
        flight.waiters -= 1


async def hasten(flight: Flight, wish: Wish, clock: Clock, longest: float) -> None:
    """Ends a flight in time whose wish has no patience left: it will be asked for again."""
    longest -= wish.request.patience or 0
    if not await _in_time(flight, wish, clock, longest, [flight.outcome]):
        # Before anything is written there is nothing that could do.
        flight.hurry = "now" if flight.decoding else "soon"


async def let_go(flight: Flight, clock: Clock) -> None:
    """Ends a flight that nobody waits for any more, unless somebody does again after a moment."""
    flight.left += 1
    last = flight.left
    await clock.sleep(GRACE)
    if not flight.waiters and flight.left == last:
        flight.stop(leave=False)


async def _landing(flight: Flight, wish: Wish, clock: Clock, longest: float) -> Reason | None:
    lost, patience = wish.ticket.lost, wish.request.patience
    # What reading took has been waited already.
    spent = clock.now() - wish.trace.started
    longest = max(0.0, longest - spent)
    if patience is not None:
        patience = max(0.0, patience - spent)
    ends: list[asyncio.Future[Any]] = [flight.outcome, lost]
    if patience is not None and patience <= longest:
        if not await _in_time(flight, wish, clock, patience, ends):
            return Reason.PENDING
    elif not await _in_time(flight, wish, clock, longest, ends):
        if not flight.decoding:
            return Reason.DEADLINE
        # The engine ends within one step.
        flight.hurry = "now"
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    return lost.result() if lost.done() else None


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
    """Whether one of them is done within so many seconds."""
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait([*ends, limit], return_when=asyncio.FIRST_COMPLETED)
        return any(end.done() for end in ends)
    finally:
        limit.cancel()
