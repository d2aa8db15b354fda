"""`codegen eval layouts`: cursors, prompts, figures, the folder they lie in, and the table."""

import dataclasses
import hashlib
import json
import math
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from codegen.cancel import CancelToken
from codegen.engine.scripted import ScriptedBackend
from codegen.engine.types import GenerateRequest
from codegen.errors import UsageError
from codegen.local.model import LocalModel
from codegen.prompt.families import recognise
from codegen.prompt.fim import Prompt, build_prompt
from codegen.prompt.healing import Spell
from codegen_eval.errors import DataError
from codegen_eval.layouts.folder import (
    FACTS_FILE,
    JOURNAL_FILE,
    Figures,
    MeasuredHole,
    read_facts,
    read_holes,
    writing,
)
from codegen_eval.layouts.measure import DecodedLine, Scored, describe, likelihood, measure, run
from codegen_eval.layouts.table import tabulate
from codegen_eval.layouts.variants import VARIANTS, CursorPlace, anchor_of, places, questions
from codegen_eval.suites.problem import Assertions, Problem, Suite
from codegen_eval.suites.registry import load_suite
from tests.cursor import CURSOR, at_cursor
from tests.tiny_model import load

SOURCE = """\
import os


def first(path):
    name = os.path.basename(path)
    return name


def second(text, count):
    '''Repeats.'''
    lines = []
    for number in range(count):
        lines.append(text)
    return lines
"""


def problem(prefix, reference, suffix="", name="x/1"):
    return Problem(name, name.partition("/")[0], prefix, suffix, reference, "f", Assertions(""))


def holes(source=SOURCE, wanted=("name = os", "lines.append", "return lines")):
    """A problem for each line that begins so."""
    made = []
    for number, beginning in enumerate(wanted):
        start = source.index(beginning)
        end = source.index("\n", start)
        cut = (source[:start], source[start:end], source[end:])
        made.append(problem(*cut, name=f"g{number}/1"))
    return made


def drawn(made, kind):
    """All lines in which a kind of cursor was set by some seed, the cursor marked."""
    found = set()
    for seed in range(200):
        for place in places(made, seed):
            if place.kind == kind:
                found.add(place.before.rpartition("\n")[2] + CURSOR + place.target)
    return found


# --- the cursors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind", "expected"),
    [
        ("    return x", "start", {"    ‸return x"}),
        ("x = 1", "start", {"‸x = 1"}),
        ("\t)", "start", {"\t‸)"}),
        ("a = b1", "mid", {"a‸ = b1", "a ‸= b1", "a =‸ b1", "a = ‸b1"}),
        ("  f(x) ", "mid", {"  f‸(x) ", "  f(‸x) ", "  f(x‸) "}),
        ("a **= 10", "mid", {"a‸ **= 10", "a ‸**= 10", "a **=‸ 10", "a **= ‸10"}),
        ("    )", "mid", set()),
        ("    pass", "mid", set()),
        ("x = ab", "word", set()),
        ("a1_ = 123", "word", {"a‸1_ = 123", "a1‸_ = 123"}),
        ("if äöü", "word", {"if ä‸öü", "if äö‸ü"}),
        ("pass", "word", {"p‸ass", "pa‸ss", "pas‸s"}),
    ],
)
def test_cursors_of_a_kind(line, kind, expected):
    assert drawn(problem("y = 0\n", line, "\nz = 1\n"), kind) == expected


@pytest.mark.parametrize(
    ("prefix", "reference", "suffix", "expected"),
    [
        # One line, with and without the newline and indentation around it.
        ("def f():\n", "    a()\n", "    b()\n", {"    ‸a()"}),
        ("def f():\n    ", "a()", "\n    b()\n", {"    ‸a()"}),
        # Any of several, but no blank one, and none outside the hole.
        ("if a:\n    ", "b()\n\n    \n    c()\n", "d()\n", {"    ‸b()", "    ‸c()"}),
        # A hole inside a line stands for all of it.
        ("x = f(", "1", ", 2)\n", {"‸x = f(1, 2)"}),
        ("x = ", "[\n    1,\n]", " + y\n", {"‸x = [", "    ‸1,", "‸] + y"}),
        # A line that nobody typed.
        ("", "x = '" + "a" * 500 + "'\n", "", set()),
        ("", "x = '" + "a" * 500 + "'\ny = 1\n", "", {"‸y = 1"}),
    ],
)
def test_the_line_of_a_hole(prefix, reference, suffix, expected):
    assert drawn(problem(prefix, reference, suffix), "start") == expected


@pytest.mark.parametrize(
    ("reference", "suffix", "newline"),
    [("    abc(x)", "\n\nrest", "\n"), ("    abc(x)\r\n", "rest", "\r\n"), ("    abc(x)", "", "")],
)
def test_the_target_is_not_in_what_follows(reference, suffix, newline):
    made = problem("y\n", reference, suffix)
    found = places(made)
    assert [place.kind for place in found] == ["start", "mid", "word"]
    for place in found:
        assert place.before + place.target + place.after == made.program(reference)
        assert place.newline == newline
        assert place.after.startswith(newline)
        assert "\n" not in place.target
        assert "\r" not in place.target


def test_the_same_cursors_each_time_and_others_elsewhere():
    one, two = (problem("", "one two three four five six\n", name=f"x/{n}") for n in (1, 2))
    assert places(one) == places(one)
    assert [place.before for place in places(one)] != [place.before for place in places(two)]


# --- the layouts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("anchor", "source"),
    [
        (0, "a\nb\n¶    c‸d\ne\n"),
        (0, "¶a‸\n"),
        (1, "a\n¶b\n    c‸d\ne\n"),
        (3, "¶a\nb\n    c‸d\ne\n"),
        (8, "x\n¶1\n2\n3\n4\n5\n6\n7\n8\n9‸\n"),
        ("block", "def f(a):\n¶    '''Doc.'''\n    x = a\n    if x:\n        y‸\n"),
        ("block", "class A:\n    x = 1\n\n    def f(self):\n¶        y = 2\n        z‸\n"),
        ("block", "class A:\n¶    x = 1\n    ‸\n"),
        ("block", "def f(a):\n¶    ‸\n\n\nx = 1\n"),
        ("block", "def f(a):\n¶    ‸\n    return 1\n"),
        ("block", "def f(a,\n¶      b‸\n    ):\n    return 1\n"),
        ("block", "¶import os\n\nx = ‸\n"),
        (None, "a\nb¶‸\n"),
    ],
)
def test_where_a_layout_s_anchor_is(anchor, source):
    document = at_cursor(source.replace("¶", ""), "a.py")
    assert anchor_of(document, anchor) == source.replace(CURSOR, "").index("¶")


@pytest.fixture
def scripted(tokenizer, vocabulary):
    family = recognise(tokenizer.special_ids)
    return LocalModel("scripted", ScriptedBackend([]), tokenizer, vocabulary, family, "cpu")


P, S, M = "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"


def asked(model, made, context=512):
    return {
        (each.place.kind, each.variant.layout, each.variant.heal): each
        for each in questions(made, model, context)
    }


def test_the_prompts_of_a_place(scripted):
    made = holes()[1]
    found = asked(scripted, made)
    start, end = SOURCE.index("lines.append"), SOURCE.index("    return lines") - 1
    before, after = SOURCE[:start], SOURCE[end:]
    assert len(found) == 3 * len(VARIANTS)

    def raw(layout):
        return scripted.tokenizer.shown(found["start", layout, False].prompt.ids)

    assert raw("psm") == P + before + S + after + M
    assert raw("spm") == S + after + P + before + M
    line = before.rindex("\n") + 1
    for_ = before.index("    for number")
    lines = before.index("    lines = ")
    body = before.index("    '''Repeats")
    eight = before.index("    name = ")
    anchors = {"0": line, "1": for_, "8": eight, "block": body, "3": body}
    assert before[lines:].count("\n") == 2
    for name, anchor in anchors.items():
        assert raw(f"frozen-{name}") == P + before[:anchor] + S + after + M + before[anchor:]


def test_healing_only_moves_bytes_behind_the_prompt(scripted):
    for made in holes():
        found = asked(scripted, made)
        healed = 0
        for (kind, layout, heal), each in found.items():
            raw = found[kind, layout, False].prompt
            if not heal:
                assert raw.forced == b""
                continue
            healed += bool(each.prompt.forced)
            assert each.place.before.encode().endswith(each.prompt.forced)
            shown = scripted.tokenizer.shown(each.prompt.ids)
            forced = each.prompt.forced.decode()
            mark = S if layout == "psm" else M
            assert shown.count(mark) == 1
            if layout.startswith("frozen"):
                shown += forced
            else:
                shown = shown.replace(mark, forced + mark)
            assert shown == scripted.tokenizer.shown(raw.ids)
        assert healed


def test_all_layouts_see_the_same_text(scripted):
    text = "".join(f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(40))
    (made,) = holes(text, ["b = a + 20"])
    for kind in ("start", "mid", "word"):
        seen = set()
        for (kind_, layout, _), each in asked(scripted, made, 128).items():
            if kind_ != kind:
                continue
            shown = scripted.tokenizer.shown(each.prompt.ids)
            assert len(each.prompt.ids) < 140
            if layout == "spm":
                below, _, above = shown.removeprefix(S).removesuffix(M).partition(P)
                above += each.prompt.forced.decode()
            elif layout == "psm":
                above, _, below = shown.removeprefix(P).removesuffix(M).partition(S)
                above += each.prompt.forced.decode()
            else:
                above, _, rest = shown.removeprefix(P).partition(S)
                below, _, typed = rest.partition(M)
                above += typed + each.prompt.forced.decode()
            seen.add((above, below))
        assert len(seen) <= 1
        if seen:
            ((above, below),) = seen
            assert made.prefix.rpartition("\n")[2] in above
            assert above in text
            assert below in text


def test_what_a_keystroke_costs(scripted):
    found = asked(scripted, holes()[1])
    tokens = scripted.tokenizer.encode
    after = SOURCE[SOURCE.index("    return lines") - 1 :]
    # "    " becomes "    l": all that follows the prefix is computed anew.
    raw = found["start", "psm", False]
    assert raw.keystroke >= 1 + 1 + len(tokens(after)) + 1
    before = raw.place.before
    ours = raw.prompt.ids
    theirs = build_prompt(before + "l", "", after, scripted.family, scripted.tokenizer, heal=False)
    differ = [one != other for one, other in zip(ours, theirs.ids, strict=False)]
    shared = differ.index(True)
    assert raw.keystroke == len(theirs.ids) - shared
    # In front of it stands nothing that moves.
    assert found["start", "frozen-0", False].keystroke <= 3
    assert found["word", "frozen-block", True].keystroke <= 3
    # Healed, a word that is begun is all forced, and the prompt is the same: its last token.
    assert found["word", "psm", True].keystroke == 1


# --- the figures -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forced", "target", "tokens", "stopped", "expected"),
    [
        ("", "abc", ["ab", "c\n"], False, (True, True, 1.0, "abc")),
        ("", "abc", ["ab", "c"], False, (False, False, 1.0, "abc")),
        ("", "abc", ["ab", "c"], True, (True, True, 1.0, "abc")),
        ("", "abc", ["ab"], True, (True, False, 2 / 3, "ab")),
        ("", "abc", ["ab", "\nc"], False, (True, False, 2 / 3, "ab")),
        ("", "abc", ["ad"], False, (True, False, 1 / 3, "ad")),
        ("", "abc", ["ab", "cd"], False, (True, False, 1.0, "abcd")),
        ("", "abc  ", ["abc", " ", "\n"], False, (True, True, 1.0, "abc ")),
        ("", "abc", ["abc", "  "], False, (False, False, 1.0, "abc  ")),
        ("", "abc", ["abc", "  #"], False, (True, False, 1.0, "abc  #")),
        ("", "abc", ["abc\r\n"], False, (True, True, 1.0, "abc\r")),
        ("  r", "et", [" ", " r"], False, (False, False, 0.0, "")),
        ("  r", "et", ["  ret", "\n\n"], False, (True, True, 1.0, "et")),
        ("\n  ", "et", ["\n", "  et"], False, (False, False, 1.0, "et")),
        ("", "äö", [b"\xc3", b"\xa4\xc3"], False, (False, False, 0.5, "ä\ufffd")),
        ("", "äö", [b"\xc3", b"\xa5"], False, (True, False, 0.0, "å")),
    ],
)
def test_a_decoded_line(forced, target, tokens, stopped, expected):
    line = DecodedLine(len(forced), target)
    for token in tokens:
        assert not line.decided
        line.read(token if isinstance(token, bytes) else token.encode())
    line.stopped = stopped
    assert (line.decided, line.exact, line.right, line.text) == expected


class Only:
    """A constraint that allows some tokens at first, and then any."""

    def __init__(self, ids):
        self.ids = ids

    def allowed(self):
        return self.ids and np.array(self.ids)

    def advance(self, _token):
        return Only(None)


def test_likelihood_by_hand():
    rows = np.log(np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.25, 0.125, 0.125]], np.float32)) + 7
    free = likelihood(Scored([2, 1], rows), None)
    assert free == pytest.approx(-math.log(0.3) - math.log(0.25), abs=1e-5)
    held = likelihood(Scored([2, 1], rows), Only([0, 2]))
    assert held == pytest.approx(-math.log(0.3 / 0.4) - math.log(0.25), abs=1e-5)
    assert math.isnan(likelihood(Scored([2, 1], rows), Only([0, 1])))


@pytest.fixture(scope="module")
def small(tiny, tokenizer, vocabulary):
    family = recognise(tokenizer.special_ids)
    return LocalModel("tiny", load(tiny.fp32), tokenizer, vocabulary, family, "cpu")


def test_likelihood_of_a_healed_prompt(small, tiny):
    import torch

    place = CursorPlace("word", SOURCE[: SOURCE.index("turn lines")], "turn lines", "\n", "\n")
    prompt = build_prompt(place.before, "", place.after, small.family, small.tokenizer)
    forced = prompt.forced
    assert forced
    ids = small.tokenizer.encode(forced.decode() + "turn lines\n")
    first = small.tokenizer.token_bytes(ids[0])
    assert first.startswith(forced)
    with torch.no_grad():
        whole = torch.tensor([[*prompt.ids, *ids]])
        logits = tiny.reference()(whole).logits[0, len(prompt.ids) - 1 : -1].double()
    spelled = small.tokenizer.spellings().items()
    # One token can spell all of what is forced, and those that do are all that may come first,
    # but for the tokenizer's own way through it.
    inside = {path[0] for path in Spell.of(small.tokenizer, small.vocabulary, forced).paths if path}
    allowed = sorted({id_ for id_, data in spelled if data.startswith(forced)} | inside)
    steps = [logits[0, allowed].logsumexp(0) - logits[0, ids[0]]]
    steps += [row.logsumexp(0) - row[id_] for row, id_ in zip(logits[1:], ids[1:], strict=True)]
    small.backend.forget()
    found = measure(small, prompt, place)
    assert found.nll == pytest.approx(float(sum(steps)), abs=2e-3)
    # Without what is renormalised it would be far less likely.
    bare = float(sum(row.logsumexp(0) - row[id_] for row, id_ in zip(logits, ids, strict=True)))
    assert found.nll < bare - 1


def written(model, prompt, tokens):
    """What the model itself writes after what is forced, up to what is no text."""
    spell = Spell.of(model.tokenizer, model.vocabulary, prompt.forced) if prompt.forced else None
    request = GenerateRequest(prompt.ids, tokens, constraint=spell)
    steps = list(model.backend.generate(request, CancelToken()))
    data = b"".join(model.tokenizer.token_bytes(step.token) for step in steps if step.token)
    return data[len(prompt.forced) :].decode(errors="replace").partition("\ufffd")[0]


@pytest.mark.parametrize("heal", [True, False])
@pytest.mark.parametrize("begun", ["    ", "    retu", "    lines.appe", "    lines = [1,"])
def test_greedy_is_what_the_model_writes(small, begun, heal):
    prompt = build_prompt(
        SOURCE + begun, "", "\n", small.family, small.tokenizer, order="frozen", heal=heal
    )
    small.backend.forget()
    own = written(small, prompt, 12).partition("\n")[0].rstrip()
    assert own

    def measured(target):
        small.backend.forget()
        return measure(small, prompt, CursorPlace("mid", SOURCE + begun, target, "\n", "\n"))

    assert measured(own).right == 1.0
    half = len(own) // 2
    other = "é" if own[half] != "é" else "ü"
    wrong = measured(own[:half] + other + own[half + 1 :])
    assert wrong.right == half / len(own)
    assert not wrong.exact
    assert wrong.wrote.startswith(own[: half + 1])


def test_tokens_that_healing_does_not_allow_have_no_likelihood(small):
    place = CursorPlace("word", "x", "yz", "\n", "\n")
    prompt = Prompt((*small.tokenizer.encode("a = "),), "é".encode()[1:])
    found = measure(small, prompt, place)
    assert math.isnan(found.nll)
    assert not found.exact


# --- the folder --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def suite():
    made = {each.task_id: each for each in holes()}
    return Suite("made", "infilling", "2025-01-02", "", "0" * 64, made)


def figures_of(folder, model, suite, limit=3, **changed):
    facts = dataclasses.replace(describe(suite, model, 128), **changed)
    with writing(folder, facts) as writer:
        return list(run(model, list(suite.problems.values())[:limit], facts, writer))


@pytest.fixture(scope="module")
def made_folder(tmp_path_factory, small, suite):
    """A folder of two holes, to be copied; and their figures."""
    folder = tmp_path_factory.mktemp("made") / "two"
    return folder, figures_of(folder, small, suite, 2)


@pytest.fixture
def folder(tmp_path, made_folder):
    source, _ = made_folder
    target = tmp_path / "folder"
    target.mkdir()
    for name in (FACTS_FILE, JOURNAL_FILE):
        (target / name).write_bytes((source / name).read_bytes())
    return target


def test_a_hole_has_all_kinds_and_layouts(made_folder, small):
    _, done = made_folder
    for hole, new in done:
        assert new
        keys = [(each.kind, each.layout, each.heal) for each in hole.figures]
        assert len(keys) == len(set(keys)) == 3 * len(VARIANTS)
        for each in hole.figures:
            assert 0 <= each.right <= 1
            assert each.nll > 0
            assert each.prompt_tokens > each.keystroke >= 1


def test_gone_on_with_after_a_torn_line(folder, made_folder, small, suite):
    journal = folder / JOURNAL_FILE
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-100])
    done = figures_of(folder, small, suite, 2)
    assert [new for _, new in done] == [False, True]
    assert journal.read_bytes() == whole
    assert [hole for hole, _ in done] == [hole for hole, _ in made_folder[1]]
    assert list(read_holes(journal)) == [hole for hole, _ in done]
    # What is there is done, and more is added.
    assert [new for _, new in figures_of(folder, small, suite, 3)] == [False, False, True]
    assert journal.read_bytes().startswith(whole)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"context_tokens": 64}, "another context_tokens;"),
        ({"threads": 7, "suite_sha256": "1" * 64}, "another suite_sha256, threads;"),
        ({"variants": ("psm healed",)}, "another variants;"),
    ],
)
def test_other_facts_are_refused(folder, small, suite, changed, said):
    before = (folder / JOURNAL_FILE).read_bytes()
    with pytest.raises(UsageError, match=said):
        figures_of(folder, small, suite, 1, **changed)
    assert (folder / JOURNAL_FILE).read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "[]", '{"schema": 2}', '{"schema": 1, "kinds": [], "variants": []}']
)
def test_damaged_facts(folder, content):
    (folder / FACTS_FILE).write_text(content)
    with pytest.raises(DataError):
        read_facts(folder)


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"figures": [{"nll": 1}]}'])
def test_damaged_lines(tmp_path, line):
    (tmp_path / "a").write_text(line + "\n")
    with pytest.raises(DataError):
        list(read_holes(tmp_path / "a"))


def test_a_suite_without_holes_is_refused(small, suite):
    with pytest.raises(UsageError, match="a suite of completion"):
        describe(dataclasses.replace(suite, kind="completion"), small, 128)


def test_no_likelihood_is_kept_as_null(tmp_path, small, suite):
    figures = Figures("mid", "psm", True, False, 0.5, math.nan, 3, 20, "ab")
    with writing(tmp_path, describe(suite, small, 128)) as writer:
        writer.add(MeasuredHole("k", "x/1", "x", (figures,)))
    assert (tmp_path / JOURNAL_FILE).read_bytes() == (
        b'{"key": "k", "task_id": "x/1", "group": "x", "figures": [{"kind": "mid", '
        b'"layout": "psm", "heal": true, "exact": false, "right": 0.5, "nll": null, '
        b'"keystroke": 3, "prompt_tokens": 20, "wrote": "ab"}]}\n'
    )
    (hole,) = read_holes(tmp_path / JOURNAL_FILE)
    assert math.isnan(hole.figures[0].nll)


# --- the table ---------------------------------------------------------------------------------


def made(group, **values):
    """A hole from (exact, right, nll, keystroke) by kind and layout."""
    figures = [
        Figures(kind, layout, heal, exact, right, nll, keystroke, 100 + keystroke, "")
        for (kind, layout, heal), (exact, right, nll, keystroke) in values["of"].items()
    ]
    return MeasuredHole(group, f"{group}/1", group, tuple(figures))


PSM, FROZEN = ("word", "psm", True), ("word", "frozen-3", False)
HAND = [
    made("a", of={PSM: (True, 1.0, 1.0, 30), FROZEN: (True, 1.0, 3.0, 1)}),
    made("b", of={PSM: (False, 0.5, 2.0, 40), FROZEN: (True, 1.0, 6.0, 2)}),
    made("c", of={PSM: (False, 0.0, 3.0, 2), FROZEN: (False, 0.2, math.nan, 6)}),
    made("c", of={}),
]


def test_the_table_of_figures_by_hand():
    rows = {(row.kind, row.layout, row.heal): row for row in tabulate(HAND)}
    assert len(rows) == 3 * len(VARIANTS)
    base, frozen = rows[PSM], rows[FROZEN]
    assert (base.holes, base.exact, base.right, base.nll) == (3, 1 / 3, 0.5, 2.0)
    assert (base.keystroke, base.keystroke_mean, base.prompt_tokens) == (30, 24, 124)
    assert base.exact_change.value == base.exact_change.low == base.exact_change.high == 0
    assert (frozen.holes, frozen.exact, frozen.nll) == (3, 2 / 3, 4.5)
    assert frozen.right == pytest.approx(2.2 / 3)
    assert frozen.exact_change.value == pytest.approx(1 / 3)
    assert frozen.exact_change.low < 1 / 3 < frozen.exact_change.high
    # Of the pairs that both have: +2 and +4.
    assert frozen.nll_change.value == pytest.approx(3.0)
    assert (frozen.nll_change.tasks, frozen.nll_change.groups) == (2, 2)
    assert 2.0 <= frozen.nll_change.low < 3.0 < frozen.nll_change.high <= 4.0
    nothing = rows["start", "psm", True]
    assert nothing.holes == 0
    assert all(
        math.isnan(value)
        for value in (nothing.exact, nothing.right, nothing.nll, nothing.keystroke)
    )
    assert math.isnan(rows["mid", "spm", False].nll_change.value)


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def mined(tmp_path):
    """A mined suite's folder with the holes of SOURCE."""
    root = tmp_path / "mined"
    (root / "tree").mkdir(parents=True)
    (root / "tree" / "a.py").write_text(SOURCE)
    (root / "tree" / "test_a.py").write_text("def test(): pass\n")
    rows = [
        {
            "task_id": f"x/a.py/f{number}/line",
            "group": f"x/a.py/f{number}",
            "path": "a.py",
            "entry_point": "f",
            "tests": ["test_a.py::test"],
            "prefix": each.prefix,
            "reference": each.reference,
            "suffix": each.suffix,
        }
        for number, each in enumerate(holes())
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "problems.jsonl").write_text(data)
    head = {"schema": 1, "name": "x-holes", "kind": "infilling", "published": "2025-01-02"}
    digest = hashlib.sha256(data.encode()).hexdigest()
    head |= {"source": "x", "problems_sha256": digest}
    (root / "suite.json").write_text(json.dumps(head))
    return root


@pytest.fixture
def command(tiny, tmp_path, mined):
    def command(*more, suite=f"{mined}/"):
        arguments = ("eval", "layouts", str(suite), "--model", str(tiny.fp32.directory), *more)
        environ = {**os.environ, "CODEGEN_THREADS": "1", "CODEGEN_COMPUTE_PATH": "full"}
        environ |= {"CODEGEN_CACHE_DIR": str(tmp_path / "cache"), "CODEGEN_DEVICE": "cpu"}
        done = subprocess.run(
            [sys.executable, "-m", "codegen", *arguments, "--precision", "fp32"],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)

    return command


def test_the_command_measures_once_and_resumes(command, tmp_path):
    first = command("--split", "all", "--json", "--context-tokens", "128")
    assert first.code == 0, first.err
    told = json.loads(first.out)
    assert (told["schema"], told["holes"], len(told["rows"])) == (1, 3, 3 * len(VARIANTS))
    assert told["facts"]["context_tokens"] == 128
    assert told["facts"]["suite"] == "x-holes"
    row = told["rows"][0]
    assert (row["kind"], row["layout"], row["heal"], row["holes"]) == ("start", "psm", True, 3)
    (folder,) = (tmp_path / "eval-layouts").iterdir()
    assert told["folder"] == f"eval-layouts/{folder.name}"
    before = (folder / JOURNAL_FILE).read_bytes()
    # The same again is all there, and is shown for people.
    again = command("--split", "all", "--context-tokens", "128")
    assert again.code == 0, again.err
    assert "frozen-block" in again.out
    assert "3 holes of 3 problems" in again.out
    assert (folder / JOURNAL_FILE).read_bytes() == before
    other = command("--split", "all", "--out", str(folder), "--context-tokens", "64")
    assert other.code == 2
    assert "context_tokens" in other.err


# --- the real model ----------------------------------------------------------------------------


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_real_model(loaded, mined, tmp_path):
    suite = load_suite(f"{mined}/")
    done = [hole for hole, _ in figures_of(tmp_path / "real", loaded, suite)]
    assert len(done) == 3
    rows = {(row.kind, row.layout, row.heal): row for row in tabulate(done)}
    assert all(math.isfinite(row.nll) for row in rows.values())
    for layout in ("psm", "frozen-0", "frozen-3", "frozen-block"):
        # Inside a word an unhealed prompt is one that the model never saw.
        assert rows["word", layout, True].nll < rows["word", layout, False].nll
        assert rows["word", layout, True].right > 0.5
    assert rows["start", "frozen-3", False].keystroke < rows["start", "psm", False].keystroke
