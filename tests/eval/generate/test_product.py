"""The product as a format: what of a run's options reaches the prompt."""

from dataclasses import replace
from pathlib import Path

import pytest

import codegen
from codegen.document import open_document
from codegen_eval.generate import runner
from codegen_eval.generate.formats import lines_of
from codegen_eval.generate.product import HASHED, NOT_HASHED, hashed_files
from codegen_eval.suites.problem import Assertions, Problem
from tests.eval.metrics import made
from tests.scripted_model import scripted_model

INFO = replace(made.INFO, suite="infilling-single-line", format="complete", end="line")
PREFIX = "import os\n\n\ndef add(left, right):\n    a = left\n    b = right\n"
LINE = "    c = a + b\n"
HOLE = Problem("Hole/0", "Hole/0", PREFIX, "    return c\n", LINE, "add", Assertions(""))
FAR = "".join(f"def far{n}(a, b):\n    return a * {n} + b * {n} - {n}\n\n\n" for n in range(80))


@pytest.fixture
def ask(tokenizer, vocabulary):
    """The product's prompt for a hole, as text, and what it filled in."""

    def ask(problem, answer=LINE, **changes):
        text, at = problem.program(""), len(problem.prefix)
        model = scripted_model(tokenizer, vocabulary, open_document(text, at, "a.py"), answer)
        ids, (sample,) = runner._product(model, problem, replace(INFO, **changes))
        return tokenizer.shown(ids), sample.completion

    return ask


def test_typed_lines_are_not_in_the_layout(ask):
    fresh, _ = ask(HOLE)
    late, completion = ask(HOLE, typed_lines=2)
    assert completion == LINE
    assert fresh.endswith("<|fim_middle|>def add(left, right):\n    a = left\n    b = right\n")
    # Two lines earlier the anchor stood three lines above the line that was typed first.
    assert late.endswith("<|fim_middle|>\n\ndef add(left, right):\n    a = left\n    b = right\n")
    assert "<|fim_suffix|>    return c\n<|fim_middle|>" in late


def test_code_without_room_is_folded_or_cut(ask):
    long = replace(HOLE, prefix=FAR + PREFIX)
    folded, _ = ask(long, context_tokens=300)
    cut, _ = ask(long, context_tokens=300, fold=False)
    assert ": ...\n" in folded
    assert ": ...\n" not in cut


def test_keys_of_the_product_tell_its_options_and_its_code_apart():
    infos = [
        INFO,
        replace(INFO, product="other"),
        replace(INFO, fold=False),
        replace(INFO, typed_lines=3),
        replace(INFO, context_tokens=512),
    ]
    keys = {runner.batch_key(info, HOLE, None, range(1)) for info in infos}
    assert len(keys) == len(infos)


def test_everything_below_codegen_is_hashed_or_named_as_not_hashed():
    root = Path(codegen.__file__).parent
    there = {path.stem for path in root.iterdir() if path.suffix == ".py"}
    there |= {path.name for path in root.iterdir() if [*path.glob("*.py")]}
    assert there <= HASHED | NOT_HASHED
    assert not HASHED & NOT_HASHED


@pytest.mark.parametrize(
    ("path", "hashed"),
    [
        ("completion/complete.py", True),
        ("document.py", True),
        ("engine/sampling.py", True),
        ("syntax/queries/python.scm", True),
        ("__init__.py", False),
        ("cli/complete.py", False),
        ("doctor/checks.py", False),
        ("bench/joins/__init__.py", False),
        ("models/catalogue.py", False),
        ("prompt/__pycache__/fim.cpython-311.pyc", False),
    ],
)
def test_files_of_the_product_that_are_hashed(path, hashed):
    root = Path(codegen.__file__).parent
    assert (root / path in hashed_files(root)) is hashed
    assert (root / path).exists() or "__pycache__" in path


@pytest.mark.parametrize(
    ("suite", "end", "expected"),
    [
        ("infilling-single-line", "line", "single"),
        ("infilling-multi-line", "suffix", "multi"),
        ("infilling-random-span-light", "suffix", "auto"),
        ("holes-of-a-repository", "suffix", "multi"),
    ],
)
def test_lines_that_are_asked_for(suite, end, expected):
    assert lines_of(suite, end) == expected
