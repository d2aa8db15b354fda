"""The debounce: how long to wait after a key before the model is asked.

The wait follows the typist, as in Tabby's agent (clients/tabby-agent, CompletionDebounce): it is
the mean gap between keys, longer where another key is likely, less the time that the model takes.
"""

from collections import deque
from statistics import fmean
from typing import Final

# Seconds. A longer gap between two keys is a pause to think, and doesn't count.
_PAUSE: Final = 0.4
# The gap in seconds until enough keys are known, and its bounds.
_FIRST: Final = 0.2
_SHORTEST_GAP, _LONGEST_GAP = 0.1, 0.4
# The bounds of the wait, in seconds.
_SHORTEST, _LONGEST = 0.06, 1.0
# How many gaps are remembered, how many are enough, and how many answers are remembered.
_KEYS: Final = 100
_FEWEST_KEYS: Final = 20
_ANSWERS: Final = 20


class Rhythm:
    """Remembers the last gaps between keys, and how long the model took for its last answers."""

    def __init__(self) -> None:
        """Begins without keys and answers."""
        self._gaps: deque[float] = deque(maxlen=_KEYS)
        self._answers: deque[float] = deque(maxlen=_ANSWERS)
        self._last: float | None = None

    def key(self, now: float) -> None:
        """Notes the time of a key, in seconds."""
        if self._last is not None and 0 < now - self._last <= _PAUSE:
            self._gaps.append(now - self._last)
        self._last = now

    def answered(self, seconds: float) -> None:
        """Notes how many seconds the model took for an answer."""
        self._answers.append(seconds)

    @property
    def gap(self) -> float:
        """The typical time between two keys, in seconds."""
        mean = fmean(self._gaps) if len(self._gaps) >= _FEWEST_KEYS else _FIRST
        return min(max(mean, _SHORTEST_GAP), _LONGEST_GAP)

    def delay(self, before: str, after: str) -> float:
        """Seconds to wait before a request, 0.06 to 1.

        Args:
            before: the cursor's line up to the cursor.
            after: the text from the cursor on.
        """
        # After a word or a line another key is less likely, so the wait is shorter.
        boundary = not before or not (before[-1].isalnum() or before[-1] == "_")
        line_end = not after or after[0] in "\r\n"
        score = 0.5 * boundary + 0.4 * line_end + 0.1 * (not after)
        expected = fmean(self._answers) if self._answers else 0.0
        return min(max(self.gap * (3 - 1.5 * score) - expected, _SHORTEST), _LONGEST)
