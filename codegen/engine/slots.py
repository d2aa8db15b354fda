"""KV slots: a few caches, and the choice of the cache that a new prompt continues."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codegen.engine.buffers import KvBuffers


@dataclass(slots=True)
class Slot:
    """A cache: buffers, and the ids of the tokens whose keys and values are in them."""

    buffers: KvBuffers
    ids: list[int] = field(default_factory=list)
    used: int = 0  # the pool's clock when it was last taken

    def common_prefix(self, prompt: Sequence[int]) -> int:
        """How many tokens at the start of `prompt` the cache already holds."""
        limit = min(len(self.ids), len(prompt))
        for index in range(limit):
            if self.ids[index] != prompt[index]:
                return index
        return limit


class SlotPool:
    """A few caches, so that prompts of two files, or two places, don't evict each other."""

    def __init__(
        self, slots: Sequence[Slot], copy: Callable[[KvBuffers, KvBuffers, int], None]
    ) -> None:
        """Begins with the given slots.

        Args:
            slots: the caches and what is in them.
            copy: copies the first tokens, so many of them, of one cache into another.
        """
        self._slots = tuple(slots)
        self._copy = copy
        self._clock = 0

    def take(self, prompt: Sequence[int]) -> tuple[Slot, int]:
        """The slot that holds the longest prefix of `prompt`, cut back to it, and its length.

        The last token is always left to compute, since the caller wants its logits. If continuing
        the best slot would throw away more of it than it keeps (another file with the same licence
        header), the prefix is copied into the slot that was used longest ago.
        """
        shared = [slot.common_prefix(prompt) for slot in self._slots]
        best = max(range(len(shared)), key=lambda index: (shared[index], self._slots[index].used))
        slot = self._slots[best]
        length = min(shared[best], len(prompt) - 1)
        if 2 * shared[best] < len(slot.ids):
            oldest = min(self._slots, key=lambda candidate: candidate.used)
            if oldest is not slot:
                self._copy(slot.buffers, oldest.buffers, length)
                oldest.ids[:] = slot.ids[:length]
                slot = oldest
        del slot.ids[length:]
        self._clock += 1
        slot.used = self._clock
        return slot, length

    def clear(self) -> None:
        """Empties all caches, and forgets when each of them was used."""
        for slot in self._slots:
            slot.ids.clear()
            slot.used = 0
        self._clock = 0
