"""The suites by name, and the one function that loads any suite."""

import difflib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen.errors import UsageError
from codegen.settings.config import load_settings
from codegen_eval.errors import DataError, DataMissingError
from codegen_eval.suites import data as files
from codegen_eval.suites.data import DataFile
from codegen_eval.suites.evalplus import MBPP_PUBLISHED, evalplus
from codegen_eval.suites.humaneval import PUBLISHED, humaneval, infilling
from codegen_eval.suites.problem import Kind, Problem, Suite

_Paths = dict[DataFile, Path]


@dataclass(frozen=True, slots=True)
class KnownSuite:
    """A suite that codegen knows by name: its files, and how problems are read from them."""

    name: str
    kind: Kind
    published: str
    files: tuple[DataFile, ...]
    read: Callable[[_Paths], Iterable[Problem]]
    about: str


def _holes(file: DataFile) -> Callable[[_Paths], Iterable[Problem]]:
    return lambda paths: infilling(files.rows(paths[file]))


def _holes_plus(file: DataFile) -> Callable[[_Paths], Iterable[Problem]]:
    def read(paths: _Paths) -> Iterable[Problem]:
        plus = evalplus(files.rows(paths[files.HUMANEVAL_PLUS]))
        return infilling(
            files.rows(paths[file]), {problem.task_id: problem.check for problem in plus}
        )

    return read


_HOLES: Final = (
    ("single-line", files.SINGLE_LINE, "one line of a solution"),
    ("multi-line", files.MULTI_LINE, "several lines of a solution"),
    ("random-span", files.RANDOM_SPAN, "any span of a solution, words cut in two"),
    ("random-span-light", files.RANDOM_SPAN_LIGHT, "the same, one hole a problem"),
)

KNOWN_SUITES: Final[tuple[KnownSuite, ...]] = (
    KnownSuite(
        "humaneval",
        "completion",
        PUBLISHED,
        (files.HUMANEVAL,),
        lambda paths: humaneval(files.rows(paths[files.HUMANEVAL])),
        "164 functions from their docstring, judged by OpenAI's assertions",
    ),
    KnownSuite(
        "humaneval+",
        "completion",
        PUBLISHED,
        (files.HUMANEVAL_PLUS,),
        lambda paths: evalplus(files.rows(paths[files.HUMANEVAL_PLUS])),
        "the same functions, judged by EvalPlus's inputs",
    ),
    KnownSuite(
        "mbpp+",
        "completion",
        MBPP_PUBLISHED,
        (files.MBPP_PLUS,),
        lambda paths: evalplus(files.rows(paths[files.MBPP_PLUS])),
        "378 functions from a sentence and an assertion, judged by EvalPlus's inputs",
    ),
    *(
        KnownSuite(f"infilling-{name}", "infilling", PUBLISHED, (file,), _holes(file), about)
        for name, file, about in _HOLES
    ),
    *(
        KnownSuite(
            f"infilling-{name}+",
            "infilling",
            PUBLISHED,
            (file, files.HUMANEVAL_PLUS),
            _holes_plus(file),
            f"{about}, judged by EvalPlus's inputs",
        )
        for name, file, about in _HOLES
    ),
)


def load_suite(name: str, data: Path | None = None, python: Path | None = None) -> Suite:
    """Loads a suite by its name, or a mined suite by its folder.

    Args:
        name: of KNOWN_SUITES ("humaneval+" may be written "humanevalplus"), or the folder of a
            mined suite.
        data: the folder of the official files; None looks where CODEGEN_EVAL_DATA says, in the
            package that contains HumanEval, and in the cache.
        python: the interpreter of a mined suite's tests.

    Raises:
        UsageError: there is no such suite.
        DataError: a file is missing, or not the official one.
    """
    if "/" in name or (Path(name) / "suite.json").is_file():
        from codegen_eval.suites.mined import load_mined  # noqa: PLC0415 - seldom needed

        return load_mined(Path(name), python)
    entry = lookup(name)
    cache = load_settings(os.environ).cache_dir
    paths = {file: files.find(file, data, cache) for file in entry.files}
    try:
        problems = {problem.task_id: problem for problem in entry.read(paths)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{entry.files[0].name} doesn't have the format of {name}: {error!r}"
        ) from error
    return Suite(
        name=entry.name,
        kind=entry.kind,
        published=entry.published,
        source=", ".join(file.url for file in entry.files),
        sha256=files.sha256_of(entry.files),
        problems=problems,
    )


def suite_again(name: str, sha256: str, data: Path | None, mined: Sequence[Path]) -> Suite:
    """The suite that a run was made from.

    Args:
        name: the suite's name in the run.
        sha256: the suite's hash in the run.
        data: the folder of the official files, as in `load_suite`.
        mined: folders of mined suites, to be searched for this suite.

    Raises:
        DataError: no suite with this name and hash is on this machine.
    """
    if any(entry.name == name for entry in KNOWN_SUITES):
        return load_suite(name, data)
    for folder in mined:
        suite = load_suite(f"{folder}/")
        if suite.sha256 == sha256:
            return suite
    raise DataMissingError(
        f"{name} is a mined suite, and its folder is not among those named by --mined"
    )


def lookup(name: str) -> KnownSuite:
    """The known suite of that name.

    Raises:
        UsageError: there is none; the message has the nearest name, or all names.
    """
    by_name = {entry.name: entry for entry in KNOWN_SUITES}
    known = _canonical(name)
    if known not in by_name:
        near = difflib.get_close_matches(known, by_name, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(by_name)}"
        raise UsageError(f"there is no suite {name!r}; {hint}, or a folder of codegen eval mine")
    return by_name[known]


def _canonical(name: str) -> str:
    """The name with what people write instead of it: other case, `plus`, `_`, `humaneval-`."""
    name = name.strip().lower().replace("_", "-").replace("-plus", "+").replace("plus", "+")
    for spelling in ("human-eval", "humaneval"):
        name = name.replace(f"{spelling}-infilling", "infilling").replace("human-eval", "humaneval")
    if name.removesuffix("+") in {holes for holes, _, _ in _HOLES}:
        return f"infilling-{name}"
    return name
