"""Random actions of a user, and what holds after all of them."""

import asyncio
import zlib

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from codegen.errors import EngineError
from codegen.session.cache import MAX_TYPED
from codegen.session.types import Edit, Request, Selected
from tests.session.paced import PATIENCE
from tests.session.typist import Desk, turns

URIS = ("file:///a.py", "file:///b.py")
SOURCE = "import os\n\nvalue = 1\n\n\ndef add(a, b):\n    \n"

# The actions: the name of a method of Monkey, and its two arguments.
FRACTION = st.floats(0, 1)
STEPS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(["x", "v = ", "\n", "(", ")", " ", "é"]), FRACTION),
    st.tuples(st.just("follow"), st.integers(1, 12), FRACTION),
    st.tuples(st.just("erase"), st.integers(1, 6), FRACTION),
    st.tuples(st.just("replace"), st.sampled_from(["", "y", "\n    z = 1\n"]), FRACTION),
    st.tuples(st.just("jump"), FRACTION, FRACTION),
    st.tuples(st.just("ask"), st.sampled_from(["automatic", "invoked"]), FRACTION),
    st.tuples(st.just("ask"), st.sampled_from(["automatic", "selected"]), FRACTION),
    st.tuples(st.just("ask"), st.just("automatic"), st.just(1.0)),
    st.tuples(st.just("ask"), st.just("automatic"), st.just(1.0)),
    st.tuples(st.just("cancel"), st.integers(0, 3), FRACTION),
    st.tuples(st.just("accept"), st.just(""), FRACTION),
    st.tuples(st.just("pause"), st.sampled_from([0.05, 0.31, 1.1]), FRACTION),
    st.tuples(st.just("wait"), st.just(""), FRACTION),
    st.tuples(st.just("moved"), st.just(""), FRACTION),
    st.tuples(st.just("switch"), st.just(""), FRACTION),
    st.tuples(st.just("reopen"), st.just(""), FRACTION),
    st.tuples(st.just("forget"), st.just(""), FRACTION),
    st.tuples(st.just("fail"), st.just(""), FRACTION),
)


def write(before, after):
    """A line that depends on the text around the cursor."""
    seed = zlib.crc32(f"{before}‸{after}".encode())
    return f"name_{seed % 7}(first, {seed % 1000}) + last[{seed % 3}]"


class Monkey:
    """Does the actions at a desk, and checks every answer."""

    def __init__(self, desk):
        self.desk = desk
        self.files = {uri: [SOURCE, len(SOURCE) - 1] for uri in URIS}
        self.uri = URIS[0]
        self.tasks = []  # with the text that each of them was made for
        self.answers = 0
        self.last = None

    async def play(self, steps):
        desk = self.desk
        desk.host.ensure()
        await desk.host.settled()
        for uri in URIS:
            desk.session.open(uri, uri.removeprefix("file://"), "python", SOURCE)
        for name, part, where in steps:
            await getattr(self, name)(part, where)
            for flights in desk.session._flights.values():
                assert flights
        for _ in range(6):
            await self.wait("", 0)
        async with asyncio.timeout(PATIENCE):
            for task in self.tasks:
                await asyncio.wait([task])
        desk.session.stop()
        desk.host.stop()
        await desk.quiet()
        # Every request has one answer now, and no work goes on.
        assert all(task.done() for task in self.tasks)
        for task in self.tasks:
            assert task.cancelled() or task.result()
        assert self.answers == sum(not task.cancelled() for task in self.tasks)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert desk.session._flights == desk.session._tickets._by_file == {}
        assert all(
            generation.over or not generation.begun for generation in desk.backend.generations
        )

    def edit(self, start, end, text):
        old, _ = self.files[self.uri]
        new = old[:start] + text + old[end:]
        self.files[self.uri] = [new, start + len(text)]
        self.desk.session.change(self.uri, [Edit(start, end, text)], new)

    async def type(self, text, _):
        _, cursor = self.files[self.uri]
        self.edit(cursor, cursor, text)

    async def follow(self, count, _):
        """Types the beginning of the last suggestion."""
        text, cursor = self.files[self.uri]
        if self.last is not None and self.last[0] == self.uri and self.last[1] == text:
            start = cursor
            for key in self.last[2].suggestions[0].text[:count]:
                self.edit(start, start, key)
                start += 1

    async def erase(self, count, _):
        _, cursor = self.files[self.uri]
        self.edit(max(0, cursor - count), cursor, "")

    async def replace(self, text, where):
        old, _ = self.files[self.uri]
        start = round(where * len(old))
        self.edit(start, min(len(old), start + 3), text)

    async def jump(self, where, _):
        text, _ = self.files[self.uri]
        self.files[self.uri][1] = round(where * len(text))

    async def ask(self, how, where):
        patience = 0.1 if where < 0.2 else None
        self.tasks.append(asyncio.create_task(self.answered(self.uri, how, patience)))
        await turns(round(where * 4))
        if where > 0.5:
            await self.wait("", 0)

    async def answered(self, uri, how, patience):
        # The text may have changed since the task was made.
        text, cursor = self.files[uri]
        selected = None
        if how == "selected":
            start = max(0, cursor - 2)
            selected = Selected(start, cursor, text[start:cursor] + "z")
        trigger = "invoked" if how == "invoked" else "automatic"
        request = Request(uri, cursor, trigger, selected, patience)
        answer = await self.desk.session.suggest(request)
        self.answers += 1
        text, _ = self.files[uri]
        for one in answer.suggestions:
            assert 0 <= one.start <= one.end <= len(text)
            check(one, text, request.selected)
        event(f"{answer.source}: {answer.reason}")
        if answer.suggestions:
            assert answer.reason is None
            self.last = (uri, text, answer)
        else:
            assert answer.reason
        return answer

    async def cancel(self, back, _):
        for task in self.tasks[-1 - back :][:1]:
            task.cancel()

    async def accept(self, _, __):
        if self.last is not None and self.last[1] == self.files[self.last[0]][0]:
            self.uri, _, answer = self.last
            best = answer.suggestions[0]
            self.edit(best.start, best.end, best.text)

    async def pause(self, seconds, _):
        await self.desk.clock.advance(seconds)

    async def wait(self, _, __):
        await self.desk.clock.advance(0.7)
        await self.desk.quiet()

    async def moved(self, _, __):
        self.desk.session.moved(self.uri, self.files[self.uri][1])

    async def switch(self, _, __):
        self.uri = URIS[1 - URIS.index(self.uri)]

    async def reopen(self, _, __):
        self.files[self.uri] = [SOURCE, len(SOURCE) - 1]
        self.desk.session.open(self.uri, "/a.py", "python", SOURCE)

    async def forget(self, _, __):
        self.desk.session.forget()

    async def fail(self, _, __):
        self.desk.backend.errors.append(EngineError("broken"))


def check(one, text, selected):
    """A suggestion inserts what the model writes there, or the rest of it."""
    shown = "" if selected is None else selected.text
    assert one.text.startswith(shown)
    before, after = text[: one.start] + one.text, text[one.end :]
    cursor = one.start + len(shown)
    for at in range(cursor, max(0, cursor - MAX_TYPED) - 1, -1):
        # A prompt is kept while an editor inserts closing brackets: the model doesn't see these.
        for below in (after, after.lstrip(")]}\"'`")):
            # A rule, or the deadline, may have cut what the model wrote at that place; and rules
            # may have moved it in, set it on a line of its own, or left out blank lines before it.
            if write(before[:at], below).lstrip(" \n").startswith(before[at:].strip(" \n")):
                return
    raise AssertionError(f"nobody wrote {one.text!r}")


@settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.lists(STEPS, min_size=4, max_size=30),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 1, 7, 40]),
)
def test_every_request_is_answered_whatever_the_user_does(
    model, steps, debounce, compute_ahead, reading
):
    async def play():
        desk = Desk(
            model(write),
            reading=reading,
            debounce=debounce,
            compute_ahead=compute_ahead,
            max_latency=2.0,
        )
        await Monkey(desk).play(steps)

    asyncio.run(play())
