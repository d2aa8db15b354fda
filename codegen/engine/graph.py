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
import re
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
from codegen.engine.manifest import WEIGHTS_FILE, Shape
from codegen.engine.memory import is_out_of_memory
from codegen.engine.next_tokens import Best, NextTokens
from codegen.engine.tensors import StaticTensor
from codegen.errors import (
    CancelledError,
    CodegenError,
    CorruptModelError,
    EngineError,
    OutOfMemoryError,
)

STEPS: Final = (1, 2, 4, 8)
"""Tokens of a row in the calls of fixed shapes: a step, and drafts that a step checks."""

NOT_CAPTURED: Final = "-1"
"""The id by which ONNX Runtime neither captures nor replays a call."""

BEST_TOKENS, BEST_LOGPROBS = "best_tokens", "best_logprobs"
"""The outputs of a graph that chooses the likeliest tokens itself."""

ort.set_default_logger_severity(3)  # errors only: its warnings are about its own optimisations

# What an error of CUDA says after the C++ signature of the function that failed.
_CUDA_FAILURE: Final = re.compile(r"CUDA failure \d+:[^;\n]*")


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
        try:
            # Without its fallback, which prints to standard output, and hides why a GPU failed.
            self._session = ort.InferenceSession(
                str(path), options, providers=device.providers, enable_fallback=0
            )
        except Exception as error:
            raise _failed_load(path, error) from error
        if device.kind == "cuda" and self._session.get_providers()[0] != device.providers[0][0]:
            raise EngineError("onnxruntime fell back to the CPU while loading for CUDA")
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
        self._captures = capture and device.kind == "cuda"
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
        try:
            return self._run(buffers, ids, past, np.asarray(positions, np.int64), cancel)
        except CodegenError:
            raise
        except Exception as error:
            if cancel.cancelled:
                raise CancelledError("cancelled") from None
            if is_out_of_memory(error):
                raise OutOfMemoryError("there is not enough memory to run the model") from error
            raise EngineError(f"the model failed: {_first_line(error)}") from error

    def _run(
        self,
        buffers: KvBuffers,
        ids: NDArray[np.int64],
        past: int,
        positions: NDArray[np.int64],
        cancel: CancelToken,
    ) -> NextTokens:
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


def _failed_load(path: Path, error: Exception) -> CodegenError:
    """What to say when ONNX Runtime couldn't load a graph."""
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"there is not enough memory to load {path}; close other programs, or use a smaller "
            "model"
        )
    if (failure := _CUDA_FAILURE.search(str(error))) is not None:
        return EngineError(f"the GPU failed while {path} was loaded: {failure[0].strip()}")
    weights = path.with_name(WEIGHTS_FILE)
    # A graph that names its weights elsewhere is refused for that, though they aren't here either.
    without_weights = not weights.exists() and "does not exist" in str(error)
    if without_weights or not path.exists():
        missing = path if not path.exists() else weights
        return CorruptModelError(f"{missing} is missing; export the model again")
    return CorruptModelError(f"{path} can't be loaded: {_first_line(error)}")


def _dtype(onnx_type: str) -> np.dtype[Any]:
    return np.dtype(np.float16 if onnx_type == "tensor(float16)" else np.float32)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
