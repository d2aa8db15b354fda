"""Each limit ends the box, or makes what passes it fail, and nothing hangs the parent."""

import threading
import time

import pytest

from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.scratch import Scratch
from codegen_eval.sandbox.types import Job, Limits, Reason

# What a busy machine may add to any of these.
PATIENCE = 30.0


def test_cpu_seconds(run_program):
    ran = run_program("while True: pass", cpu_seconds=0.3)
    assert ran.ending.reason is Reason.CPU
    assert 0.3 <= ran.ending.cpu_seconds < 1.5


def test_cpu_seconds_of_all_processes_together(run_program):
    program = "import os\nos.fork(); os.fork()\nwhile True: pass"
    ran = run_program(program, cpu_seconds=0.5, processes=4)
    assert ran.ending.reason is Reason.CPU
    assert 0.5 <= ran.ending.cpu_seconds < 4.0


@pytest.mark.parametrize(
    "program",
    [
        "import time; time.sleep(600)",
        "import os, time\nfor n in (0, 1, 2): os.close(n)\ntime.sleep(600)",
        "import signal, time\nfor n in (1, 2, 3, 15): signal.signal(n, 1)\ntime.sleep(600)",
    ],
    ids=["sleeps", "closes its pipes", "ignores signals"],
)
def test_wall_seconds(run_program, program):
    ran = run_program(program, wall_seconds=0.3)
    assert ran.ending.reason is Reason.WALL
    assert ran.ending.wall_seconds < PATIENCE


def test_wall_seconds_while_nobody_asks(sandbox):
    job = Job(("-I", "-S", "-c", "import time; time.sleep(600)"), limits=Limits(wall_seconds=0.2))
    with sandbox.start(job) as box:
        box.process.wait(PATIENCE)
        assert box.receive() is None
        assert box.close().reason is Reason.WALL


def test_memory_beyond_the_limit_is_refused(run_program):
    ran = run_program("try: bytearray(2 << 30)\nexcept MemoryError: print('refused')")
    assert ran.stdout == b"refused\n"


def test_a_large_file(run_program):
    ran = run_program(
        "try: open('a', 'wb').write(bytes(2 << 20))\nexcept OSError as e: print(e.strerror)",
        file_bytes=1 << 20,
    )
    assert ran.stdout == b"File too large\n"


@pytest.mark.parametrize(
    "program",
    [
        "for n in range(64):\n    open(str(n), 'wb').write(bytes(1 << 18))\n    time.sleep(.05)",
        "for n in range(1000_000): open(str(n), 'w').close()",
        "for n in range(1000_000): os.mkdir('d'); os.chdir('d')",
    ],
    ids=["bytes", "names", "depth"],
)
def test_scratch(run_program, program):
    ran = run_program(f"import os, time\n{program}", scratch_bytes=1 << 20, cpu_seconds=30)
    full = "No space left" in ran.ending.stderr
    assert full or ran.ending.reason is Reason.SCRATCH, ran.ending


HELD = {
    "deleted, but open": """
held = []
for n in range(50):
    held.append(open(str(n), "wb", buffering=0))
    held[-1].write(bytes(1 << 20))
    os.unlink(str(n))
""",
    "deleted, but mapped": """
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
for n in range(50):
    file = os.open(str(n), os.O_CREAT | os.O_RDWR)
    os.write(file, bytes(1 << 20))
    mapped = libc.mmap(None, 4096, 1, 1, file, ctypes.c_long(0))
    assert mapped != ctypes.c_void_p(-1).value
    os.close(file)
    os.unlink(str(n))
""",
    "never named": """
held = []
for n in range(50):
    held.append(os.open(".", os.O_TMPFILE | os.O_RDWR))
    os.write(held[-1], bytes(1 << 20))
""",
    "on its way": """
ours, theirs = socket.socketpair()
for n in range(50):
    with open(str(n), "wb", buffering=0) as file:
        file.write(bytes(1 << 20))
        socket.send_fds(ours, [b"x"], [file.fileno()])
    os.unlink(str(n))
""",
    "in a folder that can't be listed": """
os.mkdir("closed", 0o300)
for n in range(50):
    open(f"closed/{n}", "wb").write(bytes(1 << 20))
""",
    "in a folder closed by the mask": """
os.umask(0o700)
os.mkdir("closed")
for n in range(50):
    open(f"closed/{n}", "wb").write(bytes(1 << 20))
""",
    "of a process that can't be looked at": """
if ctypes.CDLL(None).prctl(4, 0, 0, 0, 0):
    raise OSError
held = []
for n in range(50):
    held.append(open(str(n), "wb", buffering=0))
    held[-1].write(bytes(1 << 20))
    os.unlink(str(n))
""",
    "of a child": """
if os.fork() == 0:
    held = []
    for n in range(50):
        held.append(open(str(n), "wb", buffering=0))
        held[-1].write(bytes(1 << 20))
        os.unlink(str(n))
    time.sleep(600)
""",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if number < 2 else pytest.mark.deep)
        for number, name in enumerate(HELD)
    ],
)
def test_disk_that_no_name_shows(run_program, name):
    program = f"import ctypes, os, socket, time\n{HELD[name]}\ntime.sleep(600)"
    limits = {"scratch_bytes": 8 << 20, "file_bytes": 1 << 20, "wall_seconds": 30.0}
    ran = run_program(program, processes=2 if "fork" in program else 1, **limits)
    assert ran.ending.reason is Reason.SCRATCH or "Error" in ran.ending.stderr, ran.ending


def test_what_is_deleted_and_small_may_be_held(run_program):
    program = """
import mmap, os, tempfile
with tempfile.TemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
    file.write(b"x" * 4096)
    file.flush()
    held = mmap.mmap(file.fileno(), 4096)
    os.mkdir(os.path.join(folder, "inside"))
    os.umask(0o077)
    import time
    time.sleep(0.6)
    print(held[0])
"""
    ran = run_program(program, scratch_bytes=4 << 20, file_bytes=1 << 20)
    assert ran.stdout == b"120\n", ran.ending


def test_a_disk_that_fills_up_ends_the_box(tmp_path, monkeypatch):
    free = iter([10 << 20, 6 << 20, 4 << 20])
    monkeypatch.setattr(Scratch, "_free", lambda _self: next(free))
    spec = {"work": str(tmp_path), "scratch": 1 << 30, "limits": {"RLIMIT_FSIZE": 1 << 20}}
    scratch = Scratch({**spec, "quota": False})
    assert not scratch.exceeded([])
    assert scratch.exceeded([])


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("text", ["x" * 1000, "x\n" * 500], ids=["one line", "lines"])
def test_a_box_ends_at_its_limit_of_output(run_program, stream, text):
    ran = run_program(f"import sys\nwhile True: sys.{stream}.write({text!r})", output_bytes=100_000)
    assert ran.ending.reason is Reason.OUTPUT
    assert len(ran.stdout) <= 100_000
    assert len(ran.ending.stderr) <= 100_000


def test_output_of_both_streams_together(run_program):
    program = (
        "import sys\nsys.stdout.write('x' * 600); sys.stdout.flush()\nsys.stderr.write('x' * 600)"
    )
    assert run_program(program, output_bytes=1200).ending.reason is Reason.EXITED
    assert run_program(program, output_bytes=1100).ending.reason is Reason.OUTPUT


def test_a_flood_into_a_box_that_is_asked_line_by_line(sandbox):
    job = Job(("-I", "-S", "-c", "while True: print('x' * 99)"), limits=Limits(output_bytes=1000))
    with sandbox.start(job) as box:
        lines = []
        while (line := box.receive()) is not None:
            lines.append(line)
        assert len(lines) == 10
        assert box.close().reason is Reason.OUTPUT


FORK_BOMB = """
import os, time
made = 1
while True:
    try:
        if os.fork() == 0:
            time.sleep(600)
        made += 1
    except OSError:
        print(made, flush=True)
        time.sleep(0 if made < 10 else 30)
        break
"""

THREAD_BOMB = """
import threading, time
threading.stack_size(1 << 20)
made = 1
while True:
    try:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        made += 1
    except RuntimeError:
        print(made, flush=True)
        time.sleep(0 if made < 10 else 30)
        break
"""


@pytest.mark.parametrize("bomb", [FORK_BOMB, THREAD_BOMB], ids=["processes", "threads"])
def test_processes(run_program, bomb):
    ran = run_program(bomb, processes=4)
    assert ran.stdout == b"4\n" or ran.ending.reason is Reason.PROCESSES, ran.ending


def test_a_single_process_is_alone(run_program):
    ran = run_program("import os\ntry: os.fork()\nexcept OSError as e: print(e.strerror)")
    assert ran.stdout == b"Resource temporarily unavailable\n"


def test_orphans_are_killed(sandbox):
    program = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
print("parent", flush=True)
"""
    start = time.monotonic()
    ran = run(sandbox, Job(("-I", "-S", "-c", program), limits=Limits(processes=3)))
    assert ran.ending.reason is Reason.EXITED
    assert time.monotonic() - start < PATIENCE


@pytest.mark.parametrize("stays", [True, False])
def test_a_runaway_process_is_caught(run_program, stays):
    """It exists for a moment only, and has always a child already."""
    program = f"""
import os, time
if os.fork() == 0:
    while True:
        if os.fork() > 0:
            os._exit(0)
time.sleep({0.2 if stays else 0})
"""
    start = time.monotonic()
    ran = run_program(program, processes=64)
    assert ran.ending.reason in {Reason.EXITED, Reason.PROCESSES}, ran.ending
    assert time.monotonic() - start < PATIENCE


def test_killing_everybody_kills_nobody_else(run_program):
    program = """
import os
for target in (-1, os.getppid(), 0 - os.getppid()):
    try:
        os.kill(target, 9)
    except OSError:
        pass
print("alive")
"""
    ran = run_program(program)
    assert (ran.stdout, ran.ending.code) == (b"alive\n", 0)


def test_eight_boxes_use_all_their_processes_at_once(sandbox):
    program = """
import os, sys
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        sys.stdin.read()
        os._exit(0)
    children.append(child)
print("full", flush=True)
sys.stdin.read()
for child in children:
    os.waitpid(child, 0)
"""
    limits = Limits(processes=4, cpu_seconds=60.0)
    boxes = [
        sandbox.start(Job(("-I", "-S", "-c", program), limits=limits), slot) for slot in range(8)
    ]
    try:
        assert [box.receive() for box in boxes] == [b"full"] * 8
        assert [box.communicate() for box in boxes] == [b""] * 8
    finally:
        endings = [box.close() for box in boxes]
    assert [ending.code for ending in endings] == [0] * 8, endings
    assert not [thread for thread in threading.enumerate() if thread.name == "box-watch"]
