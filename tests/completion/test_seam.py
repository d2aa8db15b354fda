"""Everything above the seam works with a model that knows no tokens."""

import asyncio

import pytest

from codegen.cancel import CancelToken
from codegen.completion.complete import Delta, complete, result
from codegen.completion.explain import explain, explain_answers
from codegen.completion.options import CompletionOptions
from codegen.completion.prepare import prepare
from codegen.completion.scripted import ScriptedModel
from codegen.document import open_document
from codegen.errors import CancelledError
from codegen.local.plan import own_plan
from codegen.progress import NullProgress
from codegen.session.dispatcher import Dispatcher
from codegen.session.host import ModelHost
from codegen.session.reading import Reader
from codegen.session.session import Session
from codegen.session.types import Edit, Request
from codegen.session.worker import Worker
from codegen.settings.editing import EditingSettings
from tests.cursor import CURSOR
from tests.session.typist import ManualClock, played

SOURCE = "def greet(name):\n    return ‸\n\n\nprint(greet('é'))\n"


def prepared(source=SOURCE, **options):
    before, _, after = source.partition(CURSOR)
    document = open_document(before + after, len(before), "a.py")
    return prepare(document, CompletionOptions(**options))


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_a_completion_is_written_in_chunks_of_any_size(step):
    model = ScriptedModel(['f"Grüße, {name}"\n\n\nprint("more")'], step=step)
    *deltas, completion = complete(model, prepared(), CancelToken())
    (suggestion,) = completion.suggestions
    assert suggestion.text == 'f"Grüße, {name}"'
    assert suggestion.mean_logprob is None
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert suggestion.text.startswith("".join(delta.text for delta in deltas))


def test_several_samples_are_suggested_once_each():
    model = ScriptedModel(["name", "name", "name.upper()"])
    completion = result(complete(model, prepared(candidates=3), CancelToken()))
    assert [candidate.text for candidate in completion.suggestions] == ["name", "name.upper()"]


def test_a_model_without_a_second_choice_suggests_nothing_where_its_first_is_refused():
    source = "total = ‸\nprint(total)\n"
    completion = result(complete(ScriptedModel([")"]), prepared(source), CancelToken()))
    assert completion.suggestions == ()
    assert completion.reason


def test_no_model_is_asked_where_the_document_is_empty():
    completion = result(complete(ScriptedModel([]), prepared("‸"), CancelToken()))
    assert (completion.suggestions, completion.reason) == ((), "empty-document")


def test_a_cancelled_completion_raises():
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        result(complete(ScriptedModel(["x"]), prepared(), cancel))


def test_a_completion_of_another_model_is_explained():
    model, given = ScriptedModel(["name"]), prepared()
    done = result(complete(model, given, CancelToken()))
    explained = explain(given, done.reason, model, done.plan)
    assert explained["prompt"] == given.document.before
    assert [piece["kind"] for piece in explained["pieces"]][-1] == "typed"
    assert explain_answers(done) == [{"text": "name", "suggested": True, "rules": []}]


def test_a_plan_of_another_kind_of_model_is_refused():
    with pytest.raises(TypeError, match="another kind of model made this plan: Plan"):
        own_plan(ScriptedModel([]).plan(prepared()))


class GivenModel:
    def __init__(self, model):
        self.model = model

    def offer(self):
        return None

    def load(self, _progress):
        return self.model


@played
async def test_a_session_works_with_another_model():
    model = ScriptedModel(["name + '!'", "and more"])
    clock, worker = ManualClock(), Worker()
    states = []
    host = ModelHost(
        GivenModel(model),
        worker,
        clock,
        NullProgress(),
        consent=None,
        changed=lambda *state: states.append(state),
    )
    settings = EditingSettings(debounce=False, compute_ahead=False)
    session = Session(Dispatcher(host, worker), Reader(), clock, settings)
    host.ensure()
    await host.settled()
    assert states[-1] == ("ready", "scripted on nowhere")
    before, _, after = SOURCE.partition(CURSOR)
    session.open("a", "/a.py", "python", before + after)
    async with asyncio.timeout(30):
        first = await session.suggest(Request("a", len(before)))
        assert ([one.text for one in first.suggestions], first.source) == (["name + '!'"], "model")
        assert session.trace("a").explain()["hole"]["scope"] == ["greet"]
        session.change("a", [Edit(len(before), len(before), "n")], before + "n" + after)
        second = await session.suggest(Request("a", len(before) + 1))
    assert ([one.text for one in second.suggestions], second.source) == (["ame + '!'"], "cache")
    # The prompt was computed apart, as any model's.
    assert len(model.warmed) == 1
    session.stop()
