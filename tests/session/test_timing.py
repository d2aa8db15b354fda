"""When the model is asked, and how long a request waits for it."""

import asyncio

import pytest

from codegen.reasons import Reason
from codegen.session.waiting import GRACE
from tests.session.typist import URI, played, shown, turns

TOTAL = "total = ‸\n"
SUM = "first + second + third + fourth"


@played
async def test_the_model_is_asked_a_moment_after_the_last_key(desk):
    desk = await desk(SUM, debounce=True).ready(TOTAL)
    task = await desk.ask()
    await desk.clock.advance(0.05)
    await desk.quiet()
    assert desk.backend.generations == []
    desk.type("x")
    assert (await task).reason == Reason.EDITED
    task = await desk.ask()
    await desk.clock.advance(1)
    assert shown(await task) == [SUM]
    assert desk.backend.asked == [("total = x", "\n")]  # the older one never was
    assert 0.06 <= desk.session.trace(URI).debounce <= 1
    assert desk.clock.sleeping == 0 or not desk.session._flights


@pytest.mark.parametrize("waiting", [False, True])
@played
async def test_a_request_by_hand_does_not_wait_for_the_next_key(desk, waiting):
    desk = await desk(SUM, debounce=True, candidates=1).ready(TOTAL)
    task = await desk.ask() if waiting else None
    assert await desk.texts(trigger="invoked") == [SUM]
    assert desk.session.trace(URI).debounce == 0
    if task is not None:
        assert (await task).reason == Reason.SUPERSEDED
    await desk.clock.advance(5)
    await desk.quiet()
    assert len(desk.backend.generations) == 1


@pytest.mark.parametrize("end", ["cancel", "edit", "close", "stop"])
@played
async def test_a_flight_that_is_dropped_during_its_wait_never_asks_the_model(desk, end):
    desk = await desk(SUM, debounce=True).ready(TOTAL)
    task = await desk.ask()
    flight = desk.session._flights[URI][-1]
    if end == "cancel":
        # The flight goes on for a moment, in case the request is repeated.
        task.cancel()
        await desk.clock.advance(GRACE)
    elif end == "edit":
        desk.erase()
    elif end == "close":
        desk.session.close(URI)
    else:
        desk.session.stop()
    await turns()
    assert flight.done
    assert not desk.session._flights
    assert task.cancelled() or not task.result().suggestions
    await desk.clock.advance(5)
    await desk.quiet()
    assert desk.backend.generations == []


@played
async def test_the_debounce_adapts_to_the_typist(desk):
    desk = await desk(lambda *_: "x", debounce=True).ready(TOTAL)
    waits = []
    for gap in (0.3, 0.1):
        for _ in range(110):
            await desk.clock.advance(gap)
            desk.type("v")
        task = await desk.ask()
        await desk.clock.advance(1)
        await task
        waits.append(desk.session.trace(URI).debounce)
    assert waits[0] > waits[1]


@played
async def test_at_the_deadline_nothing_is_shown_if_nothing_is_written(desk):
    desk = await desk(SUM, max_latency=2.0).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask()
    await desk.decoding(0, 0)
    await desk.clock.advance(1.9)
    assert not task.done()
    await desk.clock.advance(0.2)
    assert (await task).reason == Reason.DEADLINE
    # The model goes on, and its text is there for the next request.
    desk.backend.decode.allow()
    await desk.quiet()
    answer = await desk.answer()
    assert (shown(answer), answer.source) == ([SUM], "cache")


@pytest.mark.parametrize("candidates", [1, 3])
@played
async def test_at_the_deadline_the_written_text_is_shown(desk, candidates):
    desk = await desk(SUM, max_latency=2.0, candidates=candidates).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask(trigger="invoked")
    desk.backend.decode.allow(3)
    await desk.decoding(0, 3)
    await desk.clock.advance(2)
    assert not task.done()
    desk.backend.decode.allow()
    texts = shown(await task)
    # One step more than at the deadline, whatever the number of candidates.
    assert desk.backend.generations[0].steps == 4
    assert texts
    for text in texts:
        assert text
        assert SUM.startswith(text)
        assert text != SUM


@played
async def test_an_empty_answer_at_the_deadline_is_not_cached(desk):
    blanks = " \t \t \t \t"
    desk = await desk(blanks + SUM, max_latency=2.0).ready("total = (‸\n")
    desk.backend.decode.hold()
    task = await desk.ask()
    desk.backend.decode.allow(1)
    await desk.decoding(0, 1)
    await desk.clock.advance(2)
    desk.backend.decode.allow(1)
    answer = await task
    assert (answer.suggestions, answer.reason) == ((), Reason.DEADLINE)
    desk.backend.decode.allow()
    answer = await desk.answer()
    assert answer.source == "model"
    assert shown(answer)[0].strip() == SUM


@played
async def test_every_request_has_a_deadline_of_its_own(desk):
    desk = await desk(SUM, max_latency=2.0).ready(TOTAL)
    desk.backend.decode.hold()
    first = await desk.ask()
    await desk.decoding(0, 0)
    await desk.clock.advance(1.5)
    second = await desk.ask()
    await desk.clock.advance(0.6)
    assert (await first).reason == Reason.DEADLINE
    await desk.clock.advance(0.9)
    assert not second.done()
    await desk.clock.advance(0.6)
    assert (await second).reason == Reason.DEADLINE
    desk.backend.decode.allow()


@pytest.mark.parametrize("steps", [0, 3])
@played
async def test_after_its_patience_a_request_finds_the_suggestion_next_time(desk, steps):
    desk = await desk(SUM).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask(patience=0.15)
    desk.backend.decode.allow(steps)
    await desk.decoding(0, steps)
    await desk.clock.advance(0.15)
    assert (await task).reason == Reason.PENDING
    # It goes on, and the next request can wait for it.
    task = await desk.ask(patience=0.15)
    desk.backend.decode.allow()
    answer = await task
    assert (shown(answer), answer.source) == ([SUM], "joined")
    assert (await desk.answer()).source == "cache"
    assert len(desk.backend.generations) == 1


@played
async def test_a_flight_without_patience_ends_after_a_statement(desk):
    desk = await desk(STATEMENTS, max_latency=6.0).ready(BODY)
    desk.backend.decode.hold()
    task = await desk.ask(patience=0.15)
    desk.backend.decode.allow(1)
    await desk.decoding(0, 1)
    await desk.clock.advance(0.15)
    assert (await task).reason == Reason.PENDING
    await desk.clock.advance(2)
    desk.backend.decode.allow()
    await desk.quiet()
    assert await desk.texts(patience=0.15) == [LINES[0]]


@pytest.mark.parametrize("written", [True, False])
@played
async def test_a_flight_without_patience_ends_at_the_deadline(desk, written):
    desk = await desk(SUM, max_latency=1.0).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask(patience=0.15)
    desk.backend.decode.allow(3 * written)
    await desk.decoding(0, 3 * written)
    await desk.clock.advance(0.15)
    assert (await task).reason == Reason.PENDING
    await desk.clock.advance(1)
    desk.backend.decode.allow()
    await desk.quiet()
    (text,) = await desk.texts(patience=0.15)
    # If nothing was written by then, the whole statement is written.
    assert SUM.startswith(text)
    assert (text == SUM) is not written


@played
async def test_a_request_with_little_patience_does_not_wait_for_the_next_key(desk):
    desk = await desk(SUM, debounce=True).ready(TOTAL)
    task = await desk.ask(patience=0.15)
    await desk.quiet()
    assert shown(await task) == [SUM]
    assert desk.session.trace(URI).debounce == 0


@played
async def test_a_request_with_much_patience_waits_for_the_next_key(desk):
    desk = await desk(SUM, debounce=True).ready(TOTAL)
    task = await desk.ask(patience=15)
    await desk.quiet()
    assert desk.backend.generations == []
    await desk.clock.advance(1)
    assert shown(await task) == [SUM]
    assert desk.session.trace(URI).debounce > 0


@played
async def test_patience_does_not_lengthen_the_deadline(desk):
    desk = await desk(SUM, max_latency=1.0).ready(TOTAL)
    desk.backend.decode.hold()
    task = await desk.ask(patience=5)
    await desk.decoding(0, 0)
    await desk.clock.advance(1)
    assert (await task).reason == Reason.DEADLINE
    desk.backend.decode.allow()


@played
async def test_at_the_deadline_a_newer_request_still_wins(desk):
    desk = await desk(SUM, max_latency=1.0).ready(TOTAL)
    desk.backend.decode.hold()
    first = await desk.ask()
    desk.backend.decode.allow(2)
    await desk.decoding(0, 2)
    await desk.clock.advance(1)
    second = await desk.ask(cursor=0)
    assert (await first).reason == Reason.SUPERSEDED
    desk.backend.decode.allow()
    await second
    desk.session.stop()
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


BODY = "def add(first, second):\n    ‸\n"
LINES = ("total = first", "total += second", "print(total)", "return total")
STATEMENTS = "\n    ".join(LINES)


@pytest.mark.parametrize("patience", [None, 5, 15], ids=["ghost text", "a menu", "a patient one"])
@played
async def test_a_slow_suggestion_ends_after_a_statement(desk, patience):
    desk = await desk(STATEMENTS, max_latency=6.0).ready(BODY)
    desk.backend.decode.hold()
    task = await desk.ask(patience=patience)
    flight, steps = desk.session._flights[URI][-1], 0
    while "\n" not in flight.written:
        steps += 1
        desk.backend.decode.allow(1)
        await desk.decoding(0, steps)
    await desk.clock.advance(1.9)
    assert not task.done()
    await desk.clock.advance(0.2)
    desk.backend.decode.allow()
    assert shown(await task) == [LINES[0]]
    assert desk.backend.generations[0].steps <= steps + 1


@played
async def test_a_slow_suggestion_ends_with_a_whole_statement(desk):
    call = "print(\n        first,\n        second,\n    )"
    desk = await desk(f"{call}\n    return first", max_latency=6.0).ready(BODY)
    desk.backend.decode.hold()
    task = await desk.ask()
    desk.backend.decode.allow(1)
    await desk.decoding(0, 1)
    await desk.clock.advance(2.1)
    desk.backend.decode.allow()
    assert shown(await task) == [call]


@played
async def test_a_request_by_hand_waits_for_the_whole_suggestion(desk):
    desk = await desk(STATEMENTS, max_latency=6.0, candidates=1).ready(BODY)
    desk.backend.decode.hold()
    task = await desk.ask(trigger="invoked")
    desk.backend.decode.allow(1)
    await desk.decoding(0, 1)
    await desk.clock.advance(5.9)
    desk.backend.decode.allow()
    assert shown(await task) == [STATEMENTS]
