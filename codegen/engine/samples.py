"""The samples of a request while they are written: what a step computes, and into which caches."""

from collections.abc import Sequence

from codegen.cancel import CancelToken
from codegen.engine.drafts import Drafter
from codegen.engine.next_tokens import NextTokens
from codegen.engine.runner import Runner
from codegen.engine.slots import Slot


class Batch:
    """The samples of one request: a single one in the slot itself, else a batch of copies.

    `places` says in which row of the last call each living sample is. At first that is the one row
    of the prompt.
    """

    position, drafted, accepted = 0, 0, 0
    """There are no drafts (see `DraftedSample`): a call has one position."""

    def __init__(self, runner: Runner, slot: Slot, samples: int, capacity: int) -> None:
        """Begins with `samples` samples after the tokens of `slot`, up to `capacity` tokens."""
        self.places: Sequence[int] = [0] * samples
        self._runner = runner
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
            self._buffers, self.places = self._runner.batches.take(
                self._buffers, rows, self._length, self._capacity
            )

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> NextTokens:
        """Appends a token to every living sample."""
        # What an ended sample's row goes on with doesn't matter.
        rows = [[0] for _ in range(self.size)]
        for place, token in zip(self.places, tokens, strict=True):
            rows[place] = [token]
        found = self._runner.call(self._buffers, rows, self._length, [0], cancel)
        if self._alone:
            # A single sample's tokens stay in the slot: typing on continues from them.
            self._slot.ids.extend(tokens)
        self._length += 1
        return found

    def close(self) -> None:
        """The samples have ended."""


class DraftedSample:
    """A sample in its prompt's slot, as `Batch` has it, whose calls check drafts too.

    After a call, `position` is where the latest token stands in it. As long as the tokens that are
    chosen are those of the draft, the next position has been computed already.
    """

    def __init__(self, runner: Runner, slot: Slot, capacity: int) -> None:
        """Begins after the tokens of `slot`, up to `capacity` tokens."""
        self.places: Sequence[int] = [0]
        self.size = 1
        self.position = 0
        self.drafted = 0
        self.accepted = 0
        self._runner = runner
        self._slot = slot
        self._capacity = capacity
        self._sense = runner.sense
        self._drafter: Drafter | None = None
        self._draft: list[int] = []
        self._matching = 0
        self._tokens: NextTokens | None = None

    def keep(self, alive: Sequence[int]) -> None:
        """The sample goes on."""

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> NextTokens:
        """Appends a token to the sample. Gives a call's tokens, of which `position` is the next."""
        (token,) = tokens
        if self._drafter is None:
            # Not before the first token was given: reading a prompt takes a millisecond or two.
            self._drafter = Drafter(self._sense, self._slot.ids)
        self._drafter.add(token)
        if self._draft:
            right = self._draft.pop(0) == token
            self._sense.checked(self._matching, right)
            if right and self._tokens is not None:
                self.accepted += 1
                # It was computed with the draft.
                self._slot.ids.append(token)
                self.position += 1
                return self._tokens
        past = len(self._slot.ids)
        self._draft, self._matching = self._drafter.propose(self._capacity - past - 1)
        self.drafted += len(self._draft)
        row = [token, *self._draft]
        self._tokens = self._runner.call(self._slot.buffers, [row], past, range(len(row)), cancel)
        # What the draft has written beyond is valid only once it is known to be right.
        self._slot.ids.append(token)
        self.position = 0
        return self._tokens

    def close(self) -> None:
        """The sample has ended: others may repeat what it wrote."""
        if self._drafter is not None:
            self._drafter.close()
