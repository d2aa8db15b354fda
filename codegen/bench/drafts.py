"""What drafts bring to real completions: each is written with them and without, in turn.

The holes are lines that were removed from source files. By default these are codegen's own, which
are newer than the models.
"""

import dataclasses
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import codegen
from codegen.cancel import CancelToken
from codegen.completion.complete import Completion, complete, result
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.document import Document, open_document
from codegen.errors import UsageError
from codegen.files import read_file
from codegen.local.model import LocalModel
from codegen.models.loading import load_model
from codegen.progress import Progress
from codegen.settings.config import Settings

_SEED: Final = 24  # the same holes in every run
_REMOVED: Final = 4  # lines
_TOKENS: Final = 64


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One hole: seconds of decoding with drafts and without them, and what the drafts were."""

    place: str
    tokens: int
    with_drafts: float
    without: float
    drafted: int
    accepted: int
    same: bool


@dataclass(frozen=True, slots=True)
class DraftFigures:
    """All holes. `ratio` is how many times faster all of the decoding was with drafts."""

    model: str
    device: str
    rows: tuple[DraftRow, ...]

    @property
    def ratio(self) -> float:
        """Of the sums of seconds."""
        return sum(row.without for row in self.rows) / sum(row.with_drafts for row in self.rows)

    @property
    def median_ratio(self) -> float:
        """The median over the holes."""
        return statistics.median(row.without / row.with_drafts for row in self.rows)

    @property
    def accepted(self) -> float:
        """The share of drafted tokens that were right; 0 if none were drafted."""
        drafted = sum(row.drafted for row in self.rows)
        return sum(row.accepted for row in self.rows) / drafted if drafted else 0.0


def run_drafts(
    settings: Settings, files: Sequence[Path], places: int, progress: Progress
) -> DraftFigures:
    """Measures some holes in files; in codegen's own sources if there are none.

    Raises:
        ModelError: there is no model.
        EngineError: it can't be run.
        UsageError: no file has lines to remove.
    """
    texts = _texts(files or sorted(Path(codegen.__file__).parent.rglob("*.py")))
    model = load_model(settings, progress)
    plain = dataclasses.replace(model, drafts=False)
    rows = []
    progress.start("completing", places, unit="holes")
    for number, (place, document) in enumerate(_holes(texts, places)):
        # The prompt is computed before, so that both find it.
        _write(plain, document)
        # The one that is first changes, so that what slows a moment slows both alike.
        first, second = (model, plain) if number % 2 else (plain, model)
        written = {each.drafts: _write(each, document) for each in (first, second)}
        progress.advance(1)
        if written[False].usage.decoded_tokens > 1:
            rows.append(_row(place, written[True], written[False]))
    progress.finish()
    return DraftFigures(model.name, model.device, tuple(rows))


def _row(place: str, drafted: Completion, plain: Completion) -> DraftRow:
    return DraftRow(
        place=place,
        tokens=plain.usage.decoded_tokens,
        with_drafts=drafted.usage.decode_seconds,
        without=plain.usage.decode_seconds,
        drafted=drafted.usage.drafted_tokens,
        accepted=drafted.usage.accepted_tokens,
        same=[each.text for each in drafted.suggestions]
        == [each.text for each in plain.suggestions],
    )


def _write(model: LocalModel, document: Document) -> Completion:
    options = CompletionOptions(max_tokens=_TOKENS, lines="multi", insist=True)
    return result(complete(model, prepare(document, options), CancelToken()))


def _texts(files: Sequence[Path]) -> list[tuple[str, list[str]]]:
    """The files that have lines enough, by their names."""
    read = [
        (str(file), read_file(file).decode(errors="surrogateescape").splitlines(keepends=True))
        for file in files
    ]
    if found := [(name, lines) for name, lines in read if len(lines) > 10 * _REMOVED]:
        return found
    raise UsageError(f"no file has more than {10 * _REMOVED} lines")


def _holes(texts: Sequence[tuple[str, list[str]]], count: int) -> Iterator[tuple[str, Document]]:
    draw = random.Random(_SEED)  # noqa: S311 - to choose places, not secrets
    for _ in range(count):
        name, lines = draw.choice(texts)
        inner = [
            number
            for number, line in enumerate(lines[: -2 * _REMOVED])
            if number > _REMOVED and line.startswith("    ") and line.strip()
        ]
        at = draw.choice(inner or range(_REMOVED, len(lines) - _REMOVED))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        before = "".join(lines[:at]) + indent
        text = before + "\n" + "".join(lines[at + _REMOVED :])
        yield f"{name}:{at + 1}", open_document(text, len(before), name)
