"""The typing session: from where a request is answered.

The order, cheapest first: what was suggested before and was only typed into, what is being written
for the same place, and then, after a moment's wait for the next key, the model. In a file one place
counts, the newest; requests for an older one are answered at once with nothing.
"""

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from codegen.completion.explain import explain
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared
from codegen.errors import CancelledError
from codegen.reasons import Reason
from codegen.session import types
from codegen.session.cache import CachedAnswer
from codegen.session.clock import Clock
from codegen.session.dispatcher import Dispatcher
from codegen.session.file import OpenFile
from codegen.session.flight import Flight
from codegen.session.flights import Flights
from codegen.session.idle import IdleWork
from codegen.session.landed import landed
from codegen.session.reading import Reader
from codegen.session.rhythm import Rhythm
from codegen.session.types import Answer, Counters, Edit, Request, Trace
from codegen.session.waiting import LITTLE, hasten, landing, let_go, until_read
from codegen.session.wish import Tickets, Wish
from codegen.settings.editing import EditingSettings

_JOINED: Final = "joined"


class Session:
    """Open files and the requests for them. All methods belong to one event loop."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        reader: Reader,
        clock: Clock,
        settings: EditingSettings,
        *,
        gate: Callable[[OpenFile], Reason | None] = lambda _: None,
        context_tokens: int | None = None,
    ) -> None:
        """Nothing is open.

        Args:
            dispatcher: runs what is asked.
            reader: who reads the files.
            clock: the time.
            settings: what shapes suggestions; may be replaced at any time.
            gate: why a file gets no suggestions, None if it does.
            context_tokens: bounds a prompt, as `CompletionOptions.context_tokens`.
        """
        self.settings = settings
        self.counters = Counters()
        self._dispatcher = dispatcher
        self._reader = reader
        self._clock = clock
        self._gate = gate
        self._context_tokens = context_tokens
        self._rhythm = Rhythm()
        self._files: dict[str, OpenFile] = {}
        self._tickets = Tickets()
        self._flights = Flights()
        self._tasks: set[asyncio.Task[None]] = set()
        # By file, what asks the model for a request that was answered before its file was read.
        self._beginning: weakref.WeakValueDictionary[str, asyncio.Task[None]] = (
            weakref.WeakValueDictionary()
        )
        self._idle = IdleWork(dispatcher, reader, clock, lambda: bool(self._flights))

    def open(self, uri: str, path: str | None, language: str | None, text: str) -> None:
        """A file was opened, or opened anew."""
        self.close(uri)
        self._files[uri] = OpenFile(uri, path, language, text)

    def change(self, uri: str, edits: Sequence[Edit], text: str) -> None:
        """A file was edited, and is `text` now; files that aren't open are ignored."""
        file = self._files.get(uri)
        if file is None:
            return
        file.text = text
        if len(edits) == 1 and edits[0].start == edits[0].end:
            self._rhythm.key(self._clock.now())
        self._idle.edited(file)
        # What was asked for an older text is never shown; what is still being written for it may
        # serve the next request.
        self._tickets.lose(uri, Reason.EDITED)
        for flight in self._flights.get(uri, ()):
            flight.give_way(flight.typed_into(text))

    def close(self, uri: str) -> None:
        """A file was closed: nothing of it is kept."""
        self._tickets.lose(uri, Reason.NOT_OPEN)
        self._flights.leave(uri)
        if self._files.pop(uri, None) is not None:
            self._idle.stop()

    def moved(self, uri: str, cursor: int) -> None:
        """The cursor stands still at a place: its prompt is computed in idle time."""
        file = self._files.get(uri)
        if file is not None and 0 <= cursor <= len(file.text) and self._gate(file) is None:
            self._dispatcher.host.ensure()
            self._idle.settle(file, file.snapshot(cursor), self._options("automatic"))

    async def written(self, uri: str) -> None:
        """Waits until what is being written for a file now has ended, in any way."""
        if (beginning := self._beginning.get(uri)) is not None:
            await asyncio.wait([beginning])
        if (newest := self._flights.newest(uri)) is not None:
            await asyncio.wait([newest.outcome])

    def trace(self, uri: str) -> Trace | None:
        """What became of a file's last request."""
        file = self._files.get(uri)
        return None if file is None else file.trace

    def forget(self) -> None:
        """Other settings or another model: what was suggested before doesn't count any more."""
        self._idle.stop()
        for uri, file in self._files.items():
            self._flights.leave(uri)
            file.forget()
            self._dispatcher.forget(file)

    def stop(self) -> None:
        """The end: nothing computes any more."""
        for uri in tuple(self._files):
            self.close(uri)
        self._idle.stop()
        self._reader.stop()
        for task in tuple(self._tasks):
            task.cancel()

    async def suggest(self, request: Request) -> Answer:
        """Answers a request, once; see the module for the order.

        Being cancelled stops the model after a moment, unless another request for the same text
        comes meanwhile; one for another place stops it at once.

        Raises:
            ValueError: the place lies outside the text.
        """
        self.counters.requests += 1
        file = self._files.get(request.uri)
        if file is None:
            return Answer((), Reason.NOT_OPEN)
        document = file.snapshot(request.cursor, request.selected)
        file.trace = Trace(request.trigger, self._clock.now())
        options = self._options(request.trigger)
        ticket = self._tickets.claim(request)
        wish = Wish(request, file, document, options, ticket, file.trace)
        # What is written for another place is waited for by nobody any more.
        for flight in self._flights.get(request.uri, ()):
            flight.give_way(document)
        try:
            answer = await self._answer(wish)
        finally:
            self._tickets.give_back(request.uri, ticket)
        wish.trace.total = self._clock.now() - wish.trace.started
        wish.trace.reason, wish.trace.source = answer.reason, answer.source
        if answer.suggestions:
            self.counters.answered(answer.source)
            self._idle.shown(wish, answer, self._options("automatic"), self.settings)
        return answer

    async def _answer(self, wish: Wish) -> Answer:
        if (reason := self._gate(wish.file)) is not None:
            return Answer((), reason)
        if (entry := self._known(wish)) is not None:
            return wish.shown(entry, "cache")
        host = self._dispatcher.host
        host.ensure()
        if host.model is None:
            waiting = host.state in ("loading", "unloaded")
            return Answer((), Reason.LOADING if waiting else Reason.NO_MODEL)
        joined = self._join(wish)
        begun = await self._begin(wish) if joined is None else (joined, _JOINED)
        if isinstance(begun, Answer):
            return begun
        flight, source = begun
        longest = self.settings.max_latency
        try:
            reason = await landing(flight, wish, self._clock, longest)
        except asyncio.CancelledError:
            # After an edit the next request may still want it.
            if not wish.ticket.lost.done() and not flight.waiters:
                self._start(let_go(flight, self._clock))
            raise
        if reason == Reason.PENDING:
            self._start(hasten(flight, wish, self._clock, longest))
        if reason is not None:
            return Answer((), reason)
        return landed(flight, wish, source, host.model)

    def _known(self, wish: Wish) -> CachedAnswer | None:
        entry = wish.file.cache.find(wish.document)
        # Who asks by hand wants more than what is shown already, or than nothing.
        if entry is not None and wish.request.trigger == "invoked" and len(entry.texts) < 2:
            return None
        return entry

    def _join(self, wish: Wish) -> Flight | None:
        """What writes for a document already."""
        newest = self._flights.newest(wish.file.uri)
        if newest is not None and newest.serves(wish.document, wish.options):
            return newest
        ahead = self._idle.take_ahead(wish.file, wish.document, wish.options)
        if ahead is not None:
            self._flights.track(wish.file.uri, ahead)
        return ahead

    async def _begin(self, wish: Wish) -> Answer | tuple[Flight, types.Source]:
        """Reads the document and asks the model, unless there is an answer by then."""
        reading = self._reader.read(
            wish.file,
            wish.document,
            wish.options,
            wanted=lambda: not wish.ticket.lost.done(),
        )
        reason = await until_read(reading, wish, self._clock, self.settings.max_latency)
        if reason == Reason.PENDING:
            self._beginning[wish.file.uri] = self._start(self._begin_unanswered(reading, wish))
        return self._begun(wish, reading.result()) if reason is None else Answer((), reason)

    async def _begin_unanswered(self, reading: "asyncio.Task[Prepared]", wish: Wish) -> None:
        """Asks the model for a menu that had no time to wait for its file: it will ask again."""
        text = wish.file.text
        try:
            prepared = await asyncio.shield(reading)
        except CancelledError:
            return
        if wish.file.text is text and self._files.get(wish.file.uri) is wish.file:
            begun = self._begun(wish, prepared)
            if not isinstance(begun, Answer):
                self._start(hasten(begun[0], wish, self._clock, self.settings.max_latency))

    def _begun(self, wish: Wish, prepared: Prepared) -> Answer | tuple[Flight, types.Source]:
        """Asks the model for a document that was read, unless there is an answer by now."""
        if prepared.refusal is not None:
            wish.trace.explain = lambda: explain(prepared, prepared.refusal)
            return Answer((), prepared.refusal)
        # Another request for this place may have come first.
        if (entry := self._known(wish)) is not None:
            return wish.shown(entry, "cache")
        joined = self._join(wish)
        return (self._ask(wish, prepared), "model") if joined is None else (joined, _JOINED)

    def _ask(self, wish: Wish, prepared: Prepared) -> Flight:
        """Asks the model, after a moment's wait for the next key."""
        self._idle.stop()
        self._flights.make_way(wish.file.uri)
        flight = Flight(prepared)
        self._flights.track(wish.file.uri, flight)
        # Who has little patience, as a menu has, doesn't spend it on a wait for the next key.
        patience = wish.request.patience
        waits = wish.request.trigger == "automatic" and (patience is None or patience > LITTLE)
        if waits and self.settings.debounce:
            line = wish.document.before.rsplit("\n", 1)[-1]
            wish.trace.debounce = self._rhythm.delay(line, wish.document.after)
        self._start(self._fly(flight, wish.file, wish.trace.debounce))
        return flight

    async def _fly(self, flight: Flight, file: OpenFile, delay: float) -> None:
        """Waits for the next key, asks the model, and learns how long it takes."""
        if delay:
            await self._clock.sleep(delay)
            if flight.left and not flight.waiters:
                # Nothing is lost that whoever asks again could go on with.
                flight.stop(leave=False)
        started = self._clock.now()
        await self._dispatcher.run(flight, file)
        if flight.outcome.exception() is None:
            self._rhythm.answered(self._clock.now() - started)

    def _options(self, trigger: types.Trigger) -> CompletionOptions:
        invoked = trigger == "invoked"
        return CompletionOptions(
            candidates=self.settings.candidates if invoked else 1,
            lines=self.settings.lines,
            context_tokens=self._context_tokens,
            insist=invoked,
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
