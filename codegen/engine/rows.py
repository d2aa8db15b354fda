"""Copies rows of KV caches on the device that they are on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers, past_names, present_name
from codegen.engine.device import Device
from codegen.engine.failures import explaining
from codegen.engine.manifest import Shape
from codegen.engine.sessions import open_session


class RowCopier:
    """Runs the graph that copies rows (codegen.models.export.on_device.write_rows)."""

    def __init__(self, path: Path, shape: Shape, device: Device) -> None:
        """Loads the graph, which has no weights."""
        self._names = [(past, present_name(past)) for past in past_names(shape)]
        self._session = open_session(path, device)

    def copy(self, source: KvBuffers, rows: Sequence[int], target: KvBuffers) -> None:
        """Makes the rows of `target` those of `source`'s rows in `rows`.

        Both have the same capacity. Whole rows are copied, valid or not.
        """
        with explaining(CancelToken()):
            binding = self._session.io_binding()
            binding.bind_cpu_input("rows", np.array(rows, np.int64))
            for past, present in self._names:
                binding.bind_ortvalue_input(past, source.values[past])
                binding.bind_ortvalue_output(present, target.values[past])
            self._session.run_with_iobinding(binding)
