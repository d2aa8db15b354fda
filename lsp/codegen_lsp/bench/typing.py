"""What a typist feels: the language server's answers to a user who types at a human rhythm.

Each key is an edit and a request for ghost text, and cancels the request before it, as in editors.
The typist waits for the answer at a new place, after half of the keys and after the last key. If
the server answers that its time was over before the model wrote anything, the typist asks again at
once, since an editor would show the answer to that.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from codegen.errors import EngineError, ModelMissingError
from codegen.progress import Progress
from codegen.reasons import Reason
from codegen_lsp.bench.answers import Asked, Moment, ReportedUsage, TypingFigures
from codegen_lsp.bench.client import Client, Response
from codegen_lsp.bench.editor import COMMAND, INLINE, MOVED, OpenText, initialize, load, shows
from codegen_lsp.bench.places import (
    KEYS,
    Place,
    Typing,
    library_files,
    places_in,
    read_source,
    shared_out,
)

PLACES_A_FILE: Final = 4

# Seconds that the cursor rests at a place, on a machine as fast as the targets' and at most on a
# slower one; then seconds for loading the model, for an answer, and for those that are overdue.
REST: Final = 6.0
_LONGEST_REST: Final = 20.0
_LOADING: Final = 600.0
_LIMIT: Final = 120.0
_OVERDUE: Final = 10.0

# The run is given up after so many answers in a row that don't come in time.
_GIVE_UP: Final = 3

_OVERTAKEN: Final = "overtaken"
_SILENCE: Final = "no answer"


def run_typing(
    environ: Mapping[str, str], places: int, files: Sequence[Path], progress: Progress
) -> TypingFigures:
    """Types at places of some files, or of the standard library's; takes minutes.

    Raises:
        ModelError: there is no model.
        EngineError: the server ended, or doesn't answer.
        UsageError: a file can't be typed in.
    """
    chosen = files or library_files(-(-places // PLACES_A_FILE), PLACES_A_FILE)
    texts = [read_source(path) for path in chosen]
    counts = shared_out(places, len(texts))
    spots = [places_in(text, count) for text, count in zip(texts, counts, strict=True)]
    with Client(COMMAND, environ) as client:
        initialize(client)
        progress.note("the server loads the model")
        loaded = load(client, _LOADING)
        if loaded.state != "ready":
            raise ModelMissingError(f"the server has no model to type with: {loaded.message}")
        progress.start("typing", places, unit="places")
        try:
            typist = Typist(client, Typing(), lambda: progress.advance(1))
            for path, text, some in zip(chosen, texts, spots, strict=True):
                if some:
                    typist.visit(path.absolute().as_uri(), text, some)
        finally:
            progress.finish()
        client.wait(lambda: not client.overdue, time.perf_counter() + _OVERDUE)
        unanswered, strays = len(client.overdue), client.strays
        client.stop()
    return TypingFigures(
        loaded.message,
        tuple(path.name for path in chosen),
        places,
        tuple(typist.asked),
        unanswered,
        strays,
    )


class Typist:
    """Types at places, and keeps what was asked."""

    def __init__(self, client: Client, rhythm: Typing, arrived: Callable[[], None]) -> None:
        """Begins without a document.

        Args:
            client: the server.
            rhythm: of the keys.
            arrived: called when a place is done with.
        """
        self.asked: list[Asked] = []
        self._client = client
        self._rhythm = rhythm
        self._arrived = arrived
        self._silent = 0

    def visit(self, uri: str, text: str, places: Iterable[Place]) -> None:
        """Opens a file and types at its places; every second place is warmed."""
        opened = OpenText(self._client, uri, text)
        for number, place in enumerate(places):
            opened.edit(place.start, place.end, "")
            moment: Moment = "warmed" if number % 2 else "cold"
            if moment == "warmed":
                self._client.notify(MOVED, opened.at(place.start))
                time.sleep(self._rest())
            self._wait(opened, place.start, moment, time.perf_counter())
            cursor = self._type(opened, place)
            rest = text[cursor : place.end]
            opened.edit(cursor, cursor, rest)
            self._arrived()
        opened.close()

    def _rest(self) -> float:
        """Seconds that the cursor rests at a warmed place; more on a slower machine."""
        so_far = TypingFigures("", (), 0, tuple(self.asked), 0, 0)
        return min(REST * max(so_far.scale, 1.0), _LONGEST_REST)

    def _type(self, opened: OpenText, place: Place) -> int:
        """Strikes a place's keys; returns the offset of the cursor after them."""
        cursor, before = place.start, opened.text[place.start - 1 : place.start]
        struck, pending = time.perf_counter(), None
        for number, key in enumerate(place.keys, 1):
            due = struck + self._rhythm.gap(before, key)
            overtaken = pending is not None and not self._answered(opened, pending, struck, due)
            time.sleep(max(0.0, due - time.perf_counter()))
            struck = time.perf_counter()
            opened.edit(cursor, cursor, key)
            cursor, before = cursor + len(key), key
            if overtaken and pending is not None:
                # In an editor's order: the edit comes first, then the older request is cancelled.
                self._client.cancel(pending)
                self.asked.append(Asked("key", None, False, "none", _OVERTAKEN, 0.0))
            if number in (KEYS // 2, KEYS):
                self._wait(opened, cursor, "pause", struck)
                struck, pending = time.perf_counter(), None
            else:
                pending = self._client.request(INLINE, opened.asking(cursor))
        return cursor

    def _answered(self, opened: OpenText, request: int, since: float, due: float) -> bool:
        """Keeps the answer to a key if it comes before the next key; False if it doesn't."""
        answer = self._client.poll(request, due)
        if answer is not None:
            self.asked.append(self._read(opened, answer, "key", since))
        return answer is not None

    def _wait(self, opened: OpenText, cursor: int, moment: Moment, since: float) -> None:
        """Asks until there is an answer, with ghost text or without it, and keeps that."""
        until, debounce, late = time.perf_counter() + _LIMIT, 0.0, 0
        while True:
            request = self._client.request(INLINE, opened.asking(cursor))
            answer = self._client.poll(request, until)
            if answer is None:
                self._client.cancel(request)
                self._gave_up(Asked(moment, None, False, "none", _SILENCE, debounce, late=late))
                return
            kept = self._read(opened, answer, moment, since)
            debounce += kept.debounce
            if kept.reason != Reason.DEADLINE:
                break
            if time.perf_counter() >= until:
                self._gave_up(kept)
                return
            late += 1
        self._silent = 0
        # A repeated request joins what the model writes for the first one.
        source = "model" if late and kept.shown else kept.source
        self.asked.append(replace(kept, source=source, debounce=debounce, late=late))

    def _gave_up(self, asked: Asked) -> None:
        self.asked.append(asked)
        self._silent += 1
        if self._silent >= _GIVE_UP:
            raise EngineError(
                f"the server gave no answer within {_LIMIT:.0f} s, {_GIVE_UP} times in a row"
            )

    def _read(self, opened: OpenText, answer: Response, moment: Moment, since: float) -> Asked:
        if answer.error is not None:
            raise EngineError(f"the server answered a key with {dict(answer.error)}")
        said = opened.explain()
        return Asked(
            moment,
            answer.at - since,
            shows(answer.result),
            said["source"],
            said["reason"],
            said["seconds"]["debounce"],
            ReportedUsage.read(said["usage"]),
        )
