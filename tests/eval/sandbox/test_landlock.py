"""What only the fallback has: kernels with less of Landlock, and folders to clean up."""

import os
import sysconfig
import time

import pytest

from codegen_eval.errors import SandboxError, SandboxMissingError
from codegen_eval.sandbox import folders
from codegen_eval.sandbox.find import find_sandbox
from codegen_eval.sandbox.folders import BoxFolder, remove_tree, sweep
from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Job

PROGRAM = """
import os, signal, socket, sys
own, foreign, library, canary = os.getpid(), int(sys.argv[1]), sys.argv[2], sys.argv[3]
attempts = [
    lambda: os.kill(foreign, 0),
    lambda: os.kill(os.getppid(), 0),
    lambda: os.truncate(canary, 0),
    lambda: os.open(library, os.O_TRUNC | os.O_RDONLY),
    lambda: open(canary, "w"),
    lambda: open(canary),
    lambda: socket.socket(),
]
for number, attempt in enumerate(attempts):
    try:
        attempt()
        print("done", number)
    except OSError:
        pass
os.kill(own, 0)
signal.raise_signal(0)
os.chmod(canary, 0)
open("mine", "w").write("x")
os.mkdir("folder")
print("end")
"""


@pytest.mark.parametrize("abi", [1, 3, 5])
def test_older_kernels(tmp_path, abi):
    try:
        sandbox = find_sandbox("landlock")
    except SandboxMissingError as error:
        pytest.skip(str(error))
    if sandbox._abi < abi:
        pytest.skip(f"this kernel's Landlock has ABI {sandbox._abi}")
    sandbox._abi = abi
    tmp_path.chmod(0o777)
    canary = tmp_path / "canary"
    canary.write_text("alive")
    canary.chmod(0o666)
    library = f"{sysconfig.get_path('stdlib')}/os.py"
    argv = ("-I", "-S", "main.py", str(os.getppid()), library, str(canary))
    ran = run(sandbox, Job(argv, {"main.py": PROGRAM.encode()}))
    assert ran.stdout == b"end\n", ran.ending
    assert canary.read_text() == "alive"
    assert canary.stat().st_mode & 0o777 == 0o666


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def make_old(path):
    os.utime(path, (time.time() - 3600,) * 2)


def test_folders_of_the_dead_are_swept(temporary):
    dead = temporary / "codegen-box-dead"
    (dead / "work" / "a").mkdir(parents=True)
    (dead / "lock").touch()
    unlocked = temporary / "codegen-box-unlocked"
    unlocked.mkdir()
    young = temporary / "codegen-box-young"
    young.mkdir()
    alive = BoxFolder.make(None)
    target = temporary / "target"
    target.mkdir()
    link = temporary / "codegen-box-link"
    link.symlink_to(target)
    for path in (dead, unlocked, alive.path, target):
        make_old(path)
    sweep()
    assert {path.name for path in temporary.iterdir()} == {
        *(young.name, alive.path.name, link.name, target.name)
    }
    alive.remove()
    assert not alive.path.exists()


def test_a_deep_and_closed_tree_is_removed(temporary):
    top = temporary / "top"
    top.mkdir()
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(top)
        for _ in range(300):
            os.mkdir("x" * 200)  # noqa: PTH102
            os.chdir("x" * 200)
    finally:
        os.chdir(here)
        os.close(here)
    (top / "closed").mkdir()
    (top / "closed" / "file").touch()
    (top / "closed").chmod(0)
    outside = temporary / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (top / "link").symlink_to(outside)
    remove_tree(top)
    assert not top.exists()
    assert (outside / "file").exists()


def test_no_room_for_a_folder(monkeypatch):
    def fail(uid):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.BoxFolder, "make", fail)
    try:
        sandbox = find_sandbox("landlock")
    except SandboxMissingError as error:
        assert "No space left" in str(error)  # noqa: PT017
    else:
        with pytest.raises(SandboxError):
            sandbox.start(Job(("-c", "")))
