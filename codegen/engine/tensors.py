"""Small tensors that are allocated once and written in place.

A captured CUDA graph reads and writes the same addresses at each replay, so whatever changes from
step to step has to be written where it was when the graph was captured.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import ArrayLike, DTypeLike, NDArray

from codegen.engine.device import DeviceKind


class StaticTensor:
    """A tensor of a fixed shape, type and address, in the memory of a device.

    On the CPU `value` is the memory of a numpy array, so that nothing is copied.
    """

    def __init__(self, shape: Sequence[int], dtype: DTypeLike, device: DeviceKind) -> None:
        """Allocates zeros."""
        self._host: NDArray[Any] = np.zeros(shape, dtype)
        self._on_cpu = device == "cpu"
        self.value = (
            ort.OrtValue.ortvalue_from_numpy(self._host)
            if self._on_cpu
            else ort.OrtValue.ortvalue_from_numpy(self._host, device, 0)
        )

    def write(self, values: ArrayLike) -> None:
        """Puts values into its memory that have the tensor's shape, or can be broadcast to it."""
        if self._on_cpu:
            self._host[...] = values
        elif not np.array_equal(self._host, np.broadcast_to(values, self._host.shape)):
            # Each copy to a GPU costs more than this comparison.
            self._host[...] = values
            self.value.update_inplace(self._host)

    def read(self) -> NDArray[Any]:
        """The values: on the CPU the memory itself, which the next call overwrites."""
        return self._host if self._on_cpu else self.value.numpy()
