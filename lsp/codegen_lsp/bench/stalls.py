"""How long messages wait while the server works on another document."""

import time
from typing import Final

from codegen.errors import EngineError
from codegen_lsp.bench.client import Client
from codegen_lsp.bench.editor import COUNTERS, INLINE, OpenText

# Code points: a little less than the limits for parsing, and for suggestions at all.
_PARSED: Final = 196_000
_LARGE: Final = 1_900_000

TEXTS: Final = (
    "x = " + "(" * 50_000,
    "x = " + "{" * 50_000,
    "x = [" + "12, " * (_PARSED // 4) + "]\n",
    "x = " + "a + " * (_PARSED // 4) + "b\n",
    "def f(a):\n    return a + 1\n\n" * (_PARSED // 29),
    "x = [" + "12, " * (_LARGE // 4) + "]\n",
    "def f(a):\n    return a + 1\n\n" * (_LARGE // 29),
    "\n" * _LARGE,
)
"""Broken and large documents."""

_EDITS: Final = 5
_PAUSE: Final = 0.002
_LIMIT: Final = 120.0


def measure_stalls(client: Client) -> tuple[float, ...]:
    """Seconds of `codegen/counters`, asked while another document is opened and edited.

    Raises:
        EngineError: the server ended, or a request isn't answered.
    """
    took: list[float] = []
    for number, text in enumerate(TEXTS):
        opened = OpenText(client, f"file:///bench/large{number}.py", text)
        _ask_until_answered(client, opened, took)
        for _ in range(_EDITS):
            at = len(text) // 2
            opened.edit(at, at, "a")
            _ask_until_answered(client, opened, took)
        opened.close()
        took.append(_question(client))
    return tuple(took)


def _ask_until_answered(client: Client, opened: OpenText, took: list[float]) -> None:
    """Asks for a suggestion, and until it is answered for the counters."""
    asked = client.request(INLINE, opened.asking(len(opened.text) // 2))
    until = time.perf_counter() + _LIMIT
    while client.poll(asked, time.perf_counter() + _PAUSE) is None:
        if time.perf_counter() > until:
            raise EngineError(f"a suggestion in {opened.uri} was not answered")
        took.append(_question(client))


def _question(client: Client) -> float:
    start = time.perf_counter()
    return client.ask(COUNTERS, {}).at - start
