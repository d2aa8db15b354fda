"""What a program in a box can't reach: one box tries it all, one test looks at each attempt."""

# ruff: noqa: S108 - the paths are what is attacked

import json
import os
import platform
import secrets
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from codegen_eval.sandbox.run import run
from codegen_eval.sandbox.types import Job, Limits, Reason

PROBE = """
import contextlib, ctypes, errno, json, os, platform, socket, subprocess, sys, threading

given = json.loads(sys.stdin.read())
libc = ctypes.CDLL(None, use_errno=True)
result = {}

def attempt(name, action):
    try:
        result[name] = f"DONE: {action()!r}"
    except (OSError, RuntimeError, ValueError):
        result[name] = "refused"

def read(path):
    with open(path, "rb") as file:
        return file.read(200)

def write(path):
    with open(path, "ab") as file:
        return file.write(b"x")

def call(name, *arguments):
    column = ["x86_64", "aarch64"].index(platform.machine())
    number = given["numbers"][name][column]
    if number is None:
        raise OSError("no such call here")
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    value = libc.syscall(ctypes.c_long(number), *words)
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return value

for path in given["secrets"]:
    attempt(f"read {path}", lambda: read(path))
    attempt(f"list {path}", lambda: os.listdir(path))
for path in given["writes"]:
    attempt(f"write {path}", lambda: write(path))
    attempt(f"make folder {path}", lambda: os.mkdir(path + ".d"))
    attempt(f"make link {path}", lambda: os.symlink("x", path + ".l"))
attempt("hard link", lambda: os.link(given["interpreter"], "stolen"))
attempt("rename", lambda: os.rename(given["canary"], "stolen"))
attempt("remove", lambda: os.unlink(given["canary"]))
attempt("truncate", lambda: os.truncate(given["canary"], 0))
attempt("empty by reading", lambda: os.open(given["library"], os.O_RDONLY | os.O_TRUNC))
with contextlib.suppress(OSError):  # it may seem to work
    os.chmod(given["canary"], 0o777)
    os.utime(given["canary"], (0, 0))

for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK,
               socket.AF_PACKET):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        attempt(f"socket {family.name} {kind.name}", lambda: socket.socket(family, kind))
attempt("datagram pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))

for name, flag in dict(mount=0x20000, cgroup=0x2000000, uts=0x4000000, ipc=0x8000000,
                       user=0x10000000, pid=0x20000000, net=0x40000000).items():
    attempt(f"unshare {name}", lambda: call("unshare", flag))
    attempt(f"clone {name}", lambda: call("clone", flag | 17, 0, 0, 0, 0))
attempt("clone3", lambda: call("clone3", ctypes.create_string_buffer(88), 88))
attempt("ptrace me", lambda: call("ptrace", 0, 0, 0, 0))
attempt("ptrace parent", lambda: call("ptrace", 16, os.getppid(), 0, 0))
attempt("process_vm_readv", lambda: call("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0))
attempt("bpf", lambda: call("bpf", 0, 0, 0))
attempt("perf_event_open", lambda: call("perf_event_open", 0, 0, 0, 0, 0))
attempt("keyctl", lambda: call("keyctl", 0, -3, 0))
attempt("userfaultfd", lambda: call("userfaultfd", 1))
attempt("io_uring", lambda: call("io_uring_setup", 1, ctypes.create_string_buffer(256)))
attempt("memfd", lambda: call("memfd_create", b"x", 0))
attempt("mount", lambda: call("mount", b"none", b".", b"tmpfs", 0, 0))
attempt("chroot", lambda: call("chroot", b"."))
attempt("personality", lambda: call("personality", 0x40000))
attempt("by handle", lambda: call("open_by_handle_at", 0, 0, 0))
attempt("shared memory", lambda: call("shmget", 0, 4096, 0o1600))
attempt("message queue", lambda: call("msgget", 0, 0o1600))
attempt("priority", lambda: os.nice(-1))
attempt("its limits", lambda: __import__("resource").setrlimit(
    __import__("resource").RLIMIT_AS, (-1, -1)))
attempt("another's limits", lambda: call("prlimit64", os.getppid(), 0, 0, 0))
attempt("become root", lambda: os.setresuid(*[0 if os.getuid() else 1] * 3))
attempt("fork", os.fork)
attempt("thread", lambda: threading.Thread(target=print).start())
attempt("subprocess", lambda: subprocess.run([sys.executable, "-c", ""], check=True))
attempt("signal the host", lambda: os.kill(given["pid"], 0))
for descriptor in range(3, 64):
    attempt(f"descriptor {descriptor}", lambda: os.fstat(descriptor))
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
sets = (ctypes.c_uint32 * 6)()
libc.capget(header, sets)
print(json.dumps({"attempts": result, "environment": dict(os.environ), "uid": os.getuid(),
                  "groups": os.getgroups(), "capabilities": list(sets), "path": sys.path,
                  "no_new_privileges": libc.prctl(39, 0, 0, 0, 0), "here": os.listdir(".")}))
"""

SECRETS = [
    *("/etc/shadow", "/etc/passwd", "/etc/hostname", "/proc", "/proc/self/environ", "/sys"),
    *("/proc/1/environ", "/proc/1/cmdline", "/proc/self/mem", "/proc/self/maps", "/root", "/home"),
    *("/var", "/dev/vda", "/dev/tty", "/dev/kmsg", "/run", "/usr/bin", "/boot"),
]


@pytest.fixture(scope="module")
def canary():
    with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir(), prefix="canary-") as file:
        file.write(b"alive")
        file.flush()
        Path(file.name).chmod(0o666)
        os.utime(file.name, (1e9, 1e9))
        yield Path(file.name)


@pytest.fixture(scope="module")
def report(sandbox, canary):
    from codegen_eval.sandbox.syscall_numbers import NUMBERS

    library = sysconfig.get_path("stdlib")
    here = str(Path(__file__).parent)
    given = {
        "numbers": NUMBERS,
        "secrets": [
            *SECRETS,
            *(f"/proc/{pid}/environ" for pid in (os.getpid(), os.getppid())),
            *(here, __file__, str(canary), sysconfig.get_path("purelib"), str(Path.home())),
        ],
        "writes": [
            *("/x", "/dev/x", "/dev/shm/x", "/etc/x", "/usr/lib/x", "/var/tmp/x", "/root/x"),
            *(f"{library}/x", f"{library}/os.py", f"{here}/x", str(canary), "/proc/self/comm"),
        ],
        "interpreter": str(Path(sys.executable).resolve()),
        "library": f"{library}/os.py",
        "canary": str(canary),
        "pid": os.getpid(),
    }
    job = Job(("-I", "-S", "main.py"), {"main.py": PROBE.encode()}, limits=Limits(cpu_seconds=30))
    os.environ["CODEGEN_SECRET"] = secrets.token_hex()
    try:
        ran = run(sandbox, job, json.dumps(given).encode())
    finally:
        del os.environ["CODEGEN_SECRET"]
    assert ran.ending.code == 0, ran.ending
    return json.loads(ran.stdout)


def test_no_attempt_reaches_anything_outside(report, sandbox, canary):
    done = {name: what for name, what in report["attempts"].items() if what != "refused"}
    if sandbox.name == "bubblewrap":
        # Its /tmp is its own, and /dev/shm a link to it, for multiprocessing's semaphores.
        own = ("/dev/shm", str(canary), "rename")
        done = {name: what for name, what in done.items() if not any(part in name for part in own)}
        # An empty mask, and folders that exist only as the way to something.
        for name in ("list /root", "list /home", "list " + sysconfig.get_path("purelib")):
            assert done.pop(name, "DONE: []") in {"DONE: []", "DONE: ['.pyenv']"}
    else:
        # Names, as documented, where no virtual environment keeps them elsewhere.
        done.pop("list " + sysconfig.get_path("purelib"), None)
    assert done == {}
    assert len(report["attempts"]) > 150


def test_the_host_is_unchanged(report, canary):
    assert canary.read_bytes() == b"alive"
    assert canary.stat().st_mode & 0o777 == 0o666
    assert canary.stat().st_mtime == 1e9
    assert Path(sys.executable).exists()


def test_only_the_promised_environment_is_there(report):
    environment = report["environment"]
    home = environment.pop("HOME")
    assert home.endswith("/work")
    assert environment == {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def test_a_program_has_no_rights(report, sandbox):
    assert report["uid"] != 0
    if os.getuid() == 0:
        assert report["groups"] == []
    assert report["no_new_privileges"] == 1
    # CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE, for an interpreter in root's own folder.
    reading = {1 << 2, 1 << 1} if sandbox.name == "landlock" and os.getuid() == 0 else set()
    assert {each for each in report["capabilities"] if each} <= reading


def test_a_program_sees_its_files_and_no_packages(report):
    assert set(report["here"]) <= {"main.py", "stolen"}  # what it wrote itself
    assert not [entry for entry in report["path"] if "packages" in entry or entry == ""]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 exists beside x86_64 only")
def test_a_call_of_another_abi_kills(run_program):
    ran = run_program("import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))")
    assert ran.ending.reason is Reason.SIGNAL


def test_a_streaming_pair_works(run_program):
    ran = run_program(
        "import asyncio, socket\n"
        "a, b = socket.socketpair()\n"
        "a.sendall(b'x')\n"
        "print(b.recv(1))\n"
        "asyncio.run(asyncio.sleep(0))\n"
    )
    assert ran.stdout == b"b'x'\n", ran.ending
