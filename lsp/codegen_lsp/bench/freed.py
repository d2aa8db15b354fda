"""How soon after a request was taken back the engine is free: what the next request waits for it.

A request in one file is taken back, and at once another file's is made. The time that this takes,
less what the model computes for it, is what it waited; the same without anything to be taken back
is what it takes anyway.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from codegen_lsp.bench.client import Client
from codegen_lsp.bench.editor import INLINE, OpenText
from codegen_lsp.bench.places import places_in

ROUNDS: Final = 12

# Seconds after which the model writes, if the prompt is computed; and in which a long one isn't.
_WRITING: Final = 0.4
_COMPUTING: Final = 0.3

# Seconds within which there must be an answer.
_LIMIT: Final = 120.0

_INVOKED: Final = 1  # InlineCompletionTriggerKind: without a wait for the next key

_SMALL: Final = "def double(number):\n    total = \n    return total\n"
_AT: Final = _SMALL.index("total = ") + len("total = ")

LIST: Final = "PRIMES = [\n    2,\n    3,\n    5,\n    7,\n    11,\n    "
"""What the model goes on with for long."""


@dataclass(frozen=True, slots=True)
class Freed:
    """Seconds that a request waited for an engine that was writing, or computing a prompt.

    Without those rounds in which the other request was answered before it could be taken back.
    `token` is what a token takes where several samples are one batch: less than a decode step.
    """

    writing: tuple[float, ...]
    computing: tuple[float, ...]
    token: float


def measure_freed(client: Client, long_text: str) -> Freed:
    """Takes back requests, in a short file and in a long one.

    Args:
        client: of a server whose model is loaded.
        long_text: Python of some hundred lines.
    """
    small = _Small(client)
    small.ask()
    writing: list[float] = []
    computing: list[float] = []
    tokens: list[float] = []
    for number in range(ROUNDS):
        alone = small.ask()
        tokens.append(small.token)
        for waits, busy in (
            (writing, _writing(client, number)),
            (computing, _computing(client, number, long_text)),
        ):
            with busy as request:
                if client.poll(request, time.perf_counter()) is None:
                    client.cancel(request)
                    waits.append(small.ask() - alone)
    return Freed(tuple(writing), tuple(computing), min(tokens))


class _Small:
    """A small file, edited before it is asked about, so that no answer is known."""

    def __init__(self, client: Client) -> None:
        self.token = 0.0
        self._client = client
        self._opened = OpenText(client, "file:///bench/small.py", _SMALL)
        self._edits = 0

    def ask(self) -> float:
        """Seconds of a request beyond what the model computes for it."""
        self._edits += 1
        self._opened.edit(_AT, len(self._opened.text), f"{self._edits} * \n    return total\n")
        at = self._opened.text.index("* \n") + 2
        start = time.perf_counter()
        answer = self._client.ask(INLINE, by_hand(self._opened, at), _LIMIT)
        usage: dict[str, float] = self._opened.explain()["usage"]
        decode = usage.get("decode_seconds", 0.0)
        self.token = decode / max(usage.get("decoded_tokens", 0), 1)
        return answer.at - start - usage.get("prefill_seconds", 0.0) - decode


def by_hand(opened: OpenText, offset: int) -> dict[str, Any]:
    """Parameters of a request that somebody asked for by hand."""
    return {**opened.asking(offset), "context": {"triggerKind": _INVOKED}}


@contextmanager
def _writing(client: Client, number: int) -> Iterator[int]:
    """A request that the model writes to, while it does."""
    text = f"# {number}\n{LIST}"
    opened = OpenText(client, f"file:///bench/list{number}.py", text)
    request = client.request(INLINE, by_hand(opened, len(text)))
    time.sleep(_WRITING)
    yield request
    opened.close()


@contextmanager
def _computing(client: Client, number: int, text: str) -> Iterator[int]:
    """A request whose prompt is being computed: of a file that begins as no other."""
    opened = OpenText(client, f"file:///bench/long{number}.py", f"NUMBER_{number} = 1\n{text}")
    place = places_in(opened.text, 1)[0]
    opened.edit(place.start, place.end, "")
    request = client.request(INLINE, by_hand(opened, place.start))
    time.sleep(_COMPUTING)
    yield request
    opened.close()
