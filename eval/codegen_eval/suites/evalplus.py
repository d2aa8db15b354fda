"""HumanEval+ and MBPP+: inputs whose results must be the reference's.

Source: https://github.com/evalplus/evalplus (Apache-2.0), version 0.3.1, whose rules for reading
MBPP+'s inputs are these: its file is JSON, which has neither tuples nor sets nor complex numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from codegen_eval.suites.oracles import ORACLES
from codegen_eval.suites.problem import Calls, Problem

MBPP_PUBLISHED: Final = "2021-08-16"
"""The date of MBPP's publication (https://arxiv.org/abs/2108.07732)."""

_Arguments = Sequence[Any]


def evalplus(rows: Iterator[Mapping[str, Any]]) -> Iterator[Problem]:
    """The problems of HumanEval+ or MBPP+, from the rows of its file."""
    for row in rows:
        task_id = row["task_id"]
        read = _READERS.get(task_id, _as_it_is)
        inputs = [read(arguments) for arguments in (*row["base_input"], *row["plus_input"])]
        yield Problem(
            task_id=task_id,
            group=task_id,
            prefix=row["prompt"],
            suffix="",
            reference=row["canonical_solution"],
            entry_point=row["entry_point"],
            check=Calls(
                inputs=inputs,
                reference=row["prompt"] + row["canonical_solution"],
                atol=row["atol"],
                oracle=ORACLES.get(task_id, "equal"),
            ),
        )


def _as_it_is(arguments: _Arguments) -> _Arguments:
    return arguments


def _each_tuple(arguments: _Arguments) -> _Arguments:
    return [tuple(argument) for argument in arguments]


def _items_tuples(arguments: _Arguments) -> _Arguments:
    return [[tuple(item) for item in argument] for argument in arguments]


def _all_tuples(arguments: _Arguments) -> _Arguments:
    return _each_tuple(_items_tuples(arguments))


def _first_items_tuples(arguments: _Arguments) -> _Arguments:
    return [[tuple(item) for item in arguments[0]], arguments[1]]


def _first_tuple(arguments: _Arguments) -> _Arguments:
    return [tuple(arguments[0]), *arguments[1:]]


def _second_tuple(arguments: _Arguments) -> _Arguments:
    return [arguments[0], tuple(arguments[1])]


def _sets(arguments: _Arguments) -> _Arguments:
    # An empty one is an empty dict in EvalPlus too.
    return [[set(item) if isinstance(item, list) and item else {} for item in arguments[0]]]


def _float_and_complex(arguments: _Arguments) -> _Arguments:
    return [float(arguments[0]), complex(arguments[1])]


def _complex(arguments: _Arguments) -> _Arguments:
    return [complex(arguments[0])]


def _first_mixed(arguments: _Arguments) -> _Arguments:
    return [tuple(tuple(item) if isinstance(item, list) else item for item in arguments[0])]


def _values_tuples(arguments: _Arguments) -> _Arguments:
    return [{key: tuple(value) for key, value in arguments[0].items()}, *arguments[1:]]


def _deep_tuples(arguments: _Arguments) -> _Arguments:
    def deep(value: Any) -> Any:
        return tuple(deep(item) for item in value) if isinstance(value, list) else value

    return [deep(argument) for argument in arguments]


_RULES: Final[Sequence[tuple[Callable[[_Arguments], _Arguments], str]]] = (
    (
        _each_tuple,
        "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
    ),
    (_items_tuples, "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780"),
    (_first_items_tuples, "75 413 444 753"),
    (_second_tuple, "106 750"),
    (_sets, "115"),
    (_float_and_complex, "124"),
    (_first_tuple, "250 405 446 617 720 763 808 307"),
    (_all_tuples, "259 401 445"),
    (_first_mixed, "278"),
    (_values_tuples, "722"),
    (_complex, "252"),
    (_deep_tuples, "580 615 791"),
)

_READERS: Final = {f"Mbpp/{number}": rule for rule, numbers in _RULES for number in numbers.split()}
