"""Ctrl-C that is heard at once, while a model computes."""

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

from codegen.cancel import CancelToken

_T = TypeVar("_T")

# The engine is free within a quarter of a second of a cancel. Longer takes only what can't be
# cancelled, such as loading a model.
_PATIENCE = 1.0  # seconds

_NAME = "codegen-work"


def interruptible(work: Callable[[CancelToken], Iterable[_T]]) -> Iterator[_T]:
    """Iterates over `work(cancel)` in a thread of its own, and cancels it when it isn't wanted.

    Python delivers a signal to the main thread only, and only between two of its steps: a model
    call there would make Ctrl-C wait for seconds. So the main thread does nothing but wait.
    Whatever ends the iteration early (KeyboardInterrupt, an error of the consumer, closing it)
    sets `cancel`, and the thread is given a moment to end.
    """
    cancel = CancelToken()
    # An item in a tuple of its own; what was raised; or None at the end.
    results: SimpleQueue[tuple[_T] | BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            for item in work(cancel):
                results.put((item,))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            results.put(error)
        else:
            results.put(None)

    thread = threading.Thread(target=run, name=_NAME, daemon=True)
    thread.start()
    try:
        while (result := results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result[0]
    finally:
        cancel.cancel()
        thread.join(_PATIENCE)


def is_abandoned() -> bool:
    """Whether a thread goes on with work that nobody waits for any more."""
    return any(thread.name == _NAME for thread in threading.enumerate())
