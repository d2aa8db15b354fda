"""Rules for results that aren't unique; `suites/oracles.py` says which task needs which.

Source: evalplus 0.3.1, eval/_special_oracle.py and eval/__init__.py (Apache-2.0). Its rules for
Mbpp/164 and Mbpp/295, which accept nearly anything, are for tasks that MBPP+ 0.2.0 has dropped.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from codegen_eval.judge.box.limits import MAX_KEYS

Rule = Callable[[Sequence[Any], Any, Any, float], bool | None]
"""(arguments, result, expected, atol) -> whether the result is right; None if comparing decides."""

_CROWD: Final = 8
"""How many different items may share a hash. More of them are an attack: building a set of them
takes the square of their number."""

_VIEWS: Final[Any] = (type({}.keys()), type({}.values()))
_COLLECTIONS: Final[Any] = (list, tuple, set, frozenset, deque, *_VIEWS, type(iter([])))


def _same_set(_arguments: Sequence[Any], result: Any, expected: Any, _atol: float) -> bool:
    """Order and repetition don't count. A text or a dict is no collection of its parts here."""
    if not isinstance(result, _COLLECTIONS):
        return False
    items = _distinct(result)
    return items is not None and items == set(expected)


def _distinct(items: Iterable[Any]) -> set[Any] | None:
    """Items as a set; None where it would be too large, or take too long to build."""
    found: set[Any] = set()
    crowds: Counter[int] = Counter()
    for item in items:
        before = len(found)
        found.add(item)
        if len(found) > before:
            crowds[hash(item)] += 1
            if crowds[hash(item)] > _CROWD or len(found) > MAX_KEYS:
                return None
    return found


def _found(_arguments: Sequence[Any], result: Any, expected: Any, _atol: float) -> bool:
    """MBPP only asks whether there is a match; of a match and `True` either will do."""
    found = expected is not None
    return result is found if isinstance(result, bool) else (result is not None) is found


def _root(arguments: Sequence[Any], result: Any, _expected: Any, atol: float) -> bool:
    """HumanEval/32: any zero of the polynomial whose coefficients are the argument."""
    if not _is_number(result):
        return False
    value = sum(factor * math.pow(result, power) for power, factor in enumerate(arguments[0]))
    return bool(abs(value) <= atol)


def _pyramid(arguments: Sequence[Any], result: Any, _expected: Any, atol: float) -> bool | None:
    """Mbpp/581: the height may be that of the pyramid, instead of its sides'."""
    edge, height = arguments
    slant = math.sqrt((edge / 2) ** 2 + height**2)
    area = round(edge**2 + 4 * (edge * slant) / 2)
    return True if _is_number(result) and abs(result - area) <= atol else None


def _digit_distance(
    arguments: Sequence[Any], result: Any, _expected: Any, _atol: float
) -> bool | None:
    """Mbpp/558: the shorter number may be filled up with zeros."""
    first, second = (str(argument) for argument in arguments)
    width = max(len(first), len(second))
    pairs = zip(first.zfill(width), second.zfill(width), strict=True)
    total = sum(abs(int(one) - int(other)) for one, other in pairs)
    return True if _is_number(result) and result == total else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


RULES: Final[Mapping[str, Rule]] = {
    "equal": lambda _arguments, _result, _expected, _atol: None,
    "set": _same_set,
    "found": _found,
    "root": _root,
    "pyramid": _pyramid,
    "digit-distance": _digit_distance,
}
"""The rules by name, as in `Calls.oracle`."""
