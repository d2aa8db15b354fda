"""One ONNX graph in one session: tokens and a cache in, the next tokens at chosen positions out.

Inputs: input_ids [batch, tokens], attention_mask [batch, capacity] (its sum is the length that
GroupQueryAttention appends at; its shape never changes), logits_positions [positions] (which of
the call's tokens the head is computed for: a prompt never pays for it), past_key_values.N.key and
.value. Outputs: logits [batch, positions, vocabulary], present.N.key and .value; and, in an export
for a GPU, best_tokens and best_logprobs, both [batch, positions].

Calls of a few tokens have fixed shapes and addresses: their inputs and outputs are bound once for
each cache, and written in place. On a GPU such a call is captured as a CUDA graph, and replayed.
ONNX Runtime runs a call more than once before it captures it, which is harmless: a call writes its
keys and values where the mask says, so that running it again writes the same.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers, past_names, present_name
from codegen.engine.device import Device
from codegen.engine.failures import explaining
from codegen.engine.manifest import Shape
from codegen.engine.next_tokens import Best, NextTokens
from codegen.engine.sessions import open_session
from codegen.engine.tensors import StaticTensor
from codegen.errors import CorruptModelError

STEPS: Final = (1, 2, 4, 8)
"""Tokens of a row in the calls of fixed shapes: a step, and drafts that a step checks."""

NOT_CAPTURED: Final = "-1"
"""The id by which ONNX Runtime neither captures nor replays a call."""

BEST_TOKENS, BEST_LOGPROBS = "best_tokens", "best_logprobs"
"""The outputs of a graph that chooses the likeliest tokens itself."""


class Graph:
    """A session on one graph. A call binds the buffers that it names."""

    def __init__(
        self, path: Path, shape: Shape, device: Device, threads: int, *, capture: bool = True
    ) -> None:
        """Loads a graph with its weights.

        Args:
            path: the .onnx file; its weights lie beside it.
            shape: of the model, as the manifest says.
            device: where to run.
            threads: that one call computes with.
            capture: whether calls of a few tokens are captured, if the device is a GPU.

        Raises:
            OutOfMemoryError: there is no memory for it.
            CorruptModelError: one of its files is missing or damaged, or is another model's.
            EngineError: CUDA was asked for, and failed, or ONNX Runtime took the CPU.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Waiting threads spin within a call, which makes it faster, and sleep between calls.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self._captures = capture and device.kind == "cuda"
        self._session = open_session(path, device, options, capture=self._captures)
        self._shape = shape
        self._names = [(past, present_name(past)) for past in past_names(shape)]
        inputs = {node.name: node for node in self._session.get_inputs()}
        wanted = {"input_ids", "attention_mask", "logits_positions", *past_names(shape)}
        if missing := sorted(wanted - inputs.keys()):
            raise CorruptModelError(f"{path} has no input {missing[0]}; export the model again")
        self.kv_dtype: np.dtype[Any] = _dtype(inputs[self._names[0][0]].type)
        outputs = {node.name: node for node in self._session.get_outputs()}
        self._logits_dtype = _dtype(outputs["logits"].type)
        self._chooses = BEST_TOKENS in outputs
        self._device = device.kind
        self._ids = itertools.count(1)
        self._steps: WeakKeyDictionary[KvBuffers, dict[tuple[int, int], _StaticCall]]
        self._steps = WeakKeyDictionary()
        self._chunks: WeakKeyDictionary[KvBuffers, ort.IOBinding] = WeakKeyDictionary()

    def run(
        self,
        buffers: KvBuffers,
        ids: NDArray[np.int64],
        past: int,
        positions: Sequence[int],
        cancel: CancelToken,
    ) -> NextTokens:
        """Appends tokens to the cache.

        Args:
            buffers: the cache; its rows are the batch.
            ids: [batch, tokens].
            past: valid tokens in every row.
            positions: indices into the call's tokens whose logits are wanted; may be empty.
            cancel: interrupts the call, unless it is captured: then the call is too short for that.

        Returns:
            What may come next at these positions.

        Raises:
            CancelledError: the call was interrupted; what it wrote lies beyond `past`.
            OutOfMemoryError: there was no memory for what the call computes.
            EngineError: ONNX Runtime failed for another reason.
        """
        cancel.check()
        with explaining(cancel):
            return self._run(buffers, ids, past, np.asarray(positions, np.int64), cancel)

    def _run(
        self,
        buffers: KvBuffers,
        ids: NDArray[np.int64],
        past: int,
        positions: NDArray[np.int64],
        cancel: CancelToken,
    ) -> NextTokens:
        if self._chooses and not positions.size:
            # ArgMax fails where there is nothing to choose from.
            positions = np.zeros(1, np.int64)
        options = ort.RunOptions()
        buffers.show(past + ids.shape[1])
        if ids.shape[1] in STEPS and positions.size:
            step = self._step(buffers, ids.shape[1], positions.size)
            step.ids.write(ids)
            step.positions.write(positions)
            if step.graph_id is not None:
                # It isn't interrupted: an interrupted capture would leave the stream broken.
                options.add_run_config_entry("gpu_graph_id", step.graph_id)
                self._session.run_with_iobinding(step.binding, options)
                return NextTokens(step.out.logits, step.out.best)
            binding, out = step.binding, step.out
        else:
            binding = self._chunk(buffers)
            binding.bind_cpu_input("input_ids", ids)
            binding.bind_cpu_input("logits_positions", positions)
            out = self._bind_outputs(binding, buffers.batch, positions.size)
        if self._captures:
            options.add_run_config_entry("gpu_graph_id", NOT_CAPTURED)
        with cancel.on_cancel(lambda: setattr(options, "terminate", True)):
            self._session.run_with_iobinding(binding, options)
        return NextTokens(out.logits, out.best)

    def _step(self, buffers: KvBuffers, tokens: int, positions: int) -> "_StaticCall":
        """The call of that form into these caches; bound when it is first made."""
        calls = self._steps.setdefault(buffers, {})
        call = calls.get((tokens, positions))
        if call is None:
            binding = self._binding(buffers)
            ids = StaticTensor((buffers.batch, tokens), np.int64, self._device)
            wanted = StaticTensor((positions,), np.int64, self._device)
            binding.bind_ortvalue_input("input_ids", ids.value)
            binding.bind_ortvalue_input("logits_positions", wanted.value)
            out = self._bind_outputs(binding, buffers.batch, positions)
            graph_id = str(next(self._ids)) if self._captures else None
            call = calls[tokens, positions] = _StaticCall(binding, ids, wanted, out, graph_id)
        return call

    def _chunk(self, buffers: KvBuffers) -> ort.IOBinding:
        """The binding of these caches for calls of any size."""
        if buffers not in self._chunks:
            self._chunks[buffers] = self._binding(buffers)
        return self._chunks[buffers]

    def _binding(self, buffers: KvBuffers) -> ort.IOBinding:
        """A binding of the caches, which takes longer than all else that Python does in a step."""
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("attention_mask", buffers.mask.value)
        for past, present in self._names:
            binding.bind_ortvalue_input(past, buffers.values[past])
            binding.bind_ortvalue_output(present, buffers.values[past])
        return binding

    def _bind_outputs(self, binding: ort.IOBinding, batch: int, positions: int) -> "_Outputs":
        dims = (batch, positions)
        logits = StaticTensor((*dims, self._shape.vocabulary), self._logits_dtype, self._device)
        binding.bind_ortvalue_output("logits", logits.value)
        if not self._chooses:
            return _Outputs(logits, None)
        best = Best(
            StaticTensor(dims, np.int64, self._device), StaticTensor(dims, np.float32, self._device)
        )
        binding.bind_ortvalue_output(BEST_TOKENS, best.tokens.value)
        binding.bind_ortvalue_output(BEST_LOGPROBS, best.logprobs.value)
        return _Outputs(logits, best)


@dataclass(frozen=True, slots=True)
class _Outputs:
    logits: StaticTensor
    best: Best | None


@dataclass(frozen=True, slots=True)
class _StaticCall:
    """A call of a fixed form into certain caches; `graph_id` names its captured CUDA graph."""

    binding: ort.IOBinding
    ids: StaticTensor  # [batch, tokens]
    positions: StaticTensor  # [positions]
    out: _Outputs
    graph_id: str | None


def _dtype(onnx_type: str) -> np.dtype[Any]:
    return np.dtype(np.float16 if onnx_type == "tensor(float16)" else np.float32)
