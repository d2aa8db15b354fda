"""One completion, from a document with a cursor to suggestions: all stages, in order."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from codegen.cancel import CancelToken
from codegen.completion.plan import CompletionOptions, Plan, make_plan, refusal
from codegen.completion.second import second_request, turning_point
from codegen.completion.stream import SampleText
from codegen.context.hole import Hole, find_hole
from codegen.document import Document
from codegen.engine.types import FinishReason, GenerateRequest, Generation, Sampling, Usage
from codegen.postprocess.growth import Growth
from codegen.postprocess.joint import Joint, join
from codegen.postprocess.pipeline import Rejection, has_statement, postprocess
from codegen.prompt.healing import Spell
from codegen.prompt.layout import Layout

if TYPE_CHECKING:
    from codegen.models.loaded import LoadedModel

# Why a candidate is not suggested beside others.
SYNTAX: Final = "syntax-errors"
SAME: Final = "same"

# How candidates are drawn beside the likeliest one: far enough from it to differ, near enough to
# be code.
_SPREAD: Final = 0.6

# How pressing it is to be done: not at all, with the next statement that is whole, or at once.
Hurry = Literal["no", "soon", "now"]

# What a sample consists of: ids, each with its log-probability.
_Tokens = list[tuple[int, float]]


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
class Dropped:
    """A text that the model wrote and that is not suggested, and the rule that says so."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The result: different suggestions, the best first, or the reason why there is none.

    `plan` is what the model was asked, None if it wasn't. `dropped` is what else it wrote.
    """

    suggestions: tuple[Candidate, ...]
    reason: str | None
    usage: Usage
    plan: Plan | None = None
    dropped: tuple[Dropped, ...] = ()


def complete(
    model: "LoadedModel",
    document: Document,
    options: CompletionOptions,
    cancel: CancelToken,
    last: Layout | None = None,
) -> Iterator[Delta | Completion]:
    """Completes a document at its cursor: Deltas as the model writes, then one Completion.

    Closing the iterator frees the engine. `last` is the layout of the document's last completion
    (`Completion.plan.layout`), so that typing on computes little.

    Raises:
        CancelledError: `cancel` was set.
        UsageError: max_tokens leaves no room for a prompt.
        EngineError: the model can't be run.
    """
    hole = find_hole(document, options.lines)
    if (refused := refuse(document, hole, options)) is not None:
        yield refused
        return
    yield from write(
        model, document, make_plan(model, document, options, last, hole), options, cancel
    )


def write(
    model: "LoadedModel",
    document: Document,
    plan: Plan,
    options: CompletionOptions,
    cancel: CancelToken,
    *,
    hurry: Callable[[], Hurry] = lambda: "no",
) -> Generator[Delta | Completion, None, None]:
    """Completes a document by a plan: what `complete` does after that is made.

    Once `hurry`, which is asked after every token, says so, what there is counts as all.

    Raises:
        CancelledError: `cancel` was set.
        EngineError: the model can't be run.
    """
    joint, growth = join(document, plan.hole), Growth(document)
    samples = [_sample(joint, plan, options) for _ in range(options.candidates)]
    generation = model.backend.generate(_request(model, plan, options), cancel)
    written = yield from _decode(model, generation, samples, hurry)
    suggestions, dropped = _suggest(samples, joint, growth, greedy_first=options.temperature <= 0)
    usage = generation.usage
    if not suggestions and options.temperature <= 0 and hurry() == "no":
        # Nothing would be shown: what the model likes second best may do.
        tokens = [token for token, _ in written[0]]
        at = turning_point(model, plan, joint, tokens, dropped[0].reason)
        if at is not None:
            again = _sample(joint, plan, options)
            for token, logprob in written[0][:at]:
                again.read(model.tokenizer.token_bytes(token), logprob)
            second = model.backend.generate(second_request(model, plan, tokens, at), cancel)
            # What was told of the first choice can't be taken back, so nothing is told of this one.
            (anew,) = _through(_decode(model, second, [again], hurry))
            if anew:
                suggestions, others = _suggest([again], joint, growth, greedy_first=True)
                dropped += others
            usage = _sum(usage, second.usage)
    reason = None if suggestions else dropped[0].reason
    yield Completion(suggestions, reason, usage, plan, dropped)


def _sample(joint: Joint, plan: Plan, options: CompletionOptions) -> SampleText:
    return SampleText(
        joint,
        forced=plan.prompt.forced,
        max_tokens=plan.max_tokens,
        stop_strings=tuple(stop.replace("\r\n", "\n") for stop in options.stop_strings),
    )


def _decode(
    model: "LoadedModel",
    generation: Generation,
    samples: Sequence[SampleText],
    hurry: Callable[[], Hurry],
) -> Generator[Delta, None, list[_Tokens]]:
    """Reads what the model writes, until all samples have ended; the tokens of each."""
    tokens: list[_Tokens] = [[] for _ in samples]
    for step in generation:
        sample = samples[step.sample]
        if step.token is not None:
            tokens[step.sample].append((step.token, step.logprob))
            sample.read(model.tokenizer.token_bytes(step.token), step.logprob)
        if step.finish is not None:
            sample.end(step.finish)
        if sample.ended:
            generation.end(step.sample)
        if text := sample.certain():
            yield Delta(step.sample, text)
        if _suffices(hurry(), samples):
            for index, other in enumerate(samples):
                other.end(FinishReason.TIME)
                generation.end(index)
    return tokens


def _through(events: Generator[Delta, None, list[_Tokens]]) -> list[_Tokens]:
    """What a generator gives at its end."""
    while True:
        try:
            next(events)
        except StopIteration as ended:
            value: list[_Tokens] = ended.value
            return value


def _sum(first: Usage, second: Usage) -> Usage:
    """What two requests cost, the second of which goes on with the prompt of the first."""
    return replace(
        first,
        prefill_seconds=first.prefill_seconds + second.prefill_seconds,
        decode_seconds=first.decode_seconds + second.decode_seconds,
        decoded_tokens=first.decoded_tokens + second.decoded_tokens,
    )


def result(events: Iterable[Delta | Completion]) -> Completion:
    """Lets a completion run to its end, and gives what it ends with."""
    *_, last = events
    if not isinstance(last, Completion):
        raise TypeError("these are not all the events of a completion")
    return last


def refuse(document: Document, hole: Hole, options: CompletionOptions) -> Completion | None:
    """The answer where no model is needed for it."""
    reason = refusal(document, hole, options)
    return None if reason is None else Completion((), reason, Usage(0, 0, 0.0, 0.0, 0))


def _request(model: "LoadedModel", plan: Plan, options: CompletionOptions) -> GenerateRequest:
    forced = plan.prompt.forced
    return GenerateRequest(
        prompt=plan.prompt.ids,
        # The forced bytes come first, in at most as many tokens as they are.
        max_tokens=plan.max_tokens + len(forced),
        samples=tuple(_samplings(options)),
        stop_ids=model.family.stop,
        constraint=Spell.of(model.tokenizer, model.vocabulary, forced) if forced else None,
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


def _suffices(hurry: Hurry, samples: Sequence[SampleText]) -> bool:
    """Whether what there is of all samples has to do."""
    if hurry != "soon":
        return hurry == "now"
    return all(sample.ended or has_statement(sample.text, sample.joint) for sample in samples)


def _suggest(
    samples: Sequence[SampleText], joint: Joint, growth: Growth, *, greedy_first: bool
) -> tuple[tuple[Candidate, ...], tuple[Dropped, ...]]:
    """The samples' suggestions, each once, the best first; and what is not suggested, and why.

    Args:
        samples: all of them, ended.
        joint: what they have to fit.
        growth: the document with them in it.
        greedy_first: whether the first sample is the likeliest, whatever its mean says.
    """
    ranked: list[tuple[int, bool, float, Candidate]] = []
    dropped: list[Dropped] = []
    for index, sample in enumerate(samples):
        # Of a text that ended before it began, the rest tells the rule why.
        text = sample.text if sample.text.strip() else sample.rest
        finish = sample.finish
        stopped = finish is FinishReason.STOP
        outcome = postprocess(text, joint, growth, stopped=stopped, cut_off=finish.cut_off)
        if isinstance(outcome, Rejection):
            dropped.append(Dropped(text, outcome.reason))
            continue
        mean = sample.mean_logprob
        candidate = Candidate(outcome.text, mean, sample.finish, outcome.rules)
        first = greedy_first and index == 0
        ranked.append((growth.errors_added(outcome.text), not first, -mean, candidate))
    ranked.sort(key=lambda entry: entry[:3])
    by_text: dict[str, Candidate] = {}
    for errors, _, _, candidate in ranked:
        # Beside one that fits, one that breaks the source is not worth showing.
        if errors > ranked[0][0]:
            dropped.append(Dropped(candidate.text, SYNTAX))
        elif candidate.text in by_text:
            dropped.append(Dropped(candidate.text, SAME))
        else:
            by_text[candidate.text] = candidate
    return tuple(by_text.values()), tuple(dropped)
