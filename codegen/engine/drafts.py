"""Drafts without a second model: what followed the same tokens before is proposed again.

Code repeats itself, so that the last tokens often stand in the prompt already. What followed them
there is a draft, which one call checks: the model computes all its tokens at once, and those up to
the first that it would not have written are kept. The result is that of writing token by token.
Prompt lookup decoding: https://github.com/apoorvumang/prompt-lookup-decoding; the choice of a
length by its goodput follows vLLM's and SuffixDecoding (arXiv 2411.04975).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

SHORTEST: Final = 3
"""Tokens that must be the same before a draft; fewer are the same by chance."""

LONGEST: Final = 16
"""Tokens that are compared at most."""

LENGTHS: Final = (1, 3, 7)
"""Tokens of a draft. With the token that stands before it, a call has 2, 4 or 8."""

OCCURRENCES: Final = 8
"""So many of the latest places with the same tokens are compared."""

OUTPUTS: Final = 8
"""So many of the latest texts that were written are searched, besides the prompt."""

WORTH: Final = 1.05
"""A draft is checked if the tokens per time are expected to be at least so many times as many."""

# Shares of drafted tokens that are right, before anything was learned, by the tokens that match.
_PRIOR: Final = {3: 0.5, 4: 0.6, 6: 0.75, 9: 0.9}
_LEARN, _RECOVER = 0.05, 0.01

# What each further token of a call costs, in calls of one token, if that wasn't measured: between
# 0.12 (a processor with VNNI) and 0.36 (one with AVX2 alone).
_FURTHER: Final = 0.3

_BORDER: Final = -1  # between texts, and no token


class DraftSense:
    """What is known of drafts: how often they were right, and what checking them costs.

    It depends on the requests so far and on a measurement that is kept, and not on how fast calls
    are meanwhile: the same requests get the same drafts.
    """

    def __init__(self, seconds: Mapping[int, float] | None = None) -> None:
        """Begins with seconds of calls by their number of tokens, if they were measured."""
        self._right = dict(_PRIOR)
        self._costs = {length + 1: 1 + _FURTHER * length for length in LENGTHS}
        if seconds and 1 in seconds and 8 in seconds:
            further = max(0.0, seconds[8] / seconds[1] - 1) / 7
            self._costs = {length + 1: 1 + further * length for length in LENGTHS}
        self.outputs: deque[Sequence[int]] = deque(maxlen=OUTPUTS)

    def length(self, matching: int, available: int) -> int:
        """How many tokens to draft after so many that match; 0 if it wouldn't pay."""
        right = self._right[_bucket(matching)]
        best, most = 0, WORTH
        for length in LENGTHS:
            if length > available:
                break
            expected = sum(right**position for position in range(length + 1))
            if (goodput := expected / self._costs[length + 1]) >= most:
                best, most = length, goodput
        if not best:
            # What is never tried would never be learned anew.
            bucket = _bucket(matching)
            self._right[bucket] += _RECOVER * (_PRIOR[bucket] - self._right[bucket])
        return best

    def checked(self, matching: int, right: bool) -> None:
        """A drafted token was right or wrong."""
        bucket = _bucket(matching)
        self._right[bucket] += _LEARN * (right - self._right[bucket])


class Drafter:
    """Finds drafts for one text that is being written."""

    def __init__(self, sense: DraftSense, prompt: Sequence[int]) -> None:
        """Knows the latest outputs, and the prompt."""
        self._sense = sense
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], deque[int]] = {}
        for output in sense.outputs:
            self._extend([*output, _BORDER])
        self._begin = len(self._tokens) + len(prompt)
        self._extend(prompt)

    def add(self, token: int) -> None:
        """A token was written."""
        self._extend((token,))

    def close(self) -> None:
        """The text is written: later ones may repeat it."""
        self._sense.outputs.append(self._tokens[self._begin :])

    def propose(self, room: int) -> tuple[list[int], int]:
        """A draft of at most `room` tokens, which may be none, and how many tokens match before."""
        tokens, end = self._tokens, len(self._tokens)
        matching, after = 0, end
        for place in reversed(self._places.get(tuple(tokens[-SHORTEST:]), ())):
            if place == end:
                continue
            length = SHORTEST
            while (
                length < min(LONGEST, place)
                and tokens[place - 1 - length] == tokens[end - 1 - length]
            ):
                length += 1
            if length > matching:
                matching, after = length, place
        if not matching:
            return [], 0
        following = tokens[after : after + min(room, LENGTHS[-1])]
        if _BORDER in following:
            following = following[: following.index(_BORDER)]
        return following[: self._sense.length(matching, len(following))], matching

    def _extend(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            self._tokens.append(token)
            key = tuple(self._tokens[-SHORTEST:])
            if len(key) == SHORTEST and _BORDER not in key:
                places = self._places.get(key)
                if places is None:
                    places = self._places[key] = deque(maxlen=OCCURRENCES)
                places.append(len(self._tokens))


def _bucket(matching: int) -> int:
    return max(length for length in _PRIOR if length <= matching)
