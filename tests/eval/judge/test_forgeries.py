"""Programs that try to pass without computing the result: none passes, and most are detected."""

import pytest

from codegen_eval.suites.verdict import Verdict
from tests.eval.judge.made import BOTH, judge, source

LIAR = """
class Liar{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
"""

# Finds the way out, and what was asked, wherever the driver keeps them.
DRIVER = """
import gc, json, os, sys

def driver():
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "main" and "nonce" in frame.f_locals:
            return frame.f_locals
        frame = frame.f_back

def say(frame, end=b"\\n"):
    line = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    for fd in range(3, 64):
        try:
            os.write(fd, line + end)
        except OSError:
            pass
"""

ATTACKS = {
    "an object": (LIAR.format(base="") + "def f(x):\n    return Liar()\n", "forged"),
    "an int": (LIAR.format(base="(int)") + "def f(x):\n    return Liar(0)\n", "forged"),
    "a str": (LIAR.format(base="(str)") + "def f(x):\n    return Liar('')\n", "forged"),
    "a list": (LIAR.format(base="(list)") + "def f(x):\n    return Liar()\n", "forged"),
    "inside a list": (LIAR.format(base="") + "def f(x):\n    return [Liar(), Liar()]\n", "forged"),
    "a class": (
        (
            "class Meta(type):\n    def __eq__(self, other): return True\n"
            "class A(metaclass=Meta): pass\ndef f(x):\n    return A\n"
        ),
        "forged",
    ),
    "another class's name": (
        (
            "class A:\n    __class__ = int\n    def __eq__(self, other): return True\n"
            "A.__name__ = 'int'\ndef f(x):\n    return A()\n"
        ),
        "forged",
    ),
    "an int without a comparison": ("class A(int): pass\ndef f(x):\n    return A(0)\n", "wrong"),
    "a property": (
        (
            "class A:\n    __eq__ = property(lambda self: lambda other: True)\n"
            "def f(x):\n    return A()\n"
        ),
        "forged",
    ),
    "inherited": (
        LIAR.format(base="") + "class A(Liar): pass\ndef f(x):\n    return A()\n",
        "forged",
    ),
    "unittest.mock.ANY": ("from unittest.mock import ANY\ndef f(x):\n    return ANY\n", "wrong"),
    "subtracts to nothing": (
        (
            "class A:\n    def __sub__(self, other): return 0\n    __rsub__ = __sub__\n"
            "    def __abs__(self): return 0\ndef f(x):\n    return A()\n"
        ),
        "wrong",
    ),
    "exit on import": ("import sys\nsys.exit(0)\n", "error"),
    "exit in a call": ("import sys\ndef f(x):\n    sys.exit(0)\n", "error"),
    "exit at once on import": ("import os\nos._exit(0)\n", "error"),
    "exit at once in a call": ("import os\ndef f(x):\n    os._exit(0)\n", "error"),
    "exit at exit": (
        "import atexit, os, sys\natexit.register(os._exit, 0)\ndef f(x):\n    sys.exit(0)\n",
        "error",
    ),
    "kill": ("import os\ndef f(x):\n    os.kill(os.getpid(), 9)\n", "error"),
    "becomes another program": (
        "import os, sys\ndef f(x):\n    os.execv(sys.executable, ['python', '-c', 'print(1)'])\n",
        "error",
    ),
    "system": ("import posix\ndef f(x):\n    return posix.system('exit 4')\n", "wrong"),
    "forks": (
        (
            "import os\ndef f(x):\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
            "    return 0\n"
        ),
        "wrong",
    ),
    "patched builtins": (
        (
            "import builtins\nbuiltins.isinstance = lambda *_: 1\nbuiltins.type = lambda _: int\n"
            "builtins.len = lambda _: 0\ndef f(x):\n    return 0\n"
        ),
        None,
    ),
    "patched json": (
        (
            "import json, json.encoder\njson.dumps = lambda *_, **__: 'passed'\n"
            "json.encoder.c_make_encoder = None\ndef f(x):\n    return 0\n"
        ),
        "forged",
    ),
    "patched packing": (
        "import sys\nsys.modules['box.writing']._PACKERS.clear()\ndef f(x):\n    return 0\n",
        None,
    ),
    "patched modules": (
        "import sys\nsys.modules.clear()\ndef f(x):\n    return 0\n",
        None,
    ),
    "defines check": (
        (
            "def check(candidate): pass\ndef f(x):\n    return 0\n"
            "import builtins\nbuiltins.check = check\n"
        ),
        "wrong",
    ),
    "looks for the expected": (
        DRIVER + "def f(x):\n"
        "    for each in gc.get_objects():\n"
        "        if isinstance(each, dict) and 'expected' in each:\n"
        "            return each['expected']\n"
        "    return sorted(driver())[0]\n",
        "wrong",
    ),
    "says it has passed": (
        DRIVER + "def f(x):\n    say('passed')\n    say({'verdict': 'passed'})\n    return 0\n",
        "forged",
    ),
    "answers without a nonce": (
        DRIVER + "def f(x):\n    say(['', 'value', 4, None])\n    return 0\n",
        "forged",
    ),
    "answers before it is asked": (
        DRIVER + "for _ in range(9): say(['', 'ready'])\ndef f(x):\n    return 0\n",
        "forged",
    ),
    "answers twice": (
        DRIVER
        + "def f(x):\n    say([driver()['asked'], 'value', x + x, None])\n    return x + x\n",
        "forged",
    ),
    "answers wrongly by itself": (
        DRIVER + "def f(x):\n    say([driver()['asked'], 'value', 0, None])\n    os._exit(0)\n",
        "wrong",
    ),
    "answers by itself and leaves": (
        DRIVER + "def f(x):\n    if x == 2: return 4\n"
        "    say([driver()['asked'], 'value', x + x, None])\n    os._exit(0)\n",
        "error",
    ),
    "ends by itself": (
        DRIVER + "def f(x):\n    say([driver()['nonce'], 'end', 0])\n    return 0\n",
        "forged",
    ),
    "two answers in a line": (
        DRIVER + "def f(x):\n    say([driver()['asked'], 'value', 4, None], b'')\n    return 4\n",
        "forged",
    ),
    "not JSON": (DRIVER + "def f(x):\n    say(b'\\xff\\x00')\n    return 0\n", "forged"),
    "not a list": (DRIVER + "def f(x):\n    say({'int': '0x4'})\n    return 0\n", "forged"),
    "an unknown type": (
        DRIVER + "def f(x):\n    say([driver()['asked'], 'value', {'any': 1}, None])\n",
        "forged",
    ),
    "brackets": (DRIVER + "def f(x):\n    say(b'[' * 100_000)\n    return 0\n", "forged"),
    "a colliding set": (
        DRIVER + "def f(x):\n    n = 2 ** 61 - 1\n"
        "    say([driver()['asked'], 'value',"
        " {'set': [{'int': hex(i * n)} for i in range(9, 100_000)]}, None])\n",
        "forged",
    ),
    "a flood": (
        DRIVER
        + "def f(x):\n    data = b'x' * (1 << 20)\n    while True:\n        say(data, b'')\n",
        "forged",
    ),
    "arguments that aren't": (
        DRIVER + "def f(x):\n    say([driver()['asked'], 'value', x + x, 5])\n",
        "forged",
    ),
    "closes all": ("import os\ndef f(x):\n    os.closerange(0, 64)\n    return x + x\n", "error"),
    "replaces the channel": (
        "import os\ndef f(x):\n    os.dup2(os.open('/dev/null', 2), 49)\n    return 0\n",
        None,
    ),
    "words that don't end": (
        (
            "class Bad(Exception):\n    def __str__(self):\n        while True: pass\n"
            "def f(x):\n    raise Bad\n"
        ),
        "timeout",
    ),
    "words that raise": (
        "class Bad(Exception):\n    def __str__(self): 1 / 0\ndef f(x):\n    raise Bad\n",
        "error",
    ),
    "a repr that doesn't end": (
        "class A:\n    def __repr__(self):\n        while True: pass\ndef f(x):\n    return A()\n",
        "wrong",
    ),
    "a long name": ("A = type('A' * 10_000, (), {})\ndef f(x):\n    return A()\n", "wrong"),
    "an exception's class lies": (
        (
            "class Meta(type):\n    def mro(cls): return [cls, *type.mro(cls)[1:]]\n"
            "    __module__ = property(lambda self: 1 / 0)\n"
            "class Bad(Exception, metaclass=Meta): pass\ndef f(x):\n    raise Bad\n"
        ),
        "error",
    ),
    "passes by raising": ("def f(x):\n    raise AssertionError('passed')\n", "error"),
    "a recursion limit": (
        (
            "import sys\nsys.setrecursionlimit(10 ** 9)\n"
            "def f(x):\n    a = []\n    for _ in range(10 ** 6):\n        a = [a]\n    return a\n"
        ),
        None,
    ),
    "a line without an end": (
        DRIVER
        + "def f(x):\n    for _ in range(200):\n        say(b' ' * (1 << 20), b'')\n    return 0\n",
        "forged",
    ),
    "crowds in crowds": (
        DRIVER + "def made(depth, first):\n"
        "    if not depth: return {'int': hex(first * (2 ** 61 - 1))}\n"
        "    inside = [made(depth - 1, first * 32 + n) for n in range(32)]\n"
        "    return {'frozenset': inside}\n"
        "def f(x):\n    say([driver()['asked'], 'value', made(3, 9), None])\n",
        "forged",
    ),
    "a small recursion limit": (
        "import sys\nsys.setrecursionlimit(10)\ndef f(x):\n    return [[[[[[[[0]]]]]]]]\n",
        None,
    ),
    "signals": (
        (
            "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, print)\n"
            "    except (OSError, ValueError): pass\ndef f(x):\n    signal.alarm(1)\n    return 0\n"
        ),
        "wrong",
    ),
    "a finalizer": (
        DRIVER
        + "class A:\n    def __del__(self): say(b'passed')\ndef f(x):\n    A()\n    return 0\n",
        "forged",
    ),
    "a trace": (
        DRIVER
        + "def trace(frame, event, value):\n    if event == 'return': frame.f_locals['x'] = 4\n"
        "    return trace\nsys.settrace(trace)\nsys.setprofile(trace)\ndef f(x):\n    return 0\n",
        None,
    ),
    "replaces the driver's call": (
        DRIVER + "import box.child\n"
        "box.child.Program.call = lambda *_, **__: ['passed']\ndef f(x):\n    return 0\n",
        "forged",
    ),
    "an endless iterator": (
        "import itertools\ndef f(x):\n    return itertools.count()\n",
        "wrong",
    ),
    "a result that changes later": (
        "kept = []\ndef f(x):\n    kept.append(0)\n    return kept\n",
        "wrong",
    ),
}


PACKED = {
    # These could be read, and not be written to whoever asks for them.
    "an iterator longer than is taken": "{'iter': [0] * 150_000}",
    "more items than are counted": "[[0] * 1000] * 2500",
    "more digits than are written": "{'decimal': '1' * 9998 + 'E1'}",
    "a long number in JSON's digits": "1 << 70",
    "another spelling": "{'int': '0xFFFFFFFFFFFFFFFFFFFF'}",
    # These take long to build, to hash or to compare.
    "a range to be divided": (
        "{'range': [0, {'int': hex(3 << 9_000_000)}, {'int': '0x1' + '0' * 900_000}]}"
    ),
    "decimals beside a long int": (
        "{'set': [{'decimal': '5'}, {'int': hex(((2 ** 61 - 1) << 400_000) + 5)}]}"
    ),
    "a fraction to be reduced": (
        "{'fraction': [{'int': hex(3 ** 20_000)}, {'int': hex(7 ** 20_000)}]}"
    ),
}
ATTACKS |= {
    name: (
        f"{DRIVER}def f(x):\n    say([driver()['asked'], 'value', {packed}, None])\n",
        "forged",
    )
    for name, packed in PACKED.items()
}


# It is never heard of again: a minute passes until its box is ended.
SILENT = pytest.param("replaces the channel", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", [SILENT if n in SILENT.values else n for n in ATTACKS])
@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(BOTH[0], marks=pytest.mark.deep, id="assertions"),
        pytest.param(BOTH[1], id="calls"),
    ],
)
def test_no_attack_passes(sandbox, problem, name):
    program, verdict = ATTACKS[name]
    found = judge(sandbox, problem, source(program))
    assert found.verdict is not Verdict.PASSED, found
    if verdict is not None:
        assert found.verdict == verdict, found
    assert len(found.detail) <= 300
    assert "\n" not in found.detail
