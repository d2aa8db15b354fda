"""A scripted model that takes as many steps as a test allows."""

import math
import threading
from collections.abc import Callable, Iterator

from codegen.engine.outcome import FinishReason, Usage
from codegen.engine.types import Step
from codegen.prompt.families import recognise

# Real seconds after which a test fails; no test depends on how long something takes.
PATIENCE = 30.0


class Pace:
    """Bounds how many steps a thread may take; there is no bound before `hold` is called."""

    def __init__(self):
        self._changed = threading.Condition()
        self._left = math.inf

    def hold(self):
        self._left = 0

    def allow(self, steps=math.inf):
        with self._changed:
            self._left += steps
            self._changed.notify_all()

    def step(self, cancel):
        """Takes one step; cancelling ends the wait for it, as it ends a running model call."""

        def wake():
            with self._changed:
                self._changed.notify_all()

        with cancel.on_cancel(wake), self._changed:
            while not self._left and not cancel.cancelled:
                self._changed.wait(PATIENCE)
            cancel.check()
            self._left -= 1


class PacedBackend:
    """Writes what `write` returns for the text before and after the cursor, at a given pace."""

    window = 2048

    def __init__(self, tokenizer, write: Callable[[str, str], str]):
        self.write = write
        self.decode = Pace()
        self.prefill = Pace()
        self.errors = []  # every call raises the next of these
        self.generations = []
        self.warmings = []  # how each warming ended: None while it runs
        self.asked = []
        self._tokenizer = tokenizer
        self._ids = recognise(tokenizer.special_ids)

    def generate(self, request, cancel):
        generation = PacedGeneration(self, request, cancel)
        self.generations.append(generation)
        return generation

    def warm(self, prompt, cancel):
        self.warmings.append(None)
        try:
            self.prefill.step(cancel)
            self._break()
        except Exception as error:
            self.warmings[-1] = type(error).__name__
            raise
        self.warmings[-1] = "done"
        return Usage(len(prompt), 0, 0.0, 0.0, 0)

    def forget(self):
        pass

    def place(self, request):
        """The text before and after the cursor of a prompt."""
        ids = list(request.prompt)
        suffix, middle = ids.index(self._ids.fim_suffix), ids.index(self._ids.fim_middle)
        forced = b"" if request.constraint is None else request.constraint.remaining
        before = self._text(ids[1:suffix]) + self._text(ids[middle + 1 :]) + forced
        return before.decode(), self._text(ids[suffix + 1 : middle]).decode()

    def _text(self, ids):
        return self._tokenizer.decode_bytes(ids)

    def _break(self):
        if self.errors:
            raise self.errors.pop(0)

    def spelled(self, request):
        """The tokens of the text to write; they spell the forced bytes first."""
        before, after = self.place(request)
        self.asked.append((before, after))
        forced = "" if request.constraint is None else request.constraint.remaining.decode()
        self._break()
        return self._tokenizer.encode(forced + self.write(before, after))


class PacedGeneration:
    """A running request.

    `steps` counts the computed steps, `begun` also counts the step that is being computed, and
    `over` says that the request has ended.
    """

    def __init__(self, backend, request, cancel):
        self.begun = self.steps = 0
        self.over = False
        self._backend, self._request, self._cancel = backend, request, cancel
        self._ended = set()

    @property
    def usage(self):
        return Usage(len(self._request.prompt), 0, 0.0, 0.0, self.steps)

    def end(self, sample):
        self._ended.add(sample)

    def __iter__(self) -> Iterator[Step]:
        try:
            yield from self._play()
        finally:
            self.over = True

    def _play(self):
        ids = self._backend.spelled(self._request)
        samples = range(len(self._request.samples))
        for at in range(len(ids) + 1):
            if self._ended.issuperset(samples):
                return
            self.begun = self.steps + 1
            self._backend.decode.step(self._cancel)
            self.steps += 1
            for sample in samples:
                if sample in self._ended:
                    continue
                if at == len(ids):
                    yield Step(sample, None, 0.0, FinishReason.STOP)
                else:
                    yield Step(sample, ids[at], math.log(0.5))
