"""A loaded model: its graphs, and the caches that they compute into."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from codegen.cancel import CancelToken
from codegen.engine.batches import Batches, ExactBatches, LastingBatches
from codegen.engine.buffers import KvBuffers
from codegen.engine.device import Device
from codegen.engine.drafts import DraftSense
from codegen.engine.graph import Graph
from codegen.engine.manifest import ROWS_FILE, TOP_FILE, ExportedModel
from codegen.engine.next_tokens import NextTokens
from codegen.engine.paths import ComputePaths
from codegen.engine.rows import RowCopier
from codegen.engine.slots import Slot, SlotPool
from codegen.engine.top import TopFinder

SLOTS: Final = 2
CHUNK: Final = 256
"""Tokens of a prompt per model call: large enough for full speed, small enough to look up."""


class Runner:
    """Computes prompts and steps. Whoever calls it holds `lock`, since the caches are shared."""

    def __init__(
        self,
        model: ExportedModel,
        *,
        device: Device,
        threads: int,
        paths: ComputePaths,
        capacity: int,
        capture: bool,
        seconds: Mapping[int, float] | None,
        watch: Callable[[int, float], None] | None,
    ) -> None:
        """Loads the graphs and allocates the slots; the arguments are those of `OnnxBackend`.

        Raises:
            CorruptModelError: a graph can't be loaded.
            OutOfMemoryError: there is no memory for a graph or for the slots.
        """
        shape = model.manifest.shape
        self.window = min(capacity, shape.window)
        self.lock = threading.Lock()
        self.sense = DraftSense(seconds)
        self._paths = paths
        self._watch = watch
        self._graphs: Mapping[str, Graph] = {
            path: Graph(model.graph(path), shape, device, threads, capture=capture)
            for path in paths.used
        }
        dtype = self._graphs[paths.decode].kv_dtype

        def make(rows: int, tokens: int) -> KvBuffers:
            return KvBuffers(shape, rows, tokens, dtype, device.kind)

        self.batches: Batches
        self.top: TopFinder | None
        if model.manifest.target == "cuda":
            copier = RowCopier(model.directory / ROWS_FILE, shape, device)
            self.batches = LastingBatches(copier, make)
            self.top = TopFinder(model.directory / TOP_FILE, device)
        else:
            self.batches, self.top = ExactBatches(make), None
        slots = [Slot(make(1, self.window)) for _ in range(SLOTS)]
        self._pool = SlotPool(slots, self.batches.copy)

    def forget(self) -> None:
        """Drops what the slots hold."""
        self._pool.clear()

    def prefill(self, prompt: Sequence[int], cancel: CancelToken) -> tuple[Slot, NextTokens, int]:
        """Computes the part of `prompt` that is in no slot.

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
        return self._graphs[self._paths.of(ids.size)].run(buffers, ids, past, positions, cancel)
