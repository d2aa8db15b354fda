"""The engine's speed and its processes' cost, measured; and what to compare them with."""

import contextlib
import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from codegen.cancel import CancelToken
from codegen.engine.types import Backend, GenerateRequest
from codegen.errors import CancelledError, EngineError

PROMPT = 512
"""Tokens of the prompt whose speed is measured."""

CONTEXT, STEPS = 1000, 32
"""Tokens of the prompt after which decoding is measured, and tokens that are decoded."""

_SEED = 20  # the same pieces of text in every run
_PROCESS_PROMPT, _PROCESS_TOKENS = 300, 20
_MARKS = 3  # special tokens of a prompt
_PROCESSES = 3
_HELPS = 20


@dataclass(frozen=True, slots=True)
class Decoded:
    """One measurement of decoding, in seconds a token; `python` is what was not the model."""

    step: float
    python: float


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """`codegen complete` as a process: seconds from start to exit, of them the engine's; bytes."""

    prompt_tokens: int
    wall: float
    engine: float
    peak_memory: int


class Texts:
    """Pieces of real text as token ids, each another one, the same in every run."""

    def __init__(self, ids: Sequence[int]) -> None:
        self._ids = ids
        self._random = random.Random(_SEED)  # noqa: S311 - to choose text, not secrets

    def take(self, tokens: int) -> list[int]:
        """A piece, which no earlier one begins like."""
        start = self._random.randrange(len(self._ids) - tokens)
        return list(self._ids[start : start + tokens])


def prefill(backend: Backend, prompt: Sequence[int]) -> float:
    """Tokens per second of a prompt that no cache knows.

    Raises:
        EngineError: one did.
    """
    usage = backend.warm(prompt, CancelToken())
    # A piece of text can begin with a token that another one began with, and hardly with more.
    if usage.cached_tokens > 8:
        raise EngineError(f"{usage.cached_tokens} tokens were cached: the figure would be wrong")
    return (usage.prompt_tokens - usage.cached_tokens) / usage.prefill_seconds


def decode(backend: Backend, prompt: Sequence[int]) -> Decoded:
    """What each of STEPS tokens takes after a prompt."""
    # The first token comes out of the prompt's own computation.
    generation = backend.generate(GenerateRequest(prompt, max_tokens=STEPS + 1), CancelToken())
    with _timed_calls() as calls:
        for _ in generation:
            pass
    seconds = generation.usage.decode_seconds
    return Decoded(seconds / STEPS, (seconds - sum(calls[-STEPS:])) / STEPS)


@contextlib.contextmanager
def _timed_calls() -> Iterator[list[float]]:
    """Gives the seconds of every model call within the block."""
    calls: list[float] = []
    original = ort.InferenceSession.run_with_iobinding

    def timed(session: ort.InferenceSession, *arguments: object) -> None:
        start = time.perf_counter()
        try:
            original(session, *arguments)
        finally:
            calls.append(time.perf_counter() - start)

    ort.InferenceSession.run_with_iobinding = timed
    try:
        yield calls
    finally:
        ort.InferenceSession.run_with_iobinding = original


def cancel_latency(backend: Backend, prompt: Sequence[int], after: float) -> float:
    """Seconds from cancelling a prompt, `after` seconds into it, to the engine being free.

    Raises:
        EngineError: the prompt was done by then.
    """
    cancel, cancelled = CancelToken(), threading.Event()

    def compute() -> None:
        try:
            backend.warm(prompt, cancel)
        except CancelledError:
            cancelled.set()

    worker = threading.Thread(target=compute)
    worker.start()
    time.sleep(after)
    start = time.perf_counter()
    cancel.cancel()
    worker.join()
    seconds = time.perf_counter() - start
    if not cancelled.is_set():
        raise EngineError(f"a prompt was done before it was cancelled, after {after:.1f} s")
    return seconds


def complete_process(text: str, at: str, options: Sequence[str]) -> list[ProcessFigures]:
    """Runs `codegen complete` on a file of that text some times, after one for the disk's cache.

    Call it before a model is loaded here: what Linux reports as the peak memory of a process is
    at least what the one that started it took.
    """
    with tempfile.TemporaryDirectory(prefix="codegen-bench-") as directory:
        file = Path(directory) / "bench.py"
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "codegen", "complete", f"{file}:{at}", "--json"]
        command += ["--lines", "multi", "--max-tokens", str(_PROCESS_TOKENS), *options]
        return [_complete_once(command) for _ in range(_PROCESSES + 1)][1:]


def _complete_once(command: Sequence[str]) -> ProcessFigures:
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process,
    ):
        output = process.stdout.read() if process.stdout is not None else b""
        peak_memory = _wait(process)
        wall = time.perf_counter() - start
        said.seek(0)
        messages = said.read().decode(errors="replace").split("\n")
    if process.returncode not in (0, 1):
        reason = " ".join(filter(None, messages))
        raise EngineError(f"codegen complete failed with {process.returncode}: {reason}")
    timings = json.loads(output)["timings"]
    return ProcessFigures(
        prompt_tokens=timings["prompt_tokens"],
        wall=wall,
        engine=(timings["prefill_ms"] + timings["decode_ms"]) / 1000,
        peak_memory=peak_memory,
    )


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Waits for the end of a process; its peak memory in bytes."""
    if sys.platform != "win32":
        _, status, usage = os.wait4(process.pid, 0)
        # Popen can't wait for a process that was waited for.
        process.returncode = os.waitstatus_to_exitcode(status)
        # Linux counts it in KiB, macOS in bytes.
        return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    raise EngineError("this benchmark needs Linux or macOS")


def hole_in(lines: Sequence[str], counts: Sequence[int]) -> tuple[str, str]:
    """A text of about _PROCESS_PROMPT tokens with a hole, and the hole's LINE:COLUMN.

    Args:
        lines: of a source file, with their ends.
        counts: tokens of each line.
    """
    # From the first function on: before it a module has prose, which a model may not continue.
    first = next(index for index, line in enumerate(lines) if line.startswith("def "))
    budget, end = _PROCESS_PROMPT - _MARKS, first
    while end < len(lines) and counts[end] <= budget:
        budget -= counts[end]
        end += 1
    hole = first + 2 * (end - first) // 3
    kept = [*lines[first:hole], "\n", *lines[hole:end]]
    return "".join(kept), f"{hole - first + 1}:1"


def help_seconds() -> float:
    """Seconds that `codegen --help` takes longer than `python -c pass`: of both the median."""
    commands = {
        "help": [sys.executable, "-m", "codegen", "--help"],
        "nothing": [sys.executable, "-c", "pass"],
    }
    took: Mapping[str, list[float]] = {name: [] for name in commands}
    for _ in range(_HELPS):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            took[name].append(time.perf_counter() - start)
    return statistics.median(took["help"]) - statistics.median(took["nothing"])


def pairwise(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of what ours is to theirs in each round: what slows a round slows both."""
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))


def count_parameters(gguf_file: Path) -> int | None:
    """The model's parameters; None where the package that reads the file is not installed.

    A head counts once with the embedding, as the models' authors count: those that are supported
    tie them, and a GGUF file may store both.
    """
    if importlib.util.find_spec("gguf") is None:
        return None
    import gguf  # noqa: PLC0415 - of the export extra, and needed for nothing else here

    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(gguf_file).tensors}
    total = sum(int(tensor.n_elements) for tensor in tensors.values())
    head, embedding = tensors.get("output.weight"), tensors.get("token_embd.weight")
    if head is None or embedding is None or list(head.shape) != list(embedding.shape):
        return total
    return total - int(head.n_elements)
