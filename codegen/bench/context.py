"""What a long file costs: context at a keystroke and at a new place, the tree, an answer's end."""

import statistics
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.completion.stream import SampleText
from codegen.context.hole import find_hole
from codegen.document import Document
from codegen.engine.scripted import ScriptedBackend
from codegen.errors import CodegenError, CorruptModelError
from codegen.local.model import LocalModel
from codegen.local.plan import LocalPlan
from codegen.models.resolve import require_export
from codegen.postprocess.joint import join
from codegen.progress import Progress
from codegen.prompt.families import recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer
from codegen.settings.config import Settings
from codegen.syntax.grammar import grammar_of
from codegen.syntax.registry import language_of
from codegen.syntax.tree import SyntaxTree

LINES: Final = 10_000
"""Lines that the file has at least: whole files of the standard library, up to there."""

PLACES: Final = 5
"""Places, evenly spread, at which is typed."""

TYPED: Final = '''\
def matching(groups, pattern, limit=None):
    """The names that fit a pattern, and how often they do."""
    found = {}
    for group in groups:
        for name in group.names:
            if pattern.search(name):
                found[name] = found.get(name, 0) + 1
    return sorted(found.items(), key=lambda item: item[1])[:limit]
'''[:300]
"""What is typed at each: 300 characters."""

# A new place is asked for at every so many keystrokes.
_EVERY: Final = 20

# Before each file of the row that has other characters than ASCII: two, three and four bytes long.
_FOREIGN: Final = "# Größe und Straße, 漢字, 😀\n"

_PATH: Final = "long.py"

# Tokens that the engine holds, if the model doesn't hold less.
_WINDOW: Final = 2048

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


@dataclass(frozen=True, slots=True)
class Series:
    """Milliseconds of one kind of work, in the order in which they were measured."""

    values: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """What one in a hundred takes longer than; of fewer values than that the largest."""
        return sorted(self.values)[-(-len(self.values) * 99 // 100) - 1]

    def measure(
        self,
        work: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Does the work once, and keeps how long it took."""
        start = time.perf_counter()
        result = work(*args, **kwargs)
        self.values.append((time.perf_counter() - start) * 1000)
        return result


@dataclass(frozen=True, slots=True)
class ContextRow:
    """What was measured in one file."""

    text: str
    lines: int
    reparse: Series
    keystroke: Series
    new_place: Series
    parse: Series
    joint: Series
    decision: Series


@dataclass(frozen=True, slots=True)
class ContextFigures:
    """A row for each file; `budget` is what the prompts were fitted to, in tokens."""

    model: str
    budget: int
    rows: tuple[ContextRow, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the table, in milliseconds; a target is None where there is nothing to reach."""

    text: str
    measure: str
    count: int
    p50: float
    p99: float
    p50_target: float | None = None
    p99_target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the targets are reached; None where there are none."""
        pairs = ((self.p50, self.p50_target), (self.p99, self.p99_target))
        reached = [figure <= target for figure, target in pairs if target is not None]
        return all(reached) if reached else None


def summaries(figures: ContextFigures) -> Iterator[Summary]:
    """The figures beside their targets."""
    for row in figures.rows:
        for measure, series, targets in (
            ("reparse after an edit", row.reparse, (5.0, None)),
            ("context at a keystroke", row.keystroke, (3.0, 15.0)),
            ("context at a new place", row.new_place, (None, None)),
            ("parse of the whole file", row.parse, (None, None)),
            ("who closes what is open, for an answer", row.joint, (None, None)),
            ("whether an answer ends, at a token", row.decision, (None, 1.0)),
        ):
            values = series.values
            yield Summary(row.text, measure, len(values), series.p50, series.p99, *targets)


def run_context(settings: Settings, progress: Progress) -> ContextFigures:
    """Types in a long file, once with nothing but ASCII in it and once with other characters.

    Raises:
        ModelError: the model isn't here, or is damaged. Only its tokenizer is used.
        CodegenError: there is no grammar for Python.
    """
    model = tokenizer_only(settings)
    rows = []
    for name, foreign in (("ASCII", False), ("non-ASCII", True)):
        progress.note(f"typing {len(TYPED)} characters at {PLACES} places, {name}")
        rows.append(measure_typing(model, long_source(LINES, foreign=foreign), name))
    first = _plan(model, Document("", 0), CompletionOptions())
    return ContextFigures(model.name, first.budget, tuple(rows))


def tokenizer_only(settings: Settings) -> LocalModel:
    """What planning a completion needs of settings.model, and nothing of its weights.

    Raises:
        ModelError: it isn't here, or is damaged.
    """
    model = require_export(settings)
    tokenizer = Tokenizer.load(model.tokenizer)
    try:
        with model.vocabulary.open("rb") as file:
            vocabulary = Vocabulary.load(file)
    except OSError as error:
        raise CorruptModelError(f"{model.vocabulary} can't be read: {error.strerror}") from error
    return LocalModel(
        name=model.manifest.name,
        backend=ScriptedBackend([], window=min(model.manifest.shape.window, _WINDOW)),
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device="cpu",
    )


def long_source(lines: int, *, foreign: bool) -> str:
    """A Python file of at least so many lines: the same for one version of Python."""
    text, count = [], 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        source = path.read_bytes().decode(errors="replace")
        # Of a module that isn't ASCII itself the first row must know nothing.
        source = _FOREIGN + source if foreign else source.encode("ascii", "replace").decode()
        text.append(source)
        count += source.count("\n")
        if count >= lines:
            break
    return "".join(text)


def measure_typing(model: LocalModel, text: str, name: str) -> ContextRow:
    """Types at all the places of a text, each in the text as it was."""
    row = ContextRow(name, text.count("\n"), *(Series() for _ in range(6)))
    options = CompletionOptions()
    for place in _places(text):
        tree = row.parse.measure(_parse, text)
        measure_ending(model, Document(text, place, _PATH, tree), row)
        last: LocalPlan | None = None
        for at, letter in enumerate(TYPED, start=place):
            tree = row.reparse.measure(tree.edited, at, at, letter)
            document = Document(tree.text, at + 1, _PATH, tree)
            if (at - place) % _EVERY == 0:
                fresh = row.new_place.measure(_plan, model, document, options)
                last = last or fresh
            last = row.keystroke.measure(_plan, model, document, options, last)
    return row


def _plan(
    model: LocalModel, document: Document, options: CompletionOptions, last: LocalPlan | None = None
) -> LocalPlan:
    return model.plan(prepare(document, options), last)


def measure_ending(model: LocalModel, document: Document, row: ContextRow) -> None:
    """Lets what is typed elsewhere be written as an answer, token by token."""
    joint = row.joint.measure(join, document, find_hole(document, "multi"))
    sample = SampleText(joint, max_tokens=len(TYPED))
    for token in model.tokenizer.encode(TYPED):
        row.decision.measure(_decide, sample, model.tokenizer.token_bytes(token))


def _decide(sample: SampleText, data: bytes) -> None:
    sample.read(data, 0.0)
    sample.certain()


def _parse(text: str) -> SyntaxTree:
    language = language_of(_PATH)
    grammar = None if language is None else grammar_of(language)
    if grammar is None:
        raise CodegenError("there is no grammar for Python: install tree-sitter-python")
    return SyntaxTree.parse(text, grammar)


def _places(text: str) -> Iterator[int]:
    """Where a definition could stand too: before one, the next to each place."""
    for number in range(PLACES):
        at = len(text) * (2 * number + 1) // (2 * PLACES)
        yield text.find("\ndef ", at) + 1 or text.rfind("\ndef ", 0, at) + 1
