"""A language model on this machine, behind the product's seam (codegen.completion.model)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from codegen.cancel import CancelToken
from codegen.completion.model import Abilities, Chunk, Plan, Shown
from codegen.completion.prepare import Prepared
from codegen.context.budget import prompt_budget
from codegen.engine.outcome import Usage
from codegen.engine.types import Backend, GenerateRequest, Generation
from codegen.local.plan import LocalPlan, own_plan
from codegen.local.requests import first_request, second_request
from codegen.prompt.families import FamilyIds
from codegen.prompt.healing import Vocabulary
from codegen.prompt.layout import follow, lay
from codegen.prompt.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class TokenChunk(Chunk):
    """A chunk that is one token; `data` is the part of it that follows the cursor.

    `token` is the token's id, None in the empty chunk that ends a sample.
    """

    token: int | None = None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class LocalModel:
    """A model whose engine is loaded. `notes` are messages for the user, shown once in a session.

    `speed` returns how many tokens of a prompt this machine computes per second, by the latest
    measurement. It returns None if the compute path is set by hand, so that nothing was measured.
    `drafts` allows single samples to be written several tokens at a time (codegen.engine.drafts).
    """

    name: str
    backend: Backend
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    family: FamilyIds
    device: str
    speed: Callable[[], float | None] = lambda: None
    notes: tuple[str, ...] = ()
    drafts: bool = True

    @property
    def abilities(self) -> Abilities:
        """It fills holes, in batches, and gives the log probabilities of its tokens."""
        return Abilities()

    @property
    def window(self) -> int:
        """How many tokens a prompt and its completion may have together."""
        return self.backend.window

    def plan(self, prepared: Prepared, last: Plan | None = None) -> LocalPlan:
        """Plans a completion; see codegen.completion.model.Model."""
        document, options = prepared.document, prepared.options
        reserved = prepared.reserved(self.window)
        budget = prompt_budget(self.window, reserved, options.context_tokens, self.speed())
        laid = None if last is None else own_plan(last).layout
        followed = follow(laid, document, budget, self.window - reserved, self.tokenizer)
        if followed is None:
            scope, fold = prepared.hole.scope, options.fold
            layout = lay(document, budget, self.family, self.tokenizer, scope=scope, fold=fold)
            prompt = layout.prompt(document, self.tokenizer)
        else:
            layout, prompt = followed
        return LocalPlan(
            options=options,
            frame=layout.frame,
            budget=layout.budget,
            max_tokens=prepared.max_tokens,
            reused=followed is not None,
            layout=layout,
            prompt=prompt,
        )

    def warm(self, plan: Plan, cancel: CancelToken) -> Usage | None:
        """Computes a prompt but for its last token, which `write` computes for its logits."""
        ids = own_plan(plan).prompt.ids
        return self.backend.warm(ids[:-1], cancel) if len(ids) > 1 else None

    def write(self, plan: Plan, cancel: CancelToken) -> "LocalWriting":
        """Begins a completion."""
        own = own_plan(plan)
        return self._begin(first_request(self, own), own.prompt.forced, cancel)

    def write_otherwise(
        self, plan: Plan, chunks: Sequence[Chunk], cancel: CancelToken
    ) -> "LocalWriting":
        """Begins after all tokens of `chunks` but the last, which may not come next."""
        own = own_plan(plan)
        tokens = [chunk.token for chunk in chunks if isinstance(chunk, TokenChunk)]
        *kept, refused = [token for token in tokens if token is not None]
        forced = own.prompt.forced[sum(len(self.tokenizer.token_bytes(token)) for token in kept) :]
        return self._begin(second_request(self, own, kept, refused, forced), forced, cancel)

    def show(self, prepared: Prepared, plan: Plan) -> Shown:
        """A plan's prompt for people, with the special tokens that mark its parts."""
        prompt, document = own_plan(plan).prompt, prepared.document
        typed = document.text[plan.frame.anchor : document.cursor]
        return Shown(
            text=self.tokenizer.shown(prompt.ids),
            tokens=len(prompt.ids),
            typed_tokens=len(self.tokenizer.encode(typed)),
            forced=prompt.forced.decode(errors="replace"),
        )

    def _begin(
        self, request: GenerateRequest, forced: bytes, cancel: CancelToken
    ) -> "LocalWriting":
        return LocalWriting(self.backend.generate(request, cancel), self.tokenizer, len(forced))


class LocalWriting:
    """A running request: gives the bytes of its tokens that follow the cursor."""

    def __init__(self, generation: Generation, tokenizer: Tokenizer, forced: int) -> None:
        """Computes nothing before it is iterated over.

        Args:
            generation: gives the tokens.
            tokenizer: gives the tokens' bytes.
            forced: how many bytes at the front of every sample are text before the cursor.
        """
        self._generation = generation
        self._tokenizer = tokenizer
        self._forced = forced

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""
        return self._generation.usage

    def end(self, sample: int) -> None:
        """Ends a sample: no more tokens of it are computed."""
        self._generation.end(sample)

    def __iter__(self) -> Iterator[TokenChunk]:
        """Yields the tokens of all samples, in the order in which they are computed."""
        unspelled: dict[int, int] = {}
        for step in self._generation:
            data = b""
            if step.token is not None:
                spelled = self._tokenizer.token_bytes(step.token)
                left = unspelled.get(step.sample, self._forced)
                data, unspelled[step.sample] = spelled[left:], max(0, left - len(spelled))
            yield TokenChunk(step.sample, data, step.logprob, step.finish, step.token)
