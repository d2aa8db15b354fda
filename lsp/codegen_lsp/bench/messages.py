"""What single messages cost: an edit, a burst of edits, a refused request."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from codegen.errors import EngineError
from codegen.reasons import Reason
from codegen_lsp.bench.client import Client
from codegen_lsp.bench.editor import CHANGE, COUNTERS, INLINE, OpenText

EDITS: Final = 300
"""How many messages of a kind are measured."""

BURSTS: Final = 6
"""How many messages that edit every line are measured."""

_LIMIT: Final = 120.0

# Reasons for no suggestion within a word, with a model and without one.
_REFUSED: Final = frozenset({Reason.INSIDE_WORD, Reason.LOADING, Reason.NO_MODEL})

_WORD: Final = re.compile(r"(?<=\n    def )\w{6,}")


@dataclass(frozen=True, slots=True)
class Messages:
    """Milliseconds that messages take.

    `round_trips` are requests for the counters, which cost nothing. `changes` and `reparses` are
    without the round trip; `refusals` and `bursts` are the whole time.
    """

    changes: tuple[float, ...]
    reparses: tuple[float, ...]
    refusals: tuple[float, ...]
    round_trips: tuple[float, ...]
    bursts: tuple[float, ...]

    @classmethod
    def measure(cls, client: Client, opened: OpenText) -> "Messages":
        """Measures the kinds in turn, so that the machine's load affects all of them."""
        at = middle_of_word(opened.text)
        edits = toggling(opened, at)
        client.ask(INLINE, opened.asking(at), _LIMIT)
        if (reason := opened.explain().get("reason")) not in _REFUSED:
            raise EngineError(f"a request amid a word was not refused, but answered with {reason}")
        times: tuple[list[float], ...] = ([], [], [], [])
        changes, reparses, refusals, trips = times
        for _ in range(EDITS):
            trip = timed(client, COUNTERS, {})
            trips.append(trip)
            # The server answers in order, so the answer comes after the edit was handled.
            changes.append(timed(client, COUNTERS, {}, next(edits)) - trip)
            client.ask(INLINE, opened.asking(at))  # parses the text after that edit
            reparses.append(timed(client, INLINE, opened.asking(at), next(edits)) - trip)
            refusals.append(timed(client, INLINE, opened.asking(at)))
        bursts = [
            timed(client, COUNTERS, {}, opened.indent(more=number % 2 == 0))
            for number in range(BURSTS)
        ]
        return cls(*map(tuple, (*times, bursts)))


def middle_of_word(text: str) -> int:
    """An offset within the name of a method, near the middle of a Python file."""
    match = _WORD.search(text, len(text) // 2) or _WORD.search(text)
    if match is None:
        raise EngineError("no method with a name of six letters to be edited")
    return match.start() + 3


def toggling(opened: OpenText, at: int) -> Iterator[dict[str, Any]]:
    """Edits of one character: it is inserted before a place, and removed again."""
    while True:
        yield opened.change(at - 1, at - 1, "x")
        yield opened.change(at - 1, at, "")


def timed(
    client: Client, method: str, params: object, change: dict[str, Any] | None = None
) -> float:
    """Milliseconds from a request, or the edit before it, to the answer."""
    start = time.perf_counter()
    if change is not None:
        client.notify(CHANGE, change)
    return (client.ask(method, params).at - start) * 1000
