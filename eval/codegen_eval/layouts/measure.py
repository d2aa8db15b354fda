"""Measures each hole in each layout: the likelihood of the true text, and greedy decoding.

A hole's figures depend on nothing but its key: the engine's caches are dropped before each hole.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codegen.cancel import CancelToken
from codegen.engine.backend import OnnxBackend
from codegen.engine.outcome import FinishReason
from codegen.engine.sampling import Sampler
from codegen.engine.types import Constraint, GenerateRequest, Sampling
from codegen.errors import UsageError
from codegen.local.model import LocalModel
from codegen.prompt.fim import Prompt
from codegen.prompt.healing import Spell
from codegen_eval.generate.runner import RunOptions
from codegen_eval.generate.runner import describe as describe_run
from codegen_eval.layouts.folder import Facts, Figures, FiguresWriter, MeasuredHole
from codegen_eval.layouts.variants import KINDS, SEED, VARIANTS, CursorPlace, Question, questions
from codegen_eval.suites.problem import Problem, Suite

VERSION: Final = 1
"""To be increased by changes after which the same facts and prompts would give other figures."""

MAX_TOKENS: Final = 48
"""Tokens of a decoded line at most, beside one for each forced byte."""


def describe(suite: Suite, model: LocalModel, context_tokens: int) -> Facts:
    """Everything that can change a figure.

    Raises:
        UsageError: the suite has no holes.
    """
    if suite.kind != "infilling":
        raise UsageError(
            f"{suite.name} is a suite of {suite.kind}; layouts are compared on suites of holes, "
            "like infilling-single-line or a mined suite"
        )
    info = describe_run(suite, model, RunOptions(format="fim"))
    return Facts(
        version=VERSION,
        suite=info.suite,
        suite_sha256=info.suite_sha256,
        model=info.model,
        model_sha256=info.model_sha256,
        precision=info.precision,
        device=info.device,
        onnxruntime=info.onnxruntime,
        threads=info.threads,
        paths=info.paths,
        context_tokens=context_tokens,
        max_tokens=MAX_TOKENS,
        seed=SEED,
        kinds=KINDS,
        variants=tuple(f"{each.layout} {'healed' if each.heal else 'raw'}" for each in VARIANTS),
        seen=info.seen,
    )


def run(
    model: LocalModel, problems: Sequence[Problem], facts: Facts, writer: FiguresWriter
) -> Iterator[tuple[MeasuredHole, bool]]:
    """Yields every problem's figures, and whether they are new or from the folder.

    Raises:
        EngineError: the model can't be run.
        UsageError: a prompt doesn't fit into the model's window.
    """
    for problem in problems:
        asked = list(questions(problem, model, facts.context_tokens))
        key = _key(facts, problem, asked)
        there = writer.get(key)
        if there is not None:
            yield there, False
            continue
        model.backend.forget()
        hole = MeasuredHole(key, problem.task_id, problem.group, tuple(_all(model, asked)))
        writer.add(hole)
        yield hole, True


def _key(facts: Facts, problem: Problem, asked: Sequence[Question]) -> str:
    """The hash of all that can change a hole's figures: prompts change with the code, too."""
    prompts = [[each.prompt.ids, each.prompt.forced.hex(), each.place.target] for each in asked]
    parts = [asdict(facts), problem.task_id, prompts]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _all(model: LocalModel, asked: Sequence[Question]) -> Iterator[Figures]:
    done: dict[tuple[CursorPlace, tuple[int, ...], bytes], Measurement] = {}
    for each in asked:
        # Anchors meet at a file's start and where a body is short: the same prompt, once.
        same = (each.place, each.prompt.ids, each.prompt.forced)
        if same not in done:
            done[same] = measure(model, each.prompt, each.place)
        found = done[same]
        yield Figures(
            kind=each.place.kind,
            layout=each.variant.layout,
            heal=each.variant.heal,
            exact=found.exact,
            right=found.right,
            nll=found.nll,
            keystroke=each.keystroke,
            prompt_tokens=len(each.prompt.ids),
            wrote=found.wrote,
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures that take the model; see `Figures`."""

    exact: bool
    right: float
    nll: float
    wrote: str


@dataclass(frozen=True, slots=True)
class Scored:
    """Tokens of a given text, and the logits before each, [tokens, vocabulary]."""

    ids: Sequence[int]
    rows: NDArray[np.float32]


def measure(model: LocalModel, prompt: Prompt, place: CursorPlace) -> Measurement:
    """Scores the true rest of a line, and decodes greedily as long as that is right.

    Raises:
        EngineError: the model can't be run.
        UsageError: the prompt doesn't fit into the model's window.
    """
    backend = model.backend
    if not isinstance(backend, OnnxBackend):
        raise TypeError("only ONNX Runtime's backend tells the logits of a given text")
    forced = prompt.forced
    spell = Spell.of(model.tokenizer, model.vocabulary, forced) if forced else None
    # Where a long word was cut between two tokens, what is forced may begin inside a character,
    # and what is scored then isn't quite what is forced: `likelihood` finds that it can't be.
    text = forced.decode(errors="replace") + place.target + place.newline
    ids = model.tokenizer.encode(text)
    scored = Scored(ids, backend.score(prompt.ids, ids))
    line = DecodedLine(len(forced), place.target)
    _decode(model, prompt, line, scored, spell)
    return Measurement(line.exact, line.right, likelihood(scored, spell), line.text)


def likelihood(scored: Scored, constraint: Constraint | None) -> float:
    """The negative log-likelihood of tokens in nats, among those that a constraint allows.

    NaN where one of them isn't allowed.
    """
    total = 0.0
    for row, id_ in zip(scored.rows, scored.ids, strict=True):
        allowed = None if constraint is None else constraint.allowed()
        if allowed is not None and id_ not in allowed:
            return math.nan
        logits = (row if allowed is None else row[allowed]).astype(np.float64)
        top = float(logits.max())
        total += top + math.log(float(np.exp(logits - top).sum())) - float(row[id_])
        constraint = None if constraint is None else constraint.advance(id_)
    return total


class DecodedLine:
    """The line that greedy decoding writes, compared with the right one."""

    def __init__(self, forced: int, target: str) -> None:
        """Begins with an empty line; the first `forced` bytes are not part of it."""
        self._forced = forced
        self._goal = target.rstrip().encode()
        self._data = b""
        self.stopped = False

    def read(self, data: bytes) -> None:
        """Takes a token."""
        self._data += data

    @property
    def decided(self) -> bool:
        """Whether the result is certain: the line is at its end, or there is a mistake."""
        line, newline, _ = self._data[self._forced :].partition(b"\n")
        wrong = not self._goal.startswith(line) and line.rstrip() != self._goal
        return self.stopped or bool(newline) or wrong

    @property
    def exact(self) -> bool:
        """Whether the line is the right one and ended, blanks at the end aside."""
        line, newline, _ = self._data[self._forced :].partition(b"\n")
        return line.rstrip() == self._goal and (self.stopped or bool(newline))

    @property
    def right(self) -> float:
        """The share of its characters before the first mistake."""
        line = self._data[self._forced :]
        pairs = enumerate(zip(line, self._goal, strict=False))
        same = next((at for at, (ours, theirs) in pairs if ours != theirs), len(line))
        return len(self._goal[:same].decode(errors="ignore")) / len(self._goal.decode())

    @property
    def text(self) -> str:
        """The line as far as it was written."""
        return self._data[self._forced :].partition(b"\n")[0].decode(errors="replace")


def _decode(
    model: LocalModel,
    prompt: Prompt,
    line: DecodedLine,
    scored: Scored,
    constraint: Constraint | None,
) -> None:
    """Greedy decoding into `line`, up to its end or its first mistake.

    As long as the likeliest token is the true text's own, the scored rows are the logits that
    decoding would compute, too. Mostly that decides it.
    """
    greedy = Sampler(Sampling())
    room = MAX_TOKENS + len(prompt.forced)
    done: list[int] = []
    for row, id_ in zip(scored.rows[:room], scored.ids, strict=False):
        token = greedy.choose(row, constraint).token
        line.stopped = token in model.family.stop
        line.read(model.tokenizer.token_bytes(token))
        if line.decided:
            return
        done.append(token)
        constraint = None if constraint is None else constraint.advance(token)
        if token != id_:
            break
    if len(done) == room:
        return
    request = GenerateRequest(
        prompt=[*prompt.ids, *done],
        max_tokens=room - len(done),
        stop_ids=model.family.stop,
        constraint=constraint,
    )
    generation = model.backend.generate(request, CancelToken())
    for step in generation:
        if step.token is not None:
            line.read(model.tokenizer.token_bytes(step.token))
        line.stopped = step.finish is FinishReason.STOP
        if line.decided:
            generation.end(step.sample)
