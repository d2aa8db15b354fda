"""The caches of samples that are written at the same time.

A single sample is written into the slot that holds its prompt. Several samples begin as copies of
that slot, a row each. On the CPU the copies are as many as the samples that are still written, and
as long as they can get. On a GPU a new shape costs a new capture, so that batches have few sizes
and the caches of each size are kept: a row whose sample has ended is computed on and ignored, until
the next smaller size is enough.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from codegen.engine.buffers import KvBuffers
from codegen.engine.rows import RowCopier

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
