"""A request while it is computed: its prompt, then one token per step of each sample."""

import time
from collections.abc import Iterator, Sequence

from codegen.cancel import CancelToken
from codegen.engine.next_tokens import Choice, NextTokens
from codegen.engine.outcome import FinishReason, Usage
from codegen.engine.runner import Runner
from codegen.engine.samples import Batch, DraftedSample
from codegen.engine.sampling import Sampler
from codegen.engine.slots import Slot
from codegen.engine.top import TopRow
from codegen.engine.types import Constraint, GenerateRequest, Step


class OnnxGeneration:
    """A running request. Iterate over it once; closing the iterator frees the engine."""

    def __init__(self, runner: Runner, request: GenerateRequest, cancel: CancelToken) -> None:
        self._runner = runner
        self._request = request
        self._cancel = cancel
        self._ended: set[int] = set()
        self._usage = Usage(len(request.prompt), 0, 0.0, 0.0, 0)

    @property
    def usage(self) -> Usage:
        """What the request has cost up to now."""
        return self._usage

    def end(self, sample: int) -> None:
        """Computes nothing more for `sample`."""
        self._ended.add(sample)

    def __iter__(self) -> Iterator[Step]:
        """The steps of all samples, token by token, the live samples in turn."""
        request = self._request
        with self._runner.lock:
            start = time.perf_counter()
            slot, tokens, cached = self._runner.prefill(request.prompt, self._cancel)
            prefilled = time.perf_counter()
            decoded = 0
            rows = [
                _Row(index, Sampler(sampling), request.constraint)
                for index, sampling in enumerate(request.samples)
            ]
            room = min(request.max_tokens, self._runner.window - len(request.prompt))
            batch = self._batch(slot, len(request.prompt) + room)
            top: Sequence[TopRow] | None = None
            try:
                for count in range(1, room + 1):
                    alive: list[int] = []
                    for index, row in enumerate(rows):
                        if row.sample in self._ended:
                            continue
                        place = batch.places[index]
                        likeliest = None if top is None else top[place]
                        choice = row.choose(tokens, place, batch.position, likeliest)
                        step = row.advance(choice, request.stop_ids, last=count == room)
                        decoded += step.token is not None
                        self._usage = Usage(
                            len(request.prompt),
                            cached,
                            prefilled - start,
                            time.perf_counter() - prefilled,
                            decoded,
                            batch.drafted,
                            batch.accepted,
                        )
                        yield step
                        if step.finish is None:
                            alive.append(index)
                    # The caller may have ended any sample at any step.
                    alive = [index for index in alive if rows[index].sample not in self._ended]
                    if not alive or count == room:
                        return
                    batch.keep(alive)
                    rows = [rows[index] for index in alive]
                    tokens = batch.step([row.token for row in rows], self._cancel)
                    top = self._top(tokens, rows, batch)
            finally:
                batch.close()

    def _batch(self, slot: Slot, capacity: int) -> Batch | DraftedSample:
        """Where the samples are written: with drafts, if the request is for one that is greedy."""
        samples = self._request.samples
        if self._request.drafts and len(samples) == 1 and samples[0].greedy:
            return DraftedSample(self._runner, slot, capacity)
        return Batch(self._runner, slot, len(samples), capacity)

    def _top(
        self, tokens: NextTokens, rows: Sequence["_Row"], batch: Batch | DraftedSample
    ) -> Sequence[TopRow] | None:
        """The likeliest tokens of each row of the batch, if a sample is drawn from so few."""
        finder = self._runner.top
        if finder is None or not any(row.sampler.draws_from_few for row in rows):
            return None
        temperatures = [1.0] * batch.size
        for row, place in zip(rows, batch.places, strict=True):
            temperatures[place] = row.sampler.temperature
        return finder.find(tokens.device_logits, temperatures)


class _Row:
    """A sample that is being written."""

    def __init__(self, sample: int, sampler: Sampler, constraint: Constraint | None) -> None:
        self.sample = sample
        self.token = -1
        self._sampler = sampler
        self._constraint = constraint

    @property
    def sampler(self) -> Sampler:
        """What chooses the sample's tokens."""
        return self._sampler

    def choose(self, tokens: NextTokens, place: int, position: int, top: TopRow | None) -> Choice:
        """Chooses the token after a position of the sample's row in the call that computed it."""
        return self._sampler.choose_from(tokens, place, position, self._constraint, top)

    def advance(self, choice: Choice, stop: frozenset[int], *, last: bool) -> Step:
        """Goes on with a token, or ends."""
        if choice.token in stop:
            return Step(self.sample, None, choice.logprob, FinishReason.STOP)
        if self._constraint is not None:
            self._constraint = self._constraint.advance(choice.token)
        self.token = choice.token
        return Step(
            self.sample, choice.token, choice.logprob, FinishReason.LENGTH if last else None
        )
