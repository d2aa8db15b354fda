"""Whether an editor stays smooth beside the model: how late its frames are.

A frame is a few milliseconds of work, due sixty times a second, in this process at its normal
priority. It stands for an editor that scrolls, or shows a typed key.
"""

import threading
import time
from dataclasses import dataclass
from typing import Final

from codegen_lsp.bench.client import Client
from codegen_lsp.bench.editor import INLINE, OpenText
from codegen_lsp.bench.freed import LIST, by_hand

SECONDS: Final = 10.0
"""Seconds for which frames are drawn: once alone, once beside the model."""

PERIOD: Final = 1 / 60
"""Seconds from a frame to the next."""

_WORK: Final = 0.003
_LIMIT: Final = 120.0


@dataclass(frozen=True, slots=True)
class Frames:
    """Seconds from when a frame was due until it was drawn."""

    alone: tuple[float, ...]
    beside: tuple[float, ...]


def measure_frames(client: Client) -> Frames:
    """Draws frames while a server whose model is loaded rests, and while the model writes."""
    rounds = _rounds()
    alone = _draw(rounds)
    stop = threading.Event()
    writer = threading.Thread(target=_keep_writing, args=(client, stop))
    writer.start()
    try:
        beside = _draw(rounds)
    finally:
        stop.set()
        writer.join()
    return Frames(alone, beside)


def _draw(rounds: int) -> tuple[float, ...]:
    late = []
    due = time.perf_counter()
    end = due + SECONDS
    while due < end:
        due += PERIOD
        time.sleep(max(0.0, due - time.perf_counter()))
        _work(rounds)
        late.append(time.perf_counter() - due)
    return tuple(late)


def _rounds() -> int:
    """The rounds of `_work` that take as long as a frame on this machine."""
    trial = 10_000
    times = []
    for _ in range(5):
        start = time.perf_counter()
        _work(trial)
        times.append(time.perf_counter() - start)
    return int(trial * _WORK / min(times))


def _work(rounds: int) -> int:
    return sum(number * number for number in range(rounds))


def _keep_writing(client: Client, stop: threading.Event) -> None:
    """Asks for long answers, one after the other."""
    number = 0
    while not stop.is_set():
        number += 1
        text = f"# frames {number}\n{LIST}"
        opened = OpenText(client, f"file:///bench/frames{number}.py", text)
        client.ask(INLINE, by_hand(opened, len(text)), _LIMIT)
        opened.close()
