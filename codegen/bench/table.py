"""The engine's figures as a table, beside llama.cpp's."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codegen.bench.engine import CONTEXT, PROMPT, pairwise
from codegen.bench.rounds import Figures, Round, SizeFigures

_NOTES = """\
The ratios are medians over the rounds, in each of which llama.cpp's figure was taken right after \
codegen's. The perplexity ratio is that of the parity gate: over the perplexity of the GGUF file's \
own weights, which makes llama.cpp's 1 by definition."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `met` is None where there is nothing to reach, or to compare."""

    measure: str
    ours: str
    theirs: str = "-"
    reached: str = "-"
    target: str = "-"
    met: bool | None = None


def markdown(figures: Figures) -> Iterator[str]:
    """What was measured where, and the table."""
    yield from _about(figures.about)
    yield "| measure | codegen | llama.cpp | reached | target | met |"
    yield "|---|---|---|---|---|---|"
    for row in table(figures):
        met = "-" if row.met is None else "yes" if row.met else "no"
        cells = (row.measure, row.ours, row.theirs, row.reached, row.target, met)
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield _NOTES


def size_lines(figures: SizeFigures) -> Iterator[str]:
    """What is measured where, and the table, a line whenever its measure is there."""
    yield from _about(figures.about)
    yield "| measure | median | nine tenths between |"
    yield "|---|---|---|"
    for measure in figures.measures:
        between = "-"
        if measure.low is not None and measure.high is not None:
            between = f"{measure.low:.2f} to {measure.high:.2f}"
        yield f"| {measure.name} ({measure.unit}) | {measure.value:.2f} | {between} |"


def _about(about: Mapping[str, str]) -> Iterator[str]:
    for name, value in about.items():
        yield f"- {name}: {value}"
    yield ""


def table(figures: Figures) -> Iterator[Row]:
    """The figures beside their targets."""
    rounds, processes = figures.rounds, figures.processes
    yield _paired(
        f"prefill at {PROMPT} tokens (tokens/s)",
        [each.prefill for each in rounds],
        _theirs(rounds, lambda each: each.llama_prefill),
        1.4,
    )
    # A ratio of speeds is one of times turned round.
    yield _paired(
        f"decode at {CONTEXT:,} tokens of context (ms/token)",
        [each.decode.step * 1000 for each in rounds],
        [seconds * 1000 for seconds in _theirs(rounds, lambda each: each.llama_decode)],
        1.1,
        inverse=True,
    )
    yield Row(
        "bits per weight",
        _bits(figures.weights_bytes, figures.parameters),
        _bits(figures.gguf_bytes, figures.parameters),
    )
    ratio = figures.perplexity_ratio
    if ratio is None:
        yield Row("perplexity ratio", "not measured", "1", "-", "<= 1.03")
    else:
        yield Row("perplexity ratio", f"{ratio:.4f}", "1", f"{ratio:.4f}", "<= 1.03", ratio <= 1.03)
    yield _limit(
        "Python in a decode step (ms)", [each.decode.python * 1000 for each in rounds], 1.0
    )
    yield _limit(
        f"cancel amid a {CONTEXT:,}-token prompt (ms)", [each.cancel * 1000 for each in rounds], 250
    )
    tokens = processes[0].prompt_tokens
    yield _limit(
        f"`codegen complete`, {tokens} tokens, beside the engine (s)",
        [each.wall - each.engine for each in processes],
        3.0,
    )
    yield _limit(
        "`codegen complete`, peak memory (GB)", [each.peak_memory / 1e9 for each in processes], 1.3
    )
    yield _limit("`codegen --help` beside `python -c pass` (ms)", [figures.help * 1000], 120)


def _paired(
    measure: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    target: float,
    *,
    inverse: bool = False,
) -> Row:
    shown, wanted = f"{statistics.median(ours):.1f}", f">= {target:g}x"
    if not theirs:
        return Row(measure, shown, target=wanted)
    ratio = pairwise(theirs, ours) if inverse else pairwise(ours, theirs)
    median = f"{statistics.median(theirs):.1f}"
    return Row(measure, shown, median, f"{ratio:.2f}x", wanted, ratio >= target)


def _limit(measure: str, figures: Sequence[float], target: float) -> Row:
    median = statistics.median(figures)
    shown = f"{median:.0f}" if target >= 100 else f"{median:.2f}"
    return Row(measure, shown, "-", shown, f"<= {target:g}", median <= target)


def _theirs(rounds: Sequence[Round], figure: Callable[[Round], float | None]) -> list[float]:
    """llama.cpp's figure of every round; empty if it was not measured."""
    return [value for each in rounds if (value := figure(each)) is not None]


def _bits(size: int | None, parameters: int | None) -> str:
    return "-" if size is None or parameters is None else f"{size * 8 / parameters:.2f}"
