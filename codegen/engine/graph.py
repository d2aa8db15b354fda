"""One ONNX graph in one session: tokens and a cache in, logits at chosen positions out.

Inputs: input_ids [batch, tokens], attention_mask [batch, total tokens] (its sum is the length
that GroupQueryAttention appends at), logits_positions [positions] (which of the call's tokens
the head is computed for: a prompt never pays for it), past_key_values.N.key and .value.
Outputs: logits [batch, positions, vocabulary], present.N.key and .value.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers, past_names, present_name
from codegen.engine.device import Device
from codegen.engine.manifest import WEIGHTS_FILE, Shape
from codegen.engine.memory import is_out_of_memory
from codegen.errors import (
    CancelledError,
    CodegenError,
    CorruptModelError,
    EngineError,
    OutOfMemoryError,
)

ort.set_default_logger_severity(3)  # errors only: its warnings are about its own optimisations


class Graph:
    """A session on one graph. A call binds the buffers that it names."""

    def __init__(self, path: Path, shape: Shape, device: Device, threads: int) -> None:
        """Loads a graph with its weights.

        Args:
            path: the .onnx file; its weights lie beside it.
            shape: of the model, as the manifest says.
            device: where to run.
            threads: that one call computes with.

        Raises:
            OutOfMemoryError: there is no memory for it.
            CorruptModelError: one of its files is missing or damaged, or is another model's.
            EngineError: CUDA was asked for, and ONNX Runtime took the CPU.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Waiting threads spin within a call, which makes it faster, and sleep between calls.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        try:
            self._session = ort.InferenceSession(str(path), options, providers=device.providers)
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
        self._bound: tuple[KvBuffers, ort.IOBinding] | None = None

    def run(
        self,
        buffers: KvBuffers,
        ids: NDArray[np.int64],
        past: int,
        positions: Sequence[int],
        cancel: CancelToken,
    ) -> NDArray[np.float32]:
        """Appends tokens to the cache.

        Args:
            buffers: the cache; its rows are the batch.
            ids: [batch, tokens].
            past: valid tokens in every row.
            positions: indices into the call's tokens whose logits are wanted; may be empty.
            cancel: interrupts the call.

        Returns:
            Logits, [batch, positions, vocabulary].

        Raises:
            CancelledError: the call was interrupted; what it wrote lies beyond `past`.
            OutOfMemoryError: there was no memory for what the call computes.
            EngineError: ONNX Runtime failed for another reason.
        """
        cancel.check()
        options = ort.RunOptions()
        binding = self._binding(buffers)
        mask = np.ones((ids.shape[0], past + ids.shape[1]), np.int64)
        wanted = np.asarray(positions, np.int64)
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("attention_mask", mask)
        binding.bind_cpu_input("logits_positions", wanted)
        binding.bind_output("logits", "cpu")
        try:
            with cancel.on_cancel(lambda: setattr(options, "terminate", True)):
                self._session.run_with_iobinding(binding, options)
        except Exception as error:
            if cancel.cancelled:
                raise CancelledError("cancelled") from None
            if is_out_of_memory(error):
                raise OutOfMemoryError("there is not enough memory to run the model") from error
            raise EngineError(f"the model failed: {_first_line(error)}") from error
        logits: NDArray[Any] = binding.get_outputs()[0].numpy()
        return logits.astype(np.float32, copy=False)

    def _binding(self, buffers: KvBuffers) -> ort.IOBinding:
        """The binding of these buffers; binding a cache anew costs more than the rest of a step."""
        if self._bound is not None and self._bound[0] is buffers:
            return self._bound[1]
        binding = self._session.io_binding()
        # Outputs come back in the order in which they were first bound: the logits are the first.
        binding.bind_output("logits", "cpu")
        for past, present in self._names:
            binding.bind_ortvalue_input(past, buffers.values[past])
            binding.bind_ortvalue_output(present, buffers.values[past])
        self._bound = (buffers, binding)
        return binding


def _failed_load(path: Path, error: Exception) -> CodegenError:
    """What to say when ONNX Runtime couldn't load a graph."""
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"there is not enough memory to load {path}; close other programs, or use a smaller "
            "model"
        )
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
