"""What a line costs whoever reads it: little, whatever it says."""

import functools
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from codegen_eval.judge.box.limits import (
    MAX_BITS,
    MAX_BYTES,
    MAX_DIGITS,
    MAX_KEYS,
    PlainError,
    weigh,
)
from codegen_eval.judge.box.plain import decode
from codegen_eval.judge.wording import shown

ROOT = Path(__file__).parents[3]
MEMORY = 100 << 20  # bytes
SECONDS = 10.0  # some half of one is what is seen; the hangs took minutes
MODULUS = (1 << 61) - 1  # what an int's hash is the remainder of


def most(item: bytes) -> bytes:
    """A list of as many of an item as are read, or nearly."""
    low, high = 1, MAX_BYTES // len(item)
    while high - low > 1 + low // 50:
        middle = (low + high) // 2
        try:
            weigh(line(itertools.repeat(item, middle)))
            low = middle
        except PlainError:
            high = middle
    return line(itertools.repeat(item, low))


def line(items) -> bytes:
    return b"[%s]" % b",".join(items)


def int_of(value: int) -> bytes:
    return b'{"int":"%s"}' % hex(value).encode()


def set_of(items) -> bytes:
    return b'{"set":%s}' % line(items)


def text_of(unit: bytes, wrap: bytes = b'"%s"') -> bytes:
    return wrap % (unit * ((MAX_BYTES - 30) // len(unit)))


def crowds(width: int, depth: int, first: int = 9) -> bytes:
    """Sets in sets, in each of which all members share a hash."""
    if depth == 0:
        return int_of(first * MODULUS)
    inside = (crowds(width, depth - 1, first + width**depth * each) for each in range(width))
    return b'{"frozenset":%s}' % line(inside)


def signs(length: int, more: bytes = b"") -> bytes:
    """A set of all tuples of -1 and -2, which have one hash."""
    return set_of(
        b'{"tuple":%s}' % line([*(b"%d" % each for each in signs), *([more] if more else [])])
        for signs in itertools.product((-1, -2), repeat=length)
    )


READ = {
    "numbers": lambda: most(b"300"),
    "floats": lambda: most(b"1.5"),
    "texts": lambda: most(b'"ab"'),
    "empty lists": lambda: most(b"[]"),
    "lists in lists": lambda: most(b"[" * 90 + b"]" * 90),
    "sets": lambda: most(b'{"set":[1,2,3,4,5]}'),
    "dicts": lambda: most(b'{"dict":[[1,2]]}'),
    "views": lambda: most(b'{"items":[[1,2]]}'),
    "deques": lambda: most(b'{"deque":[1]}'),
    "ranges": lambda: most(b'{"range":[0,9223372036854775807,3]}'),
    "decimals": lambda: most(b'{"decimal":"1E+9999"}'),
    "long decimals": lambda: most(b'{"decimal":"%s"}' % (b"9" * MAX_DIGITS)),
    "fractions": lambda: most(b'{"fraction":[3,2]}'),
    "long fractions": lambda: most(
        b'{"fraction":[%s,%s]}' % (int_of(3**2580), int_of((1 << 4095) - 1))
    ),
    "long ints": lambda: most(int_of((1 << MAX_BITS) - 1)),
    "a text": lambda: text_of(b"x"),
    "a text of wide characters": lambda: text_of(b"\\ud83d\\ude00"),
    "a text of surrogates": lambda: text_of(b"00d80000", b'{"str":"%s"}'),
    "bytes": lambda: text_of(b"00", b'{"bytes":"%s"}'),
    "a set": lambda: set_of(b"%d" % (each * 1000) for each in range(MAX_KEYS)),
    "tuples of one hash": lambda: signs(9),
    "sets of one hash in each other": lambda: crowds(5, 4),
}
REFUSED = {
    "more tuples of one hash": lambda: signs(12),
    "ints of one hash": lambda: set_of(int_of(each * MODULUS) for each in range(9, 60_000)),
    "long tuples of one hash": lambda: signs(8, b'"%s"' % (b"x" * 30_000)),
    "crowds in crowds": lambda: crowds(64, 3),
    "crowds in crowds in crowds": lambda: crowds(4, 8),
    "a range to be divided": lambda: (
        b'{"range":[0,%s,%s]}' % (int_of(1 << 20_000_000), int_of(1 << 10_000_000))
    ),
    "a long int": lambda: int_of(1 << 30_000_000),
    "a decimal and a long int of one hash": lambda: set_of(
        [b'{"decimal":"5"}', int_of((1 << MAX_BITS - 9) * MODULUS + 5)]
    ),
    "fractions to be reduced": lambda: most(
        b'{"fraction":[%s,%s]}' % (int_of(3**25_000), int_of((1 << 40_000) + 1))
    ),
    "many digits": lambda: most(b"9" * 4000),
    "a long line": lambda: b"[%s]" % (b" " * MAX_BYTES),
}


def measure(text: bytes) -> tuple[bool, int, float]:
    """Whether a line is read; bytes and CPU seconds of reading it twice, comparing and showing."""
    before, begun = _most_memory(), time.process_time()
    try:
        first = decode(text)
        assert first == decode(text)
        shown(first)
        read = True
    except PlainError:
        read = False
    return read, _most_memory() - before, time.process_time() - begun


def _most_memory() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def main(names) -> None:
    """Measures every line in a process of its own, which can be ended and didn't build it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line"
        for name in names:
            build = {**READ, **REFUSED}[name]
            in_a_process(lambda build=build: path.write_bytes(build()))
            in_a_process(
                lambda name=name: print(json.dumps([name, *measure(path.read_bytes())]), flush=True)
            )


def in_a_process(work) -> None:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (2 * int(SECONDS), 2 * int(SECONDS)))
        work()
        os._exit(0)
    os.waitpid(child, 0)


QUICK = [*REFUSED, "numbers", "lists in lists", "deques", "a set", "a text of surrogates"]
"""Those that are refused, and the dearest of those that are read."""

DEEP = [name for name in READ if name not in QUICK]


@functools.cache
def costs(*names):
    words = "import sys; from tests.eval.judge.test_costs import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", words, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name: cost for name, *cost in map(json.loads, done.stdout.splitlines())}


@pytest.mark.deep
@pytest.mark.parametrize(
    ("name", "group"),
    [
        *((name, QUICK) for name in QUICK),
        *(pytest.param(name, DEEP, marks=pytest.mark.deep) for name in DEEP),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reading_and_comparing_is_cheap(name, group):
    found = costs(*group)
    assert name in found, "it did not end"
    read, memory, seconds = found[name]
    assert read is (name in READ)
    # Of a result and what it is compared with; and its line was there, twice.
    assert memory + 2 * MAX_BYTES < MEMORY
    assert seconds < SECONDS
