"""A constraint that forbids the token that a model would write next, for its second choice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.prompt.healing import Spell


@dataclass(frozen=True, slots=True, eq=False)
class Otherwise:
    """A constraint on the next tokens: the first of them isn't `token`, and all must fit `spell`.

    `ids` are all ids that may come, sorted: those of the vocabulary, and those that end a text.
    """

    ids: NDArray[np.int64]
    token: int
    spell: Spell

    def allowed(self) -> NDArray[np.int64] | None:
        """The ids that may come next, sorted: without `token`, unless it is the only one."""
        pool = self.spell.allowed()
        pool = self.ids if pool is None else pool
        others = pool[pool != self.token]
        return others if len(others) else pool

    def advance(self, token: int) -> Spell:
        """The constraint after a token.

        Raises:
            ValueError: the token doesn't spell what it has to spell.
        """
        return self.spell.advance(token)
