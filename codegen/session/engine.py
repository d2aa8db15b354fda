"""Asking the model: a flight's way through the engine's thread, whatever happens there."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from codegen.cancel import CancelToken
from codegen.completion.plan import CompletionOptions, Plan, make_plan
from codegen.document import Document
from codegen.engine.types import Usage
from codegen.errors import CancelledError
from codegen.session.file import OpenFile
from codegen.session.flight import Flight
from codegen.session.host import ModelHost
from codegen.session.reading import Read
from codegen.session.worker import Worker

if TYPE_CHECKING:
    from codegen.models.loaded import LoadedModel
    from codegen.prompt.layout import Layout

# Lines since the anchor from which on a pause is used to lay the prompt anew.
STALE_LINES = 8


class Engine:
    """The model's host and the thread that computes, together."""

    def __init__(self, host: ModelHost, worker: Worker) -> None:
        """Neither is owned."""
        self.host = host
        self.worker = worker
        # Of which the head was computed last. Other files' prompts may have taken the place of
        # those before it, and a layout is never that of two models.
        self._computed: Layout | None = None

    async def ask(self, flight: Flight, file: OpenFile) -> None:
        """Lets a flight happen: its outcome is set when this returns, and what it wrote is kept.

        An engine that breaks down is reported to the host, and to whoever waits for the flight.

        Args:
            flight: what is asked; nothing happens if it has ended already.
            file: whose layout is gone on with, and whose cache gets the suggestions.
        """
        if flight.done:
            return
        model = self.host.model
        if model is None:
            flight.fail(CancelledError("the model was given up"))
            return
        loop = asyncio.get_running_loop()
        laid, cache = file.laid(model.backend), file.cache
        flight.asked = True

        def written(text: str) -> None:
            flight.written += text

        def tell(text: str) -> None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(written, text)

        try:
            completion = await self.worker.submit(
                lambda: flight.run(model, laid, self._compute, tell)
            )
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
            texts = tuple(one.text for one in completion.suggestions)
            # That the time was too short for a suggestion says nothing of the place.
            if texts or flight.hurry != "now":
                cache.put(flight.document, texts, completion.reason)
            flight.outcome.set_result(completion)

    def is_laid(self, file: OpenFile, document: Document) -> bool:
        """Whether a place's prompt is computed, and not yet long."""
        model = self.host.model
        layout = None if model is None else file.laid(model.backend).layout
        if layout is None or layout is not self._computed or not layout.frame.holds(document):
            return False
        return document.text.count("\n", layout.frame.anchor, document.cursor) < STALE_LINES

    async def lay(
        self, file: OpenFile, read: Read, options: CompletionOptions, cancel: CancelToken
    ) -> None:
        """Lays a place's prompt anew and computes it, until it is cancelled."""
        model = self.host.model
        if model is None:
            return
        laid = file.laid(model.backend)

        def work() -> None:
            cancel.check()
            plan = make_plan(model, read.document, options, hole=read.hole)
            self._compute(model, plan, cancel)
            laid.layout = plan.layout

        try:
            await self.worker.submit(work)
        except CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever broke, the session goes on
            self.host.failed(error, model)

    def _compute(self, model: "LoadedModel", plan: Plan, cancel: CancelToken) -> Usage | None:
        """Computes a prompt, all but the last token: that one's logits are the next call's.

        In the engine's thread. Of the layout that was computed last, only what was typed since
        would be new.

        Returns:
            What it cost, None if nothing had to be computed.

        Raises:
            CancelledError: the engine is wanted for something else.
        """
        if self._computed is plan.layout or len(plan.prompt.ids) < 2:
            return None
        self._computed = None
        usage = model.backend.warm(plan.prompt.ids[:-1], cancel)
        self._computed = plan.layout
        return usage
