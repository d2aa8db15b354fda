"""The model of a session: fetched if the user agrees, loaded behind the scenes, and given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from codegen.completion.model import Model
from codegen.errors import CodegenError, EngineError
from codegen.progress import Progress, StoppableProgress
from codegen.session.clock import Clock
from codegen.session.worker import Worker

_log = logging.getLogger(__name__)

State = Literal["unloaded", "loading", "ready", "missing", "error"]

# Seconds after which a model that could not be loaded is tried again.
RETRY: Final = 30.0

_LOADING: Final = "loading the model"


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that would have to be fetched first: its name, size in bytes, and from where."""

    name: str
    bytes: int
    source: str


class Provider(Protocol):
    """Where a model comes from. Both methods are called in the engine's thread, and may block."""

    def offer(self) -> Offer | None:
        """What would have to be fetched, None if everything is here."""

    def load(self, progress: Progress) -> Model:
        """The model, fetched and made if need be.

        Raises:
            CodegenError: it can't be had, or can't be run.
        """


class ModelHost:
    """Holds the model, or says why there is none.

    Whatever goes wrong is told once, through `changed`; a session asks `ensure` with each request,
    and what went wrong is tried again after a while.
    """

    def __init__(
        self,
        provider: Provider,
        worker: Worker,
        clock: Clock,
        progress: Progress,
        *,
        consent: Callable[[Offer], Awaitable[bool]],
        changed: Callable[[State, str], None],
    ) -> None:
        """Loads nothing yet.

        Args:
            provider: where the model comes from.
            worker: the engine's thread.
            clock: for when to try again, and when to unload.
            progress: told of fetching and exporting, from the engine's thread.
            consent: asks the user whether to fetch.
            changed: told of every new state, with a message for the user.
        """
        self.model: Model | None = None
        self.state: State = "unloaded"
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
        """Begins to load the model, unless it is here, on its way, or failed a moment ago."""
        self._used = self._clock.now()
        busy = self._loading is not None and not self._loading.done()
        if self.model is not None or busy or self._used < self._retry_at:
            return
        self._become("loading", _LOADING)
        self._loading = asyncio.create_task(self._load())

    async def settled(self) -> None:
        """Waits until the model is loaded, or isn't going to be."""
        # What is replaced meanwhile is waited for no more, but for what comes instead of it.
        while self._loading is not None and not self._loading.done():
            await asyncio.wait([self._loading])

    def replace(self, provider: Provider) -> None:
        """Another model is wanted, or the same one run otherwise."""
        self._provider = provider
        self._retry_at = 0.0
        self._failures = 0
        self._stop_loading()
        self._drop("unloaded", "")

    def stop(self) -> None:
        """The end: nothing is loaded any more, and what is loaded is given up."""
        self.unload_after(None)
        self._stop_loading()
        self.model = None

    def failed(self, error: BaseException, model: Model) -> None:
        """Something went wrong in the engine's thread.

        An engine that broke down is given up, and loaded again when it is wanted: at once, the
        first time; one that breaks down again and again has to wait. Several may have been waiting
        for the same model, which breaks down only once. Where it was a defect of what stands around
        the engine, the model is as good as before, and only the log is told.
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
        """The engine gave an answer."""
        self._failures = 0

    def unload_after(self, minutes: float | None) -> None:
        """Gives the model up after so many minutes without a request; None never does."""
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
                # As long as nobody answers, too.
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
        # Whoever fetched it for an hour hasn't left it idle for that time.
        self._used = self._clock.now()
        news = [note for note in model.notes if note not in self._noted]
        self._noted.update(news)
        self._become("ready", "; ".join((f"{model.name} on {model.device}", *news)))

    def _stop_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        if self._stoppable is not None:
            # At once, and not when the event loop comes to it: the thread is wanted for what comes
            # instead.
            self._stoppable.stop()
            self._stoppable = None

    def _drop(self, state: State, message: str) -> None:
        self.model = None
        self._become(state, message)

    def _become(self, state: State, message: str) -> None:
        if (state, message) != (self.state, self.message):
            self.state, self.message = state, message
            self._changed(state, message)


def _sentence(error: BaseException) -> str:
    """What a person is told of a model that can't be loaded: our own errors explain themselves."""
    return str(error) if isinstance(error, CodegenError) else f"{type(error).__name__}: {error}"


def _breakdown(error: BaseException) -> str:
    """What a person is told of an engine that broke down: a stranger's words may quote source."""
    return (
        str(error) if isinstance(error, CodegenError) else f"{type(error).__name__} in the engine"
    )
