"""KV caches: preallocated buffers that the model reads and writes in place.

Past and present are the same memory: GroupQueryAttention then appends instead of copying. What
is valid of a buffer is a length, so going back is setting it, and what a broken run wrote lies
beyond it and is harmless. The attention mask is as long as the buffer and is written in place, too:
its ones are the length.
"""

from collections.abc import Sequence
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
        self._shape = shape
        self._dtype = dtype
        self._device = device
        dims = (batch, shape.kv_heads, capacity, shape.head_dim)
        # On the CPU an OrtValue wraps the array's own memory, so rows can be copied in numpy.
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
                    self.values[name] = ort.OrtValue.ortvalue_from_shape_and_type(
                        list(dims), dtype, device, 0
                    )
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

    def rows(self, index: Sequence[int], length: int, capacity: int) -> "KvBuffers":
        """New buffers whose rows start as the first `length` tokens of the rows in `index`."""
        copy = KvBuffers(self._shape, len(index), capacity, self._dtype, self._device)
        copy.fill(self, index, length)
        return copy

    def fill(self, source: "KvBuffers", index: Sequence[int], length: int) -> None:
        """Makes the first `length` tokens of the rows those of `source`'s rows in `index`."""
        rows = list(index)
        for name, value in source.values.items():
            if self._device == "cpu":
                self.arrays[name][:, :, :length] = source.arrays[name][rows, :, :length]
            else:
                # ONNX Runtime's Python interface copies whole values only, through the host.
                host = self.values[name].numpy()
                host[:, :, :length] = value.numpy()[rows, :, :length]
                self.values[name].update_inplace(np.ascontiguousarray(host))


def past_names(shape: Shape) -> list[str]:
    """The names of the graph's cache inputs; outputs are named after them, see `present_name`."""
    return [f"past_key_values.{n}.{kind}" for n in range(shape.layers) for kind in ("key", "value")]


def present_name(past: str) -> str:
    """The name of the output that continues a cache input."""
    return past.replace("past_key_values", "present", 1)
