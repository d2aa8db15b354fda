"""Plain right and wrong programs, and honest ones with unusual texts."""

from typing import Final

from codegen_eval.selftest.attack import (
    CALLS,
    ERROR,
    HONEST,
    PASSED,
    WRONG,
    Attack,
)

ATTACKS: Final = (
    Attack("honest", "nothing: it is right", f"{HONEST}\nmingle = honest\n", PASSED),
    Attack(
        "honest-mean",
        "nothing: it is right",
        "def mean(numbers):\n    return sum(numbers) / len(numbers)\n",
        PASSED,
        problem="mean",
    ),
    Attack("wrong", "nothing: it is wrong", "def mingle(numbers, factor):\n    return 28\n", WRONG),
    Attack(
        "cookie",
        "says that it is encoded otherwise, and is right",
        f"# -*- coding: utf-7 -*-\n{HONEST}\nmingle = honest\n",
        PASSED,
        CALLS,
    ),
    Attack(
        "large-source",
        "eight mebibytes of comment, and is right",
        f"{'# ' + 'x' * 98 + chr(10)}" * 80_000 + f"{HONEST}\nmingle = honest\n",
        PASSED,
        CALLS,
    ),
    Attack(
        "line-ends",
        "carriage returns and form feeds, no newline at its end, and is right",
        f"{HONEST}\f\r\nmingle = honest".replace("\n\n", "\r\n\r\n"),
        PASSED,
        CALLS,
    ),
    Attack(
        "future",
        "imports from the future, has a main guard that exits, and is right",
        "from __future__ import annotations\n"
        f"{HONEST}\nmingle = honest\n\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
        PASSED,
    ),
    Attack(
        "prints-a-verdict",
        "prints what looks like answers, and is right",
        f"{HONEST}\n\ndef mingle(numbers, factor):\n"
        "    print('passed', '[\"value\", 1]', flush=True)\n    return honest(numbers, factor)\n",
        PASSED,
    ),
    Attack(
        "clears-arguments",
        "empties its arguments, in the hope that a test computes from them what it expects",
        "def mingle(numbers, factor):\n    numbers.clear()\n    return 0\n",
        WRONG,
    ),
    Attack(
        "remembers",
        "gives each call the result of the one before it",
        f"{HONEST}\nlast = 28\n\n\ndef mingle(numbers, factor):\n    global last\n"
        "    last, found = honest(numbers, factor), last\n    return found\n",
        WRONG,
    ),
    Attack(
        "right-once",
        "is right in its first call only",
        f"{HONEST}\ncalls = 0\n\n\ndef mingle(numbers, factor):\n    global calls\n"
        "    calls += 1\n    return honest(numbers, factor) if calls == 1 else 28\n",
        WRONG,
    ),
    Attack(
        "reads-stdin",
        "waits for input",
        "def mingle(numbers, factor):\n    return int(input())\n",
        ERROR,
    ),
)
"""Controls, and odd but honest texts."""
