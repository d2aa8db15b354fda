"""`codegen complete` as people run it: a process, a real file and the real model."""

import ast
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The first of these tests may have to export the model.
pytestmark = [pytest.mark.model, pytest.mark.timeout(3600)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "inventory.py"
EXAMPLE_HOLE = "25:20"

ADD = "def add(a, b):\n    \n\n\nprint(add(1, 2))\n"


def hole(text: str, line: int, column: int) -> int:
    """The offset of a position in a text with line feeds."""
    return sum(len(above) + 1 for above in text.split("\n")[: line - 1]) + column - 1


def test_the_example(complete):
    code, out, err = complete(f"{EXAMPLE}:{EXAMPLE_HOLE}")
    assert (code, err) == (0, "")
    text = EXAMPLE.read_text(encoding="utf-8")
    at = hole(text, *map(int, EXAMPLE_HOLE.split(":")))
    ast.parse(text[:at] + out.decode() + text[at:])
    assert "quantity" in out.decode()
    assert "price" in out.decode()


@pytest.mark.deep
def test_greedy_is_the_same_each_time(complete):
    runs = [complete(f"{EXAMPLE}:{EXAMPLE_HOLE}", "--json") for _ in range(2)]
    first, second = (json.loads(out)["suggestions"] for _, out, _ in runs)
    assert first == second


def test_in_the_middle_of_a_word(complete, tmp_path):
    file = tmp_path / "add.py"
    file.write_text(ADD.replace("    \n", "    ret\n", 1))
    code, out, _ = complete(f"{file}:2:8")
    assert (code, out) == (0, b"urn a + b")


def test_json(complete, tmp_path):
    file = tmp_path / "add.py"
    file.write_text(ADD)
    code, out, err = complete(f"{file}:2:5", "--json", "--candidates", "3")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert (answer["schema"], answer["file"], answer["device"]) == (1, str(file), "cpu")
    assert answer["suggestions"][0]["text"] == "return a + b"
    assert len({suggestion["text"] for suggestion in answer["suggestions"]}) == len(
        answer["suggestions"]
    )
    assert all(-5 < suggestion["mean_logprob"] <= 0 for suggestion in answer["suggestions"])
    timings = answer["timings"]
    assert 15 < timings["prompt_tokens"] < 40
    assert timings["cached_tokens"] == 0
    assert timings["prefill_ms"] > 0
    assert timings["decode_ms"] > 0


@pytest.mark.deep
def test_standard_input(complete):
    assert complete("-:2:5", "--path", "add.py", stdin=ADD.encode())[:2] == (0, b"return a + b")


@pytest.mark.deep
def test_windows_newlines(complete, tmp_path):
    file = tmp_path / "crlf.py"
    before = b"def total(items):\r\n    result = 0\r\n    \r\n    return result\r\n"
    file.write_bytes(before)
    code, out, err = complete(f"{file}:3:5", "--write", "--json", "--lines", "multi")
    text = json.loads(out)["suggestions"][0]["text"]
    assert (code, err.count("\n")) == (0, 1)
    assert text.replace("\r\n", "").isprintable()
    head, tail, rest = before.partition(b"\r\n    return result")
    assert file.read_bytes() == head + text.encode() + tail + rest


@pytest.mark.deep
def test_characters_beyond_the_basic_plane(complete, tmp_path):
    file = tmp_path / "astral.py"
    line = "faces = {'😀': 'grin', '😭': "
    text = f"# 🦊🦊\n{line}}}\nprint(faces['😀'])\n"
    file.write_text(text, encoding="utf-8")
    at = hole(text, 2, len(line) + 1)
    code, out, _ = complete(f"{file}:2:{len(line) + 1}", "--json", "--write")
    answer = json.loads(out)
    assert code == 0
    assert answer["column"] == len(line) + 1
    inserted = answer["suggestions"][0]["text"]
    assert file.read_bytes() == (text[:at] + inserted + text[at:]).encode()


def test_nothing_to_suggest(complete, tmp_path):
    file = tmp_path / "empty.py"
    file.write_bytes(b"")
    code, out, err = complete(f"{file}:1:1")
    assert (code, out, err.count("\n")) == (1, b"", 1)


def test_bad_input(complete, tmp_path):
    code, out, err = complete(f"{tmp_path}/nothing.py:1:1")
    assert (code, out, err.count("\n")) == (2, b"", 1)


@pytest.fixture
def terminal(environment):
    """Starts `codegen complete` on a terminal; its process, and the terminal's other end."""
    processes, ends = [], []

    def terminal(*arguments):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "codegen", "complete", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
            # A shell that started the tests in the background had Ctrl-C ignored, and that is
            # inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        os.close(theirs)
        processes.append(process)
        ends.append(ours)
        return process, ours

    yield terminal
    for process in processes:
        process.kill()
        process.communicate()
    for end in ends:
        os.close(end)


def read_until(end: int, wanted: bytes) -> bytes:
    """What the terminal showed, up to what was waited for or the end."""
    seen = b""
    while wanted not in seen:
        try:
            seen += os.read(end, 65536)
        except OSError:  # nobody has the other end open any more
            break
    return seen


def test_a_terminal(terminal):
    process, end = terminal(f"{EXAMPLE}:{EXAMPLE_HOLE}", "--context", "1")
    shown = read_until(end, b"no such text").decode()
    assert process.wait(60) == 0
    assert "What all items together are worth" in shown
    assert "return sum(" in shown
    # Written bit by bit, each frame over the one before.
    assert shown.count("return sum(") > 5


@pytest.mark.deep
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("while the prompt is computed", marks=pytest.mark.deep),
        "while it writes",
    ],
)
def test_ctrl_c(terminal, tmp_path, moment):
    file = tmp_path / "long.py"
    functions = "".join(f"def function_{n}(a, b):\n    return a * {n} + b\n\n\n" for n in range(90))
    file.write_text(f"{functions}numbers = [\n    1,\n    \n]\n")
    line = functions.count("\n") + 3
    process, end = terminal(f"{file}:{line}:5", "--lines", "multi", "--max-tokens", "500")
    # The lines around are shown at once; what is written comes in another style.
    shown = read_until(end, b"numbers" if moment.endswith("computed") else b"\x1b[1;32m")
    assert process.poll() is None, shown
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    read_until(end, b"no such text")
    assert process.wait(30) == 130
    assert time.monotonic() - start < 2
    assert process.stderr.read() == b"\ninterrupted\n"
