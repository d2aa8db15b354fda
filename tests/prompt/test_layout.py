"""That typing computes little: a prompt goes on from the last one, whatever is typed."""

import os
import random
import statistics
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.context.budget import MARKS
from codegen.context.frame import MAX_LINES
from codegen.document import Document
from codegen.local.plan import LocalPlan
from codegen.syntax.opening import parse
from codegen.syntax.registry import language_of
from tests.scripted_model import scripted_model

PATH = "a.py"
OPTIONS = CompletionOptions()

BACKSPACE = "\b"


@pytest.fixture(scope="module")
def model(tokenizer, vocabulary):
    return scripted_model(tokenizer, vocabulary, Document("x", 1))


@cache
def files() -> tuple[str, ...]:
    """Ten modules of the standard library that are neither short nor long."""
    found = []
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if 150 <= text.count("\n") <= 600:
            found.append(text)
    step = len(found) // 10
    return tuple(found[:: step or 1][:10])


def type_in(model, text: str, start: int, end: int, keys: str) -> Iterator[LocalPlan]:
    """The plans at each key, typed in place of what stood from start to end."""
    tree = parse(text, language_of(PATH))
    tree = tree.edited(start, end, "")
    cursor, last = start, None
    yield (plan := model.plan(prepare(Document(tree.text, cursor, PATH, tree), OPTIONS), last))
    for key in keys:
        last = plan
        if key == BACKSPACE:
            tree = tree.edited(cursor - 1, cursor, "")
            cursor -= 1
        else:
            tree = tree.edited(cursor, cursor, key)
            cursor += 1
        document = Document(tree.text, cursor, PATH, tree)
        yield (plan := model.plan(prepare(document, OPTIONS), last))
        typed = document.text[plan.layout.frame.anchor : cursor].encode()
        spelt = model.tokenizer.decode_bytes(plan.prompt.ids[len(plan.layout.head.ids) :])
        assert spelt + plan.prompt.forced == typed


def shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids two prompts begin with together."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@st.composite
def regions(draw):
    """A file, a region of it, and the keys that give the region again: some are corrected."""
    text = files()[draw(st.integers(0, 9))]
    length = draw(st.integers(150, 400))
    start = draw(st.integers(0, len(text) - length))
    region = text[start : start + length]
    keys, done = "", 0
    for _ in range(draw(st.integers(0, 4))):
        upto = draw(st.integers(done, length))
        back = draw(st.integers(0, min(upto, 25)))
        keys += region[done:upto] + BACKSPACE * back
        done = upto - back
    return text, start, keys + region[done:], length


@pytest.mark.deep
@settings(max_examples=8)
@given(region=regions())
def test_what_does_not_change_is_computed_once(model, region):
    text, start, keys, length = region
    plans = list(type_in(model, text, start, start + length, keys))
    assert len(plans) == len(keys) + 1
    assert not plans[0].reused
    for plan, then in pairwise(plans):
        if then.reused:
            head = then.layout.head.ids
            assert then.layout is plan.layout
            assert then.prompt.ids[: len(head)] == head
            assert shared(plan.prompt.ids, then.prompt.ids) >= len(head)
    # A new frame is laid for so many lines, and not on the way back to them. The lines above the
    # anchor are counted too, so it is not every MAX_LINES.
    laid = sum(not plan.reused for plan in plans)
    assert laid <= 1 + 2 * (text[start : start + length].count("\n") // (MAX_LINES // 2) + 1)


@pytest.mark.parametrize("number", range(3))
def test_typing_a_bracket_that_the_editor_closes_lays_no_frame(model, number):
    text = files()[number]
    start = text.index("\n", len(text) // 2) + 1
    tree = parse(text, language_of(PATH))
    opened = tree.edited(start, start, "    x = f\n")
    first = model.plan(prepare(Document(opened.text, start + 9, PATH, opened), OPTIONS))
    closed = opened.edited(start + 9, start + 9, "()")
    document = Document(closed.text, start + 10, PATH, closed)
    assert model.plan(prepare(document, OPTIONS), first).reused


def test_going_elsewhere_lays_a_frame(model):
    text = files()[0]
    document = Document(text, len(text) // 2, PATH)
    first = model.plan(prepare(document, OPTIONS))
    assert not model.plan(prepare(Document(text, 10, PATH), OPTIONS), first).reused
    assert model.plan(prepare(document, OPTIONS), first).prompt == first.prompt
    # So does a smaller budget.
    other = CompletionOptions(context_tokens=300)
    assert not model.plan(prepare(document, other), first).reused


def test_more_budget_waits_for_a_new_place(model):
    """Where prompts turn out faster than was measured, what stands still goes on standing still."""
    text = files()[0]
    document = Document(text, len(text) // 2, PATH)
    less, more = (CompletionOptions(context_tokens=tokens) for tokens in (300, 900))
    first = model.plan(prepare(document, less))
    again = model.plan(prepare(document, more), first)
    assert (again.reused, again.prompt, again.budget) == (True, first.prompt, first.budget)
    elsewhere = model.plan(prepare(Document(text, 10, PATH), more), first)
    assert (elsewhere.reused, elsewhere.budget) == (False, 900 - MARKS)


def test_what_is_typed_may_go_over_the_budget_but_not_far(model):
    text = files()[0]
    at = text.index("\n", len(text) // 2) + 1
    last, sizes = None, []
    for count in range(1, 500):
        typed = "# " + "ab " * count
        document = Document(text[:at] + typed + "\n" + text[at:], at + len(typed), PATH)
        plan = model.plan(prepare(document, OPTIONS), last)
        last = plan
        sizes.append(len(plan.prompt.ids) - plan.budget - 3)
    assert max(sizes) <= 256
    # A new frame brings it back.
    assert any(size <= 0 < before for before, size in pairwise(sizes))


def computed(model, files: Sequence[str], length: int) -> list[int]:
    """Prompt tokens at each keystroke: those that the last prompt hadn't yet."""
    costs = []
    for number, text in enumerate(files):
        middle = random.Random(number).randint(len(text) // 3, len(text) * 2 // 3)
        keys = text[middle : middle + length]
        before: Sequence[int] = ()
        # The prompt before the first key is what a person has when they come there.
        plans = type_in(model, text, middle, middle + length, keys)
        for plan in plans:
            costs.append(len(plan.prompt.ids) - shared(before, plan.prompt.ids))
            before = plan.prompt.ids
    return costs


def assert_little(costs: list[int]) -> None:
    assert len(costs) == 10 * 101
    assert sum(cost > 200 for cost in costs) >= 10
    assert statistics.median(costs) <= 8
    assert statistics.mean(costs) <= 40


def test_a_keystroke_computes_few_tokens(model):
    assert_little(computed(model, files(), 100))


@pytest.mark.deep
def test_laying_anew_as_the_anchor_drifts_away_is_included(model):
    costs = computed(model, files()[:1], 1200)
    # On coming there, and again when some two dozen lines were typed.
    assert sum(cost > 200 for cost in costs) >= 2
    assert statistics.median(costs) <= 8
    assert statistics.mean(costs) <= 40


@pytest.mark.model
def test_a_keystroke_computes_few_tokens_of_the_real_tokenizer(loaded):
    assert_little(computed(loaded, files(), 100))
