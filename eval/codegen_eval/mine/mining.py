"""From a repository to a suite: copies it, runs its tests, cuts holes, tries them, writes it."""

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codegen import __version__
from codegen.progress import Progress
from codegen_eval.errors import DataError
from codegen_eval.mine.about import About, about
from codegen_eval.mine.choice import HoleCandidate, chosen_tests, layers
from codegen_eval.mine.cuts import decode, holes
from codegen_eval.mine.survey import Runner, Survey, survey
from codegen_eval.mine.tree import Copied, copy_tree
from codegen_eval.mine.trial import Bench, Maker, Tried, try_holes
from codegen_eval.repository.interpreter import Interpreter, interpreter, require_coverage
from codegen_eval.sandbox.types import Limits, Sandbox
from codegen_eval.suites.mined import PROBLEMS_FILE, SCHEMA, SUITE_FILE, TREE
from codegen_eval.suites.problem import Problem

TRIAL_LIMITS: Final = Limits(cpu_seconds=20.0, wall_seconds=60.0)
_TEST_SECONDS: Final = 3.0
"""How long the tests of one hole may take together, so that judging stays far from its limits."""


@dataclass(frozen=True, slots=True)
class MiningOptions:
    """The user's options. `arguments` are passed to pytest to choose tests."""

    repository: Path
    out: Path
    python: Path
    arguments: tuple[str, ...] = ()
    published: str | None = None
    limit: int = 100
    per_function: int = 3
    tests_per_hole: int = 10
    seed: int = 0
    slots: int = 1


@dataclass(frozen=True, slots=True)
class Mined:
    """A new suite, in numbers. `kinds` counts the problems by the kind of their hole."""

    out: Path
    about: About
    problems: int
    kinds: Mapping[str, int]
    functions: int
    files: int
    candidates: int
    tried: int
    dropped: Mapping[str, int]
    tests: int
    failed: int
    skipped: int
    flaky: int
    plugins: bool
    seconds: float


def mine(options: MiningOptions, sandbox: Sandbox, progress: Progress) -> Mined:
    """Makes a suite's folder. If mining fails, no folder is left.

    Raises:
        DataError: the repository has no usable holes, or the interpreter lacks a package.
        SandboxError: a box could not be started.
    """
    start = time.monotonic()
    if options.out.exists() or options.out.is_symlink():
        raise DataError(f"{options.out} is there already; remove it, or name another by --out")
    if options.out.resolve().is_relative_to(options.repository.resolve()):
        raise DataError(
            f"{options.out} lies in {options.repository}, which is only read; "
            "name another folder by --out"
        )
    told = about(options.repository, options.published)
    python = interpreter(options.python)
    require_coverage(python)
    with _beside(options.out) as folder:
        root = folder / TREE
        root.mkdir()
        copied = copy_tree(options.repository, root)
        surveyed = survey(
            root, copied.sources, options.arguments, Runner(python, sandbox), progress
        )
        texts = dict(_texts(root, copied.sources))
        candidates = list(_candidates(texts, surveyed, options.tests_per_hole))
        progress.start("holes", min(options.limit, len(candidates)), unit="holes")
        try:
            tried = try_holes(
                layers(candidates, options.seed),
                Maker(told.name, root, python.path, texts, surveyed.plugins),
                Bench(sandbox, options.slots, TRIAL_LIMITS),
                progress,
                limit=options.limit,
                per_function=options.per_function,
            )
        finally:
            progress.finish()
        if not tried.kept:
            reasons = ", ".join(f"{n} times {why}" for why, n in tried.dropped.most_common())
            raise DataError(
                f"no hole of {len(candidates)} could be kept"
                + (f": {reasons}" if reasons else "; the tests execute no function's statements")
            )
        mined = Mined(
            out=options.out,
            about=told,
            problems=len(tried.kept),
            kinds=Counter(candidate.hole.kind for candidate, _ in tried.kept),
            functions=len({problem.group for _, problem in tried.kept}),
            files=len({candidate.path for candidate, _ in tried.kept}),
            candidates=len(candidates),
            tried=tried.tried,
            dropped=tried.dropped,
            tests=len(surveyed.seconds),
            failed=surveyed.failed,
            skipped=surveyed.skipped,
            flaky=surveyed.flaky,
            plugins=surveyed.plugins,
            seconds=time.monotonic() - start,
        )
        _write(folder, tried, mined, python=python, copied=copied, options=options)
        try:
            folder.rename(options.out)
        except OSError as error:
            raise DataError(f"{options.out} can't be written: {error}") from error
    return mined


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A new folder next to `out`, gone at the end unless it was renamed."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.absolute().parent))
        # Readable by whatever user the boxes run as.
        folder.chmod(0o755)
    except OSError as error:
        raise DataError(f"{out.absolute().parent} can't be written to: {error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _texts(root: Path, sources: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in sources:
        text = decode((root / name).read_bytes())
        if text is not None and name.isprintable():
            yield name, text


def _candidates(texts: Mapping[str, str], surveyed: Survey, most: int) -> Iterator[HoleCandidate]:
    for path, text in texts.items():
        lines = surveyed.executed.get(path, {})
        if not lines:
            continue
        for hole in holes(text):
            hit = {
                test for line in range(hole.first, hole.last + 1) for test in lines.get(line, ())
            }
            if hit:
                yield HoleCandidate(
                    path, hole, chosen_tests(hit, surveyed.seconds, most, _TEST_SECONDS)
                )


def _write(
    folder: Path,
    tried: Tried,
    mined: Mined,
    *,
    python: Interpreter,
    copied: Copied,
    options: MiningOptions,
) -> None:
    kept = sorted(tried.kept, key=lambda pair: (pair[0].path, pair[0].hole.start, pair[0].name))
    rows = [json.dumps(_row(candidate, problem)) for candidate, problem in kept]
    problems = "".join(f"{row}\n" for row in rows).encode()
    (folder / PROBLEMS_FILE).write_bytes(problems)
    told = mined.about
    version = f" {told.version}" if told.version else ""
    suite = {
        "schema": SCHEMA,
        "name": f"{told.name}-holes",
        "kind": "infilling",
        "published": told.published,
        "published_from": told.published_from,
        "source": f"{told.name}{version}{f' @ {told.commit}' if told.commit else ''}",
        "package": {"name": told.name, "version": told.version, "commit": told.commit},
        "python": {"version": python.version, **python.found},
        "made": {
            "by": f"codegen eval mine {__version__}",
            "seed": options.seed,
            "limit": options.limit,
            "per_function": options.per_function,
            "tests_per_hole": options.tests_per_hole,
            "tests": list(options.arguments),
            "empty_hole": "the text removed; `pass` where the rest doesn't compile then",
        },
        "counts": {
            "problems": mined.problems,
            "kinds": dict(sorted(mined.kinds.items())),
            "functions": mined.functions,
            "files": mined.files,
            "candidates": mined.candidates,
            "tried": mined.tried,
            "dropped": dict(sorted(mined.dropped.items())),
        },
        "tests": {
            "steady": mined.tests,
            "failed": mined.failed,
            "skipped": mined.skipped,
            "flaky": mined.flaky,
        },
        "plugins": mined.plugins,
        "tree": {"files": len(copied.files), "bytes": copied.bytes, "left_out": copied.left_out},
        "problems_sha256": hashlib.sha256(problems).hexdigest(),
    }
    text = json.dumps(suite, indent=1) + "\n"
    (folder / SUITE_FILE).write_text(text, encoding="utf-8")


def _row(candidate: HoleCandidate, problem: Problem) -> dict[str, Any]:
    return {
        "task_id": problem.task_id,
        "group": problem.group,
        "kind": candidate.hole.kind,
        "path": candidate.path,
        "entry_point": problem.entry_point,
        "tests": list(candidate.tests),
        "prefix": problem.prefix,
        "reference": problem.reference,
        "suffix": problem.suffix,
    }
