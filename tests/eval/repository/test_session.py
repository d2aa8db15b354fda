"""Reports from boxes, honest, cut short and made up."""

import json

import pytest

from codegen_eval.repository.session import PytestSession, _is_costly, _read
from codegen_eval.sandbox.types import Ending, Reason

WORD, CODE, CANARY = "secret", 77, "test_c0ffee.py"
TEST = "tests/test_a.py::test"


def ending(code: int | None = CODE, reason: Reason = Reason.EXITED) -> Ending:
    return Ending(reason, code, None, 0.1, 0.1, "")


def line(kind: str, *, word: str = WORD, **fields: object) -> bytes:
    return f"{word} {json.dumps({'kind': kind, **fields})}\n".encode()


def phase(when: str, outcome: str = "passed", test: str = TEST, **fields: object) -> bytes:
    rest = {"seconds": 0.5, "message": "", "asserted": False, **fields}
    return line("phase", test=test, when=when, outcome=outcome, **rest)


def read(*lines: bytes, end: Ending | None = None) -> PytestSession:
    return _read(b"".join(lines), end or ending(), WORD, CODE, CANARY)


PHASES = (phase("setup"), phase("call"), phase("teardown"))
END = line("end", status=1)


def test_a_whole_report():
    canary = phase("call", "failed", f"{CANARY}::test_x")
    session = read(line("collected", tests=[TEST]), *PHASES, canary, END)
    assert (session.status, session.foreign, session.collected) == (1, False, (TEST,))
    assert (session.outcomes[TEST].outcome, session.outcomes[TEST].seconds) == ("passed", 1.5)
    assert session.canaries == {"test_x": "failed"}


@pytest.mark.parametrize(
    ("phases", "outcome", "asserted"),
    [
        ((phase("setup"),), "failed", False),
        ((phase("setup", "skipped"),), "skipped", False),
        ((phase("setup"), phase("call", "xfail")), "xfail", False),
        ((phase("setup"), phase("call", "failed", asserted=True)), "failed", True),
        ((phase("setup", "failed", asserted=True),), "failed", False),
        ((*PHASES[:2], phase("teardown", "failed")), "failed", False),
        ((*PHASES, phase("call", "failed")), "failed", False),
        ((phase("call", "splendid"),), "failed", False),
    ],
)
def test_the_worst_phase_counts(phases, outcome, asserted):
    found = read(*phases, END).outcomes[TEST]
    assert (found.outcome, found.asserted) == (outcome, asserted)


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ((*PHASES,), ending()),
        ((*PHASES, END), ending(0)),
        ((*PHASES, END), ending(None, Reason.SIGNAL)),
        ((*PHASES, END), ending(CODE, Reason.OUTPUT)),
        ((END, *PHASES), ending()),
        ((), ending()),
    ],
)
def test_without_its_end_a_report_has_no_status(lines, end):
    assert read(*lines, end=end).status is None


@pytest.mark.parametrize(
    "bad",
    [
        b"hello\n",
        b'{"kind": "end", "status": 1}\n',
        b"1\n",
        line("end", word="other", status=1),
        b"secret 1\n",
        b"secret " + b"[" * 100_000 + b"\n",
        b"secret {\n",
        b"\n",
        b"\xff\n",
        line("phase"),
        line("phase", test=[], when="call", outcome="passed", seconds=0, message="", asserted=True),
        phase("call", seconds="soon"),
        phase("call", test=5),  # type: ignore[arg-type]
        line("collected", tests=None),
        line("probed", test=TEST, reached="x", held=[]),
        line("probed", test=TEST, reached=float("inf"), held=[]),
        line("lines", path="a.py", lines=[]),
    ],
)
def test_what_is_no_line_of_a_report_is_foreign(bad):
    assert read(*PHASES, bad, END).foreign


@pytest.mark.parametrize(
    ("report", "costly"),
    [
        (b"".join([*PHASES, END]), False),
        (line("collected", tests=[f"tests/test_{n}.py::test_{n}" for n in range(20_000)]), False),
        (b"".join(phase("call", test=f"test_{n}") for n in range(20_000)), False),
        (b"\n" * 1_000_000, True),
        (b"secret [" + b"[]," * 300_000 + b"[]]\n", True),
        (b"secret " + b"x" * (9 << 20), True),
    ],
)
def test_a_report_that_would_fill_the_memory(report, costly):
    assert _is_costly(report) is costly


def test_a_report_of_a_syntax_error():
    assert read(line("syntax", message="SyntaxError: x")).syntax == "SyntaxError: x"
