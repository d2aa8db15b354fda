"""What single messages cost: an edit, a burst of them, a refusal."""

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
"""How often each message is measured."""

BURSTS: Final = 6
"""How often every line is edited in one message."""

_LIMIT: Final = 120.0

# Where a word is being edited the model isn't asked; nor is it where there is none.
_REFUSED: Final = frozenset({Reason.INSIDE_WORD, Reason.LOADING, Reason.NO_MODEL})

_WORD: Final = re.compile(r"(?<=\n    def )\w{6,}")


@dataclass(frozen=True, slots=True)
class Messages:
    """Milliseconds that messages take beyond a question that costs nothing, or altogether."""

    changes: tuple[float, ...]
    reparses: tuple[float, ...]
    refusals: tuple[float, ...]
    round_trips: tuple[float, ...]
    bursts: tuple[float, ...]

    @classmethod
    def measure(cls, client: Client, opened: OpenText) -> "Messages":
        """In turn, so that all see the same machine."""
        at = middle_of_word(opened.text)
        edits = toggling(opened, at)
        client.ask(INLINE, opened.asking(at), _LIMIT)
        if (reason := opened.explain().get("reason")) not in _REFUSED:
            raise EngineError(f"a request amid a word was not refused, but answered with {reason}")
        found: tuple[list[float], ...] = ([], [], [], [])
        changes, reparses, refusals, trips = found
        for _ in range(EDITS):
            trip = timed(client, COUNTERS, {})
            trips.append(trip)
            # The question comes after the edit, and is answered after it.
            changes.append(timed(client, COUNTERS, {}, next(edits)) - trip)
            client.ask(INLINE, opened.asking(at))  # parses what was edited there
            reparses.append(timed(client, INLINE, opened.asking(at), next(edits)) - trip)
            refusals.append(timed(client, INLINE, opened.asking(at)))
        bursts = [
            timed(client, COUNTERS, {}, opened.indent(more=number % 2 == 0))
            for number in range(BURSTS)
        ]
        return cls(*map(tuple, (*found, bursts)))


def middle_of_word(text: str) -> int:
    """A place amid the name of a method, near the middle of a Python file."""
    found = _WORD.search(text, len(text) // 2) or _WORD.search(text)
    if found is None:
        raise EngineError("no method with a name of six letters to be edited")
    return found.start() + 3


def toggling(opened: OpenText, at: int) -> Iterator[dict[str, Any]]:
    """Edits of one character: one is put in before a place, and taken out again."""
    while True:
        yield opened.change(at - 1, at - 1, "x")
        yield opened.change(at - 1, at, "")


def timed(
    client: Client, method: str, params: object, change: dict[str, Any] | None = None
) -> float:
    """Milliseconds from a question, or the edit before it, to the answer."""
    start = time.perf_counter()
    if change is not None:
        client.notify(CHANGE, change)
    return (client.ask(method, params).at - start) * 1000
