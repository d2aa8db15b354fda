"""Small suites made up for the tests, and one way to judge a program of them."""

import textwrap

from codegen_eval.scoring.judge import Judge, ScoreOptions
from codegen_eval.suites.problem import Assertions, Calls, Problem, Suite

OPTIONS = ScoreOptions(cpu_seconds=1.0)


def source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def problem(task_id, reference, check, entry_point="f") -> Problem:
    return Problem(
        task_id=task_id,
        group=task_id,
        prefix="",
        suffix="",
        reference=reference,
        entry_point=entry_point,
        check=check,
    )


def asserting(test: str, reference: str, task_id="Made/0", entry_point="f") -> Problem:
    body = textwrap.indent(source(test), "    ")
    check = Assertions(f"\n\ndef check(candidate):\n{body}\n")
    return problem(task_id, source(reference), check, entry_point)


def calling(
    reference: str, inputs, task_id="Made/0", *, atol=0.0, oracle="equal", entry_point="f"
) -> Problem:
    reference = source(reference)
    return problem(task_id, reference, Calls(inputs, reference, atol, oracle), entry_point)


def suite(*problems: Problem) -> Suite:
    return Suite(
        name="made",
        kind="completion",
        published="2026-01-01",
        source="made up",
        sha256="0" * 64,
        problems={problem.task_id: problem for problem in problems},
    )


def judge(sandbox, problem: Problem, program: str, options=OPTIONS):
    """The judgement of a program, alone."""
    judge = Judge(sandbox, options)
    try:
        return judge.judge(problem, source(program))
    finally:
        judge.close()
        judge.release()


DOUBLE = "def f(x):\n    return x + x\n"

BOTH = (
    asserting("assert candidate(2) == 4\nassert candidate([1]) == [1, 1]\n", DOUBLE),
    calling(DOUBLE, [[2], [[1]]]),
)
"""The same function, judged in either way."""
