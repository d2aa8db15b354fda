"""`codegen completion`, in a real bash."""

import os
import shutil
import subprocess
import sys

import pytest

from codegen.cli import run

# Completes a line as the Tab key does, by the function that was registered for `codegen`.
TAB = """
eval "$(codegen completion bash)"
read -ra COMP_WORDS <<<"$LINE"
case "$LINE" in *' ') COMP_WORDS+=("") ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { printf '%s ' compopt "$@"; echo; }
"$(complete -p codegen | sed 's/.*-F \\([^ ]*\\).*/\\1/')" codegen
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def tab(tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    program = tmp_path / "codegen"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m codegen "$@"\n', encoding="utf-8")
    program.chmod(0o755)

    def tab(line):
        environ = {**os.environ, "LINE": line, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "--norc", "-c", TAB], env=environ, check=False, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.split("\n")[:-1]

    return tab


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("codegen comp", ["complete", "completion"]),
        ("codegen bench en", ["engine"]),
        ("codegen bench ty", ["typing"]),
        ("codegen eval self", ["selftest"]),
        ("codegen complete --cand", ["--candidates"]),
        ("codegen complete --device cu", ["cuda"]),
        ("codegen model info qwen2.5-coder-0", ["qwen2.5-coder-0.5b"]),
        ("codegen config set editor.li", ["editor.lines"]),
        # The shell itself knows the files.
        ("codegen complete src/ap", ["compopt -o default ", ""]),
    ],
)
def test_bash_completes(tab, line, offered):
    assert tab(line) == offered


@pytest.mark.parametrize(
    ("shell", "holds"),
    [("zsh", "#compdef codegen"), ("fish", "complete --no-files --command codegen")],
)
def test_zsh_and_fish_get_a_script(capsys, shell, holds):
    assert run(["completion", shell]) == 0
    assert holds in capsys.readouterr().out


def test_an_unknown_shell_is_refused(capsys):
    assert run(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err
