"""Whether a result is the expected one, as EvalPlus 0.3.1 decides it.

Both are plain data of builtin types, so a comparison never runs code of the judged program.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from codegen_eval.judge.rules import RULES
from codegen_eval.suites.problem import Calls

_RELATIVE: Final = 1e-7
"""numpy.testing.assert_allclose's default, which EvalPlus takes."""

_FLOATS: Final = 1e-6
"""EvalPlus's absolute tolerance of floats where a problem gives none."""


class Comparison:
    """Compares the results of one problem's calls, in their order.

    The order matters, as in EvalPlus: after the first call for which floats are expected, all
    results are compared with the tolerance of floats.
    """

    def __init__(self, check: Calls) -> None:
        self._rule = RULES[check.oracle]
        self._atol = check.atol

    def same(self, arguments: Sequence[Any], result: Any, expected: Any) -> bool:
        """Whether a call's result is right. `arguments` are as they were before the call."""
        try:
            decision = self._rule(arguments, result, expected, self._atol)
            if decision is not None:
                return decision
            if self._atol == 0 and _are_floats(expected):
                self._atol = _FLOATS
            if bool(result == expected):
                return True
            return (
                self._atol != 0
                and type(result) is type(expected)
                and _close(result, expected, self._atol)
            )
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            # Numbers too large for a float, signalling NaNs and the like.
            return False


def _are_floats(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _close(result: Any, expected: Any, atol: float) -> bool:
    """numpy.allclose for plain data, without its broadcasting: shapes must be the same."""
    if isinstance(expected, list | tuple):
        return (
            isinstance(result, list | tuple)
            and len(result) == len(expected)
            and all(map(_close, result, expected, [atol] * len(expected)))
        )
    numbers = int | float | complex
    if not isinstance(result, numbers) or not isinstance(expected, numbers):
        return False
    if result == expected:
        return True
    difference, size = abs(result - expected), abs(expected)
    return math.isfinite(difference) and difference <= atol + _RELATIVE * size
