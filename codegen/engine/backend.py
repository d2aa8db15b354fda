"""The product's backend: ONNX Runtime over a long-lived model and its KV slots.

A request is: take the slot that knows most of the prompt, compute the rest of the prompt in
chunks, then one token per step. Several samples of one prompt share its prefill, and are decoded
as one batch that shrinks as they end.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.device import Device
from codegen.engine.generation import OnnxGeneration
from codegen.engine.manifest import ExportedModel
from codegen.engine.outcome import Usage
from codegen.engine.paths import ComputePaths
from codegen.engine.runner import Runner
from codegen.engine.samples import Batch
from codegen.engine.types import GenerateRequest
from codegen.errors import UsageError


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
        seconds: Mapping[int, float] | None = None,
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
            seconds: of calls by their number of tokens, if they were measured here; they say when
                a draft pays.
            watch: called after each chunk of a prompt with its tokens and the seconds that it took,
                in the thread that computes.

        Raises:
            CorruptModelError: a graph can't be loaded.
            OutOfMemoryError: there is no memory for a graph or for the slots.
        """
        self.model = model
        self.device = device
        self.threads = threads
        self.paths = paths
        self._runner = Runner(
            model,
            device=device,
            threads=threads,
            paths=paths,
            capacity=capacity,
            capture=capture,
            seconds=seconds,
            watch=watch,
        )

    @property
    def window(self) -> int:
        """How many tokens, prompt and completion together, a request may have."""
        return self._runner.window

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> OnnxGeneration:
        """Starts a request.

        Raises:
            UsageError: the prompt is empty, or leaves no room for a token.
        """
        self._check(request.prompt)
        return OnnxGeneration(self._runner, request, cancel)

    def warm(self, prompt: Sequence[int], cancel: CancelToken) -> Usage:
        """Computes a prompt into a slot, for a later request to find there."""
        self._check(prompt)
        with self._runner.lock:
            start = time.perf_counter()
            _, _, cached = self._runner.prefill(prompt, cancel)
        return Usage(len(prompt), cached, time.perf_counter() - start, 0.0, 0)

    def forget(self) -> None:
        """Drops what the slots hold: the next prompt is computed from its first token."""
        with self._runner.lock:
            self._runner.forget()

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> NDArray[np.float32]:
        """The logits before each token of a given continuation, [tokens, vocabulary].

        They are computed as a generation computes them: the prompt in chunks, and the continuation
        token by token.
        """
        self._check([*prompt, *continuation])
        cancel = CancelToken()
        with self._runner.lock:
            slot, tokens, _ = self._runner.prefill(prompt, cancel)
            rows = np.empty((len(continuation), tokens.logits().shape[-1]), np.float32)
            rows[0] = tokens.logits()[0, 0]
            batch = Batch(self._runner, slot, 1, self.window)
            for row, token in zip(rows[1:], continuation, strict=False):
                row[:] = batch.step([token], cancel).logits()[0, 0]
        return rows

    def _check(self, prompt: Sequence[int]) -> None:
        if not prompt:
            raise UsageError("an empty prompt has nothing to continue")
        if len(prompt) >= self.window:
            raise UsageError(
                f"a prompt of {len(prompt)} tokens leaves no room in a window of {self.window}"
            )
