"""What only some systems have is needed by nothing that a user of another one runs.

The systems are played: a process loses what they lack before codegen is imported. Its libraries are
imported before that, since they decide by the system that is really there.
"""

import json
import os
import subprocess
import sys

import pytest

from codegen.cli.group import COMMANDS
from tests.lsp import client as lsp
from tests.lsp import scripted_server

_POSIX_MODULES = (
    "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty",
)  # fmt: skip
_POSIX_CALLS = (
    "chown", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg",
    "getpgid", "getpgrp", "getpriority", "getuid", "killpg", "lchown", "mkfifo", "openpty", "pread",
    "set_blocking", "setpriority", "setsid", "setxattr", "getxattr", "statvfs", "uname",
    "wait4", "waitid", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK",
)  # fmt: skip
_POSIX_SIGNALS = (
    "SIGALRM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH",
)  # fmt: skip
_LINUX_CALLS = ("sched_getaffinity", "sched_setaffinity", "memfd_create", "setxattr", "getxattr")

SYSTEMS = {
    "darwin": {"modules": (), "calls": _LINUX_CALLS, "signals": ()},
    "win32": {
        "modules": _POSIX_MODULES,
        "calls": (*_LINUX_CALLS, *_POSIX_CALLS),
        "signals": _POSIX_SIGNALS,
    },
}

# The engine's library is on this machine's system, so it's imported as such.
PLAYED = """
import json, os, signal, sys
import asyncio, concurrent.futures, importlib.metadata, multiprocessing, selectors, shutil
import subprocess, tempfile, urllib.request
import click, filelock, huggingface_hub, numpy, onnxruntime, platformdirs, psutil
import pygls.lsp.server, rich.live, tokenizers, tree_sitter

lacks = json.loads(sys.argv.pop(1))
for name in lacks["modules"]:
    sys.modules[name] = None  # importing it raises ImportError
for name in lacks["calls"]:
    if hasattr(os, name):
        delattr(os, name)
for name in lacks["signals"]:
    delattr(signal, name)
sys.platform = lacks["system"]
"""

COMMANDS_RUN = (
    PLAYED
    + """
import pkgutil
import codegen, codegen_lsp
from codegen.cli import run
from codegen.source import insert, read_source

for package in (codegen, codegen_lsp):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.startswith(("codegen.models.export.", "codegen.__main__")):
            __import__(module.name)
file, *commands = sys.argv[1:]
codes = {name: run([name, "--help"]) for name in commands}
codes["complete"] = run(["complete", f"{file}:2:5", "--json", "--max-tokens", "4"])
insert(read_source(file), 14, "\\n    return a + b")
print(json.dumps(codes), file=sys.stderr)
"""
)

SERVER = (
    PLAYED
    + """
import runpy
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""
)


def lacks(system):
    return json.dumps({**SYSTEMS[system], "system": system})


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_command_line_works(system, tiny, tmp_path):
    """Every module is imported, every command tells its help, a file is completed and written."""
    file = tmp_path / "add.py"
    file.write_text("def add(a, b):\n    \n", encoding="utf-8")
    commands = [name for name in COMMANDS if name != "eval"]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS_RUN, lacks(system), str(file), *commands],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "CODEGEN_CACHE_DIR": str(tmp_path / "cache"),
            "CODEGEN_COMPUTE_PATH": "l4",
            "CODEGEN_MODEL": str(tiny.int4.directory),
        },
    )
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stderr.splitlines()[-1])
    # A model of random weights may well write nothing that is worth suggesting.
    assert codes.pop("complete") in {0, 1}, done.stderr
    assert codes == dict.fromkeys([name for name in commands if name != "complete"], 0)
    assert '"prompt_tokens"' in done.stdout
    assert file.read_text(encoding="utf-8") == "def add(a, b):\n    return a + b\n    \n"


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_server_answers(system, tokenizer_file, tmp_path):
    journal = tmp_path / "journal"
    journal.touch()
    script = scripted_server.Script(tokenizer=str(tokenizer_file), journal=str(journal))
    wanted = json.dumps({name: getattr(script, name) for name in ("tokenizer", "journal")})
    editor = lsp.Client(
        [sys.executable, "-c", SERVER, lacks(system), scripted_server.__file__, wanted],
        env=dict(os.environ),
        stderr=tmp_path / "stderr",
    )
    try:
        editor.begin()
        document = editor.open("file:///somewhere/add.py", "def add(a, b):\n    return ")
        assert document.texts() == ["alpha + beta"]
        editor.end()
    finally:
        editor.kill()
    assert "Traceback" not in (tmp_path / "stderr").read_text(encoding="utf-8")
