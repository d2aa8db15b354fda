"""KV caches: preallocated buffers that the model reads and writes in place.

Past and present are the same memory: GroupQueryAttention then appends instead of copying. What
is valid of a buffer is a length, so going back is setting it, and what a broken run wrote lies
beyond it and is harmless. The attention mask is as long as the buffer and is written in place, too:
its ones are the length.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort

from codegen.engine.device import DeviceKind
from codegen.engine.manifest import Shape
from codegen.engine.memory import is_out_of_memory
from codegen.engine.tensors import StaticTensor
from codegen.errors import EngineError, OutOfMemoryError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class KvBuffers:
    """Keys and values of every layer, each [batch, kv_heads, capacity, head_dim], and the mask.

    Raises:
        OutOfMemoryError: there is no memory for them.
    """

    def __init__(
        self, shape: Shape, batch: int, capacity: int, dtype: np.dtype[Any], device: DeviceKind
    ) -> None:
        self.batch = batch
        self.capacity = capacity
        dims = (batch, shape.kv_heads, capacity, shape.head_dim)
        # On the CPU an OrtValue wraps the array's own memory. Elsewhere there are no arrays.
        self.arrays: dict[str, NDArray[Any]] = {}
        self.values: dict[str, ort.OrtValue] = {}
        try:
            # As many ones as a row holds tokens, and as many zeros: a mask is a part of it.
            self._ladder = np.repeat(np.array([1, 0], np.int64), capacity)
            self.mask = StaticTensor((batch, capacity), np.int64, device)
            for name in past_names(shape):
                if device == "cpu":
                    self.arrays[name] = np.zeros(dims, dtype)
                    self.values[name] = ort.OrtValue.ortvalue_from_numpy(self.arrays[name])
                else:
                    # Zeros: what lies beyond the valid tokens is multiplied by 0, unless it is NaN.
                    zeros = np.zeros(dims, dtype)
                    self.values[name] = ort.OrtValue.ortvalue_from_numpy(zeros, device, 0)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemoryError(
                f"there is not enough memory for the caches of {batch} times {capacity} tokens"
            ) from error

    def show(self, length: int) -> None:
        """Sets the mask: the first `length` tokens of every row are valid, with the call's own.

        Raises:
            EngineError: there is no room for so many.
        """
        if length > self.capacity:
            raise EngineError(f"{length} tokens don't fit in a cache of {self.capacity}")
        self.mask.write(self._ladder[self.capacity - length : 2 * self.capacity - length])


def past_names(shape: Shape) -> list[str]:
    """The names of the graph's cache inputs; outputs are named after them, see `present_name`."""
    return [f"past_key_values.{n}.{kind}" for n in range(shape.layers) for kind in ("key", "value")]


def present_name(past: str) -> str:
    """The name of the output that continues a cache input."""
    return past.replace("past_key_values", "present", 1)
