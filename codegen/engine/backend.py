"""The product's backend: ONNX Runtime over a long-lived model and its KV slots.

A request is: take the slot that knows most of the prompt, compute the rest of the prompt in
chunks, then one token per step. Several samples of one prompt share its prefill, and are decoded
as one batch that shrinks as they end.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers
from codegen.engine.device import Device
from codegen.engine.graph import Graph
from codegen.engine.manifest import ExportedModel
from codegen.engine.next_tokens import NextTokens
from codegen.engine.outcome import FinishReason, Usage
from codegen.engine.paths import ComputePaths
from codegen.engine.sampling import Sampler
from codegen.engine.slots import Slot, SlotPool
from codegen.engine.types import Constraint, GenerateRequest, Step
from codegen.errors import UsageError

SLOTS = 2
CHUNK = 256
"""Tokens of a prompt per model call: large enough for full speed, small enough to look up."""


class OnnxBackend:
    """A loaded model. Several threads may send requests, which run one after the other."""

    def __init__(
        self,
        model: ExportedModel,
        *,
        device: Device,
        threads: int,
        paths: ComputePaths,
        capacity: int = 2048,
        capture: bool = True,
        watch: Callable[[int, float], None] | None = None,
    ) -> None:
        """Loads the graphs and allocates the slots.

        Args:
            model: an export for this device.
            device: where to run.
            threads: ONNX Runtime's threads.
            paths: which graph computes which calls.
            capacity: tokens that a slot holds, prompt and completion together.
            capture: whether steps are captured as CUDA graphs, if the device is a GPU.
            watch: called after each chunk of a prompt with its tokens and the seconds that it took,
                in the thread that computes.

        Raises:
            CorruptModelError: a graph can't be loaded.
            OutOfMemoryError: there is no memory for a graph or for the slots.
        """
        shape = model.manifest.shape
        self.model = model
        self.device = device
        self.threads = threads
        self.paths = paths
        self.window = min(capacity, shape.window)
        self._watch = watch
        self._graphs: Mapping[str, Graph] = {
            path: Graph(model.graph(path), shape, device, threads, capture=capture)
            for path in paths.used
        }
        dtype = self._graphs[paths.decode].kv_dtype
        self._pool = SlotPool(
            [Slot(KvBuffers(shape, 1, self.window, dtype, device.kind)) for _ in range(SLOTS)]
        )
        self._lock = threading.Lock()

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> "OnnxGeneration":
        """Starts a request.

        Raises:
            UsageError: the prompt is empty, or leaves no room for a token.
        """
        self._check(request.prompt)
        return OnnxGeneration(self, request, cancel)

    def warm(self, prompt: Sequence[int], cancel: CancelToken) -> Usage:
        """Computes a prompt into a slot, for a later request to find there."""
        self._check(prompt)
        with self._lock:
            start = time.perf_counter()
            _, _, cached = self.prefill(prompt, cancel)
        return Usage(len(prompt), cached, time.perf_counter() - start, 0.0, 0)

    def forget(self) -> None:
        """Drops what the slots hold: the next prompt is computed from its first token."""
        with self._lock:
            self._pool.clear()

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> NDArray[np.float32]:
        """The logits before each token of a given continuation, [tokens, vocabulary].

        They are computed as a generation computes them: the prompt in chunks, and the continuation
        token by token.
        """
        self._check([*prompt, *continuation])
        cancel = CancelToken()
        with self._lock:
            slot, tokens, _ = self.prefill(prompt, cancel)
            rows = np.empty((len(continuation), tokens.logits().shape[-1]), np.float32)
            rows[0] = tokens.logits()[0, 0]
            batch = _Batch(self, slot, 1, self.window)
            for row, token in zip(rows[1:], continuation, strict=False):
                row[:] = batch.step([token], cancel).logits()[0, 0]
        return rows

    def prefill(self, prompt: Sequence[int], cancel: CancelToken) -> tuple[Slot, NextTokens, int]:
        """Computes the part of `prompt` that is in no slot. The caller holds the lock.

        Returns:
            The slot; what may come after the last token; how many tokens were cached.
        """
        # A request that was cancelled while it waited for the lock must not empty a slot.
        cancel.check()
        slot, cached = self._pool.take(prompt)
        # An interrupted chunk leaves the slot as long as what was computed before it.
        for start in range(cached, len(prompt), CHUNK):
            chunk = prompt[start : start + CHUNK]
            last = start + len(chunk) == len(prompt)
            begin = time.perf_counter()
            tokens = self.call(
                slot.buffers, [chunk], start, [len(chunk) - 1] if last else [], cancel
            )
            slot.ids.extend(chunk)
            if self._watch is not None:
                self._watch(len(chunk), time.perf_counter() - begin)
        return slot, tokens, cached

    def call(
        self,
        buffers: KvBuffers,
        rows: Sequence[Sequence[int]],
        past: int,
        positions: Sequence[int],
        cancel: CancelToken,
    ) -> NextTokens:
        """A model call by the path for its size. Returns what `Graph.run` does."""
        ids = np.asarray(rows, np.int64)
        return self._graphs[self.paths.of(ids.size)].run(buffers, ids, past, positions, cancel)

    @property
    def lock(self) -> threading.Lock:
        """The lock that is held while a request computes."""
        return self._lock

    def _check(self, prompt: Sequence[int]) -> None:
        if not prompt:
            raise UsageError("an empty prompt has nothing to continue")
        if len(prompt) >= self.window:
            raise UsageError(
                f"a prompt of {len(prompt)} tokens leaves no room in a window of {self.window}"
            )


class OnnxGeneration:
    """A running request. Iterate over it once; closing the iterator frees the engine."""

    def __init__(self, backend: OnnxBackend, request: GenerateRequest, cancel: CancelToken) -> None:
        self._backend = backend
        self._request = request
        self._cancel = cancel
        self._ended: set[int] = set()
        self._usage = Usage(len(request.prompt), 0, 0.0, 0.0, 0)

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""
        return self._usage

    def end(self, sample: int) -> None:
        """Computes nothing more for `sample`."""
        self._ended.add(sample)

    def __iter__(self) -> Iterator[Step]:
        """The steps of all samples, token by token, the live samples in turn."""
        request = self._request
        with self._backend.lock:
            start = time.perf_counter()
            slot, tokens, cached = self._backend.prefill(request.prompt, self._cancel)
            prefilled = time.perf_counter()
            decoded = 0
            rows = [
                _Row(index, Sampler(sampling), request.constraint)
                for index, sampling in enumerate(request.samples)
            ]
            room = min(request.max_tokens, self._backend.window - len(request.prompt))
            batch = _Batch(self._backend, slot, len(rows), len(request.prompt) + room)
            # All samples begin with the one row that the prompt has given.
            places = [0] * len(rows)
            for count in range(1, room + 1):
                alive: list[int] = []
                for index, row in enumerate(rows):
                    if row.sample in self._ended:
                        continue
                    step = row.advance(tokens, places[index], request.stop_ids, last=count == room)
                    decoded += step.token is not None
                    self._usage = Usage(
                        len(request.prompt),
                        cached,
                        prefilled - start,
                        time.perf_counter() - prefilled,
                        decoded,
                    )
                    yield step
                    if step.finish is None:
                        alive.append(index)
                # The caller may have ended any sample at any step.
                alive = [index for index in alive if rows[index].sample not in self._ended]
                if not alive or count == room:
                    return
                batch.keep(alive)
                rows = [rows[index] for index in alive]
                tokens = batch.step([row.token for row in rows], self._cancel)
                places = list(range(len(rows)))


class _Row:
    """A sample that is being written."""

    def __init__(self, sample: int, sampler: Sampler, constraint: Constraint | None) -> None:
        self.sample = sample
        self.token = -1
        self._sampler = sampler
        self._constraint = constraint

    def advance(self, tokens: NextTokens, place: int, stop: frozenset[int], *, last: bool) -> Step:
        """Chooses the next token. `place` is the sample's row in the call that computed them."""
        choice = self._sampler.choose_from(tokens, place, self._constraint)
        if choice.token in stop:
            return Step(self.sample, None, choice.logprob, FinishReason.STOP)
        if self._constraint is not None:
            self._constraint = self._constraint.advance(choice.token)
        self.token = choice.token
        return Step(
            self.sample, choice.token, choice.logprob, FinishReason.LENGTH if last else None
        )


class _Batch:
    """The caches of the samples: for a single sample the slot itself, else a batch of copies."""

    def __init__(self, backend: OnnxBackend, slot: Slot, samples: int, capacity: int) -> None:
        self._backend = backend
        self._capacity = capacity
        self._slot = slot
        self._length = len(slot.ids)
        self._live = samples
        self._buffers: KvBuffers | None = None

    def keep(self, alive: Sequence[int]) -> None:
        """Goes on with these rows only."""
        if self._buffers is None and self._live > 1:
            self._buffers = self._slot.buffers.rows([0] * self._live, self._length, self._capacity)
        if len(alive) < self._live and self._buffers is not None:
            self._buffers = self._buffers.rows(alive, self._length, self._capacity)
        self._live = len(alive)

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> NextTokens:
        """Appends a token to every live row."""
        buffers = self._slot.buffers if self._buffers is None else self._buffers
        rows = [[token] for token in tokens]
        found = self._backend.call(buffers, rows, self._length, [0], cancel)
        if self._buffers is None:
            # A single sample's tokens stay in the slot: typing on continues from them.
            self._slot.ids.extend(tokens)
        self._length += 1
        return found
