"""Where a request's answer comes from, and when the model stops."""

import asyncio

import pytest

from codegen.document import Document
from codegen.reasons import Reason
from codegen.session import types
from codegen.session.waiting import GRACE
from tests.session.paced import PATIENCE
from tests.session.typist import URI, played, shown, turns, until

TOTAL = "total = ‸\n"
SUM = "first + second + third + fourth"


def continues(text):
    """A model that continues a text, however much of it is there already."""

    def write(before, after):
        at = before.rfind("= ") + 2
        return text[len(before) - at :] if text.startswith(before[at:]) else "other"

    return write


@played
async def test_a_request_is_answered_by_the_model(desk):
    desk = await desk(SUM).ready(TOTAL)
    answer = await desk.answer()
    assert answer.source == "model"
    assert answer.suggestions == (types.Suggestion(SUM, desk.cursor, desk.cursor),)
    assert desk.backend.asked == [("total = ", "\n")]
    trace = desk.session.trace(URI)
    assert (trace.source, trace.reason, trace.trigger) == ("model", None, "automatic")
    assert trace.explain()["answers"][0]["text"] == SUM
    assert trace.usage["decoded_tokens"] == desk.backend.generations[0].steps


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("  \n‸", "empty-document", id="an empty file"),
        pytest.param("to‸tal = 1\n", "inside-word", id="inside a word"),
        pytest.param("pass‸\n", "closed-statement", id="after a statement"),
    ],
)
@played
async def test_places_for_which_no_model_is_asked(desk, source, reason):
    desk = await desk().ready(source)
    answer = await desk.answer()
    assert (answer.reason, answer.source) == (reason, "none")
    assert desk.backend.generations == []


@played
async def test_a_request_by_hand_insists(desk):
    desk = await desk("  # is enough").ready("pass‸\n")
    await desk.answer(trigger="invoked")
    assert len(desk.backend.generations) == 1


@played
async def test_files_that_are_closed_or_excluded_get_nothing(desk):
    desk = await desk(gate=lambda file: "excluded" if "b.py" in file.uri else None).ready(TOTAL)
    desk.open(TOTAL, uri="file:///b.py")
    assert (await desk.answer(uri="file:///b.py")).reason == "excluded"
    assert (await desk.answer(uri="file:///c.py")).reason == Reason.NOT_OPEN
    desk.session.change("file:///c.py", [types.Edit(0, 0, "x")], "x")
    assert desk.session.trace("file:///c.py") is None
    with pytest.raises(ValueError):
        await desk.session.suggest(types.Request(URI, 99))


@played
async def test_the_newest_request_wins(desk):
    desk = await desk(SUM).ready("total = ‸\nother = \n")
    desk.backend.decode.hold()
    first = await desk.ask()
    await desk.decoding(0, 0)
    second = await desk.ask(cursor=len(desk.text) - 1)
    # The older one is answered though the engine hasn't moved.
    assert (await first).reason == Reason.SUPERSEDED
    assert not second.done()
    desk.backend.decode.allow()
    assert shown(await second) == [SUM]
    assert desk.backend.generations[0].steps == 0


@played
async def test_identical_requests_are_joined(desk):
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.decode.hold()
    first = await desk.ask()
    await desk.decoding(0, 0)
    # As from two views of a file, or for the menu and for ghost text.
    second, menu = await desk.ask(), await desk.ask(patience=0.15)
    desk.backend.decode.allow()
    answers = [await task for task in (first, second, menu)]
    assert [shown(answer) for answer in answers] == [[SUM]] * 3
    assert [answer.source for answer in answers] == ["model", "joined", "joined"]
    assert len(desk.backend.generations) == 1
    assert desk.session.counters.joined == 2
    assert not desk.session._tickets._by_file


@pytest.mark.parametrize("others", range(3))
@played
async def test_cancelling_stops_the_decode_loop(desk, others):
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.decode.hold()
    tasks = [asyncio.create_task(desk.session.suggest(types.Request(URI, desk.cursor)))]
    desk.backend.decode.allow(2)
    await desk.decoding(0, 2)
    for _ in range(others):
        tasks.append(asyncio.create_task(desk.session.suggest(types.Request(URI, desk.cursor))))
        await asyncio.sleep(0)
    # The model goes on as long as another request waits.
    for task in tasks:
        await desk.clock.advance(GRACE)
        assert not desk.session._flights[URI][-1].cancel.cancelled
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    # It also goes on for a moment after that.
    await desk.clock.advance(GRACE - 0.01)
    assert not desk.session._flights[URI][-1].cancel.cancelled
    await desk.clock.advance(0.02)
    desk.backend.decode.allow()
    await desk.quiet()
    assert desk.backend.generations[0].steps == 2
    assert desk.backend.generations[0].over
    assert await desk.texts() == [SUM]
    assert len(desk.backend.generations) == 2


@played
async def test_a_request_that_is_cancelled_and_repeated_joins_its_flight(desk):
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.decode.hold()
    for steps in range(4):
        task = await desk.ask()
        desk.backend.decode.allow(1)
        await desk.decoding(0, steps + 1)
        task.cancel()
        # Every cancelled request begins the moment anew.
        await desk.clock.advance(GRACE * 0.7)
    task = await desk.ask()
    await desk.clock.advance(GRACE * 2)
    desk.backend.decode.allow()
    answer = await task
    assert (shown(answer), answer.source) == ([SUM], "joined")
    assert len(desk.backend.generations) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(lambda desk: desk.ask(cursor=len(desk.text) - 1), id="in the file"),
        pytest.param(lambda desk: desk.ask(uri="file:///b.py", cursor=8), id="in another file"),
    ],
)
@played
async def test_a_cancelled_flight_holds_up_no_other_request(desk, elsewhere):
    desk = await desk(SUM).ready("total = ‸\nother = \n")
    desk.session.open("file:///b.py", "/b.py", "python", "other = \n")
    desk.backend.decode.hold()
    task = await desk.ask()
    desk.backend.decode.allow(1)
    await desk.decoding(0, 1)
    task.cancel()
    await turns()
    other = await elsewhere(desk)
    await until(lambda: desk.backend.generations[0].over)
    assert desk.backend.generations[0].steps == 1
    desk.backend.decode.allow()
    assert shown(await other) == [SUM]


@played
async def test_cancelling_a_request_that_was_joined_since_stops_nothing(desk):
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.decode.hold()
    first = asyncio.create_task(desk.session.suggest(types.Request(URI, desk.cursor)))
    await desk.decoding(0, 0)
    second = asyncio.create_task(desk.session.suggest(types.Request(URI, desk.cursor)))
    await asyncio.sleep(0)
    first.cancel()
    desk.backend.decode.allow()
    assert shown(await second) == [SUM]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda desk: desk.type("x"), id="something else is typed"),
        pytest.param(lambda desk: desk.type(SUM), id="more is typed than is written"),
        pytest.param(lambda desk: desk.erase(), id="something is erased"),
        pytest.param(lambda desk: desk.edit(0, 0, "import os\n"), id="above"),
        pytest.param(lambda desk: desk.edit(len(desk.text), len(desk.text), "x"), id="below"),
        pytest.param(lambda desk: desk.edit(0, len(desk.text), ""), id="all of it"),
        pytest.param(lambda desk: desk.session.close(URI), id="closed"),
        pytest.param(lambda desk: desk.session.open(URI, None, None, "a"), id="opened anew"),
        pytest.param(lambda desk: desk.session.forget(), id="other settings"),
        pytest.param(lambda desk: desk.session.stop(), id="the end"),
    ],
)
@played
async def test_what_invalidates_a_request_stops_the_decode_loop(desk, edit):
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask()
    desk.backend.decode.allow(1)
    await desk.decoding(0, 1)
    edit(desk)
    async with asyncio.timeout(PATIENCE):
        assert not (await task).suggestions
    desk.backend.decode.allow()
    await desk.quiet()
    assert desk.backend.generations[0].over
    assert desk.backend.generations[0].steps == 1


@pytest.mark.parametrize(
    ("cursor", "source"),
    [
        pytest.param(0, "none", id="where nothing is suggested"),
        pytest.param(8, "cache", id="where something was suggested"),
    ],
)
@played
async def test_a_request_elsewhere_stops_an_abandoned_flight(desk, cursor, source):
    desk = await desk(SUM).ready("total = ‸\nother = \n")
    await desk.answer()
    desk.backend.decode.hold()
    task = await desk.ask(cursor=len(desk.text) - 1)
    desk.backend.decode.allow(1)
    await desk.decoding(1, 1)
    if source == "none":
        cursor = 3
    answer = await desk.answer(cursor=cursor)
    assert answer.source == source
    assert (await task).reason == Reason.SUPERSEDED
    desk.backend.decode.allow()
    await desk.quiet()
    assert desk.backend.generations[1].steps == 1


@played
async def test_typing_the_text_of_a_flight_joins_it(desk):
    desk = await desk(continues(SUM)).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask()
    for steps in range(1, 9):
        desk.backend.decode.allow(1)
        await desk.decoding(0, steps)
        flight = desk.session._flights[URI][-1]
        if len(flight.written) >= 5:
            break
    desk.type("first")
    assert (await task).reason == Reason.EDITED
    task = await desk.ask()
    desk.type(" "[: len(flight.written) - 5])
    task = await desk.ask()
    desk.backend.decode.allow()
    answer = await task
    assert "first" + desk.text[len("total = first") : desk.cursor] + shown(answer)[0] == SUM
    assert answer.source == "joined"
    assert len(desk.backend.generations) == 1
    assert answer.suggestions[0].start == answer.suggestions[0].end == desk.cursor


@played
async def test_typing_a_suggestion_asks_no_model(desk):
    desk = await desk(SUM).ready(TOTAL)
    assert await desk.texts() == [SUM]
    for typed in range(1, len(SUM)):
        desk.type(SUM[typed - 1])
        answer = await desk.answer()
        assert (shown(answer), answer.source) == ([SUM[typed:]], "cache")
    # Backspace, and undo of all of it.
    desk.erase(3)
    assert await desk.texts() == [SUM[-4:]]
    desk.erase(len(SUM) - 4)
    assert await desk.texts() == [SUM]
    assert len(desk.backend.generations) == 1
    assert desk.session.counters.from_cache == len(SUM) + 1


@played
async def test_other_text_below_makes_the_cache_useless(desk):
    desk = await desk(SUM).ready(TOTAL)
    await desk.answer()
    cursor = desk.cursor
    desk.edit(len(desk.text), len(desk.text), "other = 1\n")
    assert (await desk.answer(cursor=cursor)).source == "model"
    assert len(desk.backend.generations) == 2


@played
async def test_what_the_editor_has_selected_is_part_of_the_document(desk):
    desk = await desk(lambda before, _: "(name)" if before.endswith("print") else "?").ready(
        "x = 1\npri‸\n"
    )
    selected = types.Selected(desk.cursor - 3, desk.cursor, "print")
    answer = await desk.answer(selected=selected)
    assert answer.suggestions == (types.Suggestion("print(name)", selected.start, selected.end),)
    assert desk.backend.asked == [("x = 1\nprint", "\n")]
    desk.erase(3)
    desk.type("print")
    assert await desk.texts() == ["(name)"]
    assert len(desk.backend.generations) == 1


@played
async def test_only_a_request_by_hand_is_shown_several_suggestions(desk):
    desk = await desk(SUM).ready(TOTAL)
    several = ("first + a", "first + bc")
    desk.session._files[URI].cache.put(Document(desk.text, desk.cursor), several, None)
    assert await desk.texts(trigger="invoked") == [*several]
    assert await desk.texts() == [several[0]]
    desk.type("first + b")
    assert await desk.texts() == ["c"]
    assert desk.backend.generations == []


@played
async def test_a_request_by_hand_wants_more_than_what_is_shown(desk):
    desk = await desk(SUM, candidates=2).ready(TOTAL)
    await desk.answer()
    answer = await desk.answer(trigger="invoked")
    assert answer.source == "model"
    assert len(desk.backend.generations[1]._request.samples) == 2
    assert shown(answer) == [SUM]  # both wrote the same


@played
async def test_other_settings_drop_the_cache(desk):
    desk = await desk(SUM).ready(TOTAL)
    await desk.answer()
    desk.session.forget()
    assert (await desk.answer()).source == "model"
    assert len(desk.backend.generations) == 2


@played
async def test_other_settings_drop_what_is_in_flight(desk):
    """The plan and the text of the old model must not reach the new one."""
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.prefill.hold()
    task = await desk.ask()
    await until(lambda: desk.backend.warmings == [None])
    desk.session.forget()
    desk.backend.prefill.allow()
    assert not (await task).suggestions
    await desk.quiet()
    assert (await desk.answer()).source == "model"
    assert desk.backend.warmings[-1] == "done"
    assert len(desk.backend.warmings) == 2


@played
async def test_two_files_take_turns(desk):
    desk = await desk(SUM).ready(TOTAL)
    desk.open("other = ‸\n", uri="file:///b.py", path="/b.py")
    desk.backend.decode.hold()
    first = await desk.ask(uri=URI, cursor=8)
    second = await desk.ask(uri="file:///b.py")
    desk.backend.decode.allow()
    assert shown(await first) == shown(await second) == [SUM]
    assert [before for before, _ in desk.backend.asked] == ["total = ", "other = "]
    assert not desk.session._flights
    await turns()


@pytest.mark.parametrize("parts", [{"patience": 0.15}, {}], ids=["pending", "deadline"])
@pytest.mark.parametrize("steps", [0, 2])
@played
async def test_a_flight_without_requests_holds_up_no_other_file(desk, parts, steps):
    desk = await desk(SUM, max_latency=1.0).ready(TOTAL)
    desk.open("other = ‸\n", uri="file:///b.py", path="/b.py")
    desk.backend.decode.hold()
    task = await desk.ask(uri=URI, cursor=8, **parts)
    desk.backend.decode.allow(steps)
    await desk.decoding(0, steps)
    await desk.clock.advance(parts.get("patience", 1.0))
    if parts or not steps:
        await task
        second = await desk.ask(uri="file:///b.py")
        await until(lambda: desk.backend.generations[0].over)
        assert desk.backend.generations[0].steps == steps
    else:
        # The request still waits for the text that is written by the deadline.
        second = await desk.ask(uri="file:///b.py")
        assert not desk.backend.generations[0].over
    desk.backend.decode.allow()
    await task
    assert shown(await second) == [SUM]
