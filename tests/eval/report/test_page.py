import csv
import html
import html.parser
import io
import re
import shlex
from importlib import resources

import pytest
from click.testing import CliRunner

from codegen.errors import UsageError
from codegen_eval.cli.report import command
from codegen_eval.cli.run import command as run_command
from codegen_eval.report.diff import DiffLine, diff
from codegen_eval.report.page import page
from codegen_eval.report.reported import reported_runs
from codegen_eval.report.table_csv import COLUMNS, command_of, to_csv
from codegen_eval.suites.split import choose
from tests.eval.metrics.made import REFERENCE, problem, run, suite

HOSTILE = (
    "</code></pre></script><script>alert(1)</script><img src=x onerror=alert(1)>"
    "<style>*{display:none}</style><!-- \x1b[2J\x1b]0;t\x07 \u202e\u2066 \0 \ud800 ]]> &lt;b&gt;"
    "\r\n' onmouseover='alert(1)\" autofocus onfocus=alert(1) x=\"\n"
)
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav", "section",
    "h1", "h2", "h3", "h4", "p", "a", "ul", "li", "div", "span", "strong", "em", "small", "code",
    "pre", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "figure",
    "figcaption", "svg", "g", "line", "polyline", "polygon", "circle", "rect", "text",
}  # fmt: skip
VOID = {"meta"}


class Checker(html.parser.HTMLParser):
    """Fails on any tag or attribute that the report has no use for, and on bad nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "style", "action", "autofocus"}
            if name == "href":
                self.links.append(value)
            if name == "id":
                self.ids.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        pytest.fail(f"a comment: {data}")


def parsed(text):
    text.encode("utf-8")
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert not checker.open
    assert all(link.removeprefix("#") in checker.ids for link in checker.links)
    return checker


def made_entries(tmp_path, rows=None, made=None, **info):
    made = made or suite(4)
    rows = rows or [
        ("made/0", REFERENCE, "passed"),
        ("made/1", "    return left\n", "wrong", "add(1, 2): expected 3, got 1"),
        ("made/2", REFERENCE + "    print()\n", "syntax", "IndentationError: line 3"),
        ("made/3", "    return 3\n", None),
    ]
    return reported_runs([(run(tmp_path / "run", rows, **info), made)])


def test_hostile_text_stays_text(tmp_path):
    hostile = problem(
        HOSTILE,
        "group",
        prefix=HOSTILE,
        suffix=HOSTILE,
        reference=HOSTILE + "x",
        entry_point=HOSTILE,
    )
    rows = [(HOSTILE, HOSTILE, "forged", HOSTILE), (HOSTILE, HOSTILE * 2, "wrong", HOSTILE)]
    info = dict.fromkeys(("model", "precision", "device", "format", "released", "paths"), HOSTILE)
    text = page(made_entries(tmp_path, rows, suite(problems=[hostile]), samples=2, **info))
    checker = parsed(text)
    assert "<script>alert(1)</script>" in checker.text
    for character in "\x1b\x07\u202e\u2066\0\ud800\r":
        assert character not in text
    assert "U+202E" in checker.text
    assert 'class="hidden"' in text


def test_a_page_has_all_facts_and_figures(tmp_path):
    text = parsed(page(made_entries(tmp_path))).text
    for part in (
        "The model may have seen these texts", "qwen2.5-coder-0.5b", "ONNX Runtime 1.30.0",
        "prefill=fp32, decode=int4", "33.3 %", "add(1, 2): expected 3, got 1", "not scored",
        "previous line", "<|fim_prefix|>made/1<|fim_middle|>", "Prompt, as the model read it",
        "greedy", "codegen eval run made",
    ):  # fmt: skip
        assert part in text, part


def test_new_texts_have_no_warning(tmp_path):
    text = page(made_entries(tmp_path, published="2026-01-01"))
    assert "may have seen" not in text
    assert "younger than the model" in text


def test_nothing_is_fetched_and_nothing_runs(tmp_path):
    text = html.unescape(page(made_entries(tmp_path)))
    assert "default-src 'none'" in text
    assert text.index("Content-Security-Policy") < text.index("<style>")
    assert not re.search(r"https?://|url\(|@import|<script|javascript:", text)


def test_failures_come_first_and_the_rest_is_left_out_by_number(tmp_path):
    made = suite(50)
    rows = [
        (task, "    return 1\n" if index >= 45 else REFERENCE, "wrong" if index >= 45 else "passed")
        for index, task in enumerate(made.problems)
    ]
    text = page(made_entries(tmp_path, rows, made), 8)
    shown = re.findall(r'class="task">([^<]+)<', text)
    assert shown == [f"made/{n}" for n in (45, 46, 47, 48, 49, 0, 1, 2)]
    assert "42 more of 50 problems are left out" in text
    assert "3 of 45 shown" in text


def test_long_texts_are_cut(tmp_path):
    rows = [("made/0", "x = 1\n" * 100_000, "wrong", "y" * 100_000)]
    text = page(made_entries(tmp_path, rows))
    assert len(text) < 150_000
    assert "588,000 characters more" in text


def test_several_samples_of_one_text_are_shown_once(tmp_path):
    rows = [("made/0", "    return 1\n", "wrong")] * 3 + [("made/0", REFERENCE, "passed")]
    text = page(made_entries(tmp_path, rows, samples=4, temperature=0.8))
    assert ">1 of 4<" in text
    assert text.count('class="sample"') == 2
    assert "2 more samples" in text


def test_runs_are_told_apart_by_what_differs(tmp_path):
    made = suite(4)
    rows = [("made/0", REFERENCE, "passed")]
    changes = ({}, {"precision": "fp32"}, {"precision": "fp32", "heal": False}, {"model": "other"})
    opened = [run(tmp_path / str(n), rows, **change) for n, change in enumerate(changes)]
    labels = [each.label for each in reported_runs([(each, made) for each in opened])]
    assert labels == [
        "qwen2.5-coder-0.5b int4",
        "qwen2.5-coder-0.5b fp32, healed",
        "qwen2.5-coder-0.5b fp32, not healed",
        "other int4",
    ]
    same = [run(tmp_path / name, rows) for name in ("first", "second")]
    assert [each.label for each in reported_runs([(each, made) for each in same])] == [
        "qwen2.5-coder-0.5b int4, first",
        "qwen2.5-coder-0.5b int4, second",
    ]


def test_plots_are_drawn_where_there_is_something_to_plot(tmp_path):
    made = suite(4)
    rows = [(f"made/{n // 5}", REFERENCE, "passed" if n % 3 else "wrong") for n in range(20)]
    one = run(tmp_path / "one", rows, samples=5)
    two = run(tmp_path / "two", rows[::5], model="other")
    assert 'class="plot"' not in page(reported_runs([(two, made)]))
    assert page(reported_runs([(one, made)])).count('class="plot"') == 1
    assert page(reported_runs([(one, made), (two, made)])).count('class="plot"') == 2


@pytest.mark.parametrize(
    ("reference", "completion", "expected"),
    [
        ("    a = 1\n", "    a = 1\n", [("same", "    a = 1")]),
        (
            "    a = 1\n",
            "    a = 2\n",
            [("reference", "    a = 1", (8, 9)), ("sample", "    a = 2", (8, 9))],
        ),
        ("    a\n", "    a\n    b\n", [("same", "    a"), ("sample", "    b")]),
        ("    a\n", "", [("reference", "    a")]),
    ],
)
def test_a_diff_shows_the_lines_around_and_what_changed(reference, completion, expected):
    made = problem(prefix="0\n1\n2\n3\n", suffix="    5\n6\n", reference=reference)
    around = [DiffLine("around", text) for text in "123"]
    changed = [DiffLine(*each) for each in expected]
    after = [DiffLine("same", "    5"), DiffLine("around", "6")]
    assert diff(made, completion) == [*around, *changed, *after]


def test_a_missing_newline_shows_in_the_line_that_it_spoils():
    made = problem(prefix="", suffix="    5\n", reference="    4\n")
    shown = [(line.part, line.text) for line in diff(made, "    4")]
    assert shown == [("reference", "    4"), ("reference", "    5"), ("sample", "    4    5")]


def test_a_hole_amid_a_line_is_shown_with_its_line():
    made = problem(prefix="a\nb = f(", suffix=")\nc\n", reference="1")
    shown = [(line.part, line.text, line.changed) for line in diff(made, "23")]
    assert shown[1:3] == [("reference", "b = f(1)", (6, 7)), ("sample", "b = f(23)", (6, 8))]


COLOUR = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6});")
# Text, and what it stands on. https://www.w3.org/TR/WCAG21/#contrast-minimum
PAIRS = [
    *((ink, paper) for ink in ("ink", "muted", "accent", "bad") for paper in ("paper", "code")),
    ("good", "paper"), ("note-ink", "note"), ("ink", "add"), ("ink", "add-strong"),
    ("ink", "del"), ("ink", "del-strong"), ("bad", "add"), ("bad", "del"),
    *(("on-mark", f"s{n}") for n in range(1, 7)),
]  # fmt: skip


def luminance(colour):
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_contrast_is_enough(scheme, ink, paper):
    style = resources.files("codegen_eval.report").joinpath("style.css").read_text()
    light, dark, *_ = style.split("@media")
    colours = dict(COLOUR.findall(light if scheme == "light" else dark))
    high, low = sorted((luminance(colours[name]) for name in (ink, paper)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_csv_has_a_line_per_measure_in_a_fixed_order(tmp_path):
    made = made_entries(tmp_path)
    text = to_csv(made)
    assert text == to_csv(made)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    first = rows[0]
    assert (first["suite"], first["split"], first["measure"]) == ("made", "all", "pass@1")
    assert (first["tasks"], first["value"], first["seen"]) == ("3", "0.33333", "yes")
    assert float(first["low"]) < float(first["value"]) < float(first["high"])
    unscored = next(row for row in rows if row["measure"] == "pass@1 of baseline: empty")
    assert unscored["value"] == ""
    assert first["command"].startswith("CODEGEN_THREADS=2 codegen eval run made --model")
    assert {row["split"] for row in rows} == {"all", "tune", "report"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    (made,) = made_entries(tmp_path)
    monkeypatch.setattr("codegen_eval.suites.registry.suite_again", lambda *_: made.suite)
    return made.run.directory


def test_the_command_writes_both(tmp_path, here):
    out, table = tmp_path / "a.html", tmp_path / "a.csv"
    result = CliRunner().invoke(
        command, [str(here), "--out", str(out), "--csv", str(table)], catch_exceptions=False
    )
    assert result.output.split("\n")[:2] == [str(out), str(table)]
    assert parsed(out.read_text(encoding="utf-8"))
    assert table.read_text().startswith("suite,model,")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "a.html", "run"]


def test_the_command_writes_a_page_where_it_is_called(tmp_path, here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["run"], catch_exceptions=False)
    assert result.output == "eval-report.html\n"
    assert parsed((tmp_path / "eval-report.html").read_text(encoding="utf-8"))


def test_a_place_that_cannot_be_written_is_named(tmp_path, here):
    with pytest.raises(UsageError, match="can't be written"):
        CliRunner().invoke(
            command, [str(here), "--out", str(tmp_path / "no" / "a.html")], catch_exceptions=False
        )


@pytest.mark.parametrize("change", [{}, {"heal": False, "samples": 5, "temperature": 0.8}])
def test_the_command_that_makes_a_run_again_is_one(tmp_path, change):
    (made,) = made_entries(tmp_path, **change)
    _, *words = shlex.split(command_of(made))
    assert words[:3] == ["codegen", "eval", "run"]
    options = run_command.make_context("run", words[3:]).params
    for name in ("heal", "samples", "temperature", "top_p", "seed", "batch", "max_tokens", "end"):
        assert options[name] == getattr(made.run.info, name)


def test_the_command_knows_which_problems_were_chosen(tmp_path):
    suite_ = suite(20)
    tune = [each.task_id for each in choose(suite_.problems.values(), "tune", None)]
    some = [each.task_id for each in choose(suite_.problems.values(), "all", 5)]
    other = ["made/1", "made/0", "made/19"]
    commands = []
    for name, tasks in (("tune", tune), ("some", some), ("other", other)):
        rows = [(task, REFERENCE, "passed") for task in tasks]
        commands.append(command_of(made_entries(tmp_path / name, rows, suite_)[0]))
    assert commands[0].endswith(" --split tune")
    assert commands[1].endswith(" --limit 5")
    assert commands[2] == ""
