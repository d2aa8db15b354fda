"""A table of the layouts from the figures of holes: means, and paired differences."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from codegen_eval.layouts.folder import Figures, MeasuredHole
from codegen_eval.layouts.variants import BASE, KINDS, VARIANTS, Variant
from codegen_eval.metrics.intervals import Estimate, difference


@dataclass(frozen=True, slots=True)
class LayoutRow:
    """One layout at one kind of place; NaN where nothing was measured.

    `exact_change` and `nll_change` are its figures minus those of BASE on the same holes.
    `keystroke` is a median, and `keystroke_mean` the mean: with healing, most keystrokes change
    nothing.
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


def tabulate(holes: Sequence[MeasuredHole]) -> list[LayoutRow]:
    """The rows of the table, by kind of place, in the order of VARIANTS."""
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
) -> LayoutRow:
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

    return LayoutRow(
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
