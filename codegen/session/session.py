"""The typing session: answers an editor's requests from the cheapest source that has an answer.

The sources, in this order: the cache, if the user only typed into an earlier suggestion; a
completion that is in flight for the same place; and the model, after a short wait for the next
key. Only the newest place of a file counts: requests for older places are answered at once,
without suggestions.
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
        """Makes a session without open files.

        Args:
            dispatcher: runs completions.
            reader: reads the documents.
            clock: the time.
            settings: the editing settings; may be replaced at any time.
            gate: says why a file gets no suggestions, None if it gets some.
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
        # By URI: the task that asks the model for a request whose patience ended during reading.
        self._beginning: weakref.WeakValueDictionary[str, asyncio.Task[None]] = (
            weakref.WeakValueDictionary()
        )
        self._idle = IdleWork(dispatcher, reader, clock, lambda: bool(self._flights))

    def open(self, uri: str, path: str | None, language: str | None, text: str) -> None:
        """Adds a file that the editor opened, or opened anew."""
        self.close(uri)
        self._files[uri] = OpenFile(uri, path, language, text)

    def change(self, uri: str, edits: Sequence[Edit], text: str) -> None:
        """Sets a file's text after an edit; files that aren't open are ignored."""
        file = self._files.get(uri)
        if file is None:
            return
        file.text = text
        if len(edits) == 1 and edits[0].start == edits[0].end:
            self._rhythm.key(self._clock.now())
        self._idle.edited(file)
        # Requests for the old text get no suggestions; their flights may serve the next request.
        self._tickets.lose(uri, Reason.EDITED)
        for flight in self._flights.get(uri, ()):
            flight.give_way(flight.typed_into(text))

    def close(self, uri: str) -> None:
        """Removes a file that the editor closed, and stops all work for it."""
        self._tickets.lose(uri, Reason.NOT_OPEN)
        self._flights.leave(uri)
        if self._files.pop(uri, None) is not None:
            self._idle.stop()

    def moved(self, uri: str, cursor: int) -> None:
        """Has the prompt computed, in a pause, for a place at which the cursor stands still."""
        file = self._files.get(uri)
        if file is not None and 0 <= cursor <= len(file.text) and self._gate(file) is None:
            self._dispatcher.host.ensure()
            self._idle.settle(file, file.snapshot(cursor), self._options("automatic"))

    async def written(self, uri: str) -> None:
        """Waits until a file's newest flight has ended, with a result or with an error."""
        if (beginning := self._beginning.get(uri)) is not None:
            await asyncio.wait([beginning])
        if (newest := self._flights.newest(uri)) is not None:
            await asyncio.wait([newest.outcome])

    def trace(self, uri: str) -> Trace | None:
        """What became of a file's last request; None if there is no file or no request."""
        file = self._files.get(uri)
        return None if file is None else file.trace

    def forget(self) -> None:
        """Drops all suggestions, flights and plans, after a change of settings or of the model."""
        self._idle.stop()
        for uri, file in self._files.items():
            self._flights.leave(uri)
            file.forget()
            self._dispatcher.forget(file)

    def stop(self) -> None:
        """Closes all files, and stops all work."""
        for uri in tuple(self._files):
            self.close(uri)
        self._idle.stop()
        self._reader.stop()
        for task in tuple(self._tasks):
            task.cancel()

    async def suggest(self, request: Request) -> Answer:
        """Answers a request; the module's docstring says from where.

        If this is cancelled, the model stops after `waiting.GRACE` seconds, unless another request
        for the same place comes in that time. A request for another place stops the model at once,
        unless the user has only typed the beginning of what it writes.

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
        # No request waits for flights at other places any more.
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
            # If the ticket is lost, an edit or a newer request has stopped the flight, or uses it.
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
        # A request by hand wants other suggestions than the one that is shown.
        if entry is not None and wish.request.trigger == "invoked" and len(entry.texts) < 2:
            return None
        return entry

    def _join(self, wish: Wish) -> Flight | None:
        """The flight that already serves a request's document, None if there is none."""
        newest = self._flights.newest(wish.file.uri)
        if newest is not None and newest.serves(wish.document, wish.options):
            return newest
        ahead = self._idle.take_ahead(wish.file, wish.document, wish.options)
        if ahead is not None:
            self._flights.track(wish.file.uri, ahead)
        return ahead

    async def _begin(self, wish: Wish) -> Answer | tuple[Flight, types.Source]:
        """Reads the document and asks the model, unless there is an answer without it."""
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
        """Asks the model after a request's patience ended during reading: the client asks again."""
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
        """Asks the model for a document that was read, unless there is an answer without it."""
        if prepared.refusal is not None:
            wish.trace.explain = lambda: explain(prepared, prepared.refusal)
            return Answer((), prepared.refusal)
        # A request for the same place may have been faster.
        if (entry := self._known(wish)) is not None:
            return wish.shown(entry, "cache")
        joined = self._join(wish)
        return (self._ask(wish, prepared), "model") if joined is None else (joined, _JOINED)

    def _ask(self, wish: Wish, prepared: Prepared) -> Flight:
        """Asks the model, after a short wait for the next key."""
        self._idle.stop()
        self._flights.make_way(wish.file.uri)
        flight = Flight(prepared)
        self._flights.track(wish.file.uri, flight)
        # A request with little patience, such as a menu's, doesn't wait for the next key.
        patience = wish.request.patience
        waits = wish.request.trigger == "automatic" and (patience is None or patience > LITTLE)
        if waits and self.settings.debounce:
            line = wish.document.before.rsplit("\n", 1)[-1]
            wish.trace.debounce = self._rhythm.delay(line, wish.document.after)
        self._start(self._fly(flight, wish.file, wish.trace.debounce))
        return flight

    async def _fly(self, flight: Flight, file: OpenFile, delay: float) -> None:
        """Waits for the next key, runs the flight, and tells the rhythm how long it took."""
        if delay:
            await self._clock.sleep(delay)
            if flight.left and not flight.waiters:
                # The model has written nothing yet that another request could use.
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
