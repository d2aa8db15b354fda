"""How many tokens a prompt may have, and how its parts share them."""

from dataclasses import dataclass
from typing import Final

from codegen.errors import UsageError

MARKS: Final = 3
"""Special tokens of a prompt: prefix, suffix, middle."""

PROMPT_SECONDS: Final = 3.0
"""What computing a prompt at a new place may take, where the machine's speed decides its length."""

LEAST: Final = 256
MOST: Final = 1536
"""Bounds of a prompt that the machine's speed decides. Not measured yet: with less the
model hardly knows where it is, and more leaves a small window little room to type in."""

DEFAULT: Final = 1024
"""For a machine whose speed was not measured."""

# Of the budget of a file that outgrows it, in percent: the lines before the anchor, the signatures
# of what is above them, the lines after the cursor, the signatures of what is below. What a part
# doesn't need goes to the lines after the cursor.
_BEFORE: Final = 50
_SKELETON: Final = 20
_BELOW: Final = 5


@dataclass(frozen=True, slots=True)
class Shares:
    """Tokens for the parts of a prompt whose file outgrows its budget."""

    before: int
    skeleton: int
    below: int

    @classmethod
    def of(cls, budget: int) -> "Shares":
        """Shares of a budget by the weights of this module."""
        return cls(budget * _BEFORE // 100, budget * _SKELETON // 100, budget * _BELOW // 100)


def prompt_budget(
    window: int, max_tokens: int, wanted: int | None, tokens_per_second: float | None
) -> int:
    """Tokens for the text around the cursor, without the marks.

    Args:
        window: tokens that the model's cache holds.
        max_tokens: of the completion.
        wanted: what the user set for a prompt; None lets the machine's speed decide.
        tokens_per_second: of computing prompts on this machine, None if it wasn't measured.

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
    # Whoever wants less than the marks gets a prompt of nothing else.
    return max(0, min(wanted - MARKS, room))


def affordable(tokens_per_second: float | None) -> int:
    """Tokens of a prompt that a machine of that speed computes in time, marks included."""
    if tokens_per_second is None:
        return DEFAULT
    return max(LEAST, min(MOST, int(tokens_per_second * PROMPT_SECONDS)))
