"""What the engine is asked for a plan."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import numpy as np

from codegen.completion.options import CompletionOptions
from codegen.engine.types import GenerateRequest, Sampling
from codegen.local.plan import LocalPlan
from codegen.prompt.families import FamilyIds
from codegen.prompt.healing import Spell, Vocabulary
from codegen.prompt.otherwise import Otherwise
from codegen.prompt.tokenizer import Tokenizer

# How candidates are drawn beside the likeliest one: far enough from it to differ, near enough to
# be code.
_SPREAD: Final = 0.6


class Asked(Protocol):
    """What a request needs of a model."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Its tokenizer."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Its sorted vocabulary."""

    @property
    def family(self) -> FamilyIds:
        """Its family's marks."""


def first_request(model: Asked, plan: LocalPlan) -> GenerateRequest:
    """A request for all samples of a completion."""
    forced = plan.prompt.forced
    return GenerateRequest(
        prompt=plan.prompt.ids,
        # The forced bytes come first, in at most as many tokens as they are.
        max_tokens=plan.max_tokens + len(forced),
        samples=tuple(_samplings(plan.options)),
        stop_ids=model.family.stop,
        constraint=Spell.of(model.tokenizer, model.vocabulary, forced) if forced else None,
    )


def second_request(
    model: Asked, plan: LocalPlan, kept: Sequence[int], refused: int, forced: bytes
) -> GenerateRequest:
    """A request for a text that begins with some tokens, and then with another one than before.

    Args:
        model: whose tokens they are.
        plan: of the first request.
        kept: the tokens that the text begins with.
        refused: the token that may not come next.
        forced: what the tokens after the kept ones have to spell first.
    """
    return GenerateRequest(
        prompt=[*plan.prompt.ids, *kept],
        max_tokens=plan.max_tokens + len(plan.prompt.forced) - len(kept),
        samples=(Sampling(),),
        stop_ids=model.family.stop,
        constraint=Otherwise(
            ids=np.union1d(model.vocabulary.ids, np.fromiter(model.family.stop, np.int64)),
            token=refused,
            spell=Spell.of(model.tokenizer, model.vocabulary, forced),
        ),
    )


def _samplings(options: CompletionOptions) -> Iterator[Sampling]:
    for index in range(options.candidates):
        if options.temperature <= 0 and index == 0:
            yield Sampling()
        else:
            yield Sampling(
                temperature=options.temperature if options.temperature > 0 else _SPREAD,
                top_k=options.top_k,
                top_p=options.top_p,
                seed=options.seed + index,
            )
