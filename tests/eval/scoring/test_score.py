"""Many completions at once: each is judged, and once."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from codegen_eval.errors import DataError, SandboxError
from codegen_eval.judge import candidate
from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.score import score
from codegen_eval.suites.verdict import Result, Submission, Verdict
from tests.eval.judge.made import DOUBLE, asserting, calling, suite

SUITE = suite(
    asserting("assert candidate(2) == 4\n", DOUBLE, "Made/0"),
    calling(DOUBLE, [[2], [[1]]], "Made/1"),
)
PROGRAMS = (DOUBLE, "def f(x):\n    return 0\n", "def f(x)\n", "f = 0\n")
VERDICTS = ("passed", "wrong", "syntax", "error")
SUBMISSIONS = [
    Submission(task_id, sample, program)
    for task_id in SUITE.problems
    for sample, program in enumerate(PROGRAMS * 2)
]


class Watched:
    """A sandbox that counts the boxes it starts, and how many are open at once."""

    def __init__(self, sandbox, fails=lambda _slot: False):
        self._sandbox = sandbox
        self._fails = fails
        self._lock = threading.Lock()
        self._open = Counter()
        self.name = sandbox.name
        self.programs = 0
        self.most = 0

    @contextmanager
    def start(self, job, slot=0):
        if self._fails(slot):
            raise SandboxError("no box today")
        is_program = "child" in job.argv[-2] + job.argv[-1]
        with self._lock:
            assert not self._open[slot], "two boxes in one slot"
            self._open[slot] = 1
            self.programs += is_program
            self.most = max(self.most, sum(self._open.values()))
        try:
            with self._sandbox.start(job, slot) as box:
                yield box
        finally:
            with self._lock:
                self._open[slot] = 0


def by_id(results):
    return {(result.task_id, result.sample): result.verdict for result in results}


@pytest.mark.parametrize("jobs", [1, 3])
def test_all_are_judged_and_equal_ones_once(sandbox, jobs):
    watched = Watched(sandbox)
    results = list(score(SUITE, SUBMISSIONS, ScoreOptions(jobs=jobs), watched))
    assert by_id(results) == {
        (each.task_id, each.sample): VERDICTS[each.sample % 4] for each in SUBMISSIONS
    }
    assert len(results) == len(SUBMISSIONS)
    # Four different programs of two problems, one of which has a reference.
    assert watched.programs == 4 * 2 + 1
    assert watched.most <= 3 * jobs


def test_known_results_are_not_judged_again(sandbox):
    done = {("Made/0", DOUBLE, False): Result("Made/0", 5, Verdict.WRONG, "known", 1.5)}
    watched = Watched(sandbox, fails=lambda _slot: True)
    submissions = [Submission("Made/0", 1, DOUBLE), Submission("Made/0", 2, DOUBLE)]
    assert list(score(SUITE, submissions, ScoreOptions(), watched, done)) == [
        Result("Made/0", sample, Verdict.WRONG, "known", 1.5) for sample in (1, 2)
    ]


def test_a_box_that_fails_costs_no_other_result(sandbox):
    started = iter(range(100))
    watched = Watched(sandbox, fails=lambda _slot: next(started) == 2)
    results = []

    def collect():
        for result in score(SUITE, SUBMISSIONS[:4], ScoreOptions(), watched):
            results.append(result)  # noqa: PERF402 - `extend` would lose them

    with pytest.raises(SandboxError, match="1 not judged: no box today"):
        collect()
    assert len(results) == 3


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (calling("def f(x):\n    return 1 / x\n", [[0]]), "its reference gave ZeroDivisionError"),
        (calling("def f(x):\n    return f\n", [[0]]), "its reference gave a function in f"),
        (calling("def f(x)\n", [[0]]), "its reference"),
        (calling("def f(x):\n    while True: pass\n", [[object()]]), "an input is not plain"),
        (asserting("assert candidate(object()) == 0\n", DOUBLE), "isn't plain data"),
        (asserting("syntax error\n", DOUBLE), "its test can't be run: SyntaxError"),
    ],
    ids=["it fails", "a function", "no program", "an object", "an object in a test", "no test"],
)
def test_a_problem_at_fault_is_named(sandbox, problem, message):
    with pytest.raises(DataError, match=message) as raised:
        list(score(suite(problem), [Submission("Made/0", 0, DOUBLE)], ScoreOptions(), sandbox))
    assert "Made/0" in str(raised.value)


OVERGROWN = """
    first = candidate(2)
    assert candidate(first) == 4
    assert candidate([first, first]) == 4
"""


def test_answers_that_a_test_cannot_put_together_are_the_program_s_fault(sandbox):
    problem = asserting(OVERGROWN, "def f(x):\n    return 4\n")
    grows = "def f(x):\n    return [0] * 600_000 if x == 2 else 4\n"
    submissions = [Submission("Made/0", 0, grows), Submission("Made/0", 1, problem.reference)]
    results = {r.sample: r for r in score(suite(problem), submissions, ScoreOptions(), sandbox)}
    assert results[1].verdict is Verdict.PASSED
    assert results[0].verdict is Verdict.FORGED
    assert "can't pass on" in results[0].detail


def test_reading_all_answers_is_limited(sandbox, monkeypatch):
    monkeypatch.setattr(candidate, "_READING_SECONDS", 0.0)
    (result,) = score(SUITE, [Submission("Made/0", 0, DOUBLE)], ScoreOptions(), sandbox)
    assert result.verdict is Verdict.FORGED
    assert "take long to read" in result.detail


def test_an_unknown_task_is_named(sandbox):
    with pytest.raises(DataError, match="made has no task 'Made/9'"):
        list(score(SUITE, [Submission("Made/9", 0, "")], ScoreOptions(), sandbox))


def test_a_timeout_is_confirmed_alone(sandbox):
    watched = Watched(sandbox)
    endless = [Submission("Made/0", 0, "while True: pass\n"), *SUBMISSIONS[8:12]]
    results = list(score(SUITE, endless, ScoreOptions(jobs=2, cpu_seconds=0.5), watched))
    assert results[-1].verdict is Verdict.TIMEOUT
    assert [each.verdict for each in results].count(Verdict.TIMEOUT) == 1
    # Two for the endless one.
    assert watched.programs == 2 + 4 + 1


def test_a_timeout_among_others_only_is_none(sandbox):
    class Slow(Watched):
        def start(self, job, slot=0):
            first = self.programs == 0
            if first:
                job = type(job)(
                    argv=job.argv,
                    files=job.files,
                    readable=job.readable,
                    limits=type(job.limits)(cpu_seconds=0.001),
                )
            return super().start(job, slot)

    (result,) = score(SUITE, [Submission("Made/0", 0, DOUBLE)], ScoreOptions(), Slow(sandbox))
    assert result.verdict is Verdict.PASSED


def test_a_caller_that_stops_early_does_not_wait(sandbox):
    sleeping = [
        Submission("Made/0", sample, f"import time\ntime.sleep(50 + {sample})\n")
        for sample in range(9)
    ]
    scoring = score(SUITE, [*SUBMISSIONS[:1], *sleeping], ScoreOptions(jobs=2), sandbox)
    next(scoring)
    started = time.monotonic()
    scoring.close()
    assert time.monotonic() - started < 30
