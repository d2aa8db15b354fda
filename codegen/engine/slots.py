"""KV slots: which cache a new prompt continues."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from codegen.engine.buffers import KvBuffers


@dataclass(slots=True)
class Slot:
    """One cache: buffers, and the token ids that are valid in them (their count is the length)."""

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
    """A few caches, so that two files, or two guesses at one, don't evict each other."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = tuple(slots)
        self._clock = 0

    def take(self, prompt: Sequence[int]) -> tuple[Slot, int]:
        """The slot that knows most of `prompt`, cut back to what they share, and its length.

        The last token is always left to compute, since its logits are what the caller wants.
        Where continuing the best match would throw away more of it than it keeps (another file
        with the same licence header), what is shared is copied to the slot unused for longest.
        """
        shared = [slot.common_prefix(prompt) for slot in self._slots]
        best = max(range(len(shared)), key=lambda index: (shared[index], self._slots[index].used))
        slot = self._slots[best]
        length = min(shared[best], len(prompt) - 1)
        if 2 * shared[best] < len(slot.ids):
            oldest = min(self._slots, key=lambda candidate: candidate.used)
            if oldest is not slot:
                oldest.buffers.fill(slot.buffers, [0], length)
                oldest.ids[:] = slot.ids[:length]
                slot = oldest
        del slot.ids[length:]
        self._clock += 1
        slot.used = self._clock
        return slot, length

    def clear(self) -> None:
        """Forgets what all caches hold, and which was used when."""
        for slot in self._slots:
            slot.ids.clear()
            slot.used = 0
        self._clock = 0
