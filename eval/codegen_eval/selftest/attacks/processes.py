"""Starts processes and threads, of which a program may have only one, and signals others.

Bombs are small: at most 200 processes or threads, which end after three seconds. Signals go to the
box's own processes and to a process that was started for this.
"""

from typing import Final

from codegen_eval.selftest.attack import (
    ASSERTIONS,
    BOTH,
    CALLS,
    ERROR,
    REFUSED,
    TIMEOUT,
    Attack,
    escape,
)

ATTACKS: Final = (
    escape(
        "fork-bomb",
        "200 children, each of which sleeps three seconds",
        """
import time

rename("@MARK@")


def bomb():
    made = 0
    for _ in range(200):
        pid = os.fork()
        if pid == 0:
            time.sleep(3)
            os._exit(0)
        made += 1
    return made


attempt("children", bomb)
""",
    ),
    escape(
        "thread-bomb",
        "200 threads",
        """
import threading
import time

for _ in range(200):
    attempt("a thread", threading.Thread(target=time.sleep, args=(3,), daemon=True).start)
""",
    ),
    escape(
        "raw-threads",
        "threads by _thread, and a pool of them",
        """
import _thread
import concurrent.futures
import time

attempt("_thread", _thread.start_new_thread, time.sleep, (1,))
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    attempt("a pool", lambda: pool.submit(int).result())
""",
    ),
    escape(
        "orphan",
        "a grandchild that outlives the box, in a session of its own",
        """
import time

rename("@MARK@")


def orphan():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return "a child"
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(64):
            try:
                os.close(descriptor)
            except OSError:
                pass
        time.sleep(20)
    os._exit(0)


attempt("an orphan", orphan)
""",
        BOTH,
    ),
    escape(
        "spawn",
        "children by subprocess, posix_spawn, popen, system, pty and multiprocessing",
        """
import multiprocessing
import subprocess

words = [sys.executable, "-I", "-S", "-c", "pass"]
attempt("subprocess", subprocess.check_output, words)
attempt("posix_spawn", os.posix_spawn, sys.executable, words, {})


def system():
    if os.system("exit 0") != 0:
        raise Held


attempt("system", system)
attempt("popen", lambda: os.popen("echo out").read() or 1 / 0)
attempt("multiprocessing", multiprocessing.get_context("fork").Process(target=int).start)
attempt("a pseudo-terminal", os.openpty)
""",
    ),
    escape(
        "raw-fork",
        "fork, vfork's flags and clone by their numbers",
        """
machine = os.uname().machine
SIGCHLD, CLONE_PARENT, CLONE_VM, CLONE_VFORK = 17, 0x8000, 0x100, 0x4000


def made(number, *arguments):
    pid = system_call(number, *arguments)
    if pid == 0:
        os._exit(0)
    return pid


rename("@MARK@")
clone = {"x86_64": 56, "aarch64": 220}[machine]
if machine == "x86_64":
    attempt("fork", made, 57)
attempt("clone", made, clone, SIGCHLD, 0, 0, 0, 0)
attempt("clone to the parent", made, clone, SIGCHLD | CLONE_PARENT, 0, 0, 0, 0)
arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, SIGCHLD)
attempt("clone3", made, 435, ctypes.byref(arguments), 88)
""",
    ),
    escape(
        "kill-victim",
        "SIGKILL to another process of the machine, by its number and by a descriptor of it",
        """
import signal

victim = @VICTIM@
attempt("kill", os.kill, victim, signal.SIGKILL)
attempt("kill, to see", os.kill, victim, 0)
attempt("killpg", os.killpg, victim, signal.SIGKILL)
attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(victim), signal.SIGKILL))
number = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
attempt("tgkill", system_call, number, victim, victim, 9)
attempt("priority", os.setpriority, os.PRIO_PROCESS, victim, 19)
attempt("affinity", os.sched_setaffinity, victim, {0})
attempt("limits", lambda: __import__("resource").prlimit(victim, 7, (9, 9)))
""",
    ),
    escape(
        "kill-all",
        "a signal to all processes that it reaches: one that only the victim dies of",
        """
import signal

victim = @VICTIM@
try:
    os.kill(-1, signal.SIGURG)  # it says that it did even where it was denied
except OSError:
    pass
""",
    ),
    Attack(
        "kill-parent",
        "SIGSTOP and SIGKILL to the process that watches over it; then it runs out of time",
        """
import os
import signal

for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
    try:
        os.kill(os.getppid(), number)
    except OSError:
        pass


def mingle(numbers, factor):
    while True:
        pass
""",
        TIMEOUT,
        CALLS,
    ),
    Attack(
        "kill-group",
        "SIGKILL to its process group, and to its session",
        """
import os
import signal


def mingle(numbers, factor):
    os.killpg(os.getpgrp(), signal.SIGKILL)
""",
        ERROR,
    ),
    Attack(
        "ignore-signals",
        "ignores or catches every signal, and runs out of time",
        """
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN if number % 2 else lambda *a: None)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


def mingle(numbers, factor):
    while True:
        pass
""",
        TIMEOUT,
        ASSERTIONS,
    ),
    Attack(
        "stop-itself",
        "SIGSTOP to itself: it uses no time, and never ends",
        """
import os
import signal


def mingle(numbers, factor):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 28
""",
        TIMEOUT,
        CALLS,
        sleeps=True,
    ),
    Attack(
        "alarm",
        "an alarm in the middle of the judge's own code, whose handler raises",
        """
import signal


def ring(*arguments):
    raise SystemExit(0)


signal.signal(signal.SIGALRM, ring)


def mingle(numbers, factor):
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    return 28
""",
        REFUSED,
    ),
    escape(
        "outlive-parent",
        "asks the kernel not to kill it when its parent dies, and to be no one's child",
        """
libc = ctypes.CDLL(None)
libc.prctl(1, 0, 0, 0, 0)
libc.prctl(36, 1, 0, 0, 0)
attempt("another session", os.setsid)
attempt("another group", os.setpgid, 0, os.getppid())
""",
    ),
)
"""Processes, threads and signals."""
