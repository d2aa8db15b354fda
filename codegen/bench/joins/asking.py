"""Asks a scripted model at each gap, and compares what is suggested with what was removed."""

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from codegen.bench.joins.answers import Mode, WrittenAnswer, answer
from codegen.bench.joins.holes import Gap
from codegen.bench.joins.verdict import Outcome, compare
from codegen.cancel import CancelToken
from codegen.completion.complete import result, write
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import Prepared, prepare
from codegen.document import open_document
from codegen.engine.scripted import ScriptedBackend
from codegen.local.model import LocalModel
from codegen.local.plan import LocalPlan
from codegen.progress import Progress
from codegen.prompt.healing import Spell
from codegen.syntax.opening import parse
from codegen.syntax.registry import language_of

# Tokens that stay free for what the model writes after the truth.
_SPARE: Final = 8


@dataclass(frozen=True, slots=True)
class _Asked:
    """A gap as a document, and what is asked there."""

    gap: Gap
    prepared: Prepared
    plan: LocalPlan
    errors: int | None


def measure(
    model: LocalModel, gaps: Sequence[Gap], modes: Sequence[Mode], progress: Progress
) -> Iterator[Outcome]:
    """The outcomes of all gaps in all modes.

    A gap whose truth is longer than a completion may be has none: no rule could bring it back.
    """
    progress.start("completing", len(gaps), unit="holes")
    errors = _Errors()
    for gap in gaps:
        yield from _at_gap(model, gap, modes, errors.of(gap))
        progress.advance(1)
    progress.finish()


class _Errors:
    """How many syntax errors the files have, each counted once."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[str, int | None]] = {}

    def of(self, gap: Gap) -> int | None:
        """Those of a gap's file as it was; None where no grammar tells."""
        text, errors = self._counted.get(gap.path, ("", None))
        if text != gap.text:
            errors = _count_errors(gap.text, gap.path)
            self._counted[gap.path] = gap.text, errors
        return errors


def _at_gap(
    model: LocalModel, gap: Gap, modes: Sequence[Mode], errors: int | None
) -> Iterator[Outcome]:
    answers = [answer(gap, mode) for mode in modes]
    options = CompletionOptions()
    try:
        with _warnings() as records:
            document = open_document(gap.before + gap.after, gap.start, gap.path)
            prepared = prepare(document, options)
            plan = model.plan(prepared)
            plan.prompt.forced.decode()
    except UnicodeDecodeError:
        return  # Healing begins in the middle of a character: no script can spell that.
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        yield from (Outcome(gap, each, "exception", reason=_told(error)) for each in answers)
        return
    if records:
        yield from (Outcome(gap, each, "exception", reason=records[0]) for each in answers)
    elif prepared.refusal is not None:
        yield from (Outcome(gap, each, "refused", reason=prepared.refusal) for each in answers)
    elif len(model.tokenizer.encode(gap.truth)) + _SPARE <= plan.max_tokens:
        asked = _Asked(gap, prepared, plan, errors)
        yield from (_outcome(model, asked, each) for each in answers)


def _outcome(model: LocalModel, asked: _Asked, written: WrittenAnswer) -> Outcome:
    gap, plan = asked.gap, asked.plan
    script = _script(model, plan.prompt.forced, written.text)
    # If its first choice is refused, it has no second one.
    backend = ScriptedBackend([script, ()], window=model.backend.window)
    scripted = replace(model, backend=backend)
    try:
        with _warnings() as records:
            events = write(scripted, asked.prepared, plan, CancelToken())
            completion = result(events)
    except Exception as error:  # noqa: BLE001 - as above
        return Outcome(gap, written, "exception", reason=_told(error))
    if records:
        return Outcome(gap, written, "exception", reason=records[0])
    if not completion.suggestions:
        return Outcome(gap, written, "nothing", reason=completion.reason)
    text = completion.suggestions[0].text
    verdict = compare(text, gap)
    adds: bool | None = None
    if asked.errors is not None:
        now = None if text == gap.truth else _count_errors(gap.before + text + gap.after, gap.path)
        adds = now is not None and now > asked.errors
    return Outcome(gap, written, verdict, text, adds_errors=adds)


def _told(error: Exception) -> str:
    """An exception, and where it was raised."""
    frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{error!r}{where}"


def _script(model: LocalModel, forced: bytes, text: str) -> list[int]:
    """The tokens of a text after what healing forces; of one piece where that is allowed."""
    ids = model.tokenizer.encode(forced.decode() + text)
    spell = Spell.of(model.tokenizer, model.vocabulary, forced)
    for token in ids:
        if (allowed := spell.allowed()) is None:
            return ids
        if token not in allowed:
            break
        spell = spell.advance(token)
    return model.tokenizer.encode(forced.decode()) + model.tokenizer.encode(text)


def _count_errors(text: str, path: str) -> int | None:
    tree = parse(text, language_of(path))
    return None if tree is None else tree.errors()


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What is logged meanwhile: an exception that a handler swallows is told there."""
    records: list[str] = []

    class _Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            records.append(record.getMessage() + (f": {error!r}" if error else ""))

    logger, handler = logging.getLogger("codegen"), _Keep(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield records
    finally:
        logger.removeHandler(handler)
