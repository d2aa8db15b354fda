"""One completion, from a document with a cursor to suggestions: all stages, in order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from codegen.context.window import fit_window
from codegen.document import Document
from codegen.engine.cancel import CancelToken
from codegen.engine.types import FinishReason, GenerateRequest, Sampling, Usage
from codegen.errors import UsageError
from codegen.postprocess.hole import Hole, Lines, Wanted, find_hole
from codegen.postprocess.pipeline import Rejection, postprocess
from codegen.prompt.fim import Prompt, build_prompt
from codegen.prompt.healing import Spell
from codegen.textstream import SampleText

if TYPE_CHECKING:
    from codegen.loaded import LoadedModel

EMPTY: Final = "empty-document"
"""The reason why nothing is suggested for a document without any text."""

_MARKS: Final = 3  # special tokens of a prompt: prefix, suffix, middle

# A line is seldom longer than the first, a block that fits a screen seldom than the second.
_MAX_TOKENS: Final[dict[Lines, int]] = {"single": 64, "multi": 256}

# How candidates are drawn beside the likeliest one: far enough from it to differ, near enough to
# be code.
_SPREAD: Final = 0.6


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What is wanted of a completion.

    `candidates` are drawn at once, and fewer are suggested where some are the same. At
    `temperature` 0 the first is the likeliest and only the others are sampled. `seed` is the
    first sample's; the next ones count up from it. `max_tokens` None depends on how many lines
    are wanted. `context_tokens` bounds the text that the model sees around the cursor.
    """

    candidates: int = 1
    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float = 0.95
    top_k: int = 0
    seed: int = 0
    lines: Wanted = "auto"
    stop_strings: tuple[str, ...] = ()
    context_tokens: int = 1024

    def __post_init__(self) -> None:
        """Refuses what would mean nothing."""
        if self.candidates < 1 or (self.max_tokens is not None and self.max_tokens < 1):
            raise ValueError("candidates and max_tokens must be 1 or more")
        if "" in self.stop_strings:
            raise ValueError("an empty stop string is everywhere")


@dataclass(frozen=True, slots=True)
class Delta:
    """More of one sample's text: the pieces are how its suggestion begins.

    A rule can still refuse the sample, or cut it where it turns out to repeat itself, so what
    counts is the Completion at the end.
    """

    sample: int
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text to insert at the cursor, with the document's newlines.

    `mean_logprob` is over its tokens, at temperature 1. `rules` names the rules that changed
    what the model wrote.
    """

    text: str
    mean_logprob: float
    finish_reason: FinishReason
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """The result: different suggestions, the best first, or the reason why there is none."""

    suggestions: tuple[Candidate, ...]
    reason: str | None
    usage: Usage
    prompt: Prompt


def complete(
    model: "LoadedModel", document: Document, options: CompletionOptions, cancel: CancelToken
) -> Iterator[Delta | Completion]:
    """Completes a document at its cursor: Deltas as the model writes, then one Completion.

    Closing the iterator frees the engine.

    Raises:
        CancelledError: `cancel` was set.
        UsageError: max_tokens leaves no room for a prompt.
        EngineError: the model can't be run.
    """
    if (refusal := refuse(document)) is not None:
        yield refusal
        return
    hole = find_hole(document, options.lines)
    max_tokens = options.max_tokens or _MAX_TOKENS[hole.lines]
    budget = _budget(model.backend.window, max_tokens, options.context_tokens)
    context = fit_window(document, budget, lambda text: len(model.tokenizer.encode(text)))
    prompt = build_prompt(context, model.family, model.tokenizer)
    generation = model.backend.generate(_request(model, prompt, max_tokens, options), cancel)
    samples = [
        SampleText(
            hole,
            forced=prompt.forced,
            max_tokens=max_tokens,
            stop_strings=tuple(stop.replace("\r\n", "\n") for stop in options.stop_strings),
        )
        for _ in range(options.candidates)
    ]
    for step in generation:
        sample = samples[step.sample]
        if step.token is not None:
            sample.read(model.tokenizer.token_bytes(step.token), step.logprob)
        if step.finish is not None:
            sample.end(step.finish)
        if sample.ended:
            generation.end(step.sample)
        if text := sample.certain():
            yield Delta(step.sample, text)
    suggestions, reason = _suggest(samples, hole, greedy_first=options.temperature <= 0)
    yield Completion(suggestions, reason, generation.usage, prompt)


def result(events: Iterable[Delta | Completion]) -> Completion:
    """Lets a completion run to its end, and gives what it ends with."""
    *_, last = events
    if not isinstance(last, Completion):
        raise TypeError("these are not all the events of a completion")
    return last


def refuse(document: Document) -> Completion | None:
    """The answer where no model is needed for it: a blank document gives it nothing to go by."""
    if document.text.strip():
        return None
    return Completion((), EMPTY, Usage(0, 0, 0.0, 0.0, 0), Prompt((), b""))


def _budget(window: int, max_tokens: int, context_tokens: int) -> int:
    """Tokens for the text around the cursor."""
    room = window - max_tokens - _MARKS
    if room < 1:
        raise UsageError(
            f"a completion of {max_tokens} tokens leaves no room for the text around it: "
            f"both must fit into {window} tokens"
        )
    return min(context_tokens - _MARKS, room)


def _request(
    model: "LoadedModel", prompt: Prompt, max_tokens: int, options: CompletionOptions
) -> GenerateRequest:
    return GenerateRequest(
        prompt=prompt.ids,
        # The forced bytes come first, in at most as many tokens as they are.
        max_tokens=max_tokens + len(prompt.forced),
        samples=tuple(_samplings(options)),
        stop_ids=model.family.stop,
        constraint=(
            Spell.of(model.tokenizer, model.vocabulary, prompt.forced) if prompt.forced else None
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


def _suggest(
    samples: Sequence[SampleText], hole: Hole, *, greedy_first: bool
) -> tuple[tuple[Candidate, ...], str | None]:
    """The samples' suggestions, each once, the best first; or why the first sample gave none.

    Args:
        samples: all of them, ended.
        hole: where they go.
        greedy_first: whether the first sample is the likeliest, whatever its mean says.
    """
    ranked: list[tuple[bool, float, Candidate]] = []
    reasons: list[str] = []
    for index, sample in enumerate(samples):
        # Of a text that ended before it began, the rest tells the rule why.
        outcome = postprocess(sample.text if sample.text.strip() else sample.rest, hole)
        if isinstance(outcome, Rejection):
            reasons.append(outcome.reason)
            continue
        mean = sample.mean_logprob
        candidate = Candidate(outcome.text, mean, sample.finish, outcome.rules)
        ranked.append((not (greedy_first and index == 0), -mean, candidate))
    ranked.sort(key=lambda entry: entry[:2])
    by_text: dict[str, Candidate] = {}
    for _, _, candidate in ranked:
        by_text.setdefault(candidate.text, candidate)
    return tuple(by_text.values()), None if by_text else reasons[0]
