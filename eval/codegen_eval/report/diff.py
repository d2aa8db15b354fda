"""A diff of a sample and the reference, with the lines around the hole."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from codegen_eval.report.html import Element, el
from codegen_eval.suites.problem import Problem

_CONTEXT = 3
_LINES = 400
_SIGNS = {"same": " ", "around": " ", "reference": "-", "sample": "+", "more": " "}

Part = Literal["same", "around", "reference", "sample", "more"]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff; `changed` is the stretch that differs from its counterpart."""

    part: Part
    text: str
    changed: tuple[int, int] = (0, 0)


def diff(problem: Problem, completion: str) -> list[DiffLine]:
    """The reference ("-") and a completion ("+") of a hole, with some lines around it.

    If a hole begins or ends inside a line, the whole line is shown.
    """
    above, left = _split_last(problem.prefix)
    right, newline, below = problem.suffix.partition("\n")
    reference = f"{left}{problem.reference}{right}{newline}".split("\n")
    sample = f"{left}{completion}{right}{newline}".split("\n")
    if newline or not problem.suffix:
        # What ends with a newline has no further line.
        for lines in (reference, sample):
            if lines[-1] == "" and len(lines) > 1:
                lines.pop()
    after = below.split("\n")[:_CONTEXT] if below else []
    while after and not after[-1].strip():
        after.pop()
    shown = [
        *(DiffLine("around", text) for text in above[-_CONTEXT:]),
        *_compare(reference, sample),
        *(DiffLine("around", text) for text in after),
    ]
    if len(shown) > _LINES:
        rest = f"... {len(shown) - _LINES:,} lines more"
        shown = [*shown[:_LINES], DiffLine("more", rest)]
    return shown


def diff_element(lines: Sequence[DiffLine]) -> Element:
    """A diff as a block of code, with signs beside the colours."""
    return el(
        "pre",
        el("code", (_line(line) for line in lines)),
        class_="diff",
        tabindex=0,
        aria_label="Difference: minus is the reference, plus the sample",
    )


def _line(line: DiffLine) -> Element:
    start, end = line.changed
    content = (
        line.text
        if start == end
        else (line.text[:start], el("em", line.text[start:end]), line.text[end:])
    )
    return el("span", f"{_SIGNS[line.part]} ", content, "\n", class_=f"l {line.part}")


def _compare(reference: Sequence[str], sample: Sequence[str]) -> Iterator[DiffLine]:
    matcher = difflib.SequenceMatcher(None, reference, sample, autojunk=False)
    for what, i, i_end, j, j_end in matcher.get_opcodes():
        if what == "equal":
            yield from (DiffLine("same", text) for text in reference[i:i_end])
            continue
        olds, news = reference[i:i_end], sample[j:j_end]
        # Lines are counterparts by their place only where there are as many of them.
        paired = len(olds) == len(news)
        stretches = [_stretch(*pair) if paired else ((0, 0), (0, 0)) for pair in _pairs(olds, news)]
        yield from (DiffLine("reference", old, stretches[n][0]) for n, old in enumerate(olds))
        yield from (DiffLine("sample", new, stretches[n][1]) for n, new in enumerate(news))


def _pairs(olds: Sequence[str], news: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index in range(max(len(olds), len(news))):
        yield (
            olds[index] if index < len(olds) else "",
            news[index] if index < len(news) else "",
        )


def _stretch(old: str, new: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where two lines differ: all between what they begin and end with in common."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if start + end == 0:
        return (0, 0), (0, 0)  # Nothing in common: the whole line is marked already.
    return (start, len(old) - end), (start, len(new) - end)


def _split_last(prefix: str) -> tuple[list[str], str]:
    """The whole lines of a text, and what follows the last newline."""
    *above, left = prefix.split("\n")
    return above, left
