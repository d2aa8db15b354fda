"""The report as one HTML page, without scripts and without anything to fetch."""

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final

from codegen_eval.report import plots, tables
from codegen_eval.report.html import Child, Element, document, el
from codegen_eval.report.problems import problems
from codegen_eval.report.reported import ReportedRun
from codegen_eval.report.table_csv import command_of

PROBLEMS: Final = 400
"""The default number of problems on a page, of all its runs together."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_NOTES: Final = (
    (
        "Intervals are 95 %: a bootstrap (BCa) that draws problems with all the tasks that were "
        "cut from them. pass@k is the unbiased estimator of the Codex paper."
    ),
    (
        "Exact match compares the whole completion as it is; stripped, without the whitespace "
        "around it. Edit similarity is 1 - Levenshtein distance / length of the longer text. "
        "Times are the engine's, as measured while generating."
    ),
    "Scores of other harnesses are not comparable with these.",
)


def page(entries: Sequence[ReportedRun], most: int = PROBLEMS) -> str:
    """The page of some runs.

    Args:
        entries: the runs, at least one.
        most: how many problems to show, divided among the runs.
    """
    title = _title(entries)
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return document(
        el(
            "html",
            el(
                "head",
                el("meta", charset="utf-8"),
                el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
                el("meta", name="viewport", content="width=device-width, initial-scale=1"),
                el("meta", name="color-scheme", content="light dark"),
                el("title", f"{title} - codegen evaluation"),
                el("style", style),
            ),
            el(
                "body",
                _header(title, entries),
                el(
                    "main",
                    (_suite(group) for group in _by_suite(entries)),
                    _settings(entries),
                    _problems(entries, most),
                ),
                el("footer", (el("p", line) for line in _NOTES)),
            ),
            lang="en",
        )
    )


def _title(entries: Sequence[ReportedRun]) -> str:
    suites = list(dict.fromkeys(entry.suite.name for entry in entries))
    if len(entries) == 1:
        return f"{entries[0].run.info.model} on {suites[0]}"
    return f"{len(entries)} runs on " + (suites[0] if len(suites) == 1 else f"{len(suites)} suites")


def _header(title: str, entries: Sequence[ReportedRun]) -> Element:
    links = [(f"suite-{n}", group[0].suite.name) for n, group in _by_suite(entries)]
    links += [("settings", "Settings"), ("problems", "Problems")]
    return el(
        "header",
        el("p", "codegen evaluation", class_="over"),
        el("h1", title),
        el("ul", (el("li", line) for line in _facts(entries)), class_="facts"),
        el(
            "nav", (el("a", name, href=f"#{place}") for place, name in links), aria_label="Contents"
        ),
    )


def _facts(entries: Sequence[ReportedRun]) -> Iterator[str]:
    """What holds for all runs, in a line of words."""
    infos = [entry.run.info for entry in entries]
    for shown in (
        [f"precision {info.precision}" for info in infos],
        [f"{info.device}, {info.threads} threads" for info in infos],
        [f"ONNX Runtime {info.onnxruntime}" for info in infos],
        [f"prompt format {info.format}, end by {info.end}" for info in infos],
        [
            "greedy"
            if info.temperature <= 0
            else f"{info.samples} samples at temperature {info.temperature:g}"
            for info in infos
        ],
    ):
        if len(set(shown)) == 1:
            yield shown[0]


def _suite(numbered: tuple[int, Sequence[ReportedRun]]) -> Element:
    number, entries = numbered
    suite = entries[0].suite
    plotted = [
        plot for plot in (plots.pass_at_k(entries), plots.quality_and_latency(entries)) if plot
    ]
    failed = tables.failures(entries)
    return el(
        "section",
        el("h2", suite.name),
        el("p", _about(entries), class_="about"),
        _seen(entries),
        tables.results(entries),
        el("div", plotted, class_="plots") if plotted else None,
        (el("h3", "Why samples failed"), failed) if failed else None,
        el(
            "details",
            el("summary", "By half: settings are chosen on tune, claims are made on report"),
            tables.halves(entries),
            class_="fold wide",
        ),
        id=f"suite-{number}",
        class_="suite",
    )


def _about(entries: Sequence[ReportedRun]) -> str:
    suite = entries[0].suite
    what = "holes to be filled" if suite.kind == "infilling" else "functions to be completed"
    groups = len({problem.group for problem in suite.problems.values()})
    cut = f", cut from {groups:,} problems" if groups < len(suite.problems) else ""
    return f"{len(suite.problems):,} {what}{cut}; public since {suite.published}."


def _seen(entries: Sequence[ReportedRun]) -> Element:
    """Whether the models may have been trained on the texts, said of every suite."""
    seen = [entry for entry in entries if entry.summary.seen]
    if not seen:
        return el("p", "These texts are younger than the model: it can't have seen them.",
                  class_="note quiet")  # fmt: skip
    dates = " or ".join(sorted({entry.run.info.released or "an unknown date" for entry in seen}))
    who = "The model" if len(seen) == len(entries) else f"The model of {len(seen)} of these runs"
    return el(
        "p",
        el("strong", f"{who} may have seen these texts. "),
        f"They were public on {entries[0].suite.published}, the model came on {dates}: "
        "read the scores as comparisons, not as what to expect of new code.",
        class_="note seen",
    )


def _settings(entries: Sequence[ReportedRun]) -> Element:
    commands = [command_of(entry) for entry in entries]
    return el(
        "section",
        el("h2", "Settings"),
        tables.settings(entries),
        [el("pre", el("code", command), class_="command") for command in commands if command],
        id="settings",
    )


def _problems(entries: Sequence[ReportedRun], most: int) -> Element:
    share, rest = divmod(most, len(entries))
    parts: list[Child] = []
    for index, entry in enumerate(entries):
        if len(entries) > 1:
            name = (plots.chip(entry), entry.label, el("small", entry.suite.name))
            parts.append(el("h3", name, class_="of-run"))
        parts.append(problems(entry, share + (index < rest)))
    return el(
        "section",
        el("h2", "Problems"),
        el(
            "p",
            "Failures first, by what went wrong. In a diff, lines with - are of the reference, "
            "lines with + of the sample; characters that would hide or reorder text are shown by "
            "their number.",
            class_="about",
        ),
        parts,
        id="problems",
    )


def _by_suite(entries: Sequence[ReportedRun]) -> list[tuple[int, list[ReportedRun]]]:
    groups: dict[str, list[ReportedRun]] = {}
    for entry in entries:
        groups.setdefault(entry.suite.name, []).append(entry)
    return list(enumerate(groups.values(), 1))
