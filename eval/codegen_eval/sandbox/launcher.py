"""Runs inside a box: writes its files, gives up all rights, starts the program, reports its end.

The parent passes this module's source to an interpreter by `-c`, after those of `scratch.py` and
`restrict.py` (see `starting.py`), so it may use nothing but the standard library of Python 3.9; and
little of that, since each box waits for the imports. It speaks to the parent by one socket:

*   from the parent: marshalled dictionaries, each after its length in four bytes: the
    specification; each file, followed by its bytes; an end. Then nothing, until the parent closes
    the box by closing its half;
*   to the parent, a line each: "ready" or "error MESSAGE"; then "ended REASON STATUS CPU WALL".

There are two processes. The child becomes the program. The first process is trusted: it ends the
program at its limits or when the parent is gone, kills the processes that the program left, and
reports how it ended. As process 1 or as a subreaper, it becomes the parent of every orphan.
"""

# ruff: noqa: PTH103, PTH110, PTH120, PTH123, PTH211, SIM105
# ruff: noqa: TC004 - the names are there when it runs: they are of the source before this one

import ctypes
import marshal
import os
import resource
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from codegen_eval.sandbox.restrict import (
        _PR_SET_CHILD_SUBREAPER,
        _PR_SET_NO_NEW_PRIVS,
        _PR_SET_PDEATHSIG,
        _SIG_DFL,
        _SIG_IGN,
        _filter,
        _landlock,
        _leave_root,
        _libc,
        _look_as,
        _on_signals,
        _prctl,
    )
    from codegen_eval.sandbox.scratch import Scratch, _names

_TICK = 0.2
_PATIENCE = 10.0
_COPY = 1 << 16

_SIGKILL = 9  # importing `signal` takes too long, see restrict.py


def main(control: int) -> None:
    """The whole life of a box."""
    os.set_inheritable(control, False)
    _on_signals(_SIG_IGN)
    try:
        reader = open(control, "rb", closefd=False)  # noqa: SIM115 - the child reads on
        spec = _message(reader)
        if spec["subreaper"]:
            _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        child = _fork(spec, reader)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to be told
        _tell(control, f"error {type(error).__name__}: {error}")
        return
    for standard in (0, 1, 2):
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, standard)
        os.close(null)
    _tell(control, "ready")
    started = time.monotonic()
    reason = _watch(control, child, spec)
    status = _kill(child)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime
    _tell(control, f"ended {reason} {status} {cpu} {time.monotonic() - started}")


def _fork(spec: "dict[str, Any]", reader: "BinaryIO") -> int:
    """Makes the child that becomes the program; waits until it has, and raises what hinders it."""
    errors, told = os.pipe()  # closed by a successful exec
    child = os.fork()
    if child == 0:
        try:
            os.close(errors)
            _become(spec, reader)
        except BaseException as error:  # noqa: BLE001 - nothing of the launcher may run twice
            os.write(told, f"{type(error).__name__}: {error}".encode()[:4000])
        os._exit(127)
    os.close(told)
    with os.fdopen(errors, "rb") as stream:
        message = stream.read()
    if message:
        os.waitpid(child, 0)
        raise RuntimeError(message.decode("utf-8", "replace"))
    return child


def _become(spec: "dict[str, Any]", reader: "BinaryIO") -> None:
    """Never returns."""
    os.setsid()
    if spec["uid"] is not None:
        _leave_root(spec["uid"], spec["capability"])
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)  # after the uid, whose change would clear it
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    os.umask(0o077)
    os.makedirs(spec["work"], exist_ok=True)
    os.chdir(spec["work"])
    if spec["landlock"] is not None:
        _landlock(spec["landlock"])
    _write_files(reader)
    _on_signals(_SIG_DFL)
    os.umask(0o022)
    for name, most in spec["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)  # noqa: PLW2901
        resource.setrlimit(kind, (most, most))
    _filter(spec["filter"])
    os.execve(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606


def _write_files(reader: "BinaryIO") -> None:
    while True:
        entry = _message(reader)
        kind = entry["kind"]
        if kind == "end":
            return
        path = entry["path"]
        if kind == "folder":
            os.makedirs(path, exist_ok=True)
        elif kind == "link":
            os.symlink(entry["target"], path)
        else:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "wb") as file:
                left = entry["size"]
                while left:
                    data = reader.read(min(left, _COPY))
                    if not data:
                        raise EOFError("the parent is gone")
                    file.write(data)
                    left -= len(data)
                os.fchmod(file.fileno(), entry["mode"])


def _message(reader: "BinaryIO") -> "dict[str, Any]":
    length = reader.read(4)
    data = reader.read(int.from_bytes(length, "big"))
    if not data:
        raise EOFError("the parent is gone")
    message: dict[str, Any] = marshal.loads(data)  # noqa: S302 - it is the parent's
    return message


def _watch(control: int, child: int, spec: "dict[str, Any]") -> str:
    """Waits until the program ends or has to be ended, and says why."""
    clock = ctypes.c_int()
    _libc.clock_getcpuclockid(child, ctypes.byref(clock))
    process = os.pidfd_open(child)
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.register(control, select.POLLIN)
    if spec["uid"] is not None and not spec["quota"]:
        _look_as(spec["uid"])
    scratch = Scratch(spec)
    deadline = time.monotonic() + spec["wall"]
    most = spec["cpu"] + _seconds(clock)  # what it took to become the program is not its own
    while True:
        wall = deadline - time.monotonic()
        cpu = most - _seconds(clock)
        if wall <= 0:
            return "wall"
        if cpu <= 0:
            return "cpu"
        if scratch.exceeded(_descendants(os.getpid())):
            return "scratch"
        ready = dict(poll.poll(1000 * max(0.01, min(wall, cpu, _TICK))))
        if process in ready:
            return "exited"
        if control in ready:
            return "closed"


def _seconds(clock: ctypes.c_int) -> float:
    try:
        return time.clock_gettime(clock.value)
    except OSError:  # it has ended this moment
        return 0.0


def _kill(child: int) -> int:
    """Kills the program and all its descendants. Its own status, as of `wait`; -1 if unknown."""
    status = -1
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        for pid in [-1] if os.getpid() == 1 else _children(os.getpid()):
            try:
                os.kill(pid, _SIGKILL)
            except OSError:  # it has ended already
                pass
        try:
            pid, found = os.waitpid(-1, os.WNOHANG)
            while pid:
                status = found if pid == child else status
                pid, found = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        time.sleep(0.001)
    return status


def _descendants(pid: int) -> "Iterator[int]":
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _children(parent: int) -> "list[int]":
    found: list[int] = []
    if os.path.exists("/proc/thread-self/children"):
        for task in _names(f"/proc/{parent}/task"):
            try:
                with open(f"/proc/{parent}/task/{task}/children") as file:
                    found += map(int, file.read().split())
            except OSError:  # it has ended this moment
                continue
        return found
    for name in filter(str.isdigit, _names("/proc")):  # a kernel without CONFIG_PROC_CHILDREN
        try:
            with open(f"/proc/{name}/stat", "rb") as status:
                its_parent = int(status.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        if its_parent == parent:
            found.append(int(name))
    return found


def _tell(control: int, message: str) -> None:
    try:
        os.write(control, message.encode("utf-8", "replace").replace(b"\n", b" ") + b"\n")
    except OSError:  # nobody listens any more
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # nothing is left to clean up
