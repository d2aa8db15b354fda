"""The caches of samples that are written at the same time.

A single sample is written into the slot that holds its prompt. Several samples begin as copies of
that slot, a row each. On the CPU the copies are as many as the samples that are still written, and
as long as they can get. On a GPU a new shape costs a new capture, so that batches have few sizes
and the caches of each size are kept: a row whose sample has ended is computed on and ignored, until
the next smaller size is enough.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from codegen.cancel import CancelToken
from codegen.engine.buffers import KvBuffers
from codegen.engine.next_tokens import NextTokens
from codegen.engine.rows import RowCopier
from codegen.engine.slots import Slot

SMALLEST: Final = 2
"""Rows of the smallest batch on a GPU. Each size is twice the one before."""


class Batches(Protocol):
    """Makes the caches of a batch."""

    def take(
        self, source: KvBuffers, rows: Sequence[int], length: int, capacity: int, /
    ) -> tuple[KvBuffers, Sequence[int]]:
        """Caches that begin with the given rows of `source`.

        Args:
            source: the caches to copy from.
            rows: which of its rows; one may be taken several times.
            length: how many tokens of them are valid.
            capacity: how many tokens they may get.

        Returns:
            The caches, and in which of their rows each of the given ones is now.
        """

    def copy(self, source: KvBuffers, target: KvBuffers, length: int, /) -> None:
        """Makes the first `length` tokens of `target` those of `source`, both of one row."""


class ExactBatches:
    """New caches of exactly the size that is needed, in the memory of the CPU."""

    def __init__(self, make: Callable[[int, int], KvBuffers]) -> None:
        """`make` makes caches with so many rows of so many tokens."""
        self._make = make

    def take(
        self, source: KvBuffers, rows: Sequence[int], length: int, capacity: int, /
    ) -> tuple[KvBuffers, Sequence[int]]:
        """See `Batches.take`."""
        target = self._make(len(rows), capacity)
        for name, array in target.arrays.items():
            array[:, :, :length] = source.arrays[name][list(rows), :, :length]
        return target, range(len(rows))

    def copy(self, source: KvBuffers, target: KvBuffers, length: int, /) -> None:
        """See `Batches.copy`."""
        for name, array in target.arrays.items():
            array[:, :, :length] = source.arrays[name][:, :, :length]


class LastingBatches:
    """Caches of few sizes, made when they are first needed, and copied on the device."""

    def __init__(self, copier: RowCopier, make: Callable[[int, int], KvBuffers]) -> None:
        """Makes none yet.

        Args:
            copier: copies rows of caches.
            make: makes caches with so many rows of so many tokens.
        """
        self._copier = copier
        self._make = make
        self._made: dict[int, KvBuffers] = {}

    def take(
        self, source: KvBuffers, rows: Sequence[int], _length: int, _capacity: int, /
    ) -> tuple[KvBuffers, Sequence[int]]:
        """See `Batches.take`."""
        size = SMALLEST
        while size < len(rows):
            size *= 2
        if size == source.batch:
            # There is no smaller size that is enough: the rows stay where they are.
            return source, rows
        if size not in self._made:
            self._made[size] = self._make(size, source.capacity)
        target = self._made[size]
        spare = [rows[0]] * (size - len(rows))
        self._copier.copy(source, [*rows, *spare], target)
        return target, range(len(rows))

    def copy(self, source: KvBuffers, target: KvBuffers, _length: int, /) -> None:
        """See `Batches.copy`."""
        self._copier.copy(source, [0], target)


class Caller(Protocol):
    """Makes model calls, and caches for batches."""

    batches: Batches

    def call(
        self,
        buffers: KvBuffers,
        rows: Sequence[Sequence[int]],
        past: int,
        positions: Sequence[int],
        cancel: CancelToken,
    ) -> NextTokens:
        """Appends tokens to the rows of a cache; see `Graph.run`."""


class Batch:
    """The samples of one request: a single one in the slot itself, else a batch of copies.

    `places` says in which row of the last call each living sample is. At first that is the one row
    of the prompt.
    """

    position, drafted, accepted = 0, 0, 0
    """There are no drafts (see `DraftedSample`): a call has one position."""

    def __init__(self, caller: Caller, slot: Slot, samples: int, capacity: int) -> None:
        """Begins with `samples` samples after the tokens of `slot`, up to `capacity` tokens."""
        self.places: Sequence[int] = [0] * samples
        self._caller = caller
        self._slot = slot
        self._capacity = capacity
        self._length = len(slot.ids)
        self._alone = samples == 1
        self._buffers = slot.buffers

    @property
    def size(self) -> int:
        """How many rows the last call had, those of ended samples included."""
        return self._buffers.batch

    def keep(self, alive: Sequence[int]) -> None:
        """Goes on with these samples only, counted among those that lived until now."""
        if self._alone:
            return
        if self._buffers is self._slot.buffers or len(alive) < len(self.places):
            rows = [self.places[index] for index in alive]
            self._buffers, self.places = self._caller.batches.take(
                self._buffers, rows, self._length, self._capacity
            )

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> NextTokens:
        """Appends a token to every living sample."""
        # What an ended sample's row goes on with doesn't matter.
        rows = [[0] for _ in range(self.size)]
        for place, token in zip(self.places, tokens, strict=True):
            rows[place] = [token]
        found = self._caller.call(self._buffers, rows, self._length, [0], cancel)
        if self._alone:
            # A single sample's tokens stay in the slot: typing on continues from them.
            self._slot.ids.extend(tokens)
        self._length += 1
        return found

    def close(self) -> None:
        """The samples have ended."""
