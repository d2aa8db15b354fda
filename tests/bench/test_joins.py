"""`codegen bench joins`: what is cut, what the model writes, and what is made of that."""

import logging
from collections import Counter, defaultdict

import pytest

from codegen.bench.joins import asking
from codegen.bench.joins.answers import FENCE, MODES, PROSE, WrittenAnswer, answer
from codegen.bench.joins.asking import measure
from codegen.bench.joins.holes import Gap, choose_gaps
from codegen.bench.joins.source import CODE, COMMENT, STRING, Source
from codegen.bench.joins.verdict import Outcome, compare
from codegen.completion.complete import Candidate, Completion
from codegen.engine.outcome import FinishReason, Usage
from codegen.engine.scripted import ScriptedBackend
from codegen.local.model import LocalModel
from codegen.progress import NullProgress
from codegen.prompt.families import recognise
from tests.bench.joins_sources import SOURCES

# What has to be right in all modes today: the rows that a change may not spoil. One that is
# missing here is not right yet.
RIGHT = {
    "go": (
        "brackets/unclosed element element/column1 rest-inside rest-word string string/unclosed"
    ),
    "html": ("attribute/unclosed line/column1 rest-inside rest-word text"),
    "java": (
        "brackets/unclosed chain chain/column1 header-comment header-comment/column1 "
        "rest-inside rest-word string string/unclosed"
    ),
    "javascript": (
        "brackets/unclosed chain element element/column1 rest-inside rest-word string "
        "string/unclosed template template/unclosed"
    ),
    "kotlin": (
        "brackets/unclosed element element/column1 rest-inside rest-word string "
        "string/unclosed template template/unclosed"
    ),
    "lua": (
        "brackets brackets/unclosed element element/column1 line rest-inside rest-word string "
        "string/unclosed"
    ),
    "python": (
        "body/unclosed brackets brackets/unclosed chain element element/column1 fstring "
        "fstring/unclosed line line/column1 rest-inside rest-word string string/unclosed"
    ),
    "ruby": (
        "brackets brackets/unclosed element element/column1 rest-inside rest-word string "
        "string/unclosed template template/unclosed"
    ),
    "rust": (
        "brackets brackets/unclosed chain line/column1 rest-inside rest-word string string/unclosed"
    ),
    "typescriptreact": (
        "attribute/unclosed brackets/unclosed line rest-inside rest-word string/unclosed "
        "template text"
    ),
    "yaml": ("rest-inside rest-word string string/unclosed"),
}


@pytest.fixture(scope="module")
def model(tokenizer, vocabulary):
    return LocalModel(
        name="scripted",
        backend=ScriptedBackend([], window=2048),
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device="cpu",
    )


@pytest.fixture(scope="module")
def gaps():
    return list(choose_gaps(SOURCES, kinds=(), limit=10_000, seed=0))


@pytest.fixture(scope="module")
def outcomes(model, gaps):
    return list(measure(model, gaps, MODES, NullProgress()))


def test_right_answers_stay_right_in_each_language(outcomes):
    rows = defaultdict(list)
    for each in outcomes:
        rows[each.gap.language].append(each)
    for language, names in RIGHT.items():
        found = {each.gap.name for each in rows[language]}
        assert set(names.split()) <= found, language
        wrong = [
            (each.gap.name, each.answer.mode, each.verdict, each.gap.truth, each.suggestion)
            for each in rows[language]
            if each.gap.name in names.split() and not each.right
        ]
        assert not wrong, language


def test_a_piece_put_back_makes_the_file(gaps):
    texts = {source.path: source.text for source in SOURCES}
    assert {gap.newline for gap in gaps} == {"\n", "\r\n"}
    for gap in gaps:
        assert gap.before + gap.truth + gap.after == gap.text
        assert gap.text.replace("\r\n", "\n") == texts[gap.path]
        assert gap.truth.strip()
        # No piece begins or ends between a carriage return and its line feed.
        assert not gap.before.endswith("\r")
        assert not gap.truth.endswith("\r")


def test_all_kinds_are_cut(gaps):
    assert {gap.name for gap in gaps} >= {
        "line",
        "line/column1",
        "rest-word",
        "rest-inside",
        "brackets",
        "brackets/unclosed",
        "string",
        "string/unclosed",
        "template",
        "fstring",
        "attribute",
        "text",
        "element",
        "element/column1",
        "body",
        "body/column1",
        "body/unclosed",
        "body/inline",
        "header-lines",
        "header-comment",
        "chain",
        "chain/column1",
    }


def test_a_seed_chooses(gaps):
    assert list(choose_gaps(SOURCES, kinds=(), limit=10_000, seed=0)) == gaps
    assert list(choose_gaps(SOURCES, kinds=(), limit=10_000, seed=1)) != gaps
    few = list(choose_gaps(SOURCES, kinds=("string",), limit=3, seed=0))
    assert {gap.kind for gap in few} == {"string"}
    by_language = Counter(gap.language for gap in few)
    assert max(by_language.values()) == 4  # a piece comes in both its variants


def pieces(text, kind, language="python", path="a.py"):
    """The pieces of one kind, each with its variant, in order."""
    source = Source(path, language, text)
    found = choose_gaps([source], kinds=(kind,), limit=1000, seed=0)
    return sorted((gap.variant, gap.truth.replace("\r\n", "\n")) for gap in found)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("line", "\n  a = 1\n", [("column1", "  a = 1"), ("usual", "a = 1")]),
        ("rest-word", "x = one.two\n", [("usual", "one.two"), ("usual", "two")]),
        # Two letters at least stand before the cursor, and one after it.
        ("rest-inside", "abc\n", [("usual", "c")]),
        ("brackets", "f(a, b) + 1\n", [("unclosed", "a, b) + 1"), ("usual", "a, b")]),
        ("brackets", "f() + '(x)'  # (y)\n", []),
        ("string", "f('abc', 1)\n", [("unclosed", "abc', 1)"), ("usual", "abc")]),
        ("fstring", 'f"{a}!"\n', [("unclosed", 'a}!"'), ("usual", "a")]),
        ("chain", "a.b(1).c(2)\n", [("usual", ".b(1)")]),
        ("chain", "a.b(1).c\n", []),
    ],
)
def test_pieces_of_one_line(kind, text, expected):
    assert pieces(text, kind) == expected


def test_elements_of_brackets():
    text = 'names = [\n    "a",\n    "b",\n]\nif x:\n    f(\n    )\n'
    assert pieces(text, "element") == [("column1", '    "a",'), ("usual", '"a",')]
    # A block of statements is no list.
    block = "if (a) {\n  b();\n  c();\n}\n"
    assert pieces(block, "element", "javascript", "a.js") == []
    imports = 'import (\n\t"a"\n\t"b"\n)\n'
    assert ("usual", '"a"') in pieces(imports, "element", "go", "a.go")


def test_bodies_of_blocks():
    text = "if (a) {\n  b();\n\n  c();\n}\nd();\n"
    assert pieces(text, "body", "javascript", "b.js") == [
        ("column1", "  b();\n\n  c();"),
        ("inline", "\n  b();\n\n  c();\n"),
        ("unclosed", "b();\n\n  c();\n}"),
        ("usual", "b();\n\n  c();"),
    ]


def test_a_body_of_more_than_one_line_and_of_no_more_than_sixteen():
    assert pieces("if a:\n    b\nc\n", "body") == []
    lines = [f"    line_{number}\n" for number in range(17)]
    assert pieces("if a:\n" + "".join(lines[:16]) + "c\n", "body") != []
    assert pieces("if a:\n" + "".join(lines) + "c\n", "body") == []
    assert pieces("if a:\n" + "".join(lines[:15]) + "\n" + "".join(lines[15:]), "body") == []


def test_headers_of_blocks():
    lines = "def f(\n    a,\n):\n    b\n    c\n"
    assert ("usual", "b\n    c") in pieces(lines, "header-lines")
    hanging = "if (a &&\n    b) {\n  c();\n  d();\n}\n"
    assert ("usual", "c();\n  d();") in pieces(hanging, "header-lines", "javascript", "b.js")
    comment = "if (a) { // why\n  c();\n  d();\n}\n"
    assert ("usual", "c();\n  d();") in pieces(comment, "header-comment", "javascript", "b.js")
    assert "inline" not in dict(pieces(comment, "header-comment", "javascript", "b.js"))
    # What goes on behind the closing bracket is not a part of the body.
    other = "if (a) {\n  c();\n  d();\n} else {\n  e();\n}\n"
    assert "unclosed" not in dict(pieces(other, "body", "javascript", "b.js"))


def test_tags_of_markup():
    text = '<a>\n  <p class="b" id="c">Some text</p>\n</a>\n'
    assert pieces(text, "text", "html", "a.html") == [("usual", "Some text")]
    assert ("usual", "b") in pieces(text, "attribute", "html", "a.html")


@pytest.mark.parametrize(
    ("path", "language"), [("a.py", "python"), ("CMakeLists.txt", "cmake"), ("a.ini", "ini")]
)
def test_layers_of_a_source(path, language):
    """With a grammar, and without."""
    source = Source(path, language, 'a = "b" # c\n')
    assert source.layers[:11] == f"{CODE * 4}{STRING * 3}{CODE}{COMMENT * 3}"
    assert source.code_end(source.lines[0]) == len('a = "b"')


PYTHON = "def f():\n    a = g(1)\n    b = 2\n    return a\n\n\nx = 1\n"


def cut_out(kind, truth):
    start = PYTHON.index(truth)
    return Gap("a.py", "python", kind, "usual", PYTHON, start, start + len(truth))


GAP = cut_out("brackets", "1")
BODY = cut_out("body", "a = g(1)\n    b = 2\n    return a")


def test_the_model_writes_the_truth_and_then_something():
    assert answer(GAP, "stops") == WrittenAnswer("stops", "", "1")
    assert answer(GAP, "repeats").text == "1)\n    b = 2\n    return a\n\n\nx = 1\n"
    assert answer(BODY, "repeats").text == BODY.truth + "\n\n\nx = 1\n"
    assert answer(GAP, "elsewhere").text.startswith("1)")
    assert answer(GAP, "elsewhere") == answer(GAP, "elsewhere")


def test_the_mode_elsewhere_has_all_tails(gaps):
    by_tail = defaultdict(list)
    for gap in gaps:
        written = answer(gap, "elsewhere")
        by_tail[written.tail].append(written.text.replace("\r\n", "\n"))
        assert written.text.startswith(gap.truth)
        if gap.newline == "\r\n":
            assert "\n" not in written.text.replace("\r\n", "")
    assert set(by_tail) == {"function", "fence", "prose", "outdent"}
    assert all(text.endswith(FENCE) for text in by_tail["fence"])
    assert all(text.endswith(PROSE) for text in by_tail["prose"])


def test_after_a_body_comes_its_closing_line_first():
    text = "if (a) {\n  b();\n  c();\n}\nd();\n"
    for path in ("a.js", "b.js", "c.js", "d.js", "e.js", "f.js"):
        gap = Gap(path, "javascript", "body", "usual", text, 11, 22)
        written = answer(gap, "elsewhere")
        after = written.text[len(gap.truth) :]
        assert after.startswith("\ntotal" if written.tail == "outdent" else "\n}\n")


def test_a_statement_comes_after_statements_only():
    text = "f(\n    a,\n    b,\n)\n"
    paths = [f"{name}.py" for name in "abcdefghijklmnop"]
    gaps = [Gap(path, "python", "body", "usual", text, 7, 16) for path in paths]
    assert gaps[0].truth == "a,\n    b,"
    assert {answer(gap, "elsewhere").tail for gap in gaps} == {"function", "fence", "prose"}


@pytest.mark.parametrize(
    ("suggestion", "verdict"),
    [
        ("a = g(1)\n    b = 2\n    return a", "exact"),
        ("a = g(1)\n    b = 2\n    return a\n  ", "exact"),
        ("a = g(1)\n    b = 2", "cut-short"),
        ("a = g(1)\n    b = 2\n    return a\n\nx", "runs-over"),
        ("a = g(1)\n  b = 2\n  return a", "moved"),
        ("c", "other"),
    ],
)
def test_verdicts_on_answers(suggestion, verdict):
    assert compare(suggestion, BODY) == verdict


def test_blanks_count_where_something_follows():
    assert compare("1", GAP) == "exact"
    assert compare("1 ", GAP) == "runs-over"


def right(gap, tail, suggestion, *, adds_errors=False):
    verdict = compare(suggestion, gap)
    written = WrittenAnswer("elsewhere", tail, "")
    return Outcome(gap, written, verdict, suggestion, adds_errors=adds_errors).right


def test_after_a_line_other_code_may_come():
    line = cut_out("line", "a = g(1)")
    assert right(line, "function", "a = g(1)")
    assert right(line, "function", "a = g(1)\n    c = 3")
    assert not right(line, "function", "a = g(1)\n    b = 2")
    assert not right(line, "function", "a = g(1)\n    c = (", adds_errors=True)
    assert not right(line, "function", "a = g")
    assert not right(line, "fence", "a = g(1)\n```")
    assert not right(BODY, "function", BODY.truth + "\n    c = 3")


def outcome(model, gap, mode="stops"):
    (found,) = measure(model, [gap], (mode,), NullProgress())
    return found


def test_an_exception_is_an_outcome(model, monkeypatch):
    def broken(*_args, **_options):
        raise ValueError("oh")

    monkeypatch.setattr(asking, "write", broken)
    found = outcome(model, GAP)
    assert (found.verdict, found.suggestion) == ("exception", None)
    assert "ValueError('oh') in broken" in found.reason
    monkeypatch.setattr(asking, "prepare", broken)
    assert outcome(model, GAP).verdict == "exception"


def test_a_logged_error_is_an_outcome(model, monkeypatch):
    def warns(*_args, **_options):
        logging.getLogger("codegen.anything").warning("swallowed")
        yield Completion((), "blank", Usage(0, 0, 0.0, 0.0, 0))

    monkeypatch.setattr(asking, "write", warns)
    assert (outcome(model, GAP).verdict, outcome(model, GAP).reason) == ("exception", "swallowed")


def test_an_empty_answer_and_a_refusal_are_outcomes(model, monkeypatch):
    def nothing(*_args, **_options):
        yield Completion((), "blank", Usage(0, 0, 0.0, 0.0, 0))

    inside = Gap("a.py", "python", "rest-inside", "usual", "value = other\n", 2, 4)
    assert (outcome(model, inside).verdict, outcome(model, inside).reason) == (
        "refused",
        "inside-word",
    )
    monkeypatch.setattr(asking, "write", nothing)
    assert (outcome(model, GAP).verdict, outcome(model, GAP).reason) == ("nothing", "blank")


def test_syntax_errors_are_counted(model, monkeypatch):
    def writes(text):
        candidate = Candidate(text, -1.0, FinishReason.STOP, ())
        events = [Completion((candidate,), None, Usage(0, 0, 0.0, 0.0, 0))]
        monkeypatch.setattr(asking, "write", lambda *_args, **_options: iter(events))

    writes("1 +")
    assert outcome(model, GAP).adds_errors is True
    writes("1, 2")
    assert outcome(model, GAP).adds_errors is False
    writes("1")
    assert (outcome(model, GAP).verdict, outcome(model, GAP).adds_errors) == ("exact", False)
    plain = Gap("a.ini", "ini", "line", "usual", "[a]\nb = 1\n", 4, 9)
    assert outcome(model, plain).adds_errors is None


def test_a_truth_that_is_too_long_is_left_out(model):
    text = "x = [" + "1 + " * 200 + "1]\n"
    gap = Gap("a.py", "python", "brackets", "usual", text, 5, len(text) - 2)
    assert list(measure(model, [gap], MODES, NullProgress())) == []
