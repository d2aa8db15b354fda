"""How many tokens a prompt may have, and how its parts share them."""

from dataclasses import dataclass
from typing import Final

from codegen.errors import UsageError

MARKS: Final = 3
"""Special tokens of a prompt: prefix, suffix, middle."""

PROMPT_SECONDS: Final = 3.0
"""Seconds that computing a prompt may take, where the machine's speed decides its length."""

LEAST: Final = 256
MOST: Final = 1536
"""Bounds, in tokens, of a prompt whose length the machine's speed decides.

They are not measured yet. With fewer tokens the model hardly knows where it is; more tokens leave
little room to type in where the window is small.
"""

DEFAULT: Final = 1024
"""Tokens of a prompt on a machine whose speed was not measured."""

# Shares of the budget, in percent, where a file outgrows it: for the lines before the anchor, for
# the signatures above them, and for the signatures below the lines after the cursor. These lines
# get the rest, and what the other parts don't need.
_BEFORE: Final = 50
_SKELETON: Final = 20
_BELOW: Final = 5


@dataclass(frozen=True, slots=True)
class Shares:
    """Tokens for the parts of a prompt, where the file outgrows the budget.

    `before` is for the lines before the anchor, `skeleton` for the signatures above them, and
    `below` for the signatures below the lines after the cursor.
    """

    before: int
    skeleton: int
    below: int

    @classmethod
    def of(cls, budget: int) -> "Shares":
        """The shares of a budget of so many tokens."""
        return cls(budget * _BEFORE // 100, budget * _SKELETON // 100, budget * _BELOW // 100)


def prompt_budget(
    window: int, max_tokens: int, wanted: int | None, tokens_per_second: float | None
) -> int:
    """Tokens for the text around the cursor, without the marks.

    Args:
        window: tokens that the model's cache holds.
        max_tokens: of the completion.
        wanted: what the user set for a prompt; None lets the machine's speed decide.
        tokens_per_second: how fast this machine computes prompts; None if that wasn't measured.

    Raises:
        UsageError: the completion leaves no room for a prompt.
    """
    room = window - max_tokens - MARKS
    if room < 1:
        raise UsageError(
            f"a completion of {max_tokens} tokens leaves no room for the text around it: "
            f"both must fit into {window} tokens"
        )
    if wanted is None:
        wanted = affordable(tokens_per_second)
    # A prompt of fewer tokens than the marks has no text.
    return max(0, min(wanted - MARKS, room))


def affordable(tokens_per_second: float | None) -> int:
    """How many tokens of a prompt, marks included, a machine computes in PROMPT_SECONDS."""
    if tokens_per_second is None:
        return DEFAULT
    return max(LEAST, min(MOST, int(tokens_per_second * PROMPT_SECONDS)))
