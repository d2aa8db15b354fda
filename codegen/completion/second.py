"""What the model likes second best, where what it likes best isn't suggested."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from codegen.completion.plan import Plan
from codegen.engine.types import GenerateRequest, Sampling
from codegen.postprocess.joint import Joint, same_statement
from codegen.prompt.healing import Spell
from codegen.prompt.otherwise import Otherwise

if TYPE_CHECKING:
    from codegen.models.loaded import LoadedModel

# Rules that refuse a text for what it begins with: another beginning may do.
_REFUSING: Final = frozenset({"syntax-errors", "lone-mark", "unfinished"})


def turning_point(
    model: "LoadedModel", plan: Plan, joint: Joint, tokens: Sequence[int], reason: str
) -> int | None:
    """Which of a refused sample's tokens should have been another one; None if none.

    Of a text that repeats the line below it is the token with which it does so, of others that are
    refused for themselves the first. Where there is nothing to be said, as before a mark that is
    there already, nothing else would be better.
    """
    spelt = [model.tokenizer.token_bytes(token) for token in tokens]
    forced = len(plan.prompt.forced)
    raw = b"".join(spelt)[forced:]
    text = raw.lstrip()
    first, _, _ = text.partition(b"\n")
    at = forced + len(raw) - len(text)
    blanks = raw[: len(raw) - len(text)].decode()
    # A blank line first: then the line is the text's own.
    begun = blanks.rpartition("\n")[2] if "\n" in blanks else plan.hole.left + blanks
    line = begun + first.decode(errors="replace")
    if line.strip() and same_statement(line, joint):
        at += len(first.rstrip()) - 1
    elif reason not in _REFUSING or not text:
        return None
    end = 0
    for index, data in enumerate(spelt):
        end += len(data)
        if end > at:
            return index
    return None


def second_request(
    model: "LoadedModel", plan: Plan, tokens: Sequence[int], at: int
) -> GenerateRequest:
    """A request for a text that begins with some tokens, and then with another one than before."""
    kept = tokens[:at]
    spelt = sum(len(model.tokenizer.token_bytes(token)) for token in kept)
    forced = plan.prompt.forced[spelt:]
    return GenerateRequest(
        prompt=[*plan.prompt.ids, *kept],
        max_tokens=plan.max_tokens + len(plan.prompt.forced) - len(kept),
        samples=(Sampling(),),
        stop_ids=model.family.stop,
        constraint=Otherwise(
            ids=np.union1d(model.vocabulary.ids, np.fromiter(model.family.stop, np.int64)),
            token=tokens[at],
            spell=Spell.of(model.tokenizer, model.vocabulary, forced),
        ),
    )
