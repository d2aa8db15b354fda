"""Start and end of the command line: help, exit codes, and no tracebacks."""

import importlib.metadata
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from codegen import __version__, errors
from codegen.cli import group, run
from codegen.cli.group import COMMANDS

HEAVY = {
    "numpy", "onnxruntime", "tokenizers", "rich", "huggingface_hub", "filelock", "platformdirs",
    "psutil", "importlib.metadata", "torch",
}  # fmt: skip


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], check=False, timeout=60, stderr=subprocess.PIPE, **options
    )


@pytest.fixture
def failing(monkeypatch):
    """Makes every command raise a given error."""

    def failing(error):
        def command(_arguments):
            raise error

        monkeypatch.setattr(group, "invoke", command)

    return failing


def test_help_lists_every_command(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)
    assert "130 interrupted" in out


@pytest.mark.parametrize("arguments", [["--help"], ["complete", "--help"], ["model", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys; from codegen.cli import run; code = run(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = python("-c", code, *arguments, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert not HEAVY & set(done.stderr.split())


def test_version_is_printed(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"codegen {__version__}\n"


def test_codegen_runs_as_a_module():
    done = python("-m", "codegen", "--version", stdout=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout) == (0, f"codegen {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: codegen"),
        (["complte"], "there is no command 'complte'; did you mean complete?"),
        (["zzz"], "there are complete, explain, lsp"),
        (["--zzz"], "No such option"),
        (["complete"], "Missing argument"),
        (["complete", "x.py:1:1", "--zzz"], "No such option"),
        (["complete", "x.py:1:1", "--candidates", "0"], "--candidates"),
        (["complete", "x.py:1:1", "--temperature", "nan"], "--temperature"),
        (["complete", "x.py:1:1", "--seed", "-1"], "--seed"),
        (["model", "zzz"], "there is no command 'zzz'; there are"),
        (["model", "lst"], "there is no command 'lst'; did you mean list?"),
        (["bench", "enginge"], "there is no command 'enginge'; did you mean engine?"),
        (["bench", "zzz"], "there are context, drafts, engine"),
        (["eval", "repotr"], "there is no command 'repotr'; did you mean report?"),
        (["config", "zzz"], "there are path, set, show"),
    ],
)
def test_wrong_use_exits_with_2(capsys, arguments, said):
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err + captured.out
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.CodegenError("it broke"), 4),
        (errors.UsageError("it broke"), 2),
        (errors.PositionError("it broke"), 2),
        (errors.ModelMissingError("it broke"), 3),
        (errors.ParityError("it broke"), 3),
        (errors.EngineError("it broke"), 4),
        (errors.WriteError("it broke"), 4),
    ],
)
def test_a_failure_is_one_sentence(capsys, failing, error, code):
    failing(error)
    assert run([]) == code
    assert capsys.readouterr() == ("", "codegen: it broke\n")


def test_what_a_message_holds_is_made_visible(capsys, failing):
    failing(errors.SourceError("\x1b[2J\u202e\ud800.py\ndoes not exist"))
    assert run([]) == 2
    assert capsys.readouterr().err == "codegen: <U+001B>[2J<U+202E><U+D800>.py does not exist\n"


def test_an_unexpected_error_is_one_sentence(capsys, failing):
    failing(KeyError("it broke"))
    assert run([]) == 4
    assert capsys.readouterr().err == (
        "codegen: internal error, KeyError: 'it broke' (CODEGEN_DEBUG=1 shows where)\n"
    )


@pytest.mark.parametrize("error", [KeyError("it broke"), errors.UsageError("it broke")])
def test_debugging_prints_the_traceback(capsys, monkeypatch, failing, error):
    monkeypatch.setenv("CODEGEN_DEBUG", "1")
    failing(error)
    assert run([]) in {2, 4}
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interruption_exits_with_130(capsys, failing):
    failing(KeyboardInterrupt())
    assert run([]) == 130
    assert capsys.readouterr() == ("", "\ninterrupted\n")


def test_an_interrupted_question_exits_with_130(capsys, monkeypatch):
    @click.command()
    def command():
        raise click.Abort

    monkeypatch.setattr(group._group, "_load", lambda _: command)
    assert run(["doctor"]) == 130
    assert capsys.readouterr() == ("", "\ninterrupted\n")


def test_an_interruption_that_a_library_turns_into_an_error_exits_with_130(capsys, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def command(_arguments):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    monkeypatch.setattr(group, "invoke", command)
    try:
        assert run([]) == 130
        assert capsys.readouterr() == ("", "\ninterrupted\n")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_reader_that_closes_the_output_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(0.3)\nfrom codegen.cli import main; main()",
         "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 0


def test_output_on_a_full_disk_is_an_error():
    with Path("/dev/full").open("wb") as full:
        done = python("-m", "codegen", "--help", stdout=full, text=True)
    assert done.returncode == 4
    assert done.stderr.startswith("codegen: standard output: No space left on device")
    assert done.stderr.count("\n") == 1


def test_output_that_the_encoding_lacks_is_shown_as_numbers():
    code = "from codegen.cli import run; run(['--version']); print('\\u2192 \\xe9')"
    environment = {"PYTHONIOENCODING": "ascii"}
    done = python("-c", code, stdout=subprocess.PIPE, text=True, env=environment)
    assert done.stdout.endswith("\\u2192 \\xe9\n")


def entry(monkeypatch, *values, name="lsp"):
    """Replaces the installed entry points by given ones."""
    points = [importlib.metadata.EntryPoint(name, value, "codegen.commands") for value in values]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "this installation lacks codegen lsp"),
        (["no_such_module_anywhere:command"], "codegen lsp can't be loaded (No module named"),
        (["codegen.errors:no_such_attribute"], "codegen lsp can't be loaded"),
        (["codegen.errors:CodegenError"], "codegen lsp is not a command"),
    ],
)
def test_a_missing_command_of_another_package_is_told(capsys, monkeypatch, values, said):
    entry(monkeypatch, *values)
    assert run(["lsp"]) == 4
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_command_of_another_package_runs(capsys, monkeypatch):
    entry(monkeypatch, "codegen.cli.complete:command")
    assert run(["lsp", "--help"]) == 0
    assert "codegen lsp [OPTIONS]" in capsys.readouterr().out


def test_a_group_lists_the_commands_that_other_packages_add(capsys):
    assert run(["bench", "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines()]
    assert names == ["context", "drafts", "engine", "joins", "samples", "server", "typing"]


def test_a_group_runs_a_command_that_another_package_adds(capsys, monkeypatch):
    entry(monkeypatch, "codegen.cli.complete:command", name="fill")
    assert run(["bench", "fill", "--help"]) == 0
    assert "codegen bench fill [OPTIONS]" in capsys.readouterr().out
    assert run(["bench", "fil"]) == 2
    assert "did you mean fill?" in capsys.readouterr().err


def test_an_added_command_that_can_not_be_loaded_is_told(capsys, monkeypatch):
    entry(monkeypatch, "no_such_module_anywhere:command", name="fill")
    assert run(["bench", "fill"]) == 4
    assert "codegen bench fill can't be loaded" in capsys.readouterr().err


def test_help_is_quick():
    """In the best of some runs, at most 120 ms of processor time more than Python itself."""

    def best(*arguments):
        took = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            python(*arguments, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            # Processor time, since other processes share the machine.
            took.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        return min(took)

    assert best("-m", "codegen", "--help") - best("-c", "pass") < 0.12
