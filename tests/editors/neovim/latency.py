"""How long after a key its ghost text is on the screen, beside the server's own time for it.

    python -m pytest -s tests/editors/neovim/latency.py

Neovim with the plugin, as a user has it, in a pseudo-terminal, and the server of the tests, whose
model answers at once. No key goes on with the ghost text before it, so that what is seen after it
can only be the answer to it. Printed are, as medians in milliseconds:

total       from the key, as it is written to the terminal, to the ghost text, as it is read there
server      from the request's arrival at the server to the end of its answer
difference  between the two, key by key: what the editor, its plugin and the pipes add

It fails if the median of the difference is above 30 ms.
"""

import statistics
import time

import pytest

from tests.editors.neovim.conftest import frames, ghost_of
from tests.editors.servers import INLINE

pytestmark = [pytest.mark.editors]

TARGET = 0.030

START = "    return "
KEYS = "x + y * z - " * 5
ANSWER = "alpha + beta"

# Seconds between the ghost text and the next key.
PAUSE = 0.05


def test_latency(edit):
    nvim = edit(f"def add(alpha, beta):\n{START}^\n")
    terminal, pressed = nvim.terminal, []
    for number, key in enumerate(KEYS, 1):
        pressed.append(time.monotonic())
        terminal.send(key)
        nvim.until_answered(number)
        terminal.until_ghost(ANSWER)
        time.sleep(PAUSE)
    shown = times_of_answers(terminal)
    exchanges = sorted(nvim.server.exchanges(INLINE), key=lambda one: one.asked_at)
    totals = [shown[count] - at for count, at in enumerate(pressed)]
    servers = [one.answered_at - one.asked_at for one in exchanges]
    differences = [total - server for total, server in zip(totals, servers, strict=True)]
    print()
    for name, seconds in [("total", totals), ("server", servers), ("difference", differences)]:
        print(f"{name:<11} {1000 * statistics.median(seconds):6.1f} ms, median of {len(seconds)}")
    assert statistics.median(differences) <= TARGET


def times_of_answers(terminal):
    """When the answer to each key was first on the screen."""
    found = {}
    for at, screen in frames(terminal):
        row, column = screen.buffer[1], screen.cursor.x
        typed = "".join(row[x].data for x in range(column))
        count = column - len(START) - 1
        if count >= 0 and typed == START + KEYS[: count + 1] and ghost_of(row) == ANSWER:
            found.setdefault(count, at)
    return found
