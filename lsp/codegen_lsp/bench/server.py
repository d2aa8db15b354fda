"""What the language server costs without the model: start, edits, answers, rest and memory."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from codegen.bench.context import LINES, long_source
from codegen.errors import EngineError
from codegen.progress import Progress
from codegen_lsp.bench.client import Client
from codegen_lsp.bench.editor import (
    COMMAND,
    COUNTERS,
    INLINE,
    OpenText,
    initialize,
    load,
    shows,
)
from codegen_lsp.bench.frames import PERIOD, Frames, measure_frames
from codegen_lsp.bench.freed import Freed, measure_freed
from codegen_lsp.bench.measures import Measure
from codegen_lsp.bench.messages import EDITS, Messages, timed
from codegen_lsp.bench.places import places_in
from codegen_lsp.bench.stalls import measure_stalls

STARTS: Final = 20
"""How many pairs of servers are started: ours, and a bare one."""

IDLE: Final = 30.0
"""Seconds for which the processor at rest is measured."""

CYCLES: Final = 1000
"""How often a file is opened, edited and closed."""

_WARM_CYCLES: Final = 100
_SOME_LINES: Final = 300

# Seconds from the last message to that measurement: what is computed ahead has ended by then.
_SETTLE: Final = 10.0

# Seconds for a model to be loaded, and for it to write something once.
_LOADING: Final = 600.0
_LIMIT: Final = 120.0

_BARE: Final = (
    sys.executable,
    "-c",
    "from pygls.lsp.server import LanguageServer; LanguageServer('bare', '1').start_io()",
)


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """What was measured.

    Attributes:
        model: the server's own message about its model.
        has_model: whether a model was loaded.
        lines: of the long file.
        starts: milliseconds until `initialize` was answered, by ours and by a bare server.
        changes, reparses, bursts, refusals, round_trips: milliseconds; see Messages.
        cached: milliseconds until a request was answered from the cache.
        freed, frames: see there.
        stalls: seconds; see measure_stalls.
        idle: percent of one processor at rest.
        memory: bytes before and after the cycles.
    """

    model: str
    has_model: bool
    lines: int
    starts: tuple[tuple[float, float], ...]
    changes: tuple[float, ...]
    reparses: tuple[float, ...]
    bursts: tuple[float, ...]
    refusals: tuple[float, ...]
    cached: tuple[float, ...]
    freed: Freed
    frames: Frames
    round_trips: tuple[float, ...]
    stalls: tuple[float, ...]
    idle: float
    memory: tuple[int, int]


def measures(figures: ServerFigures) -> list[Measure]:
    """The figures beside their targets."""
    beyond = tuple(ours - bare for ours, bare in figures.starts)
    grown = (figures.memory[1] - figures.memory[0]) / 1e6
    upper, freed = 99, figures.freed
    return [
        Measure("`initialize` answered, beside bare pygls", "ms", beyond, 150.0, upper=upper),
        Measure(
            "`initialize` answered", "ms", tuple(ours for ours, _ in figures.starts), upper=upper
        ),
        Measure("one character edited", "ms", figures.changes, 2.0, upper=upper),
        Measure("the same, and parsed again", "ms", figures.reparses, 5.0, upper=upper),
        Measure("every line edited in one message", "ms", figures.bursts, upper=upper),
        Measure("request refused", "ms", figures.refusals, None, 10.0, upper),
        Measure("request answered from the cache", "ms", figures.cached, None, 10.0, upper),
        Measure(
            "taken back while the model writes",
            "ms",
            _ms(freed.writing),
            freed.token * 1000 + 5,
            upper=upper,
        ),
        Measure(
            "taken back while a prompt is computed",
            "ms",
            _ms(freed.computing),
            250.0,
            upper=upper,
        ),
        Measure(
            "an editor's frame while the model rests", "ms", _ms(figures.frames.alone), upper=upper
        ),
        Measure(
            "an editor's frame while the model writes",
            "ms",
            _ms(figures.frames.beside),
            None,
            2 * PERIOD * 1000,
            upper,
        ),
        Measure("a question that costs nothing", "ms", figures.round_trips, upper=upper),
        Measure(
            "the longest of them while another document is read",
            "ms",
            _ms((max(figures.stalls),)),
            50.0,
            upper=upper,
        ),
        Measure("processor at rest", "%", (figures.idle,), 1.0, upper=upper),
        Measure(f"memory grown in {CYCLES:,} cycles", "MB", (grown,), 20.0, upper=upper),
    ]


def _ms(seconds: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(value * 1000 for value in seconds)


def run_server(environ: Mapping[str, str], progress: Progress) -> ServerFigures:
    """Measures everything, which takes minutes.

    Raises:
        EngineError: a server ended, or doesn't answer.
    """
    progress.note(f"starting {STARTS} servers, in turn with bare ones")
    starts = tuple((_start(COMMAND, environ), _start(_BARE, environ)) for _ in range(STARTS))
    with Client(COMMAND, environ) as client:
        initialize(client)
        progress.note("the server loads the model")
        loaded = load(client, _LOADING)
        has_model = loaded.state == "ready"
        if not has_model:
            progress.note(f"measuring without a model: {loaded.message}")
        text = long_source(LINES, foreign=False)
        opened = OpenText(client, "file:///bench/long.py", text)
        progress.note(f"editing a file of {text.count(chr(10)):,} lines")
        messages = Messages.measure(client, opened)
        cached: tuple[float, ...] = ()
        freed, frames = Freed((), (), 0.0), Frames((), ())
        if has_model:
            progress.note("asking the model once")
            cached = _from_cache(client, opened)
            progress.note("taking requests back")
            freed = measure_freed(client, _some(text))
            progress.note("drawing frames beside it")
            frames = measure_frames(client)
        opened.close()
        progress.note("opening large documents beside a small one")
        stalls = measure_stalls(client)
        progress.note(f"watching the server rest for {IDLE:.0f} s")
        idle = _idle(client)
        progress.note(f"opening, editing and closing {CYCLES:,} files")
        memory = _memory(client)
        client.stop()
    return ServerFigures(
        model=loaded.message,
        has_model=has_model,
        lines=text.count("\n"),
        starts=starts,
        changes=messages.changes,
        reparses=messages.reparses,
        bursts=messages.bursts,
        refusals=messages.refusals,
        cached=cached,
        freed=freed,
        frames=frames,
        round_trips=messages.round_trips,
        stalls=stalls,
        idle=idle,
        memory=memory,
    )


def _start(command: tuple[str, ...], environ: Mapping[str, str]) -> float:
    """Milliseconds from the start of a process to its answer to `initialize`."""
    with Client(command, environ) as client:
        return (initialize(client) - client.started) * 1000


def _from_cache(client: Client, opened: OpenText) -> tuple[float, ...]:
    """Milliseconds of requests for what the model has written before; none if it writes nothing."""
    for place in places_in(opened.text, 9)[4:]:
        asking, until = opened.asking(place.start), time.perf_counter() + _LIMIT
        opened.edit(place.start, place.end, "")
        while time.perf_counter() < until:
            if shows(client.ask(INLINE, asking, _LIMIT).result):
                took = tuple(timed(client, INLINE, asking) for _ in range(EDITS))
                if (source := opened.explain().get("source")) != "cache":
                    raise EngineError(f"what was suggested before came from {source}, not cached")
                return took
            if opened.explain().get("reason") != "deadline":
                break
    return ()


def _idle(client: Client) -> float:
    """Percent of one processor that the server uses without requests."""
    process = psutil.Process(client.pid)
    time.sleep(_SETTLE)
    before, start = _busy(process), time.perf_counter()
    time.sleep(IDLE)
    return (_busy(process) - before) * 100 / (time.perf_counter() - start)


def _busy(process: "psutil.Process") -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _memory(client: Client) -> tuple[int, int]:
    """The server's resident memory before and after the cycles, in bytes."""
    text = _some(long_source(LINES, foreign=False))
    process = psutil.Process(client.pid)
    _cycles(client, text, range(_WARM_CYCLES))
    before = process.memory_info().rss
    _cycles(client, text, range(_WARM_CYCLES, _WARM_CYCLES + CYCLES))
    return before, process.memory_info().rss


def _some(text: str) -> str:
    """The first lines of a file."""
    return "".join(text.splitlines(keepends=True)[:_SOME_LINES])


def _cycles(client: Client, text: str, numbers: range) -> None:
    """Opens a file of another name each time, edits it, lets it be parsed again, and closes it."""
    for number in numbers:
        opened = OpenText(client, f"file:///bench/cycle{number}.py", text)
        at = text.index("\n", len(text) // 2) + 1
        opened.edit(at, at, "letters\n")
        client.ask(INLINE, opened.asking(at + 3))
        opened.close()
    client.ask(COUNTERS, {})
