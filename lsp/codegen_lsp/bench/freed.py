"""How long a request waits for the engine after the request before it was cancelled.

A request in one file is cancelled, and at once a request in another file is made. Its time, less
what the model computes for it, is what it waited. The same request without another one before it
shows what it takes anyway, which is subtracted.
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

# Seconds after which a short prompt is computed, and the model writes; and seconds in which a long
# prompt isn't computed yet.
_WRITING: Final = 0.4
_COMPUTING: Final = 0.3

# Seconds within which there must be an answer.
_LIMIT: Final = 120.0

_INVOKED: Final = 1  # InlineCompletionTriggerKind: without a wait for the next key

_SMALL: Final = "def double(number):\n    total = \n    return total\n"
_AT: Final = _SMALL.index("total = ") + len("total = ")

LIST: Final = "PRIMES = [\n    2,\n    3,\n    5,\n    7,\n    11,\n    "
"""The model continues this for long."""


@dataclass(frozen=True, slots=True)
class Freed:
    """How many seconds a request waited for the engine after another request was cancelled.

    The engine was writing for the other request (`writing`), or computing its prompt
    (`computing`). Rounds in which the other request was answered before that are left out. `token`
    is the decoding time divided by the tokens of all samples, in seconds: less than a decoding
    step, since samples are decoded as a batch.
    """

    writing: tuple[float, ...]
    computing: tuple[float, ...]
    token: float


def measure_freed(client: Client, long_text: str) -> Freed:
    """Cancels requests, in a short file and in a long one.

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
    """A small file that is edited before each request, so that no answer is cached."""

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
    """Parameters of a request that the user invoked."""
    return {**opened.asking(offset), "context": {"triggerKind": _INVOKED}}


@contextmanager
def _writing(client: Client, number: int) -> Iterator[int]:
    """A request for which the model is writing."""
    text = f"# {number}\n{LIST}"
    opened = OpenText(client, f"file:///bench/list{number}.py", text)
    request = client.request(INLINE, by_hand(opened, len(text)))
    time.sleep(_WRITING)
    yield request
    opened.close()


@contextmanager
def _computing(client: Client, number: int, text: str) -> Iterator[int]:
    """A request whose prompt is being computed, since its file begins like no other."""
    opened = OpenText(client, f"file:///bench/long{number}.py", f"NUMBER_{number} = 1\n{text}")
    place = places_in(opened.text, 1)[0]
    opened.edit(place.start, place.end, "")
    request = client.request(INLINE, by_hand(opened, place.start))
    time.sleep(_COMPUTING)
    yield request
    opened.close()
