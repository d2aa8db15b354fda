"""The figures of holes: as they lie in a folder, and as a table of the layouts.

    layouts.json    the Facts: everything that can change a figure
    layouts.jsonl   append-only, a line per hole with all its places and layouts

A table has means, and differences in pairs.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from filelock import FileLock, Timeout

from codegen.errors import UsageError
from codegen.files import write_atomically
from codegen_eval.errors import DataError
from codegen_eval.layouts.variants import BASE, KINDS, VARIANTS, Variant
from codegen_eval.metrics.intervals import Estimate, difference
from codegen_eval.runs import drop_torn_line, read_lines

FACTS_FILE: Final = "layouts.json"
JOURNAL_FILE: Final = "layouts.jsonl"
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that can change a figure.

    `seen` says whether the texts were public before the model was, which may then have been
    trained on them.
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
    """What came of one prompt.

    `right` is the share of the target's characters before the first mistake of greedy decoding,
    and `wrote` what it wrote up to there. `nll` is of the target and its newline, in nats; NaN
    where the tokens that spell them can't follow the forced bytes. `keystroke` is how many tokens
    of the prompt are computed anew when a character is typed.
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
class Hole:
    """All figures of one problem; none of a hole in which no line is fit to be measured."""

    key: str
    task_id: str
    group: str
    figures: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One layout at one kind of place, NaN where nothing was measured.

    `exact_change` and `nll_change` are what it has more than the base on the same holes. Of
    `keystroke` the median and the mean: where healing backs off, most keystrokes change nothing.
    """

    kind: str
    layout: str
    heal: bool
    holes: int
    exact: float
    right: float
    nll: float
    exact_change: Estimate
    nll_change: Estimate
    keystroke: float
    keystroke_mean: float
    prompt_tokens: float


class Journal:
    """The holes that are there, and those that are added."""

    def __init__(self, path: Path, holes: Sequence[Hole]) -> None:
        self._path = path
        self._holes = {hole.key: hole for hole in holes}

    def get(self, key: str) -> Hole | None:
        """The hole of this key, if it is done."""
        return self._holes.get(key)

    def add(self, hole: Hole) -> None:
        """Appends a hole; it is on disk when this returns."""
        row = asdict(hole)
        for figures in row["figures"]:
            figures["nll"] = None if math.isnan(figures["nll"]) else figures["nll"]
        with self._path.open("ab") as file:
            file.write(json.dumps(row, allow_nan=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._holes[hole.key] = hole


@contextmanager
def writing(directory: Path, facts: Facts) -> Iterator[Journal]:
    """Opens a folder of figures to be begun or gone on with; one process at a time.

    Raises:
        UsageError: it holds figures of other facts, or another process is at it.
        DataError: it can't be read or written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with FileLock(directory / "lock").acquire(timeout=0):
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
            path = directory / JOURNAL_FILE
            drop_torn_line(path)
            yield Journal(path, list(read_holes(path)))
    except Timeout:
        raise UsageError(f"another process is running in {directory}") from None
    except OSError as error:
        raise DataError(f"{error.filename or directory}: {error.strerror}") from error


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


def read_holes(path: Path) -> Iterator[Hole]:
    """The holes of a journal.

    Raises:
        DataError: a line of it is damaged, or is no hole.
    """
    for row in read_lines(path):
        try:
            figures = [
                Figures(**{**each, "nll": math.nan if each["nll"] is None else each["nll"]})
                for each in row.pop("figures")
            ]
            yield Hole(**row, figures=tuple(figures))
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} holds a line that is no hole: {error}") from error


def tabulate(holes: Sequence[Hole]) -> list[Row]:
    """The table, kind by kind, in the variants' order."""
    # By kind and layout: the figures of each hole that has them, by its place among all.
    by: dict[tuple[str, str, bool], dict[int, Figures]] = {}
    for number, hole in enumerate(holes):
        for each in hole.figures:
            by.setdefault((each.kind, each.layout, each.heal), {})[number] = each
    groups = [hole.group for hole in holes]
    return [
        _row(
            kind,
            variant,
            by.get((kind, variant.layout, variant.heal), {}),
            by.get((kind, BASE.layout, BASE.heal), {}),
            groups,
        )
        for kind in KINDS
        for variant in VARIANTS
    ]


def _row(
    kind: str,
    variant: Variant,
    ours: dict[int, Figures],
    base: dict[int, Figures],
    groups: Sequence[str],
) -> Row:
    figures = list(ours.values())
    likelihoods = [each.nll for each in figures if not math.isnan(each.nll)]

    def change(value: Callable[[Figures], float]) -> Estimate:
        if variant == BASE:
            # Nothing was drawn from anywhere: there is no interval to speak of.
            return Estimate(0.0, 0.0, 0.0, len(figures), len({groups[number] for number in ours}))
        pairs = [
            (value(each) - value(base[number]), groups[number])
            for number, each in ours.items()
            if number in base
        ]
        return _difference([pair for pair in pairs if not math.isnan(pair[0])])

    return Row(
        kind=kind,
        layout=variant.layout,
        heal=variant.heal,
        holes=len(figures),
        exact=_mean([each.exact for each in figures]),
        right=_mean([each.right for each in figures]),
        nll=_mean(likelihoods),
        exact_change=change(lambda each: float(each.exact)),
        nll_change=change(lambda each: each.nll),
        keystroke=float(median([each.keystroke for each in figures])) if figures else math.nan,
        keystroke_mean=_mean([each.keystroke for each in figures]),
        prompt_tokens=_mean([each.prompt_tokens for each in figures]),
    )


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan


def _difference(pairs: Sequence[tuple[float, str]]) -> Estimate:
    """The mean of paired differences of any size, with its interval."""
    # `difference` is for values from -1 to 1: where it sees no spread, it reckons with those ends.
    scale = max([1.0, *(abs(value) for value, _ in pairs)])
    found = difference([value / scale for value, _ in pairs], [group for _, group in pairs])
    estimate = found.estimate
    return Estimate(
        estimate.value * scale,
        estimate.low * scale,
        estimate.high * scale,
        estimate.tasks,
        estimate.groups,
    )
