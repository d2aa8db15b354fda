"""Servers, workspaces and terminals for the tests that drive real editors."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.editors import servers
from tests.editors.required import missing
from tests.editors.terminal import Terminal

EXAMPLES = Path(__file__).parents[2] / "examples"


def find_editor(*names):
    """The first of the programs that is installed, beside Python or on PATH; see `missing`."""
    for name in names:
        beside = Path(sys.executable).with_name(name)
        if found := str(beside) if beside.exists() else shutil.which(name):
            return found
    return missing(" or ".join(names))


@pytest.fixture(scope="session")
def editor():
    """Gives the path of a program, or skips: see find_editor."""
    return find_editor


@pytest.fixture
def make_scripted(tokenizer_file, tmp_path):
    """Makes scripted servers; see servers.scripted."""
    made = []

    def make(**script):
        folder = tmp_path / f"server{len(made)}"
        made.append(servers.scripted(folder, tokenizer_file, **script))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def scripted(make_scripted):
    """A server that answers `alpha + beta`, at once."""
    return make_scripted()


@pytest.fixture
def make_shaped(tmp_path):
    """Makes servers that answer what the test says: make_shaped(*items); see servers.Shaped."""
    made = []

    def make(*items, **options):
        made.append(servers.Shaped(tmp_path / f"shaped{len(made)}", *items, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def make_real(tmp_path, exported):
    """Makes servers with the default model."""
    made = []

    def make():
        made.append(servers.real(tmp_path / f"real{len(made)}"))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def real(make_real):
    """A server with the default model."""
    return make_real()


@pytest.fixture(scope="session")
def exported():
    """The default model is there: fetched and exported if it must be."""
    from codegen.models.resolve import ready
    from codegen.progress import NullProgress
    from codegen.settings.config import load_settings

    ready(load_settings(os.environ), NullProgress())


@pytest.fixture
def home(tmp_path):
    """An empty home directory."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(tmp_path):
    """A repository with the example in it, as `inventory.py`."""
    folder = tmp_path / "workspace"
    (folder / ".git").mkdir(parents=True)
    shutil.copy(EXAMPLES / "inventory.py", folder / "inventory.py")
    return folder


@pytest.fixture
def start(home, workspace):
    """Starts programs in terminals: start(command, server, **environment).

    PATH begins with the server's folder, HOME is empty, and the workspace is where it stands.
    """
    terminals = []

    def begin(command, server=None, *, columns=90, rows=24, **environment):
        path = os.environ.get("PATH", "/usr/bin:/bin")
        env = {
            "HOME": str(home),
            "PATH": f"{server.bin}{os.pathsep}{path}" if server else path,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TMPDIR": str(home),
            **environment,
        }
        terminals.append(Terminal(command, env=env, cwd=workspace, columns=columns, rows=rows))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()
