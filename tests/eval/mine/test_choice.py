"""Which holes are tried, and by which tests."""

import random

from codegen_eval.mine.choice import HoleCandidate, chosen_tests, layers
from codegen_eval.mine.cuts import holes

TEXT = "".join(
    f"def f{n}(x):\n    if x:\n        y = {n}\n        g(y)\n    return x\n\n" for n in range(4)
)
CANDIDATES = [
    HoleCandidate(path, hole, ("t",)) for path in ("a.py", "b.py") for hole in holes(TEXT)
]


def test_the_order_is_the_same_whatever_order_they_come_in():
    shuffled = random.Random(1).sample(CANDIDATES, len(CANDIDATES))
    assert list(layers(shuffled, 0)) == list(layers(CANDIDATES, 0))
    assert list(layers(CANDIDATES, 0)) != list(layers(CANDIDATES, 1))


def test_a_layer_has_a_function_once_and_goes_round_the_files():
    found = list(layers(CANDIDATES, 0))
    assert sorted(c.name for layer in found for c in layer) == sorted(c.name for c in CANDIDATES)
    for layer in found:
        assert len({candidate.function for candidate in layer}) == len(layer)
    assert {candidate.path for candidate in found[0][:2]} == {"a.py", "b.py"}
    assert len(found[0]) == 8


def test_a_functions_first_holes_differ_in_kind():
    found = list(layers(CANDIDATES, 0))
    kinds = [c.hole.kind for layer in found[:3] for c in layer if c.function == ("a.py", "f0")]
    assert sorted(kinds) == ["block", "body", "statement"]


def test_the_fastest_tests_are_chosen_within_a_budget():
    seconds = {"slow": 5.0, "a": 0.01, "b": 0.05, "c": 0.5, "d": 0.6}
    assert set(chosen_tests(seconds, seconds, 2, 3.0)) == {"a", "b"}
    assert set(chosen_tests(seconds, seconds, 10, 3.0)) == {"a", "b", "c", "d"}
    assert chosen_tests({"slow"}, seconds, 10, 3.0) == ("slow",)
    # A little faster or slower makes no difference.
    other = {test: value * 1.1 for test, value in seconds.items()}
    assert chosen_tests(seconds, other, 3, 3.0) == chosen_tests(seconds, seconds, 3, 3.0)
