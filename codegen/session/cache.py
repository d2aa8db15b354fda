"""Suggestions that were made already: typed into, undone, or come back to.

An entry serves a text that differs from its own only in what was typed at its cursor, and that
agrees with one of its suggestions: what follows the cursor must be equal, all of it, or an answer
would be shown that was meant for another place. Backspace and undo lead back to an earlier entry.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from codegen.document import Document
from codegen.reasons import Reason

# How many code points may have been typed into a suggestion, and how many entries are kept.
MAX_TYPED: Final = 512
MAX_ENTRIES: Final = 64


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """The suggestions for a place, or the reason why there are none.

    Of the texts around the place only lengths and hashes are kept: an entry of a large file must
    not be as large as the file.
    """

    texts: tuple[str, ...]
    reason: Reason | None


_Place = tuple[int, int, int]


class SuggestionCache:
    """The last suggestions of one file; the one used longest ago is given up first."""

    def __init__(self, entries: int = MAX_ENTRIES) -> None:
        """Begins empty."""
        self._size = entries
        # By the length of the text before the cursor, and length and hash of that after it; and
        # then by the hash of the text before it.
        self._entries: OrderedDict[tuple[_Place, int], CachedAnswer] = OrderedDict()
        self._starts: dict[_Place, int] = {}

    def put(self, document: Document, texts: tuple[str, ...], reason: Reason | None) -> None:
        """Keeps what was answered for a document."""
        before, after = document.before, document.after
        place = (len(before), len(after), hash(after))
        key = (place, hash(before))
        if key not in self._entries:
            self._starts[place] = self._starts.get(place, 0) + 1
        self._entries[key] = CachedAnswer(texts, reason)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            (old, _), _ = self._entries.popitem(last=False)
            self._starts[old] -= 1
            if not self._starts[old]:
                del self._starts[old]

    def find(self, document: Document) -> CachedAnswer | None:
        """What is left of a suggestion after what was typed since; the longest way back last.

        A reason holds only where nothing was typed since.
        """
        before, after = document.before, document.after
        end, size, hashed = len(before), len(after), hash(after)
        for typed in range(min(MAX_TYPED, end) + 1):
            place = (end - typed, size, hashed)
            if place not in self._starts:
                continue
            key = (place, hash(before[: end - typed]))
            entry = self._entries.get(key)
            if entry is None:
                continue
            text = before[end - typed :]
            left = tuple(
                one[typed:] for one in entry.texts if one.startswith(text) and len(one) > typed
            )
            if left or not typed:
                self._entries.move_to_end(key)
                return CachedAnswer(left, entry.reason)
        return None
