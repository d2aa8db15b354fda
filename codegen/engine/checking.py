"""Steps of a single sample, several of which one call computes if a draft was right."""

from collections.abc import Sequence

from codegen.cancel import CancelToken
from codegen.engine.batches import Caller
from codegen.engine.drafts import Drafter, DraftSense
from codegen.engine.next_tokens import NextTokens
from codegen.engine.slots import Slot


class DraftedSample:
    """A sample in its prompt's slot, as `Batch` has it, whose calls check drafts too.

    After a call, `position` is where the latest token stands in it. As long as the tokens that are
    chosen are those of the draft, the next position has been computed already.
    """

    def __init__(self, caller: Caller, slot: Slot, capacity: int, sense: DraftSense) -> None:
        """Begins after the tokens of `slot`, up to `capacity` tokens."""
        self.places: Sequence[int] = [0]
        self.size = 1
        self.position = 0
        self.drafted = 0
        self.accepted = 0
        self._caller = caller
        self._slot = slot
        self._capacity = capacity
        self._sense = sense
        self._drafter = Drafter(sense, slot.ids)
        self._draft: list[int] = []
        self._matching = 0
        self._tokens: NextTokens | None = None

    def keep(self, alive: Sequence[int]) -> None:
        """The sample goes on."""

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> NextTokens:
        """Appends a token to the sample. Gives a call's tokens, of which `position` is the next."""
        (token,) = tokens
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
        self._tokens = self._caller.call(self._slot.buffers, [row], past, range(len(row)), cancel)
        # What the draft has written beyond is valid only once it is known to be right.
        self._slot.ids.append(token)
        self.position = 0
        return self._tokens

    def close(self) -> None:
        """The sample has ended: others may repeat what it wrote."""
        self._drafter.close()
