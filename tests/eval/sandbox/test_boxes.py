"""A box's life, as its caller sees it."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.control import Control
from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Job, Limits, Reason

ECHO = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"
PATIENCE = 30.0


def python(program: str, **rest) -> Job:
    return Job(("-I", "-S", "-c", program), **rest)


def test_lines_go_in_and_out(sandbox):
    with sandbox.start(python(ECHO)) as box:
        for word in (b"one", b"two"):
            box.send(word)
            assert box.receive() == word.upper()
        ending = box.close()
    assert ending.reason is Reason.CLOSED
    assert box.close() is ending
    assert box.receive() is None


def test_sending_to_a_box_that_does_not_read(sandbox):
    with sandbox.start(python("print('done')")) as box:
        box.send(b"x" * (1 << 20))
        assert box.receive() == b"done"
        assert box.receive() is None
        box.send(b"x")
        assert box.close().code == 0


def test_sending_while_it_writes(sandbox):
    program = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
    lines = [b"%06d" % n * 20 for n in range(5000)]
    with sandbox.start(python(program)) as box:
        box.send(b"\n".join(lines))
        assert [box.receive() for _ in lines] == lines


def test_a_last_line_without_its_newline_is_dropped(sandbox):
    with sandbox.start(python("print('a\\nb', end='')")) as box:
        assert box.receive() == b"a"
        assert box.receive() is None


@pytest.mark.parametrize(
    ("program", "reason", "code", "number"),
    [
        ("import sys; sys.exit(3)", Reason.EXITED, 3, None),
        ("raise ValueError('böse')", Reason.EXITED, 1, None),
        ("import os; os.abort()", Reason.SIGNAL, None, signal.SIGABRT),
        ("import os; os.kill(os.getpid(), 9)", Reason.SIGNAL, None, signal.SIGKILL),
        ("import os; os._exit(137)", Reason.EXITED, 137, None),
    ],
)
def test_the_reason_why_a_box_ended(run_program, program, reason, code, number):
    ending = run_program(program).ending
    assert (ending.reason, ending.code, ending.signal) == (reason, code, number)
    assert ("böse" in ending.stderr) == ("böse" in program)


def test_files_and_a_tree(sandbox, tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("A = 1")
    (tmp_path / "link").symlink_to("pkg/a.py")
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh")
    script.chmod(0o755)
    job = python(
        "import os\n"
        "print(open('link').read(), open('pkg/b/c').read(), os.access('run.sh', os.X_OK))\n"
        "open('pkg/a.py', 'w').write('B')",
        tree=tmp_path,
        files={"pkg/b/c": b"C", "pkg/a.py": b"A = 2"},
    )
    assert run(sandbox, job).stdout == b"A = 2 C True\n"
    assert (tmp_path / "pkg" / "a.py").read_text() == "A = 1"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "."])
def test_files_outside(sandbox, name):
    with pytest.raises(SandboxError, match="leads out of the working directory"):
        sandbox.start(python("", files={name: b""}))


def test_a_file_through_a_link_that_leads_out(sandbox, tmp_path):
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir(mode=0o777)
    (tree / "link").symlink_to(outside)
    with pytest.raises(SandboxError):
        sandbox.start(python("", tree=tree, files={"link/x": b"x"}))
    assert not list(outside.iterdir())


def test_a_tree_that_is_not_there(sandbox, tmp_path):
    with pytest.raises(SandboxError, match="can't be read"):
        sandbox.start(python("", tree=tmp_path / "none"))


def test_readable_paths(sandbox, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_text("seen")
    (tmp_path / "other").write_text("hidden")
    program = f"""
        print(open({str(tmp_path / "data" / "x")!r}).read())
        for path, mode in (({str(tmp_path / "other")!r}, "r"), ({str(tmp_path / "data/x")!r}, "a")):
            try:
                open(path, mode)
            except OSError:
                print("refused")
    """
    job = python(textwrap.dedent(program), readable=(tmp_path / "data",))
    assert run(sandbox, job).stdout == b"seen\nrefused\nrefused\n"
    with pytest.raises(SandboxError, match="nothing to read"):
        sandbox.start(python("", readable=(tmp_path / "none",)))


def test_packages_of_an_environment_only_where_readable(sandbox):
    prefix = Path(sys.prefix)
    argv = ("-s", "-c", "import pytest; print('here')")
    assert b"here" not in run(sandbox, Job(argv)).stdout
    ran = run(sandbox, Job(argv, readable=(prefix / "lib",)))
    assert ran.stdout == b"here\n", ran.ending


def test_an_interpreter_that_is_none(sandbox):
    with pytest.raises(SandboxError, match="can't be run"):
        sandbox.start(Job(("-c", ""), python=Path("/nonexistent/python")))


def test_no_processes_descriptors_or_folders_are_left(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    descriptors = psutil.Process().num_fds()
    for _ in range(2):
        run(sandbox, python("open('x', 'w').write('x')"))
        with pytest.raises(SandboxError):
            sandbox.start(python("", files={"../x": b""}))
    assert not list(tmp_path.iterdir())
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= children
    assert psutil.Process().num_fds() == descriptors


def test_a_box_dies_with_its_parent(sandbox):
    program = f"""
        import os, signal, sys
        from codegen_eval.sandbox.find import find_sandbox
        from codegen_eval.sandbox.types import Job, Limits
        sandbox = find_sandbox({sandbox.name!r})
        program = "import os, time; os.fork(); print('up', flush=True); time.sleep(600)"
        box = sandbox.start(Job(("-I", "-S", "-c", program), limits=Limits(processes=2)))
        box.receive()
        print(box.process.pid, flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as parent:
        assert parent.stdout
        box = psutil.Process(int(parent.stdout.readline()))
        tree = [box, *box.children(recursive=True)]
        assert len(tree) >= 3
        parent.kill()
    deadline = time.monotonic() + PATIENCE
    while any(process.is_running() and process.status() != "zombie" for process in tree):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_boxes_outlive_the_thread_that_started_them(sandbox):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        box = pool.submit(sandbox.start, python(ECHO)).result()
    with box:
        box.send(b"still")
        assert box.receive() == b"STILL"


def test_a_box_that_ends_before_it_is_known_to_run():
    ours, theirs = socket.socketpair()
    control = Control(ours)
    with ours, theirs:
        theirs.sendall(b"ready\nended exited 0 0.1 0.2\n")
        assert control.receive() == ["ready"]
        assert control.receive() == ["ended", "exited", "0", "0.1", "0.2"]
        theirs.close()
        assert control.receive() is None


def test_limits_of_a_box_that_is_closed_early(sandbox):
    program = (
        "import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)"
    )
    with sandbox.start(python(program, limits=Limits(processes=4))) as box:
        start = time.monotonic()
        ending = box.close()
    assert time.monotonic() - start < PATIENCE
    assert ending.reason in {Reason.CLOSED, Reason.PROCESSES}
