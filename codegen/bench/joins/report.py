"""The outcomes as tables beside their targets, and each failure as a text with its place marked."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from codegen.bench.joins.answers import MODES, Mode
from codegen.bench.joins.run import Figures
from codegen.bench.joins.verdict import Outcome

MARK: Final = "\u2038"
"""Where the cursor is, as in the tests."""

EXACT: Final[dict[Mode, float]] = {"stops": 0.995, "repeats": 0.98, "elsewhere": 0.97}
"""The share of suggestions that have to be right, in each mode."""

LANGUAGE: Final = 0.93
"""The same for each language, in all modes together."""

ERRORS: Final = 0.001
"""The share of shown suggestions that may add syntax errors."""

HOLES: Final = 3000
LANGUAGES: Final = 20

# Lines around the cursor that a failure shows.
_ABOVE: Final = 12
_BELOW: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """What became of some outcomes; shares are NaN where there are none.

    `right` has a share for each mode, `counts` how many outcomes that is of. `errors` is the
    share of shown suggestions that add syntax errors, of those for which a grammar tells.
    """

    name: str
    holes: int
    right: dict[Mode, float]
    counts: dict[Mode, int]
    overall: float
    nothing: float
    refused: float
    exceptions: int
    errors: float


@dataclass(frozen=True, slots=True)
class Target:
    """One target: what was wanted, what was measured, and whether that will do."""

    text: str
    measured: str
    met: bool


def row(name: str, outcomes: Sequence[Outcome]) -> Row:
    """Counts outcomes."""
    by_mode = {mode: [each for each in outcomes if each.answer.mode == mode] for mode in MODES}
    checked = [each.adds_errors for each in outcomes if each.adds_errors is not None]
    return Row(
        name=name,
        holes=len({id(each.gap) for each in outcomes}),
        right={mode: _share(each.right for each in of_mode) for mode, of_mode in by_mode.items()},
        counts={mode: len(of_mode) for mode, of_mode in by_mode.items()},
        overall=_share(each.right for each in outcomes),
        nothing=_share(each.verdict == "nothing" for each in outcomes),
        refused=_share(each.verdict == "refused" for each in outcomes),
        exceptions=sum(each.verdict == "exception" for each in outcomes),
        errors=_share(checked),
    )


def by_language(outcomes: Sequence[Outcome]) -> list[Row]:
    """A row for each language."""
    names = sorted({each.gap.language for each in outcomes})
    return [row(name, [each for each in outcomes if each.gap.language == name]) for name in names]


def by_kind(outcomes: Sequence[Outcome]) -> list[Row]:
    """A row for each kind of hole, and each variant of it."""
    names = sorted({each.gap.name for each in outcomes})
    return [row(name, [each for each in outcomes if each.gap.name == name]) for name in names]


def targets(outcomes: Sequence[Outcome], *, whole: bool) -> list[Target]:
    """What was to be reached; `whole` says that nothing was left out, so that counts count."""
    total, languages = row("all", outcomes), by_language(outcomes)
    found = [
        Target(
            f"{mode} >= {least:.1%} right", f"{total.right[mode]:.2%}", total.right[mode] >= least
        )
        for mode, least in EXACT.items()
        if total.counts[mode]
    ]
    worst = min(languages, key=lambda each: each.overall, default=total)
    found += [
        Target(
            f"each language >= {LANGUAGE:.0%} right",
            f"{worst.name} {worst.overall:.2%}",
            worst.overall >= LANGUAGE,
        ),
        Target("no exception", str(total.exceptions), total.exceptions == 0),
        Target(
            "syntax errors added by <= 1 in 1,000 shown",
            _per_thousand(total.errors),
            not total.errors > ERRORS,
        ),
    ]
    if whole:
        found += [
            Target(f">= {HOLES:,} holes", f"{total.holes:,}", total.holes >= HOLES),
            Target(f">= {LANGUAGES} languages", str(len(languages)), len(languages) >= LANGUAGES),
        ]
    return found


def met(figures: Figures) -> bool:
    """Whether all targets are reached."""
    return all(each.met for each in targets(figures.outcomes, whole=figures.wanted.whole))


def tables(outcomes: Sequence[Outcome], *, whole: bool) -> Iterator[str]:
    """The lines of the report."""
    for title, rows in (("language", by_language(outcomes)), ("kind", by_kind(outcomes))):
        modes = " | ".join(MODES)
        yield f"| {title} | holes | {modes} | nothing | refused | exceptions | errors per 1,000 |"
        yield "|---|" + "---:|" * (len(MODES) + 5)
        for each in [*rows, row("all", outcomes)]:
            cells = [each.name, f"{each.holes:,}"]
            cells += [_percent(each.right[mode]) for mode in MODES]
            cells += [_percent(each.nothing), _percent(each.refused)]
            cells += [str(each.exceptions), _per_thousand(each.errors)]
            yield f"| {' | '.join(cells)} |"
        yield ""
    yield "| target | measured | met |"
    yield "|---|---|---|"
    for target in targets(outcomes, whole=whole):
        yield f"| {target.text} | {target.measured} | {'yes' if target.met else 'no'} |"


def failures(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """What isn't as it should be, syntax errors that were added included.

    Of each language, kind and mode one comes first, then a second of each, and so on, so that
    the first few show what there is.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    ranked = []
    for each in outcomes:
        if not each.right or each.adds_errors:
            group = each.gap.language, each.gap.name, each.answer.mode
            ranked.append((seen[group], each))
            seen[group] += 1
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def marked(outcome: Outcome) -> str:
    """A failure as a text from which a test can be made."""
    gap, answer = outcome.gap, outcome.answer
    above = gap.before.splitlines(keepends=True)[-_ABOVE - 1 :]
    below = gap.after.splitlines(keepends=True)[: _BELOW + 1]
    head = f"=== {gap.path} ({gap.language}) {gap.name} {answer.mode} {answer.tail}".rstrip()
    reason = f" ({outcome.reason})" if outcome.reason else ""
    errors = ", adds syntax errors" if outcome.adds_errors else ""
    newline = ", CRLF" if gap.newline == "\r\n" else ""
    parts = [
        f"{head}: {outcome.verdict}{reason}{errors}{newline}",
        "".join(above) + MARK + "".join(below).rstrip("\r\n"),
        f"--- truth: {gap.truth!r}",
        f"--- written after it: {answer.text[len(gap.truth) :]!r}",
        f"--- suggested: {outcome.suggestion!r}",
    ]
    return "\n".join(parts).replace("\r\n", "\n") + "\n"


def lines(figures: Figures, most: int | None) -> Iterator[str]:
    """The lines of the whole report, with at most so many failures; all of them if None."""
    outcomes, whole = figures.outcomes, figures.wanted.whole
    for outcome in failures(outcomes)[:most]:
        yield from marked(outcome).splitlines()
        yield ""
    holes = row("all", outcomes).holes
    yield f"tokenizer of {figures.model}, {holes:,} holes in {figures.files:,} files"
    yield ""
    yield from tables(outcomes, whole=whole)


def plain(figures: Figures, most: int | None) -> dict[str, Any]:
    """The report as plain data; shares that are of nothing are null."""
    outcomes = figures.outcomes
    return {
        "model": figures.model,
        "set": None if figures.wanted.files else figures.wanted.set,
        "files": figures.files,
        "languages": [_plain_row(each) for each in by_language(outcomes)],
        "kinds": [_plain_row(each) for each in by_kind(outcomes)],
        "all": _plain_row(row("all", outcomes)),
        "targets": [asdict(each) for each in targets(outcomes, whole=figures.wanted.whole)],
        "failures": [plain_failure(each) for each in failures(outcomes)[:most]],
    }


def _plain_row(shown: Row) -> dict[str, Any]:
    """A row with None for NaN, which JSON doesn't have."""

    def known(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: known(each) for key, each in value.items()}
        return None if isinstance(value, float) and math.isnan(value) else value

    return {key: known(value) for key, value in asdict(shown).items()}


def plain_failure(outcome: Outcome) -> dict[str, Any]:
    """A failure as plain data."""
    gap, answer = outcome.gap, outcome.answer
    return {
        "path": gap.path,
        "language": gap.language,
        "kind": gap.kind,
        "variant": gap.variant,
        "mode": answer.mode,
        "tail": answer.tail,
        "verdict": outcome.verdict,
        "reason": outcome.reason,
        "adds_errors": outcome.adds_errors,
        "before": gap.before,
        "truth": gap.truth,
        "after": gap.after,
        "written": answer.text,
        "suggestion": outcome.suggestion,
    }


def _share(values: Iterable[bool]) -> float:
    counted = list(values)
    return sum(counted) / len(counted) if counted else float("nan")


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.1%}"


def _per_thousand(share: float) -> str:
    return "-" if math.isnan(share) else f"{share * 1000:.1f}"
