"""The official data files of the suites: names, hashes, where to find them, how to fetch them.

A suite's data is the file with the given sha256; any other file is refused. None of the files is a
part of this project.
"""

import gzip
import hashlib
import importlib.util
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codegen.errors import FetchError
from codegen.files import discard
from codegen.models.store import file_sha256, storing
from codegen.models.transfer import receive, url_opener
from codegen.progress import Progress
from codegen_eval.errors import DataError, DataMissingError

DATA_VARIABLE: Final = "CODEGEN_EVAL_DATA"
FOLDER: Final = "eval-data"
"""The folder of the cache directory for fetched files."""

_INFILLING: Final = (
    "https://raw.githubusercontent.com/openai/human-eval-infilling/"
    "88062ff9859c875d04db115b698ed4b0f0395170/data/"
)


@dataclass(frozen=True, slots=True)
class DataFile:
    """An official file. Under a data directory it is `folder/name` or `name`.

    `bytes` is its size. `package` is the installed package that contains it, as `module/path`.
    """

    name: str
    folder: str
    bytes: int
    sha256: str
    url: str
    licence: str
    package: str | None = None


HUMANEVAL: Final = DataFile(
    "HumanEval.jsonl.gz",
    "human-eval",
    44877,
    "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef",
    "https://raw.githubusercontent.com/openai/human-eval/"
    "6d43fb980f9fee3c892a914eda09951f772ad10d/data/HumanEval.jsonl.gz",
    "MIT",
    package="human_eval/data",
)
HUMANEVAL_PLUS: Final = DataFile(
    "HumanEvalPlus.jsonl.gz",
    "humanevalplus",
    936542,
    "e62f4130146963d969da64553f407a66e52d095adbfed4ee6733b4d59e14a3ed",
    "https://github.com/evalplus/humanevalplus_release/releases/download/v0.1.9/"
    "HumanEvalPlus.jsonl.gz",
    "Apache-2.0",
)
MBPP_PLUS: Final = DataFile(
    "MbppPlus.jsonl.gz",
    "mbppplus",
    336032,
    "af43697e8791c4c149bdfd6b489d8b5412507551ac20e28a439f650b8225db63",
    "https://github.com/evalplus/mbppplus_release/releases/download/v0.2.0/MbppPlus.jsonl.gz",
    "Apache-2.0",
)
SINGLE_LINE: Final = DataFile(
    "HumanEval-SingleLineInfilling.jsonl.gz",
    "human-eval-infilling",
    75058,
    "1277073e7ddce163ef68598c2bca777f688a53df99422f097e37362090f88e1f",
    _INFILLING + "HumanEval-SingleLineInfilling.jsonl.gz",
    "MIT",
)
MULTI_LINE: Final = DataFile(
    "HumanEval-MultiLineInfilling.jsonl.gz",
    "human-eval-infilling",
    170082,
    "2f341612eee1d35da1357a4f365e0c0b3ba6e2b62eb491e88aaefa4855af0349",
    _INFILLING + "HumanEval-MultiLineInfilling.jsonl.gz",
    "MIT",
)
RANDOM_SPAN: Final = DataFile(
    "HumanEval-RandomSpanInfilling.jsonl.gz",
    "human-eval-infilling",
    89591,
    "b4f330d8a8ff97bf85d9def497dffcae4d741e506449386a877236e422e33e8d",
    _INFILLING + "HumanEval-RandomSpanInfilling.jsonl.gz",
    "MIT",
)
RANDOM_SPAN_LIGHT: Final = DataFile(
    "HumanEval-RandomSpanInfillingLight.jsonl.gz",
    "human-eval-infilling",
    45730,
    "1432250ecac0cb56e6f97f8faf0970419ef892a98fda7e1f5aa4c4b87209b760",
    _INFILLING + "HumanEval-RandomSpanInfillingLight.jsonl.gz",
    "MIT",
)


def find(file: DataFile, data: Path | None, cache: Path) -> Path:
    """Finds an official file.

    Args:
        file: what to look for.
        data: the only folder to look in; None looks in the folder that CODEGEN_EVAL_DATA names, in
            the package that contains the file, and in the cache.
        cache: the cache directory.

    Raises:
        DataMissingError: the file is in none of them; the message names the command to fetch it.
        DataError: a file of this name has another sha256, or can't be read.
    """
    for path in _places(file, data, cache):
        try:
            if not path.is_file():
                continue
            found = file_sha256(path)
        except OSError as error:
            raise DataError(f"{path} can't be read: {error.strerror}") from error
        if found != file.sha256:
            raise DataError(
                f"{path} is not the official {file.name}: its sha256 is {found}, "
                f"expected {file.sha256}"
            )
        return path
    where = f"in {data}" if data is not None else "on this machine"
    raise DataMissingError(
        f"{file.name} is not {where}; `codegen eval fetch` gets it ({file.licence}, from "
        f"{file.url}), or name the folder that has it by --data or {DATA_VARIABLE}"
    )


def fetch(file: DataFile, cache: Path, progress: Progress) -> Path:
    """Fetches an official file into the cache; does nothing if it is there.

    Raises:
        FetchError: the download failed, or the file at the URL has another sha256.
        ModelError: the cache directory is full or can't be written to.
    """
    target = cache / FOLDER / file.name
    with storing(cache):
        if target.is_file() and file_sha256(target) == file.sha256:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{file.name}.{os.getpid()}.partial")
        try:
            receive(partial, file.bytes, url_opener(file.url, file.bytes), progress, file.name)
            found = file_sha256(partial)
            if found != file.sha256:
                raise FetchError(f"{file.url} gave a file with sha256 {found}, not {file.sha256}")
            partial.replace(target)
        finally:
            progress.finish()
            discard(partial)
    return target


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Reads the objects of a gzipped JSONL file.

    Raises:
        DataError: the file can't be read.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    yield json.loads(line)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path} can't be read: {error}") from error


def sha256_of(files: tuple[DataFile, ...]) -> str:
    """One hash for a suite that is made of several files."""
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def _places(file: DataFile, data: Path | None, cache: Path) -> Iterator[Path]:
    if data is not None:
        yield data / file.folder / file.name
        yield data / file.name
        return
    if named := os.environ.get(DATA_VARIABLE):
        yield Path(named) / file.folder / file.name
        yield Path(named) / file.name
    if file.package:
        module, _, inner = file.package.partition("/")
        spec = importlib.util.find_spec(module)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(folder) / inner / file.name
    yield cache / FOLDER / file.name
