"""Loads a session's model in the background, after fetching it with consent, and unloads it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from codegen.completion.model import Model
from codegen.errors import CodegenError, EngineError
from codegen.progress import Progress, StoppableProgress
from codegen.session.clock import Clock
from codegen.session.types import ModelState, Offer
from codegen.session.worker import Worker

_log = logging.getLogger(__name__)

# Seconds after which a model that could not be loaded is tried again.
RETRY: Final = 30.0

_LOADING: Final = "loading the model"


class Provider(Protocol):
    """Gives the model. Both methods are called in the engine's thread, and may block."""

    def offer(self) -> Offer | None:
        """The model that has to be fetched first; None if it is on this machine."""

    def load(self, progress: Progress) -> Model:
        """Loads the model, after fetching and exporting it if that is necessary.

        Raises:
            CodegenError: the model can't be fetched, exported or run.
        """


class ModelHost:
    """Holds the model, or says why there is none.

    The session calls `ensure` with every request. An error is told once, through `changed`, and
    loading is tried again RETRY seconds later.
    """

    def __init__(
        self,
        provider: Provider,
        worker: Worker,
        clock: Clock,
        progress: Progress,
        *,
        consent: Callable[[Offer], Awaitable[bool]],
        changed: Callable[[ModelState, str], None],
    ) -> None:
        """Loads nothing yet.

        Args:
            provider: gives the model.
            worker: the engine's thread.
            clock: says when to try again, and when to unload.
            progress: is told how far fetching and exporting are, from the engine's thread.
            consent: asks the user whether to fetch a model.
            changed: is told every new state, with a message for the user.
        """
        self.model: Model | None = None
        self.state: ModelState = "unloaded"
        self.message = ""
        self._provider = provider
        self._worker = worker
        self._clock = clock
        self._progress = progress
        self._consent = consent
        self._changed = changed
        self._loading: asyncio.Task[None] | None = None
        self._stoppable: StoppableProgress | None = None
        self._retry_at = 0.0
        self._failures = 0
        self._noted: set[str] = set()
        self._used = 0.0
        self._unloading: asyncio.Task[None] | None = None

    def ensure(self) -> None:
        """Begins to load the model, unless it is loaded, being loaded, or failed a moment ago."""
        self._used = self._clock.now()
        busy = self._loading is not None and not self._loading.done()
        if self.model is not None or busy or self._used < self._retry_at:
            return
        self._become("loading", _LOADING)
        self._loading = asyncio.create_task(self._load())

    async def settled(self) -> None:
        """Waits until the model is loaded, or loading has failed."""
        # `replace` may start another loading meanwhile.
        while self._loading is not None and not self._loading.done():
            await asyncio.wait([self._loading])

    def replace(self, provider: Provider) -> None:
        """Drops the model, so that `ensure` loads the one that another provider gives."""
        self._provider = provider
        self._retry_at = 0.0
        self._failures = 0
        self._stop_loading()
        self._drop("unloaded", "")

    def stop(self) -> None:
        """Stops loading, and drops the model."""
        self.unload_after(None)
        self._stop_loading()
        self.model = None

    def failed(self, error: BaseException, model: Model) -> None:
        """Handles an error of the engine's thread.

        After an EngineError or a MemoryError the model is dropped. `ensure` loads it again: at
        once after the first failure, and RETRY seconds later if it fails again without an answer
        in between. Several jobs may report the same failure; only the first report counts. Any
        other error is a defect in code around the engine: it is logged, and the model is kept.
        """
        if not isinstance(error, EngineError | MemoryError):
            _log.error("a suggestion failed", exc_info=error)
            return
        if model is not self.model:
            return
        _log.error("the engine failed: %s", type(error).__name__)
        self._failures += 1
        if self._failures > 1:
            self._retry_at = self._clock.now() + RETRY
        self._drop("error", _breakdown(error))

    def worked(self) -> None:
        """Notes that the engine gave an answer, so that the next failure counts as the first."""
        self._failures = 0

    def unload_after(self, minutes: float | None) -> None:
        """Drops the model after so many minutes without a request; None keeps it."""
        if self._unloading is not None:
            self._unloading.cancel()
            self._unloading = None
        if minutes:
            self._unloading = asyncio.create_task(self._unload(minutes * 60))

    async def _unload(self, seconds: float) -> None:
        while True:
            idle = self._clock.now() - self._used
            if self.model is not None and idle >= seconds:
                self._drop("unloaded", "")
            await self._clock.sleep(max(seconds - idle, 1.0) if idle < seconds else seconds)

    async def _load(self) -> None:
        provider = self._provider
        self._stoppable = progress = StoppableProgress(self._progress)
        try:
            offer = await self._worker.submit(provider.offer)
            if offer is not None:
                # Also while the question waits for its answer.
                self._become("missing", f"{offer.name} is not on this machine yet")
                if not await self._consent(offer):
                    self._retry_at = float("inf")
                    return
                self._become("loading", _LOADING)
            model = await self._worker.submit(lambda: provider.load(progress))
        except Exception as error:  # noqa: BLE001 - whatever it is, the server goes on
            if not isinstance(error, CodegenError):
                _log.error("loading the model failed: %s", type(error).__name__)
            self._retry_at = self._clock.now() + RETRY
            self._become("error", _sentence(error))
            return
        self.model = model
        # The time that fetching took doesn't count as idle.
        self._used = self._clock.now()
        news = [note for note in model.notes if note not in self._noted]
        self._noted.update(news)
        self._become("ready", "; ".join((f"{model.name} on {model.device}", *news)))

    def _stop_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        if self._stoppable is not None:
            # The task's cancellation waits for the event loop; the thread must be free at once.
            self._stoppable.stop()
            self._stoppable = None

    def _drop(self, state: ModelState, message: str) -> None:
        self.model = None
        self._become(state, message)

    def _become(self, state: ModelState, message: str) -> None:
        if (state, message) != (self.state, self.message):
            self.state, self.message = state, message
            self._changed(state, message)


def _sentence(error: BaseException) -> str:
    """The message for the user if loading fails; a CodegenError's text is written for users."""
    return str(error) if isinstance(error, CodegenError) else f"{type(error).__name__}: {error}"


def _breakdown(error: BaseException) -> str:
    """The message for the user if the engine fails; a library's text might quote source code."""
    return (
        str(error) if isinstance(error, CodegenError) else f"{type(error).__name__} in the engine"
    )
