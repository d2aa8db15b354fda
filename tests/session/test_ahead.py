"""The next suggestion, computed ahead while the user looks at the one before it."""

import asyncio

import pytest

from codegen.session import types
from codegen.session.waiting import GRACE
from tests.session.typist import URI, played, shown, until

SOURCE = "def add(a, b):\n    ‸\n"
PIECES = ["total = first", " + second", " + third"]
OTHER = "file:///b.py"


def program(before, _):
    """Writes the next piece of the function's line."""
    written = before.rpartition("\n    ")[2]
    line = ""
    for piece in PIECES:
        line += piece
        if written != line and line.startswith(written):
            return line[len(written) :]
    return "other_name = 1"


async def ahead(desk, steps=1, **settings):
    """A desk that shows a suggestion, while the next one is being written."""
    desk = await desk(program, compute_ahead=True, **settings).ready(SOURCE)
    answer = await desk.answer()
    assert shown(answer) == PIECES[:1]
    desk.backend.decode.hold()
    await desk.pause()
    desk.backend.decode.allow(steps)
    await desk.decoding(1, steps)
    return desk, answer


@played
async def test_an_accepted_suggestion_is_followed_by_the_next_one(desk):
    desk, answer = await ahead(desk)
    desk.backend.decode.allow()
    await desk.quiet()
    desk.accept(answer)
    answer = await desk.answer()
    assert (shown(answer), answer.source) == ([PIECES[1]], "cache")
    # And so on.
    await desk.pause()
    await desk.quiet()
    assert len(desk.backend.generations) == 3


@pytest.mark.parametrize("keys", [False, True], ids=["at once", "key by key"])
@played
async def test_an_accepted_suggestion_joins_what_is_being_written(desk, keys):
    desk, answer = await ahead(desk)
    if keys:
        for typed, key in enumerate(PIECES[0], 1):
            desk.type(key)
            if typed < len(PIECES[0]):
                assert await desk.texts() == [PIECES[0][typed:]]
                desk.session.moved(URI, desk.cursor)
                await desk.pause()
    else:
        desk.accept(answer)
        await desk.pause()
    task = await desk.ask()
    desk.backend.decode.allow()
    answer = await task
    assert (shown(answer), answer.source) == ([PIECES[1]], "joined")
    assert len(desk.backend.generations) == 2
    assert not desk.session._flights
    assert desk.backend.warmings == ["done"]


@played
async def test_a_request_that_joins_a_flight_ahead_can_be_cancelled(desk):
    desk, answer = await ahead(desk)
    desk.accept(answer)
    task = await desk.ask()
    task.cancel()
    await desk.clock.advance(GRACE)
    desk.backend.decode.allow()
    await desk.quiet()
    assert desk.backend.generations[1].steps == 1
    assert await desk.texts() == [PIECES[1]]


def another_key(desk):
    desk.type("x")


def above(desk):
    desk.edit(0, 0, "\n")


def closed(desk):
    desk.session.close(URI)


def end(desk):
    desk.session.stop()


def other_settings(desk):
    desk.session.forget()


def other_file(desk):
    text = "other = 1\n"
    desk.session.open(OTHER, "/b.py", "python", text)
    desk.session.change(OTHER, [types.Edit(0, 0, "x")], "x" + text)


@pytest.mark.parametrize("leave", [another_key, above, closed, end, other_settings, other_file])
@played
async def test_a_flight_ahead_stops_when_typing_can_not_lead_to_it(desk, leave):
    desk, _ = await ahead(desk)
    leave(desk)
    desk.backend.decode.allow()
    await desk.quiet()
    assert desk.backend.generations[1].over
    assert desk.backend.generations[1].steps == 1


@pytest.mark.parametrize("where", ["another place", "another file", "by hand"])
@pytest.mark.parametrize("typed", [0, 1, 2])
@played
async def test_a_flight_ahead_stops_for_a_request(desk, where, typed):
    desk, _ = await ahead(desk)
    # Every answer while the suggestion is typed would compute it again.
    for key in PIECES[0][:typed]:
        desk.type(key)
        await desk.answer()
        await desk.pause()
    assert len(desk.backend.generations) == 2
    if where == "another file":
        desk.open(SOURCE, uri=OTHER, path="/b.py")
        task = await desk.ask(uri=OTHER)
    elif where == "another place":
        task = await desk.ask(cursor=len(desk.text))
    else:
        task = await desk.ask(trigger="invoked")
    desk.backend.decode.allow()
    await task
    await desk.quiet()
    assert desk.backend.generations[1].over
    assert desk.backend.generations[1].steps == 1
    assert len(desk.backend.generations) == 3


@played
async def test_the_same_text_in_another_file_is_another_place(desk):
    desk, _ = await ahead(desk)
    desk.open("def add(a, b):\n    total = first‸\n", uri=OTHER, path="/b.py")
    task = await desk.ask(uri=OTHER)
    desk.backend.decode.allow()
    assert shown(await task) == [PIECES[1]]


@played
async def test_a_resting_cursor_does_not_stop_a_flight_ahead(desk):
    desk = await desk(program, compute_ahead=True).ready(SOURCE)
    await desk.answer()
    desk.session.moved(URI, desk.cursor)
    await desk.pause()
    await desk.quiet()
    assert len(desk.backend.generations) == 2


@pytest.mark.parametrize("setting", [True, False])
@played
async def test_computing_ahead_can_be_switched_off(desk, setting):
    desk = await desk(program, compute_ahead=setting).ready(SOURCE)
    await desk.answer()
    await desk.pause()
    await desk.quiet()
    assert len(desk.backend.generations) == 1 + setting


@played
async def test_a_flight_ahead_includes_the_editor_s_own_completion(desk):
    desk = await desk(program, compute_ahead=True).ready("def add(a, b):\n    to‸\n")
    selected = types.Selected(desk.cursor - 2, desk.cursor, "total")
    answer = await desk.answer(selected=selected)
    assert shown(answer) == PIECES[:1]
    await desk.pause()
    await desk.quiet()
    assert desk.backend.asked[-1] == ("def add(a, b):\n    total = first", "\n")
    desk.accept(answer)
    assert (await desk.answer()).source == "cache"


@played
async def test_the_plan_of_a_flight_ahead_becomes_the_file_s_when_it_is_joined(desk):
    desk, answer = await ahead(desk)
    last = desk.dispatcher._prompts.last(desk.session._files[URI], desk.host.model)
    last.plan = None
    desk.accept(answer)
    task = await desk.ask()
    desk.backend.decode.allow()
    await task
    assert last.plan is not None


@played
async def test_a_flight_ahead_ends_with_the_session(desk):
    desk, _ = await ahead(desk)
    desk.session.stop()
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert desk.backend.generations[1].over


@pytest.mark.parametrize(
    ("source", "line", "enter"),
    [
        ("def add(a, b):\n    ‸\n", "total = a", "\n    "),
        ("def add(a, b):\n    ‸\n", "if a:", "\n        "),
        ("def add(a, b):\n    ‸\n", "return a", "\n"),
        ("def add(a, b):\r\n    ‸\r\n", "total = a", "\r\n    "),
        ("class A:\n\tdef add(a, b):\n\t\t‸\n", "return a", "\n\t"),
    ],
)
@played
async def test_after_a_whole_line_the_line_below_is_computed_ahead(desk, source, line, enter):
    def lines(before, _):
        if line not in before:
            return line
        return "" if before.endswith(line) else "below = 1"

    desk = await desk(lines, compute_ahead=True).ready(source)
    answer = await desk.answer()
    assert shown(answer) == [line]
    await desk.pause()
    await desk.quiet()
    desk.accept(answer)
    assert (await desk.answer()).suggestions == ()
    desk.type(enter)
    answer = await desk.answer()
    assert shown(answer) == ["below = 1"]
    # The model may still be writing it.
    assert answer.source in ("cache", "joined")
    assert len(desk.backend.generations) == 3


@played
async def test_in_the_middle_of_a_line_no_line_below_is_computed_ahead(desk):
    desk = await desk(lambda *_: "first", compute_ahead=True).ready("add(‸)\n")
    await desk.answer()
    desk.backend.write = lambda *_: ""
    await desk.pause()
    await desk.quiet()
    assert desk.backend.asked[1:] == [("add(first", ")\n")]
