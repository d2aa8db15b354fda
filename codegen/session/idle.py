"""What the engine does while nobody waits for it, and gives up at once for whoever does."""

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
    """What is written for a file once what is shown is accepted."""

    file: OpenFile
    accepted: Document
    flight: Flight


class IdleWork:
    """At most one thing at a time: the next suggestion ahead, or a place's prompt.

    A pause is waited for, and what is to be done in it is told beforehand. The suggestion ahead is
    on its own as soon as the model is asked: what happens next may be that the one before it is
    accepted.
    """

    def __init__(
        self, dispatcher: Dispatcher, reader: Reader, clock: Clock, busy: Callable[[], bool]
    ) -> None:
        """Waits for something to do.

        Args:
            dispatcher: has it done.
            reader: who reads the files for it.
            clock: for how long nothing has happened.
            busy: whether somebody waits for the engine.
        """
        self._dispatcher = dispatcher
        self._reader = reader
        self._clock = clock
        self._busy = busy
        self._pause: asyncio.Task[None] | None = None
        self._warming: CancelToken | None = None
        # Where the cursor stands for which there is something to do.
        self._place: tuple[OpenFile, str, int] | None = None
        self._ahead: _Ahead | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def shown(
        self, wish: Wish, answer: Answer, options: CompletionOptions, settings: EditingSettings
    ) -> None:
        """Computes what comes after a suggestion while it is shown, or the prompt of its place."""
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
        """Completes a document as it will be once a text is accepted that is shown at its cursor.

        Where nothing more is to be said there, the line is completed that Enter begins.
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
        """Computes a place's prompt, if what is laid doesn't hold the place or has grown old."""
        if self._place == (file, document.text, document.cursor):
            waits = self._pause is not None and not self._pause.done()
            if waits or self._is_ahead_of(file):
                return

        async def work() -> None:
            # The model may be on its way: whoever opened a file soon wants it.
            await self._dispatcher.host.settled()
            if not self._dispatcher.is_warm(file, document):
                read = await self._read(file, document, options)
                self._warming = CancelToken()
                await self._dispatcher.warm(file, read, self._warming)

        self._later(work, file, document)

    def take_ahead(
        self, file: OpenFile, document: Document, options: CompletionOptions
    ) -> Flight | None:
        """The flight ahead, if it serves a file's document; whoever takes it waits for it."""
        if self._ahead is None or not self._is_ahead_of(file):
            return None
        flight = self._ahead.flight
        if not flight.serves(document, options):
            return None
        self._ahead = None
        flight.keep = True
        return flight

    def drop_ahead(self) -> None:
        """What is shown isn't going to be accepted, or the engine is wanted for something else."""
        if self._ahead is not None:
            self._ahead.flight.stop(leave=True)
            self._ahead = None

    def edited(self, file: OpenFile) -> None:
        """A file was edited: what is ahead goes on only if that may lead there."""
        self.interrupt()
        leads = self._is_ahead_of(file) and self._ahead and self._ahead.flight.leads_from(file.text)
        if not leads:
            self.drop_ahead()

    def interrupt(self) -> None:
        """Something happened: a pause begins anew, and a prompt's computing ends."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._warming is not None:
            self._warming.cancel()
            self._warming = None

    def stop(self) -> None:
        """Gives up whatever it does."""
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
    except Exception as error:  # noqa: BLE001 - nobody asked for it, so nobody is told
        _log.error("what was to be done in a pause failed: %s", type(error).__name__)


def _below(read: Prepared) -> Document | None:
    """A document after Enter at the end of a line of code, as editors do it; None elsewhere."""
    hole = read.hole
    if hole.right.strip() or not hole.left.strip() or hole.is_prose:
        return None
    indent = indent_below(hole.left, hole.unit, leaves=hole.by_indent)
    return accepted(read.document, hole.newline + indent)
