"""`codegen bench server`: what it counts; times are its output, and not asserted."""

import json
import sys
from pathlib import Path

import pytest

from codegen.bench.context import long_source
from codegen.cli import run
from codegen.errors import EngineError
from codegen_lsp.bench import frames, freed, messages, server, stalls
from codegen_lsp.bench.client import Client
from codegen_lsp.bench.editor import OpenText
from codegen_lsp.bench.frames import Frames
from codegen_lsp.bench.freed import Freed
from codegen_lsp.bench.messages import middle_of_word, toggling
from codegen_lsp.bench.server import ServerFigures, measures

SCRIPT = Path(__file__).with_name("scripted_lsp.py")


def test_the_figures_stand_beside_their_targets():
    figures = ServerFigures(
        model="tiny",
        has_model=True,
        lines=10_000,
        starts=((500.0, 400.0), (900.0, 700.0), (600.0, 410.0)),
        changes=(1.0, 3.0, 1.5),
        reparses=(6.0, 6.0),
        bursts=(500.0,),
        refusals=(1.0, 11.0),
        cached=(),
        freed=Freed((0.02, 0.03), (), 0.02),
        frames=Frames((0.003,), (0.004, 0.05)),
        round_trips=(0.5,),
        stalls=(0.001, 0.06),
        idle=0.2,
        memory=(700_000_000, 725_000_000),
    )
    rows = measures(figures)
    assert [row.met for row in rows] == [
        *(
            False,
            None,
            True,
            False,
            None,
            False,
            None,
            True,
            None,
            None,
            False,
            None,
            False,
            True,
            False,
        ),
    ]
    # Of each pair by itself: what slows both down is not counted.
    assert rows[0].p50 == 190.0
    assert rows[-1].p50 == 25.0


def test_the_place_within_a_word():
    text = "class A:\n    def of(self):\n        pass\n\n    def length(self):\n        pass\n"
    at = middle_of_word(text)
    assert (text[at - 3 : at], text[at : at + 3]) == ("len", "gth")
    # Where none follows the middle, one before it will do.
    assert middle_of_word(text + "#" * 1000) == at
    with pytest.raises(EngineError):
        middle_of_word("a = 1\n")


def test_one_character_is_inserted_and_removed_in_turn(monkeypatch):
    with Client([sys.executable, str(SCRIPT)]) as client:
        opened = OpenText(client, "file:///a.py", "length")
        edits = toggling(opened, 3)
        texts = [(next(edits), opened.text)[1] for _ in range(4)]
    assert texts == ["lexngth", "length", "lexngth", "length"]


def test_every_line_is_edited_in_one_message():
    with Client([sys.executable, str(SCRIPT)]) as client:
        opened = OpenText(client, "file:///a.py", "a\n\nb")
        change = opened.indent(more=True)
        assert opened.text == " a\n \n b"
        assert [each["text"] for each in change["contentChanges"]] == [" "] * 3
        opened.indent(more=False)
        assert opened.text == "a\n\nb"


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(server, "COMMAND", (sys.executable, str(SCRIPT), "refuses=1"))
    monkeypatch.setattr(server, "STARTS", 2)
    monkeypatch.setattr(server, "EDITS", 3)
    monkeypatch.setattr(messages, "EDITS", 3)
    monkeypatch.setattr(messages, "BURSTS", 2)
    monkeypatch.setattr(server, "LINES", 300)
    monkeypatch.setattr(stalls, "TEXTS", ("x = (((", "y = 1\n"))
    monkeypatch.setattr(server, "CYCLES", 3)
    monkeypatch.setattr(server, "_WARM_CYCLES", 2)
    monkeypatch.setattr(server, "IDLE", 0.1)
    monkeypatch.setattr(server, "_SETTLE", 0.0)
    hurry(monkeypatch)


def hurry(monkeypatch):
    monkeypatch.setattr(freed, "ROUNDS", 1)
    monkeypatch.setattr(freed, "_WRITING", 0.05)
    monkeypatch.setattr(freed, "_COMPUTING", 0.05)
    monkeypatch.setattr(frames, "SECONDS", 0.1)


def test_the_benchmark_of_the_server_runs(small, capsys):
    assert run(["bench", "server", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["model"] == "tiny is ready"
    assert len(shown["starts"]) == 2
    drawn = [len(shown["frames"][kind]) for kind in ("alone", "beside")]
    assert min(drawn) > 0
    counts = [row["count"] for row in shown["table"]]
    assert counts == [2, 2, 3, 3, 2, 3, 0, 0, 0, *drawn, 3, 1, 1, 1]
    assert all(before > 1_000_000 for before in shown["memory"])
    assert all(value > 0 for value in shown["round_trips"])


def test_without_a_model_the_rest_is_measured(small, monkeypatch, capsys):
    command = (sys.executable, str(SCRIPT), "refuses=1", "state=missing")
    monkeypatch.setattr(server, "COMMAND", command)
    assert run(["bench", "server"]) == 0
    out = capsys.readouterr().out
    assert "no model: tiny is missing" in out
    assert "| request answered from the cache (ms) | 0 | - |" in out


def test_a_request_that_the_model_answered_is_no_figure(small, monkeypatch, capsys):
    monkeypatch.setattr(server, "COMMAND", (sys.executable, str(SCRIPT)))
    assert run(["bench", "server"]) == 4
    assert "was not refused" in capsys.readouterr().err


def test_requests_are_answered_from_the_cache(monkeypatch):
    monkeypatch.setattr(server, "EDITS", 4)
    text = server.long_source(600, foreign=False)
    with Client([sys.executable, str(SCRIPT), "deadlines=1"]) as client:
        opened = OpenText(client, "file:///a.py", text)
        assert len(server._from_cache(client, opened)) == 4
        client.stop()


@pytest.mark.parametrize(("silent", "counts"), [(3, (1, 0)), (4, (0, 1)), (9, (0, 0))])
def test_a_request_answered_before_it_is_cancelled_is_no_figure(monkeypatch, silent, counts):
    # The requests of a round: the small file's, the one that writes, and the one with a prompt,
    # each of the last two before one of the small file's if it is cancelled.
    hurry(monkeypatch)
    with Client([sys.executable, str(SCRIPT), f"silent={silent}"]) as client:
        found = freed.measure_freed(client, long_source(300, foreign=False))
    assert (len(found.writing), len(found.computing)) == counts
