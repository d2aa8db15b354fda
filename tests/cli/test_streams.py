"""Closed streams and limits on memory are told in one sentence, on the right stream."""

import os
import resource
import subprocess
import sys

import psutil
import pytest

from codegen.engine import memory
from codegen.errors import EngineError

ADD = "def add(a, b):\n    return \n"
CLOSED_OUTPUT = "codegen: the output can't be written: standard output is closed\n"


@pytest.fixture
def shell(tmp_path):
    """Runs `codegen` in a shell that may close streams; gives the exit code, stdout and stderr."""
    (tmp_path / "add.py").write_text(ADD, encoding="utf-8")

    def shell(command):
        done = subprocess.run(
            ["sh", "-c", command.replace("codegen", f"{sys.executable} -m codegen", 1)],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
        )
        return done.returncode, done.stdout, done.stderr

    return shell


@pytest.mark.parametrize(
    ("command", "code", "out", "err"),
    [
        ("codegen --version >&-", 4, "", CLOSED_OUTPUT),
        ("codegen --help >&-", 4, "", CLOSED_OUTPUT),
        ("codegen complete -:1:1 <&-", 2, "", "codegen: standard input is closed\n"),
        (
            "codegen complete add.py:9:1 >&-",
            2,
            "",
            "codegen: line 9 is past the end of the document, which has 3 lines\n",
        ),
        # Messages for a closed stderr don't get into the output.
        ("codegen complete add.py:9:1 2>&-", 2, "", ""),
        ("codegen complete add.py:9:1 <&- >&- 2>&-", 2, "", ""),
        ("codegen lsp <&-", 2, "", "codegen: standard input is closed: an editor starts this\n"),
        (
            "codegen lsp </dev/null >&-",
            2,
            "",
            "codegen: standard output is closed: an editor starts this\n",
        ),
    ],
)
def test_closed_streams_are_told_in_one_sentence(shell, command, code, out, err):
    assert shell(command) == (code, out, err)


def test_the_server_on_a_terminal_says_what_it_is():
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "codegen", "lsp"],
            check=False,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("codegen: codegen lsp speaks with an editor, and this is a term")
    assert done.stderr.count("\n") == 1


@pytest.mark.deep
@pytest.mark.model
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("codegen complete add.py:2:12 >&-", 4, CLOSED_OUTPUT),
        ("codegen complete add.py:2:12 --write >&-", 0, "inserted 1 line at add.py:2:12\n"),
    ],
)
def test_closed_streams_do_not_stop_the_model(loaded, shell, command, code, said):
    got, out, err = shell(command)
    assert (got, out) == (code, "")
    assert err.endswith(said)


@pytest.mark.model
@pytest.mark.parametrize("kilobytes", [150_000, 250_000, 400_000, 700_000, 1_000_000, 1_200_000])
def test_little_memory_is_told_in_one_sentence(loaded, shell, kilobytes):
    code, out, err = shell(f"ulimit -v {kilobytes}; codegen complete add.py:2:12")
    assert (code, out) == (4, "")
    assert err.startswith("codegen: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["model list", "doctor", "explain add.py:2:12", "lsp"])
@pytest.mark.parametrize("kilobytes", [60_000, 120_000, 250_000])
def test_too_little_memory_to_start_is_told(shell, command, kilobytes):
    code, out, err = shell(f"ulimit -v {kilobytes}; codegen {command} </dev/null")
    assert (code, out) == (4, "")
    assert "MB of memory (ulimit -v), and codegen needs 300 MB" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["--help", "config path", "completion bash"])
def test_little_memory_is_enough_for_little(shell, command):
    assert shell(f"ulimit -v 120000; codegen {command}")[0] == 0


@pytest.mark.parametrize(
    ("limit", "refused"),
    [(resource.RLIM_INFINITY, False), (1_300_000_000, False), (1_299_999_999, True)],
)
def test_a_limit_on_memory_is_checked_before_the_libraries(monkeypatch, limit, refused):
    monkeypatch.setattr(psutil.Process, "rlimit", lambda *_: (limit, limit))
    if not refused:
        memory.require_memory(500_000_000)
        return
    with pytest.raises(EngineError, match=r"may use 1\.3 GB of memory \(ulimit -v\)"):
        memory.require_memory(500_000_000)
