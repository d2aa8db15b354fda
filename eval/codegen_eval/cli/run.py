"""`codegen eval run`: generate a suite's completions, and score them."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli.options import device_option, model_option, offline_option, user_settings
from codegen.cli.quiet import quiet_option, stderr_progress
from codegen.cli.terminal import visible
from codegen.context.budget import DEFAULT
from codegen_eval.cli.pinned import pinned

if TYPE_CHECKING:
    from codegen.local.model import LocalModel
    from codegen.progress import Progress
    from codegen.settings.config import Settings
    from codegen_eval.generate.runner import RunOptions
    from codegen_eval.runs import RunInfo
    from codegen_eval.suites.problem import Problem, Suite

_FOLDER = "eval-runs"
_SCHEMA = 1


@click.command()
@quiet_option
@click.argument("suite")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["base", "chat", "fim", "complete"]),
    help="How a problem is put to the model: the text alone, as a chat, as a hole to fill, or "
    "as `codegen complete` would. [default: chat, and fim for a suite of holes]",
)
@click.option(
    "--end",
    type=click.Choice(["line", "suffix", "model"]),
    help="Where an answer in `fim` ends at the latest: after a line, where it repeats what follows "
    "the hole, or where the model ends it. [default: what fits the suite]",
)
@click.option("--heal/--no-heal", default=True, show_default=True, help="Token healing in `fim`.")
@click.option(
    "--fold/--cut",
    default=True,
    show_default=True,
    help="In `complete`: signatures in place of what has no room in the prompt, or nothing.",
)
@click.option(
    "--typed-lines",
    type=click.IntRange(0, 24),
    default=0,
    show_default=True,
    help="In `complete`: so many lines were typed since the prompt was laid.",
)
@click.option(
    "--context-tokens",
    type=click.IntRange(min=16),
    help="Tokens of the text around a hole.  [default: 1024]",
)
@click.option("-n", "--samples", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--temperature", type=click.FloatRange(0, 2), help="[default: 0, or 0.8 if n > 1]")
@click.option("--top-p", type=click.FloatRange(0, 1), default=0.95, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), help="[default: 768, and 512 for a hole]")
@click.option(
    "--batch",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="Samples of a problem that are decoded together.",
)
@click.option("--limit", type=click.IntRange(1), help="Only so many problems, a fixed choice.")
@click.option(
    "--split",
    type=click.Choice(["all", "tune", "report"]),
    default="all",
    show_default=True,
    help="A half of the suite: choose on `tune`, claim on `report`.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The run's folder; one that is there is gone on with. [default: below {_FOLDER}/]",
)
@click.option("--data", type=click.Path(path_type=Path), help="Where the official data lies.")
@click.option("--python", type=click.Path(path_type=Path), help="For a mined suite's tests.")
@click.option("--precision", type=click.Choice(["auto", "int4", "fp32", "fp16"]))
@click.option("--score/--no-score", default=True, help="Judge the samples too. [default: score]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, for programs.")
@model_option
@device_option
@offline_option
def command(
    *,
    suite: str,
    format_: str | None,
    end: str | None,
    heal: bool,
    fold: bool,
    typed_lines: int,
    context_tokens: int | None,
    samples: int,
    temperature: float | None,
    top_p: float,
    seed: int,
    max_tokens: int | None,
    batch: int,
    limit: int | None,
    split: str,
    out: Path | None,
    data: Path | None,
    python: Path | None,
    precision: str | None,
    score: bool,
    as_json: bool,
    model: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Complete a suite's problems with a model, and score what it wrote.

    SUITE is humaneval, humaneval+, mbpp+, infilling-single-line (-multi-line, -random-span,
    -random-span-light; each with a + for EvalPlus's inputs), or a folder of `codegen eval mine`.

    If a run was stopped, the same command continues where it was.
    """
    from codegen_eval.cli.summary import lines  # noqa: PLC0415
    from codegen_eval.generate.formats import FORMATS  # noqa: PLC0415
    from codegen_eval.generate.runner import RunOptions  # noqa: PLC0415
    from codegen_eval.metrics.figures import plain  # noqa: PLC0415
    from codegen_eval.metrics.summary import summarize  # noqa: PLC0415
    from codegen_eval.runs import open_run, read_info  # noqa: PLC0415
    from codegen_eval.sandbox.find import find_sandbox  # noqa: PLC0415
    from codegen_eval.scoring.run import score_run  # noqa: PLC0415
    from codegen_eval.suites.registry import load_suite  # noqa: PLC0415
    from codegen_eval.suites.split import choose  # noqa: PLC0415

    settings = user_settings(model=model, device=device, precision=precision, offline=offline)
    loaded = load_suite(suite, data, python)
    drawn = (0.8 if samples > 1 else 0.0) if temperature is None else temperature
    options = RunOptions(
        format=format_ or FORMATS[loaded.kind][0],  # type: ignore[arg-type] # click's choice
        end=end,  # type: ignore[arg-type] # likewise
        heal=heal,
        fold=fold,
        typed_lines=typed_lines,
        samples=samples,
        batch=batch,
        temperature=drawn,
        top_p=top_p if drawn > 0 else 1.0,
        seed=seed,
        max_tokens=max_tokens or (512 if loaded.kind == "infilling" else 768),
        context_tokens=context_tokens or settings.context_tokens or DEFAULT,
    )
    problems = choose(loaded.problems.values(), split, limit)  # type: ignore[arg-type] # likewise
    # Before the long work: a machine without a sandbox can be told `--no-score`.
    sandbox = find_sandbox() if score else None
    progress = stderr_progress()
    directory = _generate(
        pinned(settings, None if out is None else read_info(out)),
        loaded,
        problems,
        options,
        out,
        progress,
    )
    if sandbox is not None:
        score_run(loaded, directory, sandbox, progress)
    summary = summarize(open_run(directory), loaded)
    if as_json:
        print(json.dumps({"schema": _SCHEMA, "run": str(directory), **plain(summary)}, indent=1))
        return
    for line in lines(summary):
        print(visible(line))
    print(f"\n{directory}")


def _generate(  # noqa: PLR0917 - one caller, above
    settings: "Settings",
    suite: "Suite",
    problems: "list[Problem]",
    options: "RunOptions",
    out: Path | None,
    progress: "Progress",
) -> Path:
    """Generates what is missing; the run's folder."""
    from codegen.models.loading import load_model  # noqa: PLC0415 - onnxruntime follows
    from codegen_eval.generate.runner import batches_of, describe, run  # noqa: PLC0415
    from codegen_eval.generate.writing import writing  # noqa: PLC0415

    # Without drafts, which make the last bits of a result depend on the problems before it.
    model: LocalModel = replace(load_model(settings, progress), drafts=False)
    info = describe(suite, model, options)
    directory = out or Path(_FOLDER) / _name(info)
    progress.note(f"{'going on with' if directory.exists() else 'writing'} {directory}")
    with writing(directory, info) as writer:
        total = batches_of(info, len(problems))
        progress.start("completing", total, unit="batches")
        there = 0
        try:
            for number, batch in enumerate(run(model, problems, info, writer)):
                if batch is None:
                    there += 1
                    continue
                if there:
                    # What was there took no time, and says nothing of the rate.
                    progress.start("completing", total, number, unit="batches")
                    there = 0
                progress.advance(1)
        finally:
            progress.finish()
            writer.write_samples([*suite.problems])
    return directory


def _name(info: "RunInfo") -> str:
    """A folder's name that says what is in it and differs where the run would."""
    from codegen_eval.runs import NOT_IN_KEY  # noqa: PLC0415

    facts = {name: value for name, value in asdict(info).items() if name not in NOT_IN_KEY}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    words = (Path(info.suite).name, info.format, info.model, info.precision, digest)
    return "-".join("".join(c if c.isalnum() or c in "+.-_" else "_" for c in w) for w in words)
