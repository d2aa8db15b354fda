"""One completion, from a document with a cursor to suggestions: all stages, in order."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from codegen.cancel import CancelToken
from codegen.completion.model import Chunk, Model, Plan, Writing
from codegen.completion.prepare import Prepared
from codegen.completion.second import turning_point
from codegen.completion.stream import SampleText
from codegen.engine.outcome import FinishReason, Usage
from codegen.postprocess.growth import Growth
from codegen.postprocess.joint import Joint, join
from codegen.postprocess.pipeline import Rejection, has_statement, postprocess
from codegen.reasons import Reason

# When a completion has to end: when the model ends it, after the next whole statement, or at once.
Hurry = Literal["no", "soon", "now"]


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of one sample's text: the pieces together are how its suggestion begins.

    A rule can still refuse the sample, or cut it where it repeats itself. So only the Completion
    at the end counts.
    """

    sample: int
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text to insert at the cursor, with the document's newlines.

    `mean_logprob` is the mean log probability of its chunks, None if the model gives none.
    `rules` names the rules that changed what the model wrote.
    """

    text: str
    mean_logprob: float | None
    finish_reason: FinishReason
    rules: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A text that the model wrote and that is not suggested, and the rule that dropped it."""

    text: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Completion:
    """The result: different suggestions, the best first, or the reason why there is none.

    `plan` is what the model was asked, None if it was not asked. `dropped` are the texts that it
    wrote and that are not suggested.
    """

    suggestions: tuple[Candidate, ...]
    reason: Reason | None
    usage: Usage
    plan: Plan | None = None
    dropped: tuple[Dropped, ...] = ()


class Watch(Protocol):
    """Watches a completion while it is made, and may end it early; a session implements it."""

    def planned(self, plan: Plan) -> None:
        """Gets the plan, before the model is asked."""

    def warm(self, model: Model, plan: Plan) -> Usage | None:
        """Computes the prompt before the model writes; returns what that cost, None if nothing."""

    def hurry(self) -> Hurry:
        """Says when the completion has to end; called after every chunk."""


class _NoHurry:
    """The watch of a caller that waits until the model ends its text."""

    def planned(self, plan: Plan) -> None:
        """Does nothing."""

    def warm(self, model: Model, plan: Plan) -> None:
        """Does nothing: the prompt is computed with the first token."""

    def hurry(self) -> Hurry:
        """Always gives the model time."""
        return "no"


def complete(
    model: Model,
    prepared: Prepared,
    cancel: CancelToken,
    last: Plan | None = None,
    *,
    watch: Watch | None = None,
) -> Generator[Delta | Completion, None, None]:
    """Completes a document at its cursor: yields Deltas while the model writes, then a Completion.

    The command line and the session both call it. Closing the iterator frees the model.

    Args:
        model: writes the text.
        prepared: the document with its hole.
        cancel: stops the completion.
        last: the model's last plan for the document. If the user only typed since, its prompt is
            used again, and little has to be computed.
        watch: gets the plan, and says when the completion has to end.

    Raises:
        CancelledError: `cancel` was set.
        UsageError: max_tokens leaves no room for a prompt.
        EngineError: the model can't be run.
    """
    watch = watch or _NoHurry()
    if (refused := refuse(prepared)) is not None:
        yield refused
        return
    plan = model.plan(prepared, last)
    watch.planned(plan)
    cancel.check()
    warmed = watch.warm(model, plan)
    cancel.check()
    with closing(write(model, prepared, plan, cancel, watch=watch)) as events:
        for event in events:
            if isinstance(event, Completion) and warmed is not None:
                yield replace(event, usage=event.usage.with_prompt(warmed))
            else:
                yield event


def write(
    model: Model,
    prepared: Prepared,
    plan: Plan,
    cancel: CancelToken,
    *,
    watch: Watch | None = None,
) -> Generator[Delta | Completion, None, None]:
    """Completes a document by a plan: the part of `complete` that comes after planning.

    Raises:
        CancelledError: `cancel` was set.
        EngineError: the model can't be run.
    """
    watch, options = watch or _NoHurry(), prepared.options
    joint, growth = join(prepared.document, prepared.hole), Growth(prepared.document)
    samples = [_sample(joint, plan, prepared) for _ in range(options.candidates)]
    writing = model.write(plan, cancel)
    written = yield from _read(writing, samples, watch)
    suggestions, dropped = _suggest(samples, joint, growth, greedy_first=options.temperature <= 0)
    usage = writing.usage
    if not suggestions and options.temperature <= 0 and watch.hurry() == "no":
        # Nothing would be suggested: try the text that the model finds second best.
        at = turning_point([chunk.data for chunk in written[0]], joint, dropped[0].reason)
        kept = [] if at is None else written[0][: at + 1]
        second = model.write_otherwise(plan, kept, cancel) if kept else None
        if second is not None:
            again = _sample(joint, plan, prepared)
            for chunk in kept[:-1]:
                again.read(chunk.data, chunk.logprob)
            # The first text's Deltas can't be taken back, so the second text gets none.
            (anew,) = _through(_read(second, [again], watch))
            if anew:
                suggestions, others = _suggest([again], joint, growth, greedy_first=True)
                dropped += others
            usage = usage.plus(second.usage)
    reason = None if suggestions else dropped[0].reason
    yield Completion(suggestions, reason, usage, plan, dropped)


def _sample(joint: Joint, plan: Plan, prepared: Prepared) -> SampleText:
    return SampleText(
        joint,
        max_tokens=plan.max_tokens,
        stop_strings=tuple(stop.replace("\r\n", "\n") for stop in prepared.options.stop_strings),
    )


def _read(
    writing: Writing, samples: Sequence[SampleText], watch: Watch
) -> Generator[Delta, None, list[list[Chunk]]]:
    """Reads what the model writes, until all samples have ended; returns the chunks by sample."""
    chunks: list[list[Chunk]] = [[] for _ in samples]
    for chunk in writing:
        sample = samples[chunk.sample]
        if chunk.finish is None or chunk.data:
            chunks[chunk.sample].append(chunk)
            sample.read(chunk.data, chunk.logprob)
        if chunk.finish is not None:
            sample.end(chunk.finish)
        if sample.ended:
            writing.end(chunk.sample)
        if text := sample.certain():
            yield Delta(chunk.sample, text)
        if _suffices(watch.hurry(), samples):
            for index, other in enumerate(samples):
                other.end(FinishReason.TIME)
                writing.end(index)
    return chunks


def _through(events: Generator[Delta, None, list[list[Chunk]]]) -> list[list[Chunk]]:
    """Runs a generator to its end, and returns its value."""
    while True:
        try:
            next(events)
        except StopIteration as ended:
            value: list[list[Chunk]] = ended.value
            return value


def refuse(prepared: Prepared) -> Completion | None:
    """The completion of a document for which no model is asked; None if one has to be asked."""
    if prepared.refusal is None:
        return None
    return Completion((), prepared.refusal, Usage(0, 0, 0.0, 0.0, 0))


def result(events: Iterable[Delta | Completion]) -> Completion:
    """Runs a completion to its end, and returns the Completion.

    Raises:
        TypeError: `events` doesn't end with a Completion.
    """
    *_, last = events
    if not isinstance(last, Completion):
        raise TypeError("the events don't end with a Completion")
    return last


def _suffices(hurry: Hurry, samples: Sequence[SampleText]) -> bool:
    """Whether to end all samples now, with what they have written."""
    if hurry != "soon":
        return hurry == "now"
    return all(sample.ended or has_statement(sample.text, sample.joint) for sample in samples)


def _suggest(
    samples: Sequence[SampleText], joint: Joint, growth: Growth, *, greedy_first: bool
) -> tuple[tuple[Candidate, ...], tuple[Dropped, ...]]:
    """Makes suggestions of the samples: different ones, the best first; and the dropped texts.

    Args:
        samples: all samples; all have ended.
        joint: the text around the cursor, which they have to fit.
        growth: counts the syntax errors that a sample adds to the document.
        greedy_first: the first sample was decoded greedily, so it counts as the likeliest,
            whatever its mean log probability is.
    """
    ranked: list[tuple[int, bool, float, Candidate]] = []
    dropped: list[Dropped] = []
    for index, sample in enumerate(samples):
        # If the text ended before its first character, the rest shows the rule why.
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
        ranked.append((growth.errors_added(outcome.text), not first, -(mean or 0.0), candidate))
    ranked.sort(key=lambda entry: entry[:3])
    by_text: dict[str, Candidate] = {}
    for errors, _, _, candidate in ranked:
        # A candidate that adds more syntax errors than the best one is not worth showing.
        if errors > ranked[0][0]:
            dropped.append(Dropped(candidate.text, Reason.SYNTAX_ERRORS))
        elif candidate.text in by_text:
            dropped.append(Dropped(candidate.text, Reason.SAME))
        else:
            by_text[candidate.text] = candidate
    return tuple(by_text.values()), tuple(dropped)
