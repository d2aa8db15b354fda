"""A constraint that forbids what a model would write next, for what it likes second best."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.prompt.healing import Spell


@dataclass(frozen=True, slots=True, eq=False)
class Otherwise:
    """A constraint on the next tokens: the first isn't `token`, and `spell` holds throughout.

    `ids` are all that may come, sorted: the vocabulary's and those that end a text.
    """

    ids: NDArray[np.int64]
    token: int
    spell: Spell

    def allowed(self) -> NDArray[np.int64] | None:
        """Ids that may come next, sorted; the forbidden one alone if there is no other."""
        pool = self.spell.allowed()
        pool = self.ids if pool is None else pool
        others = pool[pool != self.token]
        return others if len(others) else pool

    def advance(self, token: int) -> Spell:
        """What holds after a token.

        Raises:
            ValueError: the token doesn't spell what it has to.
        """
        return self.spell.advance(token)
