"""Ctrl-C stops work in a thread at once."""

import os
import signal
import threading
import time

import pytest

from codegen.cli import interrupt
from codegen.cli.interrupt import interruptible, is_abandoned
from codegen.errors import CancelledError


def test_items_come_in_their_order():
    assert list(interruptible(lambda _: iter(range(5)))) == [0, 1, 2, 3, 4]


def test_none_is_an_item_too():
    assert list(interruptible(lambda _: [None, None])) == [None, None]


def test_errors_come_through():
    def work(_cancel):
        yield 1
        raise ValueError("it broke")

    events = interruptible(work)
    assert next(events) == 1
    with pytest.raises(ValueError, match="it broke"):
        next(events)


class Busy:
    """Work that runs until it is cancelled."""

    def __init__(self):
        self.freed = threading.Event()

    def __call__(self, cancel):
        try:
            yield "begun"
            with cancel.on_cancel(self.freed.set):
                self.freed.wait(30)
            cancel.check()
        except CancelledError:
            self.freed.set()
            raise


def test_ctrl_c_cancels_what_is_computed():
    # A test runner may have been started with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    busy = Busy()
    try:
        start = time.monotonic()
        events = interruptible(busy)
        assert next(events) == "begun"
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            next(events)
    finally:
        signal.signal(signal.SIGINT, before)
    assert busy.freed.is_set()
    assert time.monotonic() - start < 2


def test_work_that_can_not_be_cancelled_is_abandoned(monkeypatch):
    monkeypatch.setattr(interrupt, "_PATIENCE", 0.1)
    release = threading.Event()

    def work(_cancel):
        yield 1
        release.wait(30)

    events = interruptible(work)
    next(events)
    events.close()
    assert is_abandoned()
    release.set()
    deadline = time.monotonic() + 5
    while is_abandoned() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_abandoned()


def test_closing_the_iteration_cancels_the_work():
    busy = Busy()
    events = interruptible(busy)
    next(events)
    events.close()
    assert busy.freed.is_set()
