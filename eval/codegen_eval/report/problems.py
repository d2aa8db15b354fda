"""The problems of a run, failures first, with the prompt, the samples and the reference."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from codegen_eval.metrics import figures
from codegen_eval.metrics.failures import CLASSES
from codegen_eval.metrics.summary import Outcome, by_problem
from codegen_eval.report.diff import diff, diff_element
from codegen_eval.report.html import Child, Element, el
from codegen_eval.report.reported import ReportedRun

_LONGEST: Final = 12_000
"""Characters of a text that are shown at most, so that a long completion can't fill the page."""

_SAMPLES: Final = 5
_SPECIAL: Final = re.compile(r"(<\|[a-z_]+\|>)")
_RANK: Final = {each.name: rank for rank, each in enumerate(CLASSES)}
_PASSED: Final = len(CLASSES)
_UNSCORED: Final = len(CLASSES) + 1


def problems(entry: ReportedRun, most: int) -> Element:
    """At most `most` problems of a run, and a line that says how many were left out."""
    prompts = {batch.task_id: batch.prompt for batch in reversed(entry.run.batches)}
    tasks = list(by_problem(entry.outcomes).values())
    ranked = sorted(tasks, key=_rank)  # Stable: the suite's order within a class.
    shown = ranked[:most]
    groups: list[Child] = []
    for rank in sorted({_rank(samples) for samples in shown}):
        members = [samples for samples in shown if _rank(samples) == rank]
        total = sum(_rank(samples) == rank for samples in ranked)
        rows = [_problem(samples, prompts[samples[0].problem.task_id], rank) for samples in members]
        groups.append(_group(rank, total, rows))
    left = len(ranked) - len(shown)
    note = f"{left:,} more of {len(ranked):,} problems are left out; --problems shows more of them."
    return el("div", groups, el("p", note, class_="left-out") if left else None, class_="problems")


def _rank(samples: Sequence[Outcome]) -> int:
    """The place of a problem: its commonest class of failure, those that pass and the unscored."""
    failed = Counter(each.failure for each in samples if each.failure is not None)
    if failed:
        return min(_RANK[name] for name, count in failed.items() if count == max(failed.values()))
    return _PASSED if any(each.passed for each in samples) else _UNSCORED


def _group(rank: int, total: int, rows: Sequence[Element]) -> Element:
    count = f"{total:,}" if len(rows) == total else f"{len(rows):,} of {total:,} shown"
    if rank >= _PASSED:
        name = "Passed" if rank == _PASSED else "Not scored"
        heading = el("summary", el("span", name, class_="name"), el("small", count))
        return el("details", heading, rows, class_="group")
    each = CLASSES[rank]
    heading = el("h4", each.name.capitalize(), el("small", count))
    return el("section", heading, el("p", each.about, class_="about"), rows, class_="group")


def _problem(samples: Sequence[Outcome], prompt: str, rank: int) -> Element:
    problem = samples[0].problem
    passed = sum(each.passed for each in samples)
    verdict = _verdict(samples, passed)
    first = next((each for each in samples if each.failure is not None), samples[0])
    detail = first.result.detail if first.result is not None else ""
    state = {_PASSED: "good", _UNSCORED: "open"}.get(rank, "bad")
    chosen = _chosen(samples)
    left = len(samples) - len(chosen)
    return el(
        "details",
        el(
            "summary",
            el("span", verdict, class_=f"verdict {state}"),
            el("span", problem.task_id, class_="task"),
            el("span", _cut(detail.split("\n")[0], 160), class_="detail") if detail else None,
        ),
        el(
            "div",
            (_sample(each, alone=len(samples) == 1) for each in chosen),
            el("p", f"{left:,} more samples of this problem are left out.") if left else None,
            _fold("Prompt, as the model read it", _prompt(prompt)),
            _fold("Reference", _code(problem.reference)),
            class_="body",
        ),
        class_="problem",
    )


def _verdict(samples: Sequence[Outcome], passed: int) -> str:
    if len(samples) > 1:
        return f"{passed} of {len(samples)}"
    result = samples[0].result
    return "not scored" if result is None else result.verdict.value


def _chosen(samples: Sequence[Outcome]) -> list[Outcome]:
    """Some samples, each text once, the failed ones first."""
    distinct = {each.sample.completion: each for each in reversed(samples)}
    return sorted(distinct.values(), key=lambda each: (each.passed, each.sample.sample))[:_SAMPLES]


def _sample(outcome: Outcome, *, alone: bool) -> Element:
    sample, result, problem = outcome.sample, outcome.result, outcome.problem
    facts = [] if alone else [f"sample {sample.sample}"]
    facts.append("not scored" if result is None else outcome.failure or "passed")
    facts.append(f"{sample.tokens:,} tokens in {figures.seconds(sample.seconds)}")
    facts.append(f"ended by {sample.finish}")
    same = sample.completion == problem.reference
    return el(
        "div",
        el("p", " · ".join(facts), class_="facts"),
        _code(result.detail, "reason") if result is not None and result.detail else None,
        el("p", "The very text of the reference.", class_="identical")
        if same
        else diff_element(diff(problem, _cut(sample.completion))),
        None if same else _fold("Completion, as it came", _code(sample.completion)),
        class_="sample",
    )


def _fold(title: str, content: Element) -> Element:
    return el("details", el("summary", title), content, class_="fold")


def _code(text: str, kind: str | None = None) -> Element:
    return el("pre", el("code", _cut(text)), class_=kind, tabindex=0)


def _prompt(prompt: str) -> Element:
    """The prompt, its special tokens set apart."""
    parts: Iterator[Child] = (
        el("span", part, class_="special") if _SPECIAL.fullmatch(part) else part
        for part in _SPECIAL.split(_cut(prompt))
    )
    return el("pre", el("code", parts), tabindex=0)


def _cut(text: str, longest: int = _LONGEST) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... {len(text) - longest:,} characters more"
