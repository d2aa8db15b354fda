"""A simulated typist, a clock that tests advance, and a scripted model."""

import asyncio
import copy
import functools
import heapq
import itertools
import threading
from concurrent.futures import Executor, Future
from dataclasses import replace

from codegen.local.model import LocalModel
from codegen.progress import NullProgress
from codegen.session.dispatcher import Dispatcher
from codegen.session.host import ModelHost
from codegen.session.reading import Reader
from codegen.session.session import Session
from codegen.session.types import Edit, Request
from codegen.session.worker import Worker
from codegen.settings.editing import EditingSettings
from tests.cursor import CURSOR
from tests.session.paced import PATIENCE

URI = "file:///a.py"


def played(test):
    """Makes a test of a coroutine function."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return run


async def until(condition):
    """Waits until a condition is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - another thread makes it true
            await asyncio.sleep(0.001)


async def turns(count=20):
    """Lets the event loop run so many rounds."""
    for _ in range(count):
        await asyncio.sleep(0)


class ManualClock:
    """A clock whose time passes only by `advance`."""

    def __init__(self):
        self._now = 100.0
        self._count = itertools.count()
        self._sleepers = []

    def now(self):
        return self._now

    async def sleep(self, seconds):
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._count), wake))
        await wake

    @property
    def sleeping(self):
        """How many tasks sleep."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    async def advance(self, seconds):
        """Lets time pass: sleeping tasks wake in their order, and run."""
        await turns()
        end = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                self._now = max(self._now, at)
                wake.set_result(None)
                await turns()
        self._now = end


class Provider:
    """Gives a model; every attempt takes the next item of `offers`, or raises that of `errors`."""

    def __init__(self, model: LocalModel):
        self.model = model
        self.offers = []
        self.errors = []
        self.loads = 0
        self.pace = threading.Event()
        self.pace.set()

    def offer(self):
        return self.offers.pop(0) if self.offers else None

    def load(self, _):
        assert self.pace.wait(PATIENCE)
        self.loads += 1
        if self.errors:
            raise self.errors.pop(0)
        # Another object at every load; the copied backend shares its records with the test's.
        return replace(self.model, backend=copy.copy(self.model.backend))


class Later(Executor):
    """Runs jobs in the event loop, after a fixed number of its rounds."""

    def __init__(self, count=0):
        self._turns = count

    def submit(self, fn, /, *args, **kwargs):
        future = Future()

        def run(left):
            if left:
                asyncio.get_running_loop().call_soon(run, left - 1)
            else:
                future.set_result(fn(*args, **kwargs))

        run(self._turns)
        return future


class Desk:
    """A session with all that belongs to it, and the file that is typed in."""

    def __init__(self, model, *, consent=True, gate=None, reading=0, **settings):
        self.clock = ManualClock()
        self.worker = Worker()
        self.provider = Provider(model)
        self.backend = model.backend
        self.states = []
        self.consents = []

        async def ask(offer):
            self.consents.append(offer)
            return consent

        self.host = ModelHost(
            self.provider,
            self.worker,
            self.clock,
            NullProgress(),
            consent=ask,
            changed=lambda state, message: self.states.append((state, message)),
        )
        self.dispatcher = Dispatcher(self.host, self.worker)
        settings = {"debounce": False, "compute_ahead": False} | settings
        self.session = Session(
            self.dispatcher,
            Reader(Later(reading) if isinstance(reading, int) else reading),
            self.clock,
            EditingSettings(**settings),
            gate=gate or (lambda _: None),
        )
        self.text, self.cursor = "", 0

    async def ready(self, source):
        """Opens a source in which the cursor is marked, with the model loaded."""
        self.host.ensure()
        await self.host.settled()
        self.open(source)
        return self

    def open(self, source, uri=URI, path="/a.py"):
        before, mark, after = source.partition(CURSOR)
        assert mark
        self.text, self.cursor = before + after, len(before)
        self.session.open(uri, path, "python", self.text)

    def edit(self, start, end, text, uri=URI):
        self.text = self.text[:start] + text + self.text[end:]
        self.cursor = start + len(text)
        self.session.change(uri, [Edit(start, end, text)], self.text)

    def type(self, text):
        for key in text:
            self.edit(self.cursor, self.cursor, key)

    def erase(self, count=1):
        self.edit(self.cursor - count, self.cursor, "")

    def accept(self, answer):
        best = answer.suggestions[0]
        self.edit(best.start, best.end, best.text)

    async def ask(self, uri=URI, **parts):
        """Makes a request, and lets it begin."""
        request = Request(uri, parts.pop("cursor", self.cursor), **parts)
        task = asyncio.create_task(self.session.suggest(request))
        await turns(12)
        return task

    async def answer(self, **parts):
        """A request's answer, for requests that need no time of the clock."""
        task = await self.ask(**parts)
        async with asyncio.timeout(PATIENCE):
            return await task

    async def texts(self, **parts):
        return shown(await self.answer(**parts))

    async def quiet(self):
        """Waits until the engine has done all its jobs."""
        await turns()
        async with asyncio.timeout(PATIENCE):
            await self.worker.submit(lambda: None)
        await turns()

    async def quiet_start(self):
        """Waits until the engine computes a prompt."""
        await until(lambda: self.backend.warmings and self.backend.warmings[-1] is None)

    async def pause(self, seconds=0.31):
        """Lets time pass without a key."""
        await self.clock.advance(seconds)
        await turns()

    async def decoding(self, generation, steps):
        """Waits until a generation is blocked after so many steps."""
        await until(lambda: len(self.backend.generations) > generation)
        await until(lambda: self.backend.generations[generation].begun == steps + 1)
        await turns()


def shown(answer):
    """The texts of an answer, in their order."""
    return [suggestion.text for suggestion in answer.suggestions]
