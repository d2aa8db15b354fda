"""Fill-in-the-middle prompts: prefix, suffix, middle."""

from dataclasses import dataclass

from codegen.context.window import Context
from codegen.prompt.families import FamilyIds
from codegen.prompt.healing import heal as heal_text
from codegen.prompt.tokenizer import Tokenizer, scalar


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked.

    `forced` are the last bytes of the text before the cursor: the first generated tokens must
    spell them, and they are not a part of the completion.
    """

    ids: tuple[int, ...]
    forced: bytes


def build_prompt(
    context: Context, ids: FamilyIds, tokenizer: Tokenizer, *, heal: bool = True
) -> Prompt:
    """Writes a context in its family's order: prefix, suffix, then the middle to be generated.

    Source: https://arxiv.org/abs/2409.12186, section 3.1. The forced bytes are generated after
    the middle's mark, though they stood before the suffix's: to the model the hole then begins
    a few characters earlier, at a boundary that it knows.

    Args:
        context: the text around the cursor, fitted to the budget.
        ids: the family's marks, as ids of this tokenizer.
        tokenizer: the model's.
        heal: whether the text before the cursor backs off to a safe boundary. Without it
            nothing is forced.
    """
    if heal:
        healed = heal_text(tokenizer, scalar(context.prefix).encode())
        prefix, forced = healed.ids, healed.forced
    else:
        prefix, forced = tuple(tokenizer.encode(context.prefix)), b""
    suffix = tokenizer.encode(context.suffix)
    return Prompt((ids.fim_prefix, *prefix, ids.fim_suffix, *suffix, ids.fim_middle), forced)
