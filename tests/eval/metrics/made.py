"""Small made-up suites and runs, written and read by the product's own code."""

import dataclasses
import json
from pathlib import Path

from codegen_eval.runs import (
    JOURNAL_FILE,
    RUN_FILE,
    SCORES_FILE,
    Batch,
    Run,
    RunInfo,
    Sample,
    info_to_json,
    open_run,
)
from codegen_eval.suites.problem import Assertions, Problem, Suite
from codegen_eval.suites.verdict import Result, Verdict

INFO = RunInfo(
    suite="made",
    suite_sha256="0" * 64,
    kind="infilling",
    published="2021-07-07",
    model="qwen2.5-coder-0.5b",
    model_sha256="1" * 64,
    released="2024-11-12",
    precision="int4",
    device="cpu",
    onnxruntime="1.30.0",
    threads=2,
    paths="prefill=fp32, decode=int4",
    format="fim",
    end="model",
    heal=True,
    samples=1,
    batch=10,
    temperature=0.0,
    top_p=1.0,
    seed=0,
    max_tokens=512,
    context_tokens=1024,
)

REFERENCE = "    return left + right\n"


def problem(task="made/0", group=None, **changes) -> Problem:
    made = Problem(
        task_id=task,
        group=group or task,
        prefix='def add(left, right):\n    """Add."""\n',
        suffix="\n\ndef other():\n    return None\n",
        reference=REFERENCE,
        entry_point="add",
        check=Assertions("def check(candidate):\n    assert candidate(1, 2) == 3\n"),
    )
    return dataclasses.replace(made, **changes)


def suite(count=4, *, per_group=1, kind="infilling", problems=None) -> Suite:
    made = problems or [problem(f"made/{n}", f"group/{n // per_group}") for n in range(count)]
    return Suite(
        name="made",
        kind=kind,
        published="2021-07-07",
        source="nowhere",
        sha256="0" * 64,
        problems={each.task_id: each for each in made},
    )


def sample(task="made/0", number=0, completion=REFERENCE, **changes) -> Sample:
    made = Sample(
        task_id=task,
        sample=number,
        seed=number,
        completion=completion,
        finish="stop",
        tokens=9,
        first_token_seconds=0.2,
        seconds=0.6,
    )
    return dataclasses.replace(made, **changes)


def run(directory: Path, rows, **info) -> Run:
    """A run on disk, of rows of task id, completion, verdict and detail; a task's in order."""
    directory.mkdir(parents=True)
    batches: dict[str, list[Sample]] = {}
    results: list[Result] = []
    described = dataclasses.replace(INFO, **info)
    for task, completion, verdict, *more in rows:
        samples = batches.setdefault(task, [])
        number = len(samples)
        samples.append(sample(task, number, completion, seed=described.seed + number))
        if verdict is not None:
            results.append(Result(task, number, Verdict(verdict), *more or [""]))
    (directory / RUN_FILE).write_text(info_to_json(described))
    journal = [
        dataclasses.asdict(
            Batch(f"key {task}", task, f"<|fim_prefix|>{task}<|fim_middle|>", 20, tuple(samples))
        )
        for task, samples in batches.items()
    ]
    _lines(directory / JOURNAL_FILE, journal)
    _lines(directory / SCORES_FILE, [dataclasses.asdict(result) for result in results])
    return open_run(directory)


def _lines(path: Path, rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
