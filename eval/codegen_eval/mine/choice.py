"""Chooses the order in which holes are tried: fixed, and spread over files and functions."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, TypeVar

from codegen_eval.mine.cuts import CutHole

_T = TypeVar("_T")
_KINDS: Final = ("statement", "block", "body")


@dataclass(frozen=True, slots=True)
class HoleCandidate:
    """A hole, its file, and the tests that execute a line of it, the fastest first."""

    path: str
    hole: CutHole
    tests: tuple[str, ...]

    @property
    def function(self) -> tuple[str, str]:
        """The file and the function, by which kept holes are counted."""
        return self.path, self.hole.function

    @property
    def name(self) -> str:
        """A name that no other candidate of the repository has."""
        return f"{self.path}/{self.hole.label}"


def layers(candidates: Iterable[HoleCandidate], seed: int) -> Iterator[list[HoleCandidate]]:
    """Candidates in the order to try them, in layers with at most one candidate per function.

    Within a layer the files take turns, so that the first holes to be kept come from all files.
    From layer to layer a function's holes change their kind, and different functions begin with
    different kinds.
    """

    def key(text: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()

    functions: dict[tuple[str, str], list[HoleCandidate]] = {}
    for candidate in sorted(candidates, key=lambda candidate: key(candidate.name)):
        functions.setdefault(candidate.function, []).append(candidate)
    files: dict[str, list[list[HoleCandidate]]] = {}
    for path, function in sorted(functions, key=lambda function: key("\0".join(function))):
        first = key(f"{path}\0{function}\0kind")[0]
        files.setdefault(path, []).append(_alternate(functions[path, function], first))
    rounds = _round_robin([files[path] for path in sorted(files, key=key)])
    for layer in zip_longest(*rounds):
        yield [candidate for candidate in layer if candidate is not None]


def chosen_tests(
    hit: Iterable[str], seconds: Mapping[str, float], most: int, budget: float
) -> tuple[str, ...]:
    """The fastest tests that execute a hole: at most `most`, which take at most `budget` seconds.

    There is always one test, however slow it is. Only the orders of magnitude of times are
    compared, since times differ from run to run and the choice should not.
    """
    ranked = sorted(set(hit), key=lambda test: (_magnitude(seconds[test]), _spread(test), test))
    result: list[str] = []
    spent = 0.0
    for test in ranked[:most]:
        spent += seconds[test]
        if result and spent > budget:
            break
        result.append(test)
    return tuple(result)


def _magnitude(seconds: float) -> int:
    # Up to 0.1 s all tests are alike.
    return next((n for n, limit in enumerate((0.1, 1.0, 10.0)) if seconds < limit), 3)


def _spread(test: str) -> str:
    return hashlib.sha256(test.encode("utf-8", "surrogatepass")).hexdigest()


def _alternate(candidates: Sequence[HoleCandidate], first: int) -> list[HoleCandidate]:
    kinds = [_KINDS[(first + n) % len(_KINDS)] for n in range(len(_KINDS))]
    by_kind = [[c for c in candidates if c.hole.kind == kind] for kind in kinds]
    return _round_robin(by_kind)


def _round_robin(rows: Sequence[Sequence[_T]]) -> list[_T]:
    depth = max((len(row) for row in rows), default=0)
    return [row[n] for n in range(depth) for row in rows if n < len(row)]
