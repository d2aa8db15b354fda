"""Generates every problem's samples, batch by batch.

A batch is one problem's samples, decoded together: they share the prompt, and one call of the model
computes the next token of all of them. A batch depends on nothing but its key: the engine's caches
are dropped before it, since what an earlier batch left there would change the last bits of the
logits.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import onnxruntime

from codegen.cancel import CancelToken
from codegen.completion.complete import complete, result
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.context.budget import DEFAULT
from codegen.document import open_document
from codegen.engine.backend import OnnxBackend
from codegen.engine.outcome import FinishReason
from codegen.engine.types import GenerateRequest, Sampling
from codegen.errors import EngineError, UsageError
from codegen.local.model import LocalModel
from codegen.local.plan import LocalPlan, own_plan
from codegen.models.catalogue import released
from codegen.prompt.healing import Spell
from codegen_eval.generate.formats import (
    FORMATS,
    End,
    Format,
    Query,
    end_of,
    lines_of,
    query,
)
from codegen_eval.generate.product import product_hash
from codegen_eval.generate.sample_text import SampleText
from codegen_eval.generate.writing import RunWriter
from codegen_eval.runs import NOT_IN_KEY, Batch, RunInfo, Sample
from codegen_eval.suites.problem import Problem, Suite

KEY_VERSION: Final = 1
"""To be increased by changes after which the same key would stand for another result."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run.

    `end` None takes the suite's default. At most `batch` samples are decoded together.
    """

    format: Format
    end: End | None = None
    heal: bool = True
    samples: int = 1
    batch: int = 10
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int = 768
    context_tokens: int = DEFAULT
    fold: bool = True
    typed_lines: int = 0

    def __post_init__(self) -> None:
        """Refuses options that contradict each other. Raises UsageError."""
        if self.samples > 1 and self.temperature <= 0:
            raise UsageError("several samples at temperature 0 would all be the same")
        if self.format == "complete" and self.samples > 1:
            raise UsageError("the format `complete` gives one suggestion: --samples must be 1")


def describe(suite: Suite, model: LocalModel, options: RunOptions) -> RunInfo:
    """The description of a run: everything that can change a result.

    Raises:
        UsageError: the format or the end doesn't fit the suite.
    """
    if options.format not in FORMATS[suite.kind]:
        raise UsageError(
            f"{suite.name} is a suite of {suite.kind}; its formats are "
            f"{', '.join(FORMATS[suite.kind])}, and {options.format!r} is none of them"
        )
    backend = model.backend
    if not isinstance(backend, OnnxBackend):
        raise TypeError("only ONNX Runtime's backend can be described")
    manifest = backend.model.manifest
    files = sorted((name, record.sha256) for name, record in manifest.files.items())
    return RunInfo(
        suite=suite.name,
        suite_sha256=suite.sha256,
        kind=suite.kind,
        published=suite.published,
        model=manifest.name,
        model_sha256=hashlib.sha256(json.dumps(files).encode()).hexdigest(),
        released=released(manifest.source.sha256),
        precision=manifest.precision,
        device=backend.device.kind,
        onnxruntime=onnxruntime.__version__,
        threads=backend.threads,
        paths=str(backend.paths),
        format=options.format,
        end=_end(suite, options),
        heal=options.heal,
        samples=options.samples,
        batch=min(options.batch, options.samples),
        temperature=options.temperature,
        top_p=options.top_p,
        seed=options.seed,
        max_tokens=options.max_tokens,
        context_tokens=options.context_tokens,
        product=product_hash() if options.format == "complete" else "",
        fold=options.fold,
        typed_lines=options.typed_lines,
    )


def _end(suite: Suite, options: RunOptions) -> End:
    fitting = end_of(suite.name, suite.kind)
    if options.end is None:
        return fitting
    if (options.end == "stops") is not (fitting == "stops"):
        raise UsageError(f"{suite.name} is a suite of {suite.kind}, where --end is {fitting}")
    return options.end


def run(
    model: LocalModel, problems: Sequence[Problem], info: RunInfo, writer: RunWriter
) -> Iterator[Batch | None]:
    """Generates the batches that the run doesn't have yet; None for each that it has.

    Raises:
        EngineError: the model can't be run.
    """
    for problem in problems:
        asked = None if info.format == "complete" else _query(model, problem, info)
        for first in range(0, info.samples, info.batch):
            indices = range(first, min(first + info.batch, info.samples))
            key = batch_key(info, problem, asked, indices)
            if key in writer:
                yield None
                continue
            model.backend.forget()
            if asked is None:
                prompt, samples = _product(model, problem, info)
            else:
                prompt, samples = asked.ids, _samples(model, problem, info, asked, indices)
            text = model.tokenizer.shown(prompt)
            batch = Batch(key, problem.task_id, text, len(prompt), samples)
            writer.add(batch)
            yield batch


def batches_of(info: RunInfo, problems: int) -> int:
    """How many batches a run of so many problems has."""
    return problems * -(-info.samples // info.batch)


def batch_key(info: RunInfo, problem: Problem, asked: Query | None, indices: range) -> str:
    """The hash of all that can change a batch's result."""
    facts = {name: value for name, value in asdict(info).items() if name not in NOT_IN_KEY}
    prompt = (
        [info.product, info.fold, info.typed_lines, problem.prefix, problem.suffix]
        if asked is None
        else [asked.ids, asked.forced.hex(), asked.stops, asked.one_line]
    )
    parts = [KEY_VERSION, facts, problem.task_id, prompt, list(indices)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _query(model: LocalModel, problem: Problem, info: RunInfo) -> Query:
    # Checked by `describe`.
    format_: Format = info.format  # type: ignore[assignment]
    end: End = info.end  # type: ignore[assignment]
    return query(model, problem, format_, end, heal=info.heal, context_tokens=info.context_tokens)


def _samples(
    model: LocalModel, problem: Problem, info: RunInfo, asked: Query, indices: range
) -> tuple[Sample, ...]:
    room = model.backend.window - len(asked.ids)
    if room < 1:
        raise EngineError(
            f"{problem.task_id}: its prompt has {len(asked.ids)} tokens, and the engine's window "
            f"{model.backend.window}"
        )
    seeds = [info.seed + index for index in indices]
    request = GenerateRequest(
        prompt=asked.ids,
        max_tokens=min(info.max_tokens + len(asked.forced), room),
        samples=tuple(
            Sampling(temperature=info.temperature, top_p=info.top_p, seed=seed) for seed in seeds
        ),
        stop_ids=model.family.stop,
        constraint=(
            Spell.of(model.tokenizer, model.vocabulary, asked.forced) if asked.forced else None
        ),
    )
    answers = [SampleText(asked.forced, asked.stops, one_line=asked.one_line) for _ in indices]
    start = time.perf_counter()
    generation = model.backend.generate(request, CancelToken())
    for step in generation:
        answer = answers[step.sample]
        seconds = time.perf_counter() - start
        if step.token is not None and answer.finish is None:
            answer.read(model.tokenizer.token_bytes(step.token), seconds)
        if step.finish is not None:
            answer.end(step.finish, seconds)
        if answer.finish is not None:
            generation.end(step.sample)
    return tuple(
        Sample(
            task_id=problem.task_id,
            sample=index,
            seed=seed,
            completion=asked.finish(answer.text),
            finish=str(answer.finish),
            tokens=answer.tokens,
            first_token_seconds=round(answer.first_seconds, 4),
            seconds=round(answer.seconds, 4),
        )
        for index, seed, answer in zip(indices, seeds, answers, strict=True)
    )


def _planned_before(
    model: LocalModel, problem: Problem, options: CompletionOptions, lines: int
) -> LocalPlan | None:
    """The plan that was made when the last lines before the hole weren't typed yet."""
    if lines == 0:
        return None
    typed = problem.prefix.splitlines(keepends=True)[-lines:]
    before = problem.prefix[: len(problem.prefix) - len("".join(typed))]
    text = before + problem.program("")[len(problem.prefix) :]
    document = open_document(text, len(before), "problem.py")
    return model.plan(prepare(document, options))


def _product(
    model: LocalModel, problem: Problem, info: RunInfo
) -> tuple[tuple[int, ...], tuple[Sample, ...]]:
    """What a user would be shown; an empty completion where that is nothing."""
    document = open_document(problem.program(""), len(problem.prefix), "problem.py")
    options = CompletionOptions(
        temperature=info.temperature,
        top_p=info.top_p,
        seed=info.seed,
        lines=lines_of(info.suite, info.end),  # type: ignore[arg-type] # see _query
        context_tokens=info.context_tokens,
        fold=info.fold,
        insist=True,
    )
    last = _planned_before(model, problem, options, info.typed_lines)
    done = result(complete(model, prepare(document, options), CancelToken(), last))
    best = done.suggestions[0] if done.suggestions else None
    usage = done.usage
    sample = Sample(
        task_id=problem.task_id,
        sample=0,
        seed=info.seed,
        completion=best.text if best else "",
        finish=str(best.finish_reason if best else FinishReason.STOP),
        tokens=usage.decoded_tokens,
        first_token_seconds=round(usage.prefill_seconds, 4),
        seconds=round(usage.prefill_seconds + usage.decode_seconds, 4),
    )
    return (() if done.plan is None else own_plan(done.plan).prompt.ids), (sample,)
