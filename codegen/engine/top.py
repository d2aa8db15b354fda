"""The few likeliest tokens of each row, found on the device.

Drawing a sample needs the logits of a whole vocabulary, 300 KB a token in fp16, only if the tokens
that it may be drawn from are many. Nearly always the nucleus (top-p) is among the TOP likeliest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.device import Device
from codegen.engine.failures import explaining
from codegen.engine.sessions import open_session
from codegen.engine.tensors import StaticTensor

TOP: Final = 64
"""How many of the likeliest tokens are brought from the device."""

_OUTPUTS: Final = ("scores", "tokens", "log_sums", "log_sums_at_1")


@dataclass(frozen=True, slots=True)
class TopRow:
    """The TOP likeliest tokens of one row, the likeliest first.

    With l the logit of a token, L the largest one and t the row's temperature: `scores` are
    (l - L) / t. `log_sum` is the logarithm of the sum of exp((l - L) / t) over the whole
    vocabulary, and `log_sum_at_1` that at temperature 1.
    """

    scores: NDArray[np.float32]
    tokens: NDArray[np.int64]
    log_sum: float
    log_sum_at_1: float


class TopFinder:
    """Runs the graph that finds them (codegen.models.export.on_device.write_top)."""

    def __init__(self, path: Path, device: Device) -> None:
        """Loads the graph, which has no weights."""
        self._session = open_session(path, device)

    def find(self, logits: StaticTensor, temperatures: Sequence[float]) -> list[TopRow]:
        """Finds them for every row.

        Args:
            logits: [batch, 1, vocabulary], on the device.
            temperatures: of each row, above 0.
        """
        inverse = np.array([1 / one for one in temperatures], np.float32).reshape(-1, 1, 1)
        with explaining(CancelToken()):
            binding: Any = self._session.io_binding()
            binding.bind_ortvalue_input("logits", logits.value)
            binding.bind_cpu_input("inverse_temperatures", inverse)
            for name in _OUTPUTS:
                binding.bind_output(name, "cpu")
            self._session.run_with_iobinding(binding)
            found = [value.numpy() for value in binding.get_outputs()]
        return [
            TopRow(scores, tokens, float(log_sum), float(log_sum_at_1))
            for scores, tokens, log_sum, log_sum_at_1 in zip(*found, strict=True)
        ]
