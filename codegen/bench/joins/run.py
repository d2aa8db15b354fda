"""The whole of `codegen bench joins`: files, gaps, answers, and what became of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from codegen.bench.context import tokenizer_only
from codegen.bench.joins.answers import MODES, Mode
from codegen.bench.joins.archives import Set
from codegen.bench.joins.asking import measure
from codegen.bench.joins.corpus import from_folder, from_packages
from codegen.bench.joins.holes import choose_gaps
from codegen.bench.joins.places import Kind
from codegen.bench.joins.verdict import Outcome
from codegen.errors import UsageError
from codegen.progress import Progress
from codegen.settings.config import Settings

# Holes of each language: with some twenty-five languages more than the targets ask for.
_LIMIT: Final = 160


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured: a set of packages, or a folder of files. Empty tuples mean all."""

    set: Set = "tune"
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    limit: int | None = None
    seed: int = 0
    files: Path | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is left out, so that the number of holes and languages counts."""
        return not (self.languages or self.kinds or self.limit or self.files)


@dataclass(frozen=True, slots=True)
class Figures:
    """All outcomes, and what was wanted of which model's tokenizer."""

    model: str
    wanted: Wanted
    files: int
    outcomes: tuple[Outcome, ...]


def run_joins(settings: Settings, wanted: Wanted, progress: Progress) -> Figures:
    """Removes pieces of files, and measures what is suggested by a model that knows them.

    Raises:
        UsageError: there is nothing to cut, or no such kind.
        ModelError: the model isn't here, or a package can't be had.
    """
    if unknown := [kind for kind in wanted.kinds if kind not in get_args(Kind)]:
        raise UsageError(f"there is no kind {unknown[0]}; there are {', '.join(get_args(Kind))}")
    model = tokenizer_only(settings)
    if wanted.files is not None:
        sources = from_folder(wanted.files, wanted.languages)
    else:
        sources = from_packages(settings, wanted.set, wanted.languages, progress)
    gaps = list(
        choose_gaps(sources, kinds=wanted.kinds, limit=wanted.limit or _LIMIT, seed=wanted.seed)
    )
    if not gaps:
        raise UsageError("there is no hole of that language and kind")
    outcomes = tuple(measure(model, gaps, wanted.modes or MODES, progress))
    return Figures(model.name, wanted, len({each.gap.path for each in outcomes}), outcomes)
