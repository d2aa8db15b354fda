"""A file's last suggestions, for requests that need no model.

An entry holds the suggestions for one text and cursor. It also serves a later text if the user
only typed the beginning of one of these suggestions at the cursor. All of the text after the
cursor must be the same: otherwise a suggestion for another place would be shown. After a backspace
or an undo, the text is that of an earlier entry.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from codegen.document import Document
from codegen.reasons import Reason

# How many code points the user may have typed of a suggestion, and how many entries are kept.
MAX_TYPED: Final = 512
MAX_ENTRIES: Final = 64


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """The suggestions for a text and its cursor, or the reason why there are none."""

    texts: tuple[str, ...]
    reason: Reason | None


# The length of the text before a cursor, and the length and the hash of the text after it. The
# texts themselves are not kept: an entry of a large file must not be as large as the file.
_Place = tuple[int, int, int]


class SuggestionCache:
    """The last suggestions of one file; the entry that was used longest ago is dropped first."""

    def __init__(self, entries: int = MAX_ENTRIES) -> None:
        """Makes an empty cache that keeps so many entries."""
        self._size = entries
        # By place, and by the hash of the text before the cursor.
        self._entries: OrderedDict[tuple[_Place, int], CachedAnswer] = OrderedDict()
        # How many entries a place has.
        self._starts: dict[_Place, int] = {}

    def put(self, document: Document, texts: tuple[str, ...], reason: Reason | None) -> None:
        """Keeps the answer for a document."""
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
        """The rest of the suggestions that the user has typed into; None if no entry fits.

        Entries into which less was typed are tried first. A reason counts only for the very text
        that it was given for.
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
                suggestion[typed:]
                for suggestion in entry.texts
                if suggestion.startswith(text) and len(suggestion) > typed
            )
            if left or not typed:
                self._entries.move_to_end(key)
                return CachedAnswer(left, entry.reason)
        return None
