"""Why a sample failed: the first of CLASSES that applies to it.

The order is from cause to symptom. Classes that look at the text come before those of verdicts,
since a completion that ran on into the next function may end as a syntax error, a wrong answer or
a timeout. Of two classes that look at the text, the more special one comes first.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codegen.engine.outcome import FinishReason
from codegen_eval.runs import Sample
from codegen_eval.suites.problem import Problem
from codegen_eval.suites.verdict import Result, Verdict

_INDENTATION: Final = re.compile(r"\b(?:Indentation|Tab)Error\b")


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample that did not pass."""

    problem: Problem
    sample: Sample
    result: Result


@dataclass(frozen=True, slots=True)
class FailureClass:
    """A class of failures: its name, what it means, and how to recognise it."""

    name: str
    about: str
    applies: Callable[[Failure], bool]


def forged(failure: Failure) -> bool:
    """It tried to pass without computing the result."""
    return failure.result.verdict is Verdict.FORGED


def repeats_suffix(failure: Failure) -> bool:
    """It writes again what follows the hole: the next line, or the rest of the line."""
    problem, text = failure.problem, failure.sample.completion
    following = next(iter(_lines(problem.suffix)), "")
    if not _speaks(following):
        return False
    if _lines(text).count(following) > _lines(problem.reference).count(following):
        return True
    if problem.reference.endswith("\n") or problem.suffix.startswith("\n"):
        return False
    # The hole ends amid a line.
    return text.rstrip().endswith(following) and not problem.reference.rstrip().endswith(following)


def overrun(failure: Failure) -> bool:
    """It begins with the right text and goes on."""
    text, reference = failure.sample.completion, failure.problem.reference
    if not reference.strip():
        return bool(text.strip())
    whole = reference.rstrip("\n")
    more = text[len(whole) :]
    if not text.startswith(whole) or not more.strip():
        return False
    if reference != whole:
        # The right text ends with its line: anything else on that line is another text.
        return more.startswith("\n")
    return not (_in_word(whole[-1]) and _in_word(more[0]))


def cut_off(failure: Failure) -> bool:
    """It was not at its end when it ran out of tokens."""
    return failure.sample.finish == FinishReason.LENGTH


def early_stop(failure: Failure) -> bool:
    """It is empty or the beginning of the right text, which may lack no more than its newline."""
    text, reference = failure.sample.completion, failure.problem.reference
    if text != reference and reference.startswith(text):
        return True
    text, reference = text.rstrip(), reference.rstrip()
    return text != reference and reference.startswith(text)


def indentation(failure: Failure) -> bool:
    """It has the right lines at wrong depths, or doesn't compile because of its indentation."""
    text, reference = failure.sample.completion, failure.problem.reference
    if text.rstrip() != reference.rstrip() and _lines(text) == _lines(reference):
        return True
    result = failure.result
    return result.verdict is Verdict.SYNTAX and bool(_INDENTATION.search(result.detail))


def syntax(failure: Failure) -> bool:
    """It doesn't compile."""
    return failure.result.verdict is Verdict.SYNTAX


def timeout(failure: Failure) -> bool:
    """It ran out of CPU time."""
    return failure.result.verdict is Verdict.TIMEOUT


def wrong_answer(failure: Failure) -> bool:
    """It ran, and a result was not the expected one."""
    return failure.result.verdict is Verdict.WRONG


def crash(failure: Failure) -> bool:
    """It raised, crashed, or ended before it had answered."""
    return failure.result.verdict is Verdict.ERROR


CLASSES: Final = (
    FailureClass("forged", "tried to pass without computing the result", forged),
    FailureClass("repeats suffix", "repeated the text after the hole", repeats_suffix),
    FailureClass("overrun", "the right text, and then more", overrun),
    FailureClass("early stop", "the beginning of the right text, or nothing", early_stop),
    FailureClass("cut off", "ran out of tokens before its end", cut_off),
    FailureClass(
        "indentation", "the right lines at other depths, or IndentationError", indentation
    ),
    FailureClass("syntax", "doesn't compile", syntax),
    FailureClass("timeout", "ran out of CPU time", timeout),
    FailureClass("wrong answer", "ran, and a result was not the expected one", wrong_answer),
    FailureClass("crash", "raised, crashed, or ended without an answer", crash),
)
"""All ways to fail, in the order in which they are tried. The last five are verdicts."""


def classify(problem: Problem, sample: Sample, result: Result) -> str | None:
    """The name of the class of a failed sample; None for a sample that passed."""
    if result.verdict is Verdict.PASSED:
        return None
    failure = Failure(problem, sample, result)
    return next(each.name for each in CLASSES if each.applies(failure))


def in_order(counts: Counter[str]) -> dict[str, int]:
    """The counts that aren't zero, in the order of CLASSES."""
    return {each.name: counts[each.name] for each in CLASSES if counts[each.name]}


def _speaks(line: str) -> bool:
    """Whether a line is enough to be recognised by; brackets alone stand everywhere."""
    return any(map(str.isalnum, line))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"
