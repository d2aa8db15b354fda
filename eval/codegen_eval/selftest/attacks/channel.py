"""Writes to the descriptor of answers: out of turn, too many answers, too large ones, or none.

A program doesn't know the descriptor, but it can try them all.
"""

from typing import Final

from codegen_eval.selftest.attack import (
    ASSERTIONS,
    BOTH,
    CALLS,
    FORGED,
    HONEST,
    REFUSED,
    Attack,
    escape,
)

_WRITE: Final = """
import fcntl
import os
import stat


def answer_descriptors():
    for descriptor in range(256):
        try:
            kind = os.fstat(descriptor).st_mode
            writable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
        except OSError:
            continue
        if writable and not stat.S_ISCHR(kind):
            yield descriptor


def say(data):
    for descriptor in answer_descriptors():
        try:
            os.write(descriptor, data)
        except OSError:
            pass
"""


def _says(name: str, about: str, data: str, *, alone: bool = False) -> Attack:
    """An attack that writes in the first call, where an answer is waited for."""
    program = f"{HONEST}{_WRITE}\n\ndef mingle(numbers, factor):\n    say({data})\n    return 28\n"
    return Attack(name, about, program, FORGED, alone=alone)


_NONCE: Final = """
import json
import os
import sys


def send(*words):
    frame = sys._getframe()
    asked = channel = None
    while frame is not None:
        # Of a call, the nonce and the call's number.
        asked = frame.f_locals.get("asked", asked)
        channel = frame.f_locals.get("channel", channel)
        frame = frame.f_back
    line = json.dumps([asked, *words]).encode() + b"\\n"
    while line:  # not by the channel's own method, which has limits
        line = line[os.write(channel._answers, line) :]
"""

_MALFORMED: Final = tuple(
    Attack(
        f"malformed-{name}",
        f"under the right nonce, {value}",
        f"{_NONCE}\n\ndef mingle(numbers, factor):\n    send('value', {value}, None)\n",
        FORGED,
    )
    for name, value in (
        ("type", "{'object': []}"),
        ("set", "{'set': [1, 1]}"),
        ("unhashable", "{'set': [[]]}"),
        ("key", "{'dict': [[1, 2], [1, 3]]}"),
        ("pair", "{'dict': [[1]]}"),
        ("zero", "{'fraction': [1, 0]}"),
        ("decimal", "{'decimal': '1e999999999'}"),
        ("bytes", "{'bytes': 'zz'}"),
        ("text", "{'str': '00'}"),
        ("payload", "{'tuple': {'iter': 3}}"),
        ("number", "{'int': []}"),
        ("iterator", "{'iter': [0] * 150_000}"),
        ("count", "[[0] * 1000] * 2500"),
        ("digits", "{'decimal': '1' * 9998 + 'E1'}"),
        ("spelling", "{'int': '0xFFFFFFFFFFFFFFFFFFFF'}"),
    )
)

_COSTLY: Final = tuple(
    Attack(
        f"costly-{name}",
        f"an answer of some kilobytes, {about}",
        f"{_NONCE}\n\nPRIME = 2 ** 61 - 1  # ints have the remainder's hash\n\n\n"
        "def crowd(depth, first):\n    if not depth:\n        return {'int': hex(first * PRIME)}\n"
        "    inside = [crowd(depth - 1, first * 32 + n) for n in range(32)]\n"
        "    return {'frozenset': inside}\n\n\n"
        f"def mingle(numbers, factor):\n    send('value', {value}, None)\n",
        FORGED,
        alone=True,
    )
    for name, about, value in (
        ("crowds", "sets in sets whose members share their hashes", "crowd(3, 9)"),
        (
            "range",
            "a range whose length takes a division of long numbers",
            "{'range': [0, {'int': hex(3 << 9_000_000)}, {'int': '0x1' + '0' * 900_000}]}",
        ),
        (
            "decimal",
            "a decimal and a long int of one hash, compared digit by digit",
            "{'set': [{'decimal': '5'}, {'int': hex((PRIME << 9_000_000) + 5)}]}",
        ),
        (
            "fraction",
            "a fraction that must be reduced",
            "{'fraction': [{'int': hex(3 ** 200_000)}, {'int': hex(7 ** 200_000)}]}",
        ),
    )
)

_RAISED: Final = tuple(
    Attack(
        f"raised-{kind.lower()}",
        f"has {kind} raised in the test itself",
        f"{_NONCE}\n\ndef mean(numbers):\n    send('raised', '{kind}', '{kind}', '', None)\n",
        REFUSED,
        ASSERTIONS,
        problem="mean",
    )
    for kind in ("StopIteration", "GeneratorExit", "SystemExit", "KeyboardInterrupt", "exec")
)

ATTACKS: Final = (
    Attack(
        "early-frames",
        "answers while it is loaded, before it was asked",
        _WRITE
        + """
say(b'["ready"]\\n["value", 28, null]\\n' * 9)


def mingle(numbers, factor):
    return 28
""",
        FORGED,
    ),
    Attack(
        "early-right-answer",
        "is right, but has answered before it was asked",
        f"{HONEST}{_WRITE}\nsay(b'[\"ready\"]\\n')\nmingle = honest\n",
        FORGED,
    ),
    _says("guessed-frame", "a frame that looks like one of other harnesses", "b'passed\\n'"),
    _says("no-nonce", "an answer without its request's nonce", "b'[\"value\", 28, null]\\n'"),
    _says("empty-lines", "nothing but newlines", "b'\\n' * 1000"),
    _says("not-text", "bytes that are no text", "b'\\xff\\xfe\\x00\\n'"),
    _says("not-json", "words that are no JSON", "b'NaN\\n[Infinity]\\n{]\\n'"),
    _says("deep-frame", "lists in lists that exhaust a reader's stack", "b'[' * 200_000 + b'\\n'"),
    _says("two-keys", "an object of several types at once", 'b\'{"int": "0x1", "set": []}\\n\''),
    _says("long-number", "a number of a million digits", "b'9' * 1_000_000 + b'\\n'"),
    _says("large-frame", "a line larger than any answer", "b'[' + b' ' * (6 << 20) + b']\\n'"),
    _says(
        "launcher-words",
        "what the box's own first process would say",
        """b'{"ended": {"reason": "exited", "status": 0, "cpu": 0, "wall": 0}}\\n'""",
    ),
    Attack(
        "channel-flood",
        "writes 128 MiB of answers",
        _WRITE
        + """
def mingle(numbers, factor):
    for _ in range(2048):
        say(b"x" * 65536)
    return 28
""",
        FORGED,
    ),
    Attack(
        "newline-flood",
        "writes ten million empty answers",
        _WRITE
        + """
def mingle(numbers, factor):
    for _ in range(160):
        say(b"\\n" * 65536)
    return 28
""",
        FORGED,
    ),
    Attack(
        "steal-requests",
        "reads what it is going to be asked, and leaves nothing for whoever should read it",
        """
import os


def mingle(numbers, factor):
    for descriptor in range(3, 64):
        try:
            os.set_blocking(descriptor, False)
            os.read(descriptor, 1 << 20)
        except OSError:
            pass
    return 28
""",
        REFUSED,
    ),
    Attack(
        "swap-descriptors",
        "puts other files in the place of both ends of the channel",
        """
import os


def mingle(numbers, factor):
    with open("answers", "wb+") as file:
        file.write(b'["passed"]\\n' * 99)
        file.seek(0)
        for descriptor in range(3, 64):
            if descriptor != file.fileno():
                os.dup2(file.fileno(), descriptor)
    return 28
""",
        REFUSED,
    ),
    escape(
        "thread-answers",
        "a thread that answers later, while another call is answered",
        _WRITE
        + """
import threading
import time


def later():
    time.sleep(0.02)
    say(b'["value", 28, null]\\n')


attempt("a thread", threading.Thread(target=later, daemon=True).start)
""",
        BOTH,
    ),
    escape(
        "fork-answers",
        "a child that answers too",
        """
def child():
    pid = os.fork()
    if pid == 0:
        sys.setswitchinterval(1)
        return "in the child"
    return "in the parent"


attempt("a child", child)
""",
        BOTH,
    ),
    Attack(
        "early-digests",
        "digests in the place of results, one of them that of nothing",
        f"{_NONCE}\n\ndef mingle(numbers, factor):\n"
        "    send('digest', 'None', None)\n    return 28\n",
        REFUSED,
        CALLS,
    ),
    Attack(
        "endless-line",
        "writes 128 MiB without the end of a line",
        f"{_WRITE}\n\ndef mingle(numbers, factor):\n"
        "    for _ in range(2048):\n        say(b' ' * 65536)\n    return 28\n",
        FORGED,
    ),
    *_MALFORMED,
    *_COSTLY,
    *_RAISED,
)
"""Attacks that write or read where only the judge's code should."""
