"""HumanEval-Infilling: holes of one line in functions whose text is known.

Data: https://github.com/openai/human-eval-infilling (MIT), not a part of this project. Every
model has probably seen these functions, so the figures flatter; they compare one version of this
program with another.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.complete import CompletionOptions, complete, result
from codegen.document import Document
from codegen.engine.cancel import CancelToken
from codegen.errors import UsageError
from codegen.loaded import LoadedModel

SINGLE_LINE = "HumanEval-SingleLineInfilling.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Problem:
    """A text with a hole, and what was there."""

    task: str
    before: str
    after: str
    middle: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one hole. `seconds` is the engine's own time."""

    task: str
    text: str | None
    exact: bool
    repeats_next: bool
    seconds: float


def load(directory: Path, limit: int) -> list[Problem]:
    """A fixed choice of `limit` problems, the same every time.

    Raises:
        UsageError: the data isn't there, or isn't what it should be.
    """
    path = next((p for p in (directory / "human-eval-infilling" / SINGLE_LINE,
                             directory / SINGLE_LINE) if p.is_file()), None)  # fmt: skip
    if path is None:
        raise UsageError(
            f"{SINGLE_LINE} is not in {directory}; get it from "
            "https://github.com/openai/human-eval-infilling (data/) and name its folder by --data"
        )
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        problems = [
            Problem(row["task_id"], row["prompt"], row["suffix"], row["canonical_solution"])
            for row in rows
        ]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from error
    chosen = random.Random(0).sample(problems, min(limit, len(problems)))  # noqa: S311
    return sorted(chosen, key=lambda problem: problem.task)


def run(
    model: LoadedModel, problems: Sequence[Problem], report: Callable[[int], None]
) -> Iterator[Outcome]:
    """Completes every hole greedily, with all that a user's completion goes through."""
    for problem in problems:
        document = Document(problem.before + problem.after, len(problem.before), "problem.py")
        done = result(complete(model, document, CompletionOptions(), CancelToken()))
        text = done.suggestions[0].text if done.suggestions else None
        yield Outcome(
            task=problem.task,
            text=text,
            exact=text is not None and text.strip() == problem.middle.strip(),
            repeats_next=text is not None and repeats_next(text, problem.after),
            seconds=done.usage.prefill_seconds + done.usage.decode_seconds,
        )
        report(1)


def repeats_next(text: str, after: str) -> bool:
    """Whether any line of a completion is the line that follows the hole, blanks aside.

    Lines of closing brackets only don't count: they recur in any code.
    """
    following = next((line.strip() for line in after.splitlines() if line.strip()), "")
    counts = any(character.isalnum() for character in following)
    return counts and following in {line.strip() for line in text.splitlines()}
