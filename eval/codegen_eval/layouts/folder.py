"""The folder with the figures of holes.

layouts.json    the Facts: everything that can change a figure
layouts.jsonl   append-only, a line per hole with all its places and layouts
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from codegen.errors import UsageError
from codegen.files import write_atomically
from codegen_eval.errors import DataError
from codegen_eval.journal import Journal

FACTS_FILE: Final = "layouts.json"
JOURNAL_FILE: Final = "layouts.jsonl"
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that can change a figure.

    `seen` says whether the texts are older than the model, which may have been trained on them.
    """

    version: int
    suite: str
    suite_sha256: str
    model: str
    model_sha256: str
    precision: str
    device: str
    onnxruntime: str
    threads: int
    paths: str
    context_tokens: int
    max_tokens: int
    seed: int
    kinds: tuple[str, ...]
    variants: tuple[str, ...]
    seen: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one prompt.

    `right` is the share of the target's characters before the first mistake of greedy decoding, and
    `wrote` is the decoded text up to there. `nll` is the negative log-likelihood of the target and
    its newline, in nats; NaN if the tokens that spell them can't follow the forced bytes.
    `keystroke` is how many tokens of the prompt are computed again when a character is typed.
    """

    kind: str
    layout: str
    heal: bool
    exact: bool
    right: float
    nll: float
    keystroke: int
    prompt_tokens: int
    wrote: str


@dataclass(frozen=True, slots=True)
class MeasuredHole:
    """All figures of one problem; no figures if no line of its hole can be measured."""

    key: str
    task_id: str
    group: str
    figures: tuple[Figures, ...]


@contextmanager
def writing(directory: Path, facts: Facts) -> Iterator["FiguresWriter"]:
    """Opens a folder of figures to begin it or to go on with it; one process at a time.

    Raises:
        UsageError: it holds figures of other facts, or another process writes to it.
        DataError: the folder can't be read or written.
    """
    journal = Journal(directory / JOURNAL_FILE)
    with journal.locked(directory / "lock", f"running in {directory}"):
        there = read_facts(directory)
        if there is None:
            text = json.dumps({"schema": SCHEMA, **asdict(facts)}, indent=1) + "\n"
            write_atomically(directory / FACTS_FILE, text)
        elif there != facts:
            ours, theirs = asdict(facts), asdict(there)
            names = ", ".join(name for name in ours if ours[name] != theirs[name])
            raise UsageError(
                f"{directory} holds figures with another {names}; name another folder by --out"
            )
        yield FiguresWriter(journal)


class FiguresWriter:
    """The measured holes: those from earlier, and those that are added."""

    def __init__(self, journal: Journal) -> None:
        """Reads the holes from earlier. Raises DataError if the journal is damaged."""
        self._journal = journal
        self._holes = {hole.key: hole for hole in read_holes(journal.path)}

    def get(self, key: str) -> MeasuredHole | None:
        """The hole of this key, if it is done."""
        return self._holes.get(key)

    def add(self, hole: MeasuredHole) -> None:
        """Appends a hole; it is on disk when this returns."""
        row = asdict(hole)
        for figures in row["figures"]:
            figures["nll"] = None if math.isnan(figures["nll"]) else figures["nll"]
        self._journal.append(row)
        self._holes[hole.key] = hole


def read_facts(directory: Path) -> Facts | None:
    """A folder's facts; None if there are none yet.

    Raises:
        DataError: they can't be read.
    """
    path = directory / FACTS_FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.pop("schema") != SCHEMA:
            raise DataError(f"{path} is of another version of codegen")
        lists: dict[str, Any] = {name: tuple(raw.pop(name)) for name in ("kinds", "variants")}
        return Facts(**raw, **lists)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} can't be read: {error}") from error


def read_holes(path: Path) -> Iterator[MeasuredHole]:
    """The holes of a journal.

    Raises:
        DataError: a line of the journal is damaged, or isn't a hole.
    """
    for row in Journal(path).rows():
        try:
            figures = [
                Figures(**{**each, "nll": math.nan if each["nll"] is None else each["nll"]})
                for each in row.pop("figures")
            ]
            yield MeasuredHole(**row, figures=tuple(figures))
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} has a line that isn't a hole: {error}") from error
