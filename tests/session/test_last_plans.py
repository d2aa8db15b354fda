"""Whose plan a file goes on with."""

import pytest

from codegen.cancel import CancelToken
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.document import Document
from codegen.session.file import OpenFile
from codegen.session.prompts import STALE_LINES, Prompts

SOURCE = "first = 1\nsecond = 2\n"


@pytest.fixture
def file():
    return OpenFile("a", "/a.py", None, SOURCE)


def plan_of(model, document):
    return model.plan(prepare(document, CompletionOptions()))


def test_a_plan_belongs_to_one_model(model, file):
    prompts, first, second = Prompts(), model(""), model("")
    last = prompts.last(file, first)
    last.plan = plan_of(first, file.snapshot(0))
    assert prompts.last(file, first) is last
    assert prompts.last(file, second).plan is None
    assert prompts.last(file, first).plan is None


def test_a_forgotten_plan_does_not_come_back(model, file):
    prompts, writer = Prompts(), model("")
    last = prompts.last(file, writer)
    prompts.forget(file)
    # A job that began before ends after.
    last.plan = plan_of(writer, file.snapshot(0))
    assert prompts.last(file, writer).plan is None


def test_a_prompt_is_computed_once(model, file):
    prompts, writer = Prompts(), model("")
    document = file.snapshot(len(SOURCE))
    plan = plan_of(writer, document)
    assert prompts.compute(writer, plan, CancelToken()) is not None
    assert prompts.compute(writer, plan, CancelToken()) is None
    typed = Document(SOURCE + "t", len(SOURCE) + 1, "/a.py")
    later = writer.plan(prepare(typed, CompletionOptions()), plan)
    assert later.reused
    assert prompts.compute(writer, later, CancelToken()) is None


def test_a_prompt_is_fresh_until_many_lines_are_typed(model, file):
    prompts, writer = Prompts(), model("")
    plan = plan_of(writer, file.snapshot(len(SOURCE)))
    prompts.last(file, writer).plan = plan
    assert not prompts.is_fresh(file, writer, file.snapshot(len(SOURCE)))
    prompts.compute(writer, plan, CancelToken())
    assert prompts.is_fresh(file, writer, file.snapshot(len(SOURCE)))
    lines = "x = 1\n" * (STALE_LINES + 1)
    document = Document(SOURCE + lines, len(SOURCE + lines), "/a.py")
    assert plan.frame.holds(document)
    assert not prompts.is_fresh(file, writer, document)
