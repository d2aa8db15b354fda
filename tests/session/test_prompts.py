"""The prompt's frozen part is computed as long as the cursor stays, and no longer."""

import pytest

from codegen.reasons import Reason
from codegen.session import types
from codegen.session.waiting import GRACE
from tests.session.typist import URI, played, shown, turns, until

ABOVE = "".join(f"above{n} = {n}\n" for n in range(12))
SOURCE = f"{ABOVE}total = ‸\nbelow = 1\n"
SUM = "first + second"
OTHER = "file:///b.py"


async def computing(desk, source=SOURCE):
    """A desk whose engine is about to compute the prompt of a request."""
    desk = await desk.ready(source)
    desk.backend.prefill.hold()
    task = await desk.ask()
    await until(lambda: desk.backend.warmings == [None])
    return desk, task


@played
async def test_typing_does_not_keep_the_prompt_from_being_computed(desk):
    desk, task = await computing(desk(SUM))
    for key in "value(":
        desk.type(key)
        task = await desk.ask()
    desk.erase()
    task = await desk.ask()
    await turns()
    assert desk.backend.warmings == [None]
    desk.backend.prefill.allow()
    assert shown(await task) == [SUM]
    # The one prompt served the last request; for those before it nothing was decoded.
    assert desk.backend.warmings == ["done"]
    assert [before[-14:] for before, _ in desk.backend.asked] == ["\ntotal = value"]


@pytest.mark.parametrize("cancelled", [False, True])
@played
async def test_a_cancelled_request_leaves_its_prompt_to_the_next(desk, cancelled):
    desk, task = await computing(desk(SUM))
    if cancelled:
        task.cancel()
        await desk.clock.advance(GRACE)
    else:
        desk.type("x")
        await turns()
    desk.backend.prefill.allow()
    await desk.quiet()
    assert desk.backend.warmings == ["done"]
    assert desk.backend.generations == []
    assert await desk.texts() == [SUM]
    assert desk.backend.warmings == ["done"]


def above(desk):
    desk.edit(0, 0, "import os\n")


def below(desk):
    desk.edit(len(desk.text), len(desk.text), "x = 1\n")


def everything(desk):
    desk.edit(0, len(desk.text), "")


def far_away(desk):
    desk.cursor = len("above0 = ")


def closed(desk):
    desk.session.close(URI)


def settings(desk):
    desk.session.forget()


def end(desk):
    desk.session.stop()


@pytest.mark.parametrize("typed", ["", "x", "xy"], ids=["at once", "after a key", "after keys"])
@pytest.mark.parametrize("leave", [above, below, everything, far_away, closed, settings, end])
@played
async def test_leaving_the_place_ends_the_computing(desk, leave, typed):
    desk, task = await computing(desk(SUM))
    for key in typed:
        desk.type(key)
        task = await desk.ask()
    leave(desk)
    newest = await desk.ask()
    await until(lambda: desk.backend.warmings[0] == "CancelledError")
    desk.backend.prefill.allow()
    assert (await task).reason in (Reason.EDITED, Reason.SUPERSEDED, Reason.NOT_OPEN)
    await newest
    await desk.quiet()
    assert not desk.session._flights


@played
async def test_a_prompt_that_another_file_replaced_is_computed_anew(desk):
    desk = await desk(SUM).ready(SOURCE)
    cursor = desk.cursor
    await desk.answer()
    desk.open("other = ‸\n", uri=OTHER, path="/b.py")
    await desk.answer(uri=OTHER)
    desk.open(SOURCE)
    await desk.answer()
    assert desk.backend.warmings == ["done"] * 3
    desk.type("x")
    await desk.answer(cursor=cursor + 1)
    assert desk.backend.warmings == ["done"] * 3


@played
async def test_a_model_that_is_loaded_anew_computes_its_prompt(desk):
    desk = await desk(SUM).ready(SOURCE)
    await desk.answer()
    desk.host.replace(desk.provider)
    desk.host.ensure()
    await desk.host.settled()
    desk.type("x")
    await desk.answer()
    assert desk.backend.warmings == ["done"] * 2


@played
async def test_the_prompt_is_computed_where_the_cursor_rests(desk):
    desk = await desk(SUM).ready(SOURCE)
    desk.session.moved(URI, desk.cursor)
    await desk.pause(0.25)
    assert desk.backend.warmings == []
    await desk.pause(0.1)
    await desk.quiet()
    assert desk.backend.warmings == ["done"]
    # The prompt is computed now, and a request needs nothing more of it.
    desk.session.moved(URI, desk.cursor)
    await desk.pause()
    assert await desk.texts() == [SUM]
    assert desk.backend.warmings == ["done"]


@played
async def test_a_pause_lays_an_old_prompt_anew(desk):
    desk = await desk(SUM).ready(SOURCE)
    await desk.answer()
    for lines in (3, 5):
        desk.type("x\n" * lines)
        desk.session.moved(URI, desk.cursor)
        await desk.pause()
        await desk.quiet()
    assert desk.backend.warmings == ["done"] * 2


@pytest.mark.parametrize("before", [True, False], ids=["before it begins", "while it computes"])
@pytest.mark.parametrize("what", ["key", "request", "other request", "stop", "close"])
@played
async def test_computing_in_a_pause_stops_at_once(desk, what, before):
    desk = await desk(SUM).ready(SOURCE)
    desk.open("other = ‸\n", uri=OTHER, path="/b.py")
    desk.backend.prefill.hold()
    desk.session.moved(URI, 8)
    if not before:
        await desk.pause()
        await until(lambda: desk.backend.warmings == [None])
    task = None
    if what == "key":
        desk.session.change(URI, [types.Edit(0, 0, "x")], "x" + SOURCE)
    elif what == "stop":
        desk.session.stop()
    elif what == "close":
        desk.session.close(URI)
    else:
        task = await desk.ask(uri=URI if what == "request" else OTHER)
    if not before:
        await until(lambda: desk.backend.warmings[0] == "CancelledError")
    desk.backend.prefill.allow()
    if task is not None:
        await task
    await desk.pause()
    await desk.quiet()
    assert len(desk.backend.warmings) == (not before) + (task is not None)


@played
async def test_a_file_opened_while_the_model_loads_gets_its_prompt_then(desk):
    desk = desk(SUM)
    desk.provider.pace.clear()
    desk.open(SOURCE)
    desk.session.moved(URI, desk.cursor)
    await desk.pause()
    assert desk.host.state == "loading"
    desk.provider.pace.set()
    await desk.host.settled()
    await desk.quiet()
    assert desk.backend.warmings == ["done"]


@pytest.mark.parametrize("where", ["outside", "not open", "excluded"])
@played
async def test_no_prompt_is_laid_for_places_without_suggestions(desk, where):
    gate = (lambda _: "excluded") if where == "excluded" else None
    desk = await desk(SUM, gate=gate).ready(SOURCE)
    desk.session.moved(
        OTHER if where == "not open" else URI, 9999 if where == "outside" else desk.cursor
    )
    await desk.pause()
    await desk.quiet()
    assert desk.backend.warmings == []


@played
async def test_a_prompt_without_requests_gives_way_to_another_file(desk):
    desk = await desk(SUM).ready(SOURCE)
    desk.open("other = ‸\n", uri=OTHER, path="/b.py")
    desk.backend.prefill.hold()
    task = await desk.ask()
    await until(lambda: desk.backend.warmings == [None])
    task.cancel()
    await turns()
    # The cursor is still there, and may be asked about again.
    assert desk.backend.warmings == [None]
    other = await desk.ask(uri=OTHER)
    await until(lambda: desk.backend.warmings[0] == "CancelledError")
    desk.backend.prefill.allow()
    assert shown(await other) == [SUM]
    assert desk.backend.warmings == ["CancelledError", "done"]
