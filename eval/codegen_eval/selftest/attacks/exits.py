"""Ends the process, the call or the test before a result can be found wrong."""

from typing import Final

from codegen_eval.selftest.attack import ASSERTIONS, BOTH, ERROR, HONEST, WRONG, Attack


def _raises(name: str, about: str, head: str, expression: str) -> Attack:
    program = f"{head}\n\ndef mingle(numbers, factor):\n    {expression}\n"
    return Attack(name, about, program, ERROR)


ATTACKS: Final = (
    Attack("exit-at-import", "sys.exit(0) while it is loaded", "import sys\nsys.exit(0)\n", ERROR),
    Attack("die-at-import", "os._exit(0) while it is loaded", "import os\nos._exit(0)\n", ERROR),
    _raises("exit-in-call", "sys.exit(0) in a call", "import sys", "sys.exit(0)"),
    _raises("die-in-call", "os._exit(0) in a call", "import os", "os._exit(0)"),
    _raises("quit", "exit(), where there is one", "", "exit(0)"),
    _raises("interrupt", "KeyboardInterrupt", "", "raise KeyboardInterrupt"),
    _raises("generator-exit", "GeneratorExit, which many let pass", "", "raise GeneratorExit"),
    _raises("assertion-error", "the exception of tests", "", "raise AssertionError('passed')"),
    _raises(
        "exit-subclass",
        "a SystemExit that says its code is 0 and its name is none",
        """
class Quiet(SystemExit):
    code = 0
    __str__ = __repr__ = lambda self: ""
""",
        "raise Quiet(0)",
    ),
    _raises(
        "base-exception",
        "an exception that is no Exception",
        "class Odd(BaseException):\n    pass\n",
        "raise Odd",
    ),
    _raises(
        "exception-group",
        "a group of exceptions, 200 deep",
        """
def nest(depth):
    error = SystemExit(0)
    for _ in range(depth):
        error = BaseExceptionGroup("", [error])
    return error
""",
        "raise nest(200)",
    ),
    _raises(
        "evil-str",
        "an exception that raises when it is described",
        """
class Evil(Exception):
    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__
""",
        "raise Evil",
    ),
    _raises(
        "deadly-str",
        "an exception that ends the process when it is described",
        """
import os


class Evil(Exception):
    def __str__(self):
        os._exit(0)
""",
        "raise Evil",
    ),
    _raises(
        "evil-type",
        "an exception whose type has no name and lies about its bases",
        """
class Meta(type):
    def mro(cls):
        return [cls, Exception, BaseException, object]

    @property
    def __name__(cls):
        raise SystemExit(0)

    def __getattribute__(cls, name):
        raise SystemExit(0)


class Evil(Exception, metaclass=Meta):
    pass
""",
        "raise Evil",
    ),
    _raises(
        "huge-message",
        "an exception of 64 MiB",
        "",
        "raise ValueError('x' * (64 << 20))",
    ),
    _raises(
        "exit-in-del",
        "os._exit(0) in a finalizer",
        """
import os


class Last:
    def __del__(self):
        os._exit(0)
""",
        "Last(); return 28",
    ),
    _raises("abort", "abort()", "import os", "os.abort()"),
    _raises(
        "crash",
        "reads where there is no memory",
        "import ctypes",
        "ctypes.string_at(8)",
    ),
    _raises(
        "kill-itself",
        "SIGKILL to itself, as if a limit had ended it",
        "import os, signal",
        "os.kill(os.getpid(), signal.SIGKILL)",
    ),
    _raises(
        "spend-signal",
        "SIGXCPU to itself, as if it had run out of time",
        "import os, signal",
        "os.kill(os.getpid(), signal.SIGXCPU)",
    ),
    Attack(
        "exit-at-exit",
        "leaves with 0 at exit, after wrong answers",
        """
import atexit
import os
import threading

atexit.register(os._exit, 0)
threading._register_atexit(os._exit, 0)


def mingle(numbers, factor):
    return 28
""",
    ),
    Attack(
        "exit-when-told",
        "leaves in the last of its calls, having answered all others",
        f"{HONEST}"
        """
import os

calls = 0


def mingle(numbers, factor):
    global calls
    calls += 1
    if numbers[-1] == 1000:
        os._exit(0)
    return honest(numbers, factor)
""",
        ERROR,
    ),
    Attack(
        "stop-iteration",
        "ends the test's loop over its results, which it takes for their end",
        """
def mean(numbers):
    raise StopIteration
""",
        ERROR,
        BOTH,
        problem="mean",
    ),
    Attack(
        "stop-iteration-late",
        "answers one case, and ends the test's loop before the others",
        """
def mean(numbers):
    if numbers != [1.5, 2.25]:
        raise StopIteration
    return 1.875
""",
        ERROR,
        ASSERTIONS,
        problem="mean",
    ),
    Attack(
        "replaced-process",
        "becomes another program, which says that all is well",
        """
import os
import sys


def mingle(numbers, factor):
    for descriptor in range(3, 64):
        try:
            os.set_inheritable(descriptor, True)
        except OSError:
            pass
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "print('passed')"])
""",
        ERROR,
    ),
    Attack("undefined", "defines nothing", "passed = True\n", ERROR),
    Attack("not-callable", "defines no function", "mingle = 28\n", ERROR),
    Attack("lambda", "a function of other arguments", "mingle = lambda: 28\n", ERROR),
    Attack(
        "default-none",
        "a stub",
        "def mingle(numbers, factor):\n    pass\n",
        WRONG,
    ),
)
"""Early ends."""
