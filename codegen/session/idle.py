"""Work for the engine while no request waits for it; the next request stops it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from codegen.cancel import CancelToken
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared
from codegen.document import Document
from codegen.session.clock import Clock
from codegen.session.dispatcher import Dispatcher
from codegen.session.file import OpenFile, accepted
from codegen.session.flight import Flight
from codegen.session.reading import Reader
from codegen.session.types import Answer
from codegen.session.wish import Wish
from codegen.settings.editing import EditingSettings
from codegen.text import indent_below

_log = logging.getLogger(__name__)

# Seconds without a key or a request after which the engine works ahead.
IDLE: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A completion that is computed ahead: for the text after the shown suggestion is accepted."""

    file: OpenFile
    accepted: Document
    flight: Flight


class IdleWork:
    """Does one thing at a time in the user's pauses: the next suggestion, or a place's prompt.

    `compute_ahead` and `settle` say what to do, and wait for a pause of IDLE seconds. Any event
    stops the wait, and the computing of a prompt. A completion that is computed ahead goes on
    after an event that may lead to its text, such as accepting the shown suggestion.
    """

    def __init__(
        self, dispatcher: Dispatcher, reader: Reader, clock: Clock, busy: Callable[[], bool]
    ) -> None:
        """Begins without any work.

        Args:
            dispatcher: runs the work.
            reader: reads the documents.
            clock: measures the pauses.
            busy: says whether a flight for a request is running.
        """
        self._dispatcher = dispatcher
        self._reader = reader
        self._clock = clock
        self._busy = busy
        self._pause: asyncio.Task[None] | None = None
        self._warming: CancelToken | None = None
        # The file, text and cursor for which the last work was planned.
        self._place: tuple[OpenFile, str, int] | None = None
        self._ahead: _Ahead | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def shown(
        self, wish: Wish, answer: Answer, options: CompletionOptions, settings: EditingSettings
    ) -> None:
        """While a suggestion is shown, computes the next one ahead, or the prompt of its place."""
        text = answer.suggestions[0].text
        if wish.request.selected is not None:
            # The editor's own completion is in the document already.
            text = text[len(wish.request.selected.text) :]
        if settings.compute_ahead:
            self.compute_ahead(wish.file, wish.document, text, options)
        else:
            self.settle(wish.file, wish.document, options)

    def compute_ahead(
        self, file: OpenFile, shown: Document, text: str, options: CompletionOptions
    ) -> None:
        """Completes the document that `shown` becomes when the shown `text` is accepted.

        If nothing is suggested there, the line that Enter would begin below is completed.
        """
        if self._ahead is not None and self._is_ahead_of(file):
            ahead = self._ahead.accepted
            if ahead.before == shown.before + text and ahead.after == shown.after:
                return
        self.drop_ahead()

        async def work() -> None:
            read = await self._read(file, accepted(shown, text), options)
            task = asyncio.create_task(_quietly(self._fly_ahead(file, read, options)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._later(work, file, shown)

    async def _fly_ahead(self, file: OpenFile, first: Prepared, options: CompletionOptions) -> None:
        read: Prepared | None = first
        while read is not None and self._dispatcher.host.model is not None:
            document = read.document
            entry = file.cache.find(document)
            if entry is None:
                flight = Flight(read, keep=False)
                self._ahead = ahead = _Ahead(file, first.document, flight)
                await self._dispatcher.run(flight, file)
                if self._ahead is not ahead:
                    return
                entry = file.cache.find(document)
            silent = entry is not None and not entry.texts
            below, ahead_of = _below(read) if silent and read is first else None, self._ahead
            read = None if below is None else await self._read(file, below, options)
            if self._ahead is not ahead_of:
                return

    async def _read(
        self, file: OpenFile, document: Document, options: CompletionOptions
    ) -> Prepared:
        return await asyncio.shield(self._reader.read(file, document, options))

    def settle(self, file: OpenFile, document: Document, options: CompletionOptions) -> None:
        """Computes a place's prompt, if the last one is for another place or has grown old."""
        if self._place == (file, document.text, document.cursor):
            waits = self._pause is not None and not self._pause.done()
            if waits or self._is_ahead_of(file):
                return

        async def work() -> None:
            # The model may still be loading when the first file is opened.
            await self._dispatcher.host.settled()
            if not self._dispatcher.is_warm(file, document):
                read = await self._read(file, document, options)
                self._warming = CancelToken()
                await self._dispatcher.warm(file, read, self._warming)

        self._later(work, file, document)

    def take_ahead(
        self, file: OpenFile, document: Document, options: CompletionOptions
    ) -> Flight | None:
        """Hands over the flight that was computed ahead, if it serves a file's document."""
        if self._ahead is None or not self._is_ahead_of(file):
            return None
        flight = self._ahead.flight
        if not flight.serves(document, options):
            return None
        self._ahead = None
        flight.keep = True
        return flight

    def drop_ahead(self) -> None:
        """Stops the flight that is computed ahead, if there is one."""
        if self._ahead is not None:
            self._ahead.flight.stop(leave=True)
            self._ahead = None

    def edited(self, file: OpenFile) -> None:
        """Stops the work that an edit of a file makes useless.

        The flight ahead goes on if typing may lead to it.
        """
        self.interrupt()
        leads = self._is_ahead_of(file) and self._ahead and self._ahead.flight.leads_from(file.text)
        if not leads:
            self.drop_ahead()

    def interrupt(self) -> None:
        """Stops the wait for a pause, and the computing of a prompt."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._warming is not None:
            self._warming.cancel()
            self._warming = None

    def stop(self) -> None:
        """Stops all work."""
        self.drop_ahead()
        self.interrupt()
        self._place = None

    def _is_ahead_of(self, file: OpenFile) -> bool:
        ahead = self._ahead
        return ahead is not None and ahead.file is file and not ahead.flight.done

    def _later(
        self, work: Callable[[], Coroutine[Any, Any, None]], file: OpenFile, document: Document
    ) -> None:
        self.interrupt()
        self._place = file, document.text, document.cursor

        async def run() -> None:
            await self._clock.sleep(IDLE)
            if not self._busy():
                await _quietly(work())

        self._pause = asyncio.create_task(run())


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - no request waits for it
        _log.error("computing ahead failed: %s", type(error).__name__)


def _below(read: Prepared) -> Document | None:
    """The document after Enter at the end of a line of code, with the indentation that editors add.

    None if the cursor is not at the end of a line of code.
    """
    hole = read.hole
    if hole.right.strip() or not hole.left.strip() or hole.is_prose:
        return None
    indent = indent_below(hole.left, hole.unit, leaves=hole.by_indent)
    return accepted(read.document, hole.newline + indent)
