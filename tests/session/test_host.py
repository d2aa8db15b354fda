"""The model's host: loading, a missing model, failures, replacing, and unloading."""

import asyncio
import gc
import weakref
from dataclasses import replace

import pytest

from codegen.errors import EngineError, ModelMissingError
from codegen.reasons import Reason
from codegen.session.host import RETRY
from codegen.session.types import Offer
from tests.session.paced import PATIENCE
from tests.session.typist import Provider, played, shown, turns, until

OFFER = Offer("qwen", 1000, "huggingface.co")
TOTAL = "total = ‸\n"


def states(desk):
    return [state for state, _ in desk.states]


@played
async def test_a_request_loads_the_model(desk):
    desk = desk("1 + 2")
    desk.open(TOTAL)
    assert desk.provider.loads == 0
    desk.provider.pace.clear()
    assert (await desk.answer()).reason == Reason.LOADING
    assert (await desk.answer()).reason == Reason.LOADING
    desk.provider.pace.set()
    await desk.host.settled()
    assert await desk.texts() == ["1 + 2"]
    assert desk.provider.loads == 1
    assert desk.states == [("loading", "loading the model"), ("ready", "scripted on cpu")]


@played
async def test_a_note_is_told_once_a_session(desk, model):
    desk = desk("1 + 2")
    desk.provider.model = replace(desk.provider.model, notes=("running on the CPU: no libraries",))
    desk.open(TOTAL)
    await desk.answer()
    await desk.host.settled()
    again = replace(model("3"), notes=("running on the CPU: no libraries", "another"))
    desk.host.replace(Provider(again))
    desk.host.ensure()
    await desk.host.settled()
    assert [message for state, message in desk.states if state == "ready"] == [
        "scripted on cpu; running on the CPU: no libraries",
        "scripted on cpu; another",
    ]


@pytest.mark.parametrize("consent", [True, False])
@played
async def test_nothing_is_fetched_without_consent(desk, consent):
    desk = desk("1 + 2", consent=consent)
    desk.provider.offers = [OFFER, OFFER]
    await desk.ready(TOTAL)
    answers = [await desk.answer() for _ in range(3)]
    await desk.clock.advance(10 * RETRY)
    await desk.answer()
    assert desk.consents == [OFFER]  # asked once, whatever the answer
    assert desk.provider.loads == consent
    if consent:
        assert shown(answers[0]) == ["1 + 2"]
    else:
        assert {answer.reason for answer in answers} == {Reason.NO_MODEL}
        assert desk.states[-1] == ("missing", "qwen is not on this machine yet")


@played
async def test_a_question_that_nobody_answers_is_no_loading(desk):
    desk = desk("1 + 2")
    desk.provider.offers = [OFFER]
    answered = asyncio.Event()

    async def ask(_):
        await answered.wait()
        return True

    desk.host._consent = ask
    desk.open(TOTAL)
    await desk.answer()
    await until(lambda: desk.host.state == "missing")
    assert (await desk.answer()).reason == Reason.NO_MODEL
    answered.set()
    await desk.host.settled()
    assert states(desk) == ["loading", "missing", "loading", "ready"]


@played
async def test_a_model_that_is_replaced_stops_loading(desk, model):
    desk = desk("1 + 2")
    fetched = []

    class Slow(Provider):
        def load(self, progress):
            for chunk in range(1000):
                fetched.append(chunk)
                progress.advance(1)
                self.pace.wait(PATIENCE)

    slow = Slow(model("slow"))
    slow.pace.clear()
    desk.host.replace(slow)
    desk.host.ensure()
    await until(lambda: fetched)
    desk.host.replace(desk.provider)
    desk.host.ensure()
    slow.pace.set()
    await desk.host.settled()
    assert desk.host.state == "ready"
    assert len(fetched) <= 2


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ModelMissingError("there is no model"), "there is no model"),
        (OSError(5, "broken"), "OSError: [Errno 5] broken"),
        (StopIteration(), "RuntimeError: a job ended early"),
    ],
)
@played
async def test_a_model_that_can_not_be_loaded_is_tried_again_later(desk, error, message):
    desk = desk("1 + 2")
    desk.provider.errors = [error]
    await desk.ready(TOTAL)
    assert desk.states[-1] == ("error", message)
    for _ in range(3):
        assert (await desk.answer()).reason == Reason.NO_MODEL
    assert desk.provider.loads == 1
    assert states(desk).count("error") == 1
    await desk.clock.advance(RETRY)
    assert (await desk.answer()).reason == Reason.LOADING
    await desk.host.settled()
    assert await desk.texts() == ["1 + 2"]


@played
async def test_an_engine_that_breaks_is_told_once_and_loaded_again(desk):
    desk = await desk("1 + 2").ready(TOTAL)
    desk.backend.errors += [EngineError("out of memory")]
    assert (await desk.answer()).reason == Reason.ENGINE_ERROR
    assert desk.states[-1] == ("error", "out of memory")
    assert (await desk.answer()).reason == Reason.LOADING
    await desk.host.settled()
    assert await desk.texts() == ["1 + 2"]
    assert desk.provider.loads == 2
    assert states(desk).count("error") == 1


@played
async def test_an_engine_that_breaks_again_has_to_wait(desk):
    desk = await desk("1 + 2").ready(TOTAL)
    desk.backend.errors += [EngineError("a"), MemoryError]
    await desk.answer()
    await desk.answer()
    await desk.host.settled()
    assert (await desk.answer()).reason == Reason.ENGINE_ERROR
    for _ in range(3):
        assert (await desk.answer()).reason == Reason.NO_MODEL
    assert (desk.provider.loads, states(desk).count("error")) == (2, 2)
    await desk.clock.advance(RETRY)
    await desk.answer()
    await desk.host.settled()
    assert await desk.texts() == ["1 + 2"]
    # After an answer, the next failure counts as the first.
    desk.backend.errors += [EngineError("c")]
    desk.session.forget()
    await desk.answer()
    assert (await desk.answer()).reason == Reason.LOADING


@played
async def test_a_defect_around_the_engine_keeps_the_model(desk, caplog):
    desk = await desk("1 + 2").ready(TOTAL)
    desk.backend.errors += [KeyError("secret = 1"), KeyError("secret = 2")]
    for _ in range(2):
        assert (await desk.answer()).reason == Reason.ENGINE_ERROR
    assert await desk.texts() == ["1 + 2"]
    assert (desk.provider.loads, states(desk).count("error")) == (1, 0)
    assert [one.getMessage() for one in caplog.records] == ["a suggestion failed"] * 2


@played
async def test_an_engine_that_breaks_with_requests_waiting_counts_once(desk):
    desk = await desk("1 + 2").ready(TOTAL)
    desk.open(TOTAL, uri="file:///b.py")
    desk.backend.prefill.hold()
    desk.backend.errors += [EngineError("broken"), EngineError("broken")]
    first = await desk.ask()
    second = await desk.ask(uri="file:///b.py")
    await desk.quiet_start()
    desk.backend.prefill.allow()
    assert (await first).reason == Reason.ENGINE_ERROR
    # The model is loaded anew by now, or on its way, when the second one breaks.
    desk.host.ensure()
    assert (await second).reason == Reason.ENGINE_ERROR
    await desk.host.settled()
    assert desk.host.state == "ready"
    assert states(desk).count("error") == 1
    assert await desk.texts() == ["1 + 2"]


@played
async def test_an_engine_that_breaks_in_a_pause_is_told(desk):
    desk = await desk("1 + 2").ready(TOTAL)
    desk.backend.errors += [EngineError("broken")]
    desk.session.moved("file:///a.py", desk.cursor)
    await desk.pause()
    await desk.quiet()
    assert desk.states[-1] == ("error", "broken")


@played
async def test_another_model_replaces_one_that_is_loading(desk, model):
    desk = desk("old")
    desk.open(TOTAL)
    desk.provider.pace.clear()
    await desk.answer()
    await turns()
    other = Provider(model("new"))
    desk.host.replace(other)
    desk.host.ensure()
    desk.provider.pace.set()
    await desk.host.settled()
    assert await desk.texts() == ["new"]
    assert other.loads == 1


@played
async def test_a_question_for_consent_ends_with_the_model_it_was_for(desk, model):
    desk = desk("old")
    desk.provider.offers = [OFFER]
    asked = asyncio.get_running_loop().create_future()
    desk.host._consent = lambda _: asked
    desk.open(TOTAL)
    desk.host.ensure()
    await until(lambda: desk.host.state == "loading")
    await desk.quiet()
    desk.host.replace(Provider(model("new")))
    desk.host.ensure()
    await desk.host.settled()
    assert asked.cancelled()
    assert await desk.texts() == ["new"]


@pytest.mark.parametrize("during", ["nothing", "a request"])
@played
async def test_another_model_gets_nothing_of_the_one_before_it(desk, model, during):
    desk = await desk("old").ready(TOTAL)
    if during == "nothing":
        assert await desk.texts() == ["old"]
    else:
        desk.backend.decode.hold()
        task = await desk.ask()
        await desk.decoding(0, 0)
    new = model("new")
    desk.session.forget()
    desk.host.replace(Provider(new))
    desk.host.ensure()
    await desk.host.settled()
    if during != "nothing":
        assert (await task).reason == Reason.SUPERSEDED
    assert await desk.texts() == ["new"]
    assert new.backend.warmings == ["done"]


@played
async def test_an_idle_model_is_unloaded(desk):
    desk = await desk("1 + 2").ready(TOTAL)
    backend = weakref.ref(desk.host.model.backend)
    desk.host.unload_after(2)
    assert await desk.texts() == ["1 + 2"]
    await desk.clock.advance(100)
    desk.session.forget()
    await desk.answer()
    await desk.clock.advance(100)
    assert desk.host.state == "ready"
    await desk.clock.advance(21)
    assert desk.host.state == "unloaded"
    desk.backend.generations.clear()
    gc.collect()
    assert backend() is None  # its memory is free
    desk.session.forget()
    assert (await desk.answer()).reason == Reason.LOADING
    await desk.host.settled()
    assert await desk.texts() == ["1 + 2"]
    await desk.clock.advance(119)
    assert desk.host.state == "ready"
    await desk.clock.advance(2)
    assert desk.host.state == "unloaded"
    desk.host.unload_after(None)
    await turns()
    assert desk.clock.sleeping == 0


@played
async def test_the_time_for_loading_is_not_idle_time(desk):
    desk = desk("1 + 2")
    desk.host.unload_after(1)
    desk.provider.pace.clear()
    desk.host.ensure()
    await desk.clock.advance(59)
    desk.provider.pace.set()
    await desk.host.settled()
    await desk.clock.advance(30)
    assert desk.host.state == "ready"


@played
async def test_a_stopped_host_leaves_no_task_and_no_model(desk):
    desk = await desk("1 + 2").ready(TOTAL)
    desk.host.unload_after(1)
    desk.provider.pace.clear()
    desk.host.replace(desk.provider)
    desk.host.ensure()
    await turns()
    desk.session.stop()
    desk.host.stop()
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    desk.provider.pace.set()
    await desk.quiet()
    assert desk.host.model is None
