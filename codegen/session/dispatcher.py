"""Sends a session's work to the one thread that computes, and brings back what becomes of it."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import closing

from codegen.cancel import CancelToken
from codegen.completion.complete import Completion, Hurry, complete
from codegen.completion.model import Model, Plan
from codegen.completion.prepare import Prepared
from codegen.document import Document
from codegen.engine.outcome import Usage
from codegen.errors import CancelledError
from codegen.session.file import OpenFile
from codegen.session.flight import Flight
from codegen.session.host import ModelHost
from codegen.session.prompts import LastPlan, Prompts
from codegen.session.worker import Worker


class Dispatcher:
    """Runs flights and computes prompts, with the model of a host."""

    def __init__(self, host: ModelHost, worker: Worker) -> None:
        """Neither is owned."""
        self.host = host
        self.worker = worker
        self._prompts = Prompts()

    async def run(self, flight: Flight, file: OpenFile) -> None:
        """Runs a flight: its outcome is set when this returns, and what it wrote is kept.

        An engine that breaks down is reported to the host, and to those who wait for the flight.

        Args:
            flight: what is asked; nothing happens if it has ended already.
            file: whose plan is gone on with, and whose cache gets the suggestions.
        """
        if flight.done:
            return
        model = self.host.model
        if model is None:
            flight.fail(CancelledError("the model was given up"))
            return
        loop = asyncio.get_running_loop()
        last, cache = self._prompts.last(file, model), file.cache
        flight.asked = True

        def written(text: str) -> None:
            flight.written += text

        def tell(text: str) -> None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(written, text)

        watch = _FlightWatch(flight, last, self._prompts)
        try:
            completion = await self.worker.submit(lambda: _write(model, flight, watch, tell))
        except CancelledError as error:
            flight.fail(error)
        except asyncio.CancelledError:
            flight.stop(leave=True)
            flight.fail(CancelledError("nobody waits any more"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the session goes on
            flight.fail(error)
            self.host.failed(error, model)
        else:
            self.host.worked()
            texts = tuple(candidate.text for candidate in completion.suggestions)
            # That the time was too short for a suggestion says nothing of the place.
            if texts or flight.hurry != "now":
                cache.put(flight.document, texts, completion.reason)
            flight.outcome.set_result(completion)

    def is_warm(self, file: OpenFile, document: Document) -> bool:
        """Whether a place's prompt is computed, and not yet long."""
        model = self.host.model
        return model is not None and self._prompts.is_fresh(file, model, document)

    async def warm(self, file: OpenFile, prepared: Prepared, cancel: CancelToken) -> None:
        """Plans a place anew and computes its prompt, until that is cancelled."""
        model = self.host.model
        if model is None:
            return
        last = self._prompts.last(file, model)

        def work() -> None:
            cancel.check()
            plan = model.plan(prepared)
            self._prompts.compute(model, plan, cancel)
            last.plan = plan

        try:
            await self.worker.submit(work)
        except CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever broke, the session goes on
            self.host.failed(error, model)

    def forget(self, file: OpenFile) -> None:
        """Plans a file anew."""
        self._prompts.forget(file)


class _FlightWatch:
    """What a flight has to do with its completion; in the engine's thread."""

    def __init__(self, flight: Flight, last: LastPlan, prompts: Prompts) -> None:
        self._flight = flight
        self._last = last
        self._prompts = prompts

    @property
    def last(self) -> Plan | None:
        """The file's last plan."""
        return self._last.plan

    def planned(self, plan: Plan) -> None:
        """Makes a plan the flight's, and the file's if it is to go on with it."""
        self._flight.plan = plan
        self.keep(plan)

    def keep(self, plan: Plan) -> None:
        """Lets the file go on with a plan if that is wanted by now."""
        if self._flight.keep:
            self._last.plan = plan

    def warm(self, model: Model, plan: Plan) -> Usage | None:
        """Computes the prompt, until the cursor leaves the place."""
        return self._prompts.compute(model, plan, self._flight.place)

    def hurry(self) -> Hurry:
        """How pressing it is; that it is asked says that the model writes."""
        self._flight.decoding = True
        return self._flight.hurry


def _write(
    model: Model, flight: Flight, watch: _FlightWatch, tell: Callable[[str], None]
) -> Completion:
    """Asks the model, in the engine's thread; the first sample is told as it is written.

    Raises:
        CancelledError: nobody waits any more.
        EngineError: the model can't be run.
    """
    flight.cancel.check()
    events = complete(model, flight.prepared, flight.cancel, watch.last, watch=watch)
    with closing(events):
        for event in events:
            if isinstance(event, Completion):
                if event.plan is not None:
                    # The file may have taken the flight over meanwhile.
                    watch.keep(event.plan)
                return event
            if event.sample == 0:
                tell(event.text)
    raise TypeError("a completion ended without its result")
