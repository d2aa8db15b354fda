"""Makes the engine's requests for a plan."""

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

# The temperature of the candidates beside the greedy one: high enough for them to differ from it,
# low enough for them to be code.
_SPREAD: Final = 0.6


class Asked(Protocol):
    """The parts of a model that a request needs."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The model's sorted vocabulary."""

    @property
    def family(self) -> FamilyIds:
        """The special tokens of the model's family."""

    @property
    def drafts(self) -> bool:
        """Whether single samples may be written with drafts."""


def first_request(model: Asked, plan: LocalPlan) -> GenerateRequest:
    """The request for all samples of a completion."""
    forced = plan.prompt.forced
    return GenerateRequest(
        prompt=plan.prompt.ids,
        # The forced bytes come first, and take at most one token per byte.
        max_tokens=plan.max_tokens + len(forced),
        samples=tuple(_samplings(plan.options)),
        stop_ids=model.family.stop,
        constraint=Spell.of(model.tokenizer, model.vocabulary, forced) if forced else None,
        drafts=model.drafts,
    )


def second_request(
    model: Asked, plan: LocalPlan, kept: Sequence[int], refused: int, forced: bytes
) -> GenerateRequest:
    """The request for a text that begins like an earlier one, and then goes on otherwise.

    Args:
        model: the model that wrote the earlier text.
        plan: the plan of its request.
        kept: the tokens with which both texts begin.
        refused: the token that may not come after them.
        forced: the bytes that the tokens after `kept` have to spell first.
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
        drafts=model.drafts,
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
