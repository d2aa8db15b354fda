"""Sends a session's work to the engine's thread, and brings the results back to the event loop."""

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
    """Runs in-flight completions and computes prompts, with the model of a host."""

    def __init__(self, host: ModelHost, worker: Worker) -> None:
        """Uses a host and a worker, which the caller stops."""
        self.host = host
        self._worker = worker
        self._prompts = Prompts()

    async def run(self, flight: Flight, file: OpenFile) -> None:
        """Runs a completion, sets its outcome, and puts the suggestions into the file's cache.

        An error of the engine becomes the flight's outcome, and is reported to the host.

        Args:
            flight: the completion; nothing happens if it has ended already.
            file: the file that it is for. Its last plan is used if the user only typed since.
        """
        if flight.done:
            return
        model = self.host.model
        if model is None:
            flight.fail(CancelledError("the model was unloaded"))
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
            completion = await self._worker.submit(lambda: _write(model, flight, watch, tell))
        except CancelledError as error:
            flight.fail(error)
        except asyncio.CancelledError:
            flight.stop(leave=True)
            flight.fail(CancelledError("no request waits for this completion any more"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the session goes on
            flight.fail(error)
            self.host.failed(error, model)
        else:
            self.host.worked()
            texts = tuple(candidate.text for candidate in completion.suggestions)
            # If the time was too short for a suggestion, that is not the answer for this place.
            if texts or flight.hurry != "now":
                cache.put(flight.document, texts, completion.reason)
            flight.outcome.set_result(completion)

    def is_warm(self, file: OpenFile, document: Document) -> bool:
        """Whether a place's prompt is computed, and few lines were typed since it was laid."""
        model = self.host.model
        return model is not None and self._prompts.is_fresh(file, model, document)

    async def warm(self, file: OpenFile, prepared: Prepared, cancel: CancelToken) -> None:
        """Makes a new plan for a place and computes its prompt, unless that is cancelled."""
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
            await self._worker.submit(work)
        except CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever broke, the session goes on
            self.host.failed(error, model)

    def forget(self, file: OpenFile) -> None:
        """Forgets a file's last plan, so that the next one is new."""
        self._prompts.forget(file)


class _FlightWatch:
    """Watches a flight's completion; its methods are called in the engine's thread."""

    def __init__(self, flight: Flight, last: LastPlan, prompts: Prompts) -> None:
        self._flight = flight
        self._last = last
        self._prompts = prompts

    @property
    def last(self) -> Plan | None:
        """The file's last plan, None if there is none."""
        return self._last.plan

    def planned(self, plan: Plan) -> None:
        """Sets the flight's plan, and the file's last plan if the flight is for a request."""
        self._flight.plan = plan
        self.keep(plan)

    def keep(self, plan: Plan) -> None:
        """Makes a plan the file's last plan, if the flight is for a request by now."""
        if self._flight.keep:
            self._last.plan = plan

    def warm(self, model: Model, plan: Plan) -> Usage | None:
        """Computes the prompt; stops if the cursor leaves the place."""
        return self._prompts.compute(model, plan, self._flight.place)

    def hurry(self) -> Hurry:
        """Says when the flight has to end, and notes that the model has begun to write."""
        self._flight.decoding = True
        return self._flight.hurry


def _write(
    model: Model, flight: Flight, watch: _FlightWatch, tell: Callable[[str], None]
) -> Completion:
    """Runs a completion in the engine's thread, and passes the first sample's text to `tell`.

    Raises:
        CancelledError: the flight was stopped.
        EngineError: the model can't be run.
    """
    flight.cancel.check()
    events = complete(model, flight.prepared, flight.cancel, watch.last, watch=watch)
    with closing(events):
        for event in events:
            if isinstance(event, Completion):
                if event.plan is not None:
                    # A flight that was computed ahead may be for a request by now.
                    watch.keep(event.plan)
                return event
            if event.sample == 0:
                tell(event.text)
    raise TypeError("the completion ended without a result")
