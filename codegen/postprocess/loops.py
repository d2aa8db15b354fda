"""Finds loops: a model writes the same text, or lines that only count up, again and again."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

# A group of at most _LINES lines that comes _TIMES times in a row is a loop.
_LINES: Final = 4
_TIMES: Final = 4
# Lines that count up are a loop only after more times: some are written on purpose.
_COUNTING_TIMES: Final = 8

# A text of at least three characters that comes six times in a row is a loop. Source: the
# repetition filter of Tabby's agent, https://github.com/TabbyML/tabby.
_UNIT: Final = 3
_UNIT_TIMES: Final = 6

_COUNTED: Final = re.compile(r"\d+|(?<![A-Za-z])[A-Za-z](?![A-Za-z])")


def loop_start(lines: Sequence[str]) -> int | None:
    """The index of the first line that repeats earlier lines; None without a loop."""
    for period in range(1, _LINES + 1):
        tail = list(lines[-period * _TIMES :])
        if len(tail) == period * _TIMES and tail == tail[:period] * _TIMES:
            return len(lines) - period * (_TIMES - 1)
    return _counting(lines)


def _counting(lines: Sequence[str]) -> int | None:
    """The index of the second line of those that count up at the end; None if none do."""
    tail = lines[-_COUNTING_TIMES:]
    if len(tail) < _COUNTING_TIMES:
        return None
    alike = _COUNTED.sub("0", tail[-1])
    if any(_COUNTED.sub("0", line) != alike for line in reversed(tail[:-1])):
        return None
    rows = [[_value(number) for number in _COUNTED.findall(line)] for line in tail]
    for column in zip(*rows, strict=True):
        steps = {after - before for before, after in pairwise(column)}
        if len(steps) > 1 or not steps <= {0, 1}:
            return None
    return len(lines) - _COUNTING_TIMES + 1


def _value(counted: str) -> int:
    return int(counted[:18]) if counted.isdigit() and counted.isascii() else ord(counted[0])


def first_round(text: str) -> str:
    """A text up to the end of the first round of the loop that it ends with, if it has one."""
    for length in range(_UNIT, len(text) // _UNIT_TIMES + 1):
        unit = text[-length:]
        if any(map(str.isalnum, unit)) and text.endswith(unit * _UNIT_TIMES):
            start = len(text) - length * _UNIT_TIMES
            while text.endswith(unit, 0, start):
                start -= length
            return text[: start + length]
    return text
