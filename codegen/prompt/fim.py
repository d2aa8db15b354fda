"""Fill-in-the-middle prompts, made of the text before the anchor, the typed text, and what follows.

There are three orders. A family was trained with one of them; which of them works best is measured
(`codegen eval layouts`):

    psm     PREFIX before typed SUFFIX after MIDDLE
    spm     SUFFIX after PREFIX before typed MIDDLE
    frozen  PREFIX before SUFFIX after MIDDLE typed

In the frozen order the typed text comes last, as if the model had written it already, so a
keystroke changes none of the tokens before it.
"""

from dataclasses import dataclass
from typing import Literal

from codegen.prompt.families import FamilyIds
from codegen.prompt.healing import heal as heal_text
from codegen.prompt.tokenizer import Tokenizer
from codegen.text import scalar

Order = Literal["psm", "spm", "frozen"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked.

    `forced` are the last bytes of the text before the cursor. The first generated tokens must spell
    them, and they are cut off the completion.
    """

    ids: tuple[int, ...]
    forced: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The tokens of a frozen prompt that no keystroke changes; the last of them is MIDDLE."""

    ids: tuple[int, ...]


def build_head(before: str, after: str, ids: FamilyIds, tokenizer: Tokenizer) -> Head:
    """Writes the head. `before` ends at the end of a line, where a token ends, too."""
    return Head(
        (
            ids.fim_prefix,
            *tokenizer.encode(before),
            ids.fim_suffix,
            *tokenizer.encode(after),
            ids.fim_middle,
        )
    )


def build_frozen(head: Head, typed: str, tokenizer: Tokenizer, *, heal: bool = True) -> Prompt:
    """Writes a head with the text typed since its anchor, backed off to a token's border."""
    text, forced = _typed(typed, tokenizer, heal=heal)
    return Prompt((*head.ids, *text), forced)


def build_prompt(
    before: str,
    typed: str,
    after: str,
    ids: FamilyIds,
    tokenizer: Tokenizer,
    *,
    order: Order = "psm",
    heal: bool = True,
) -> Prompt:
    """Writes a prompt in one of the orders.

    Source of psm: https://arxiv.org/abs/2409.12186, section 3.1. The forced bytes are generated
    after MIDDLE, though they stand before the cursor. So the hole begins for the model a few
    characters earlier, where a token ends.

    Args:
        before: the text before the anchor.
        typed: the text from the anchor to the cursor.
        after: the text after the cursor.
        ids: the family's marks, as ids of this tokenizer.
        tokenizer: the model's.
        order: of the parts.
        heal: whether the text before the cursor backs off to a token's border. Without it
            nothing is forced.
    """
    if order == "frozen":
        return build_frozen(build_head(before, after, ids, tokenizer), typed, tokenizer, heal=heal)
    prefix, forced = _typed(before + typed, tokenizer, heal=heal)
    suffix = tokenizer.encode(after)
    if order == "psm":
        return Prompt((ids.fim_prefix, *prefix, ids.fim_suffix, *suffix, ids.fim_middle), forced)
    return Prompt((ids.fim_suffix, *suffix, ids.fim_prefix, *prefix, ids.fim_middle), forced)


def _typed(text: str, tokenizer: Tokenizer, *, heal: bool) -> tuple[tuple[int, ...], bytes]:
    if not heal:
        return tuple(tokenizer.encode(text)), b""
    healed = heal_text(tokenizer, scalar(text).encode())
    return healed.ids, healed.forced
