"""Exhausts memory, disk, output, time and descriptors, in amounts that a machine can bear."""

from typing import Final

from codegen_eval.selftest.attack import (
    BOTH,
    CALLS,
    ERROR,
    FORGED,
    PASSED,
    SYNTAX,
    TIMEOUT,
    WRONG,
    Attack,
    escape,
)
from codegen_eval.suites.verdict import Verdict


def _does(
    name: str, about: str, body: str, expected: tuple[Verdict, ...], *, alone: bool = False
) -> Attack:
    program = f"import os, sys\n\n\ndef mingle(numbers, factor):\n    {body}\n    return 28\n"
    return Attack(name, about, program, expected, CALLS, alone=alone)


ATTACKS: Final = (
    _does("memory-list", "a list of 2 GiB", "held = [0] * (1 << 28)", ERROR),
    _does("memory-bytes", "2 GiB of bytes", "held = bytearray(1 << 31)", ERROR),
    _does(
        "memory-map",
        "2 GiB of mapped memory, and of memory shared with nobody",
        "import mmap; held = mmap.mmap(-1, 1 << 31)",
        ERROR,
    ),
    _does(
        "memory-slow",
        "1.5 GiB, in small pieces, with every MemoryError caught on the way",
        "held = []\n    for _ in range(3000): held.append(bytearray(1 << 19))",
        # Of its two bounds either may come first: where touching a page is dear, CPU time does.
        (*ERROR, *TIMEOUT),
    ),
    _does("recursion", "calls itself", "return mingle(numbers, factor)", ERROR),
    _does(
        "recursion-unbounded",
        "calls itself, by way of C, without the interpreter's limit",
        "sys.setrecursionlimit(1 << 30); return max([numbers], key=lambda n: mingle(n, factor))",
        ERROR,
    ),
    _does(
        "disk",
        "400 MiB in files that are each small enough",
        "for n in range(40): open(f'f{n}', 'wb').write(bytes(10 << 20))",
        ERROR,
    ),
    _does(
        "disk-large-file",
        "one file of 400 MiB",
        "file = open('f', 'wb')\n    for _ in range(400): file.write(bytes(1 << 20))",
        ERROR,
    ),
    _does(
        "disk-deleted",
        "400 MiB in files that are deleted, and still open",
        "import time; held = []\n    for n in range(40):\n"
        "        held.append(open(f'f{n}', 'wb', buffering=0)); held[-1].write(bytes(10 << 20))\n"
        "        os.unlink(f'f{n}')\n    time.sleep(2)",
        ERROR,
    ),
    _does(
        "disk-mapped",
        "400 MiB in files that are deleted and closed, and of each of which a page is mapped",
        "import ctypes, time; libc = ctypes.CDLL(None); libc.mmap.restype = ctypes.c_void_p\n"
        "    for n in range(40):\n        file = os.open(f'f{n}', os.O_CREAT | os.O_RDWR)\n"
        "        os.write(file, bytes(10 << 20))\n"
        "        libc.mmap(None, 4096, 1, 1, file, ctypes.c_long(0))\n"
        "        os.close(file); os.unlink(f'f{n}')\n    time.sleep(2)",
        ERROR,
    ),
    _does(
        "disk-nameless",
        "400 MiB in files that never had a name",
        "import time; held = []\n    for n in range(40):\n"
        "        held.append(os.open('.', os.O_TMPFILE | os.O_RDWR))\n"
        "        assert os.write(held[-1], bytes(10 << 20)) == 10 << 20\n    time.sleep(2)",
        ERROR,
    ),
    _does(
        "disk-on-its-way",
        "400 MiB in files that were sent to another process, which doesn't take them",
        "import socket, time; ours, theirs = socket.socketpair()\n    for n in range(40):\n"
        "        file = open(f'f{n}', 'wb', buffering=0); file.write(bytes(10 << 20))\n"
        "        socket.send_fds(ours, [b'x'], [file.fileno()])\n"
        "        file.close(); os.unlink(f'f{n}')\n    time.sleep(2)",
        ERROR,
    ),
    _does(
        "disk-sparse",
        "one file whose length is 1 TiB",
        "open('f', 'wb').truncate(1 << 40)",
        ERROR,
    ),
    _does(
        "disk-names",
        "50,000 empty files",
        "for n in range(50_000): os.close(os.open(f'f{n}', os.O_CREAT))",
        (*ERROR, *TIMEOUT),
    ),
    _does(
        "disk-depth",
        "folders in folders, deeper than a path can name; then it is right about nothing",
        "for n in range(3000): os.mkdir('d'); os.chdir('d')",
        (*WRONG, *ERROR),
    ),
    escape(
        "print-flood",
        "prints 64 MiB, to both outputs, and is right",
        """
for _ in range(1024):
    sys.stdout.write("x" * 32768)
    sys.stderr.write("x" * 32768)
""",
    ),
    Attack(
        "sleep",
        "sleeps",
        "import time\n\n\ndef mingle(numbers, factor):\n    time.sleep(3600)\n",
        TIMEOUT,
        CALLS,
        sleeps=True,
    ),
    _does("spin", "counts", "while True: pass", TIMEOUT),
    _does(
        "spin-in-c", "computes without letting any other code run", "sum(range(1 << 60))", TIMEOUT
    ),
    _does(
        "regex",
        "a pattern that takes exponential time",
        "import re; re.match('(a*)*$', 'a' * 60 + 'b')",
        TIMEOUT,
    ),
    _does(
        "big-power",
        "a number of a billion digits",
        "return 10 ** (10 ** 9) % 7",
        (*TIMEOUT, *ERROR),
    ),
    Attack(
        "spin-at-import",
        "runs out of time while it is loaded",
        "while True:\n    pass\n",
        TIMEOUT,
        CALLS,
    ),
    _does("close-all", "closes all descriptors", "os.closerange(0, 65536)", ERROR),
    Attack(
        "open-all",
        "opens as many files as it can, and is right",
        """
held = []
try:
    while True:
        held.append(open("/dev/null"))
except OSError:
    pass


def mingle(numbers, factor):
    total = 0
    for place, number in enumerate(numbers, 1):
        total += place * number
    return total * factor % 1000003
""",
        PASSED,
    ),
    # Results that are hard to write, to read, to compare or to show.
    _does("int-of-digits", "a number of a million digits", "return 10 ** 1_000_000 + 28", WRONG),
    _does(
        "deep-list",
        "a list in a list, a hundred thousand times",
        "found = []\n    for _ in range(100_000): found = [found]\n    return found",
        WRONG,
    ),
    _does(
        "cycle",
        "a list that contains itself",
        "found = []; found.append(found); return found",
        WRONG,
    ),
    _does(
        "cycle-of-dicts",
        "mappings that contain each other",
        "one = {}; two = {1: one}; one[1] = two; return one",
        WRONG,
    ),
    _does("long-text", "a text of 64 MiB", "return 'x' * (64 << 20)", WRONG),
    _does("many-items", "two million numbers", "return [28] * 2_000_000", (*WRONG, *TIMEOUT)),
    _does("generator", "a generator of numbers", "return (n for n in numbers)", WRONG),
    _does(
        "endless-iterator",
        "an iterator that never ends",
        "import itertools; return itertools.repeat(28)",
        WRONG,
    ),
    _does(
        "endless-generator",
        "a generator that never gives anything",
        "return (n for n in iter(int, 1) if n)",
        (*TIMEOUT, *WRONG),
    ),
    _does("long-range", "a range that no memory holds", "return range(10 ** 18)", WRONG),
    _does("surrogates", "a text that can't be encoded", "return '\\udc80\\ud800\\udc00'", WRONG),
    _does(
        "colliding-keys",
        "a set whose members share one hash",
        "return {n * ((1 << 61) - 1) for n in range(2000)}",
        (*WRONG, *FORGED),
    ),
    _does(
        "repr-bomb",
        "an exception whose words are others, a thousand million times",
        "class E(Exception):\n        def __repr__(self): return 'x' * (1 << 31)\n"
        "        __str__ = __repr__\n    raise E",
        ERROR,
    ),
    _does(
        "fraction-bomb",
        "a fraction of two large numbers, which whoever reads it must reduce",
        "from fractions import Fraction\n    import random\n"
        "    draw = random.Random(1).getrandbits\n    found = Fraction(1)\n"
        "    found._numerator = draw(1_500_000)\n"
        "    found._denominator = draw(1_500_000)\n    return found",
        (*WRONG, *FORGED),
        alone=True,
    ),
    _does(
        "decimal-bomb",
        "a decimal number that is short and, as an int, is not",
        "from decimal import Decimal; return [Decimal('1e9999999'), Decimal('1e-9999999')]",
        WRONG,
        alone=True,
    ),
    _does(
        "number-list-bomb",
        "many numbers of many digits",
        "return [(1 << 60_000) + n for n in range(250)]",
        WRONG,
        alone=True,
    ),
    # Texts that are hard to compile.
    Attack("null-bytes", "a text with null bytes", "mingle = 1\0\nmingle = 2\n", SYNTAX),
    Attack("unclosed", "a text that ends in the middle", "def mingle(numbers, factor:\n", SYNTAX),
    Attack("lone-surrogate", "a text that can't be encoded", "mingle = '\udc80'\n", SYNTAX),
    Attack("parentheses", "300 parentheses", f"mingle = {'(' * 300}{')' * 300}\n", SYNTAX, BOTH),
    Attack(
        "unary-operators",
        "a hundred thousand minus signs",
        f"mingle = {'-' * 100_000}1\n",
        (*SYNTAX, *ERROR),
        CALLS,
    ),
    Attack(
        "subscripts",
        "a hundred thousand subscripts",
        f"def mingle(numbers, factor):\n    return numbers{'[0]' * 100_000}\n",
        (*SYNTAX, *ERROR),
        CALLS,
    ),
    Attack(
        "sum-of-many",
        "an expression of a hundred thousand terms",
        f"mingle = 1{' + 1' * 100_000}\n",
        (*SYNTAX, *ERROR),
        CALLS,
    ),
    Attack(
        "indentation",
        "150 blocks in one another",
        "".join(f"{' ' * depth}if 1:\n" for depth in range(150)) + " " * 150 + "pass\n",
        SYNTAX,
        CALLS,
    ),
    Attack(
        "elif-chain",
        "five thousand branches",
        "if 0:\n    pass\n" + "elif 0:\n    pass\n" * 5000,
        (*ERROR, *SYNTAX),
        CALLS,
    ),
    Attack(
        "constant-folding",
        "constants that the compiler would compute",
        "def mingle(numbers, factor):\n    return 1 if (2 ** 9999 ** 999) else ('x' * 10 ** 10)\n",
        (*TIMEOUT, *ERROR),
        CALLS,
    ),
)
"""Exhaustion."""
