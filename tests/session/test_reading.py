"""Files are read outside the event loop; a request waits for that no longer than it may."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from codegen.completion.options import CompletionOptions
from codegen.errors import CancelledError
from codegen.reasons import Reason
from codegen.session import reading as module
from codegen.session.file import OpenFile
from codegen.session.reading import Reader
from tests.session.paced import PATIENCE
from tests.session.typist import URI, played, shown, turns, until

OPTIONS = CompletionOptions()
SOURCE = "def add(a, b):\n    ‸\n"


@pytest.fixture
def held(monkeypatch):
    """Reading waits for `held.go`, in files whose path has "slow" in it; counts what was read."""

    held = SimpleNamespace(go=threading.Event(), paths=[])
    prepare = module.prepare

    def slow_prepare(document, options):
        held.paths.append(document.path)
        assert "slow" not in document.path or held.go.wait(PATIENCE)
        return prepare(document, options)

    monkeypatch.setattr(module, "prepare", slow_prepare)
    yield held
    held.go.set()


def file(name, text="x = 1\n"):
    return OpenFile(name, f"/{name}.py", "python", text)


@played
async def test_a_document_is_read_with_its_tree_and_its_hole():
    one = file("a")
    read = await Reader().read(one, one.snapshot(4), OPTIONS)
    assert (read.document.tree.text, read.hole.left) == ("x = 1\n", "x = ")


@played
async def test_a_fence_is_read_as_its_own_language():
    text = "# Title\n\n```python\nx = \n```\n"
    one = OpenFile("a", "/a.md", "markdown", text)
    read = await Reader().read(one, one.snapshot(text.index("\n```\n", 12)), OPTIONS)
    assert read.document.tree.grammar.language.name == "python"


@played
async def test_a_file_that_takes_long_holds_up_no_other(held):
    reader, slow, quick = Reader(), file("slow"), file("quick")
    # More of them than there are threads.
    waiting = [reader.read(slow, slow.snapshot(0), OPTIONS) for _ in range(10)]
    async with asyncio.timeout(PATIENCE):
        assert (await reader.read(quick, quick.snapshot(1), OPTIONS)).hole.left == "x"
    assert not any(one.done() for one in waiting)
    held.go.set()
    await asyncio.gather(*waiting)


@played
async def test_a_text_that_no_request_waits_for_is_not_read(held):
    reader, slow = Reader(), file("slow")
    wanted = [reader.read(slow, slow.snapshot(0), OPTIONS)]
    await until(lambda: held.paths)
    unwanted = reader.read(slow, slow.snapshot(1), OPTIONS, wanted=lambda: False)
    held.go.set()
    await asyncio.gather(*wanted)
    with pytest.raises(CancelledError):
        await unwanted
    assert len(held.paths) == 1


@pytest.fixture
def slow_desk(desk, held):
    """A desk at which reading waits for `held.go`."""

    async def make(**settings):
        made = desk(reading=ThreadPoolExecutor(1), **settings)
        made.host.ensure()
        await made.host.settled()
        made.open(SOURCE, path="/slow.py")
        return made

    return make


@pytest.mark.parametrize(
    ("lose", "reason"),
    [
        (lambda desk: desk.type("x"), Reason.EDITED),
        (lambda desk: desk.session.close(URI), Reason.NOT_OPEN),
    ],
    ids=["edited", "closed"],
)
@played
async def test_a_request_is_answered_while_its_file_is_read(slow_desk, held, lose, reason):
    desk = await slow_desk()
    task = await desk.ask()
    await until(lambda: held.paths)
    lose(desk)
    async with asyncio.timeout(PATIENCE):
        assert (await task).reason == reason
    held.go.set()
    await desk.quiet()


@pytest.mark.parametrize(
    ("patience", "reason"),
    [(0.1, Reason.PENDING), (0.0, Reason.PENDING), (None, Reason.DEADLINE)],
    ids=["menu", "menu without patience", "ghost"],
)
@played
async def test_a_request_does_not_wait_for_ever_for_its_file(slow_desk, held, patience, reason):
    desk = await slow_desk(max_latency=2.0)
    task = await desk.ask(patience=patience)
    await until(lambda: held.paths)
    await desk.clock.advance(2.0 if patience is None else patience)
    async with asyncio.timeout(PATIENCE):
        assert (await task).reason == reason
    held.go.set()
    await desk.quiet()


@played
async def test_a_menu_without_patience_finds_the_suggestion_next_time(slow_desk, held):
    desk = await slow_desk()
    task = await desk.ask(patience=0.0)
    await until(lambda: held.paths)
    await desk.clock.advance(0.0)
    assert (await task).reason == Reason.PENDING
    written = asyncio.create_task(desk.session.written(URI))
    await turns()
    assert not written.done()
    held.go.set()
    await written
    assert len(desk.backend.generations) == 1
    await desk.quiet()
    answer = await desk.answer(patience=0.0)
    assert (shown(answer), answer.source) == (["first + second"], "cache")


@played
async def test_a_place_that_was_left_before_it_was_read_is_not_asked_for(slow_desk, held):
    desk = await slow_desk()
    task = await desk.ask(patience=0.0)
    await until(lambda: held.paths)
    await desk.clock.advance(0.0)
    assert (await task).reason == Reason.PENDING
    desk.type("x")
    held.go.set()
    await turns()
    await desk.quiet()
    assert not desk.backend.generations


@played
async def test_the_time_for_reading_counts_until_a_flight_without_patience_ends(slow_desk, held):
    desk = await slow_desk(max_latency=2.0)
    desk.backend.decode.hold()
    task = await desk.ask(patience=0.0)
    await until(lambda: held.paths)
    await desk.clock.advance(0.0)
    assert (await task).reason == Reason.PENDING
    await desk.clock.advance(1.5)
    held.go.set()
    await until(lambda: desk.backend.generations)
    flight = desk.session._flights.newest(URI)
    await desk.clock.advance(0.4)
    assert flight.hurry == "no"
    await desk.clock.advance(0.2)
    assert flight.hurry != "no"
    desk.backend.decode.allow()
    await desk.quiet()


@played
async def test_requests_for_one_place_ask_the_model_once(slow_desk, held):
    desk = await slow_desk()
    tasks = [await desk.ask() for _ in range(3)]
    held.go.set()
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*tasks)
    assert {tuple(shown(answer)) for answer in answers} == {("first + second",)}
    assert len(desk.backend.generations) == 1


@played
async def test_reading_ends_with_the_session(slow_desk, held):
    desk = await slow_desk()
    task = await desk.ask()
    await until(lambda: held.paths)
    desk.session.stop()
    assert (await task).reason == Reason.NOT_OPEN
    held.go.set()
    await turns()
