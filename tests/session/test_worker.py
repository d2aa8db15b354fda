"""The engine's thread: jobs run in order, and may fail or be cancelled."""

import asyncio
import os
import threading

import pytest

from codegen.session.worker import Worker
from tests.session.paced import PATIENCE
from tests.session.typist import played, turns


class Panic(BaseException):
    """An exception that nothing catches."""


@played
async def test_jobs_run_in_their_order_in_one_thread():
    worker, ran = Worker(), []
    futures = [
        worker.submit(lambda n=n: ran.append((n, threading.get_ident())) or n) for n in range(20)
    ]
    assert await asyncio.gather(*futures) == list(range(20))
    assert [n for n, _ in ran] == list(range(20))
    assert len({thread for _, thread in ran}) == 1
    assert ran[0][1] != threading.get_ident()


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (ValueError("a"), ValueError),
        (MemoryError(), MemoryError),
        (StopIteration(), RuntimeError),
        (asyncio.CancelledError(), asyncio.CancelledError),
        (Panic(), RuntimeError),
        (SystemExit(1), RuntimeError),
    ],
)
@played
async def test_an_error_of_a_job_is_raised_where_it_is_awaited(error, seen):
    def fail():
        raise error

    worker = Worker()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(seen):
            await worker.submit(fail)
        assert await worker.submit(lambda: 1) == 1


@played
async def test_a_cancelled_job_is_dropped():
    worker, go, ran = Worker(), threading.Event(), []
    running = worker.submit(lambda: go.wait(PATIENCE) and ran.append("running"))
    queued = worker.submit(lambda: ran.append("queued"))
    last = worker.submit(lambda: ran.append("last"))
    queued.cancel()
    running.cancel()
    go.set()
    await last
    # The job that ran already goes on; its result is dropped.
    assert ran == ["running", "last"]
    await turns()


def test_a_job_may_outlive_its_event_loop():
    worker, go = Worker(), threading.Event()

    async def start():
        worker.submit(lambda: go.wait(PATIENCE))

    asyncio.run(start())
    go.set()
    assert asyncio.run(play_on(worker)) == 2


async def play_on(worker):
    return await worker.submit(lambda: 2)


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="no priorities here")
@played
async def test_the_thread_gives_way_to_the_editor():
    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = niceness()
    wanted = min(19, own + 3)
    assert await Worker(niceness=wanted).submit(niceness) == wanted
    assert niceness() == own
