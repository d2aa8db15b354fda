"""How the extension is doing, and what can be done about it: status bar, menu, messages."""

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from tests.editors.servers import INLINE, Server
from tests.editors.vscode import loading_server
from tests.lsp.scripted_server import Script

pytestmark = [pytest.mark.editors, pytest.mark.timeout(600)]

ANSWER = "alpha + beta"
PULLED = "workspace/didChangeConfiguration"
MOVED = "codegen/didMoveCursor"


# What the item in the status bar says.


def test_a_model_that_loads_says_how_far_it_is(shared, sheet, serve, tokenizer_file, tmp_path):
    window, _ = shared
    sheet("x = 1\n‸")
    script = Script(str(tokenizer_file), str(tmp_path / "journal"), hold=str(tmp_path / "hold"))
    command = [sys.executable, loading_server.__file__, json.dumps(dataclasses.asdict(script))]
    root = Path(__file__).parents[3]
    serve(Server(tmp_path / "server", command, {"PYTHONPATH": str(root)}))
    window.until_status(f"loading {loading_server.PERCENT} %")
    window.capture("loading")
    Path(script.hold).touch()
    window.until_status("ready")


def test_a_model_that_is_broken_is_an_error_and_says_why(shared, sheet, serve, make_scripted):
    window, _ = shared
    sheet("x = 1\n‸")
    serve(make_scripted(broken="the disk is full"))
    window.until_status("error")
    window.until_message("the disk is full")


@pytest.mark.parametrize(
    ("answer", "status"), [("Fetch", "ready"), ("Not now", "no model")], ids=["yes", "no"]
)
def test_a_model_is_fetched_after_a_question(shared, sheet, serve, make_scripted, answer, status):
    window, _ = shared
    sheet("x = 1\n‸")
    serve(make_scripted(offer=("a-model", 491_000_000, "huggingface.co/a/model")))
    window.until_message("a-model", "huggingface.co/a/model")
    window.capture("question")
    window.answer(answer)
    window.until_status(status)


# What its menu offers.


def test_a_language_is_switched_off_and_on(shared, sheet, code_server):
    window, server = shared
    sheet("x‸\n")
    window.choose("Disable for python")
    window.until_status("off")
    assert code_server.settings()["codegen.languages"] == {"python": False}
    before = len(server.sent(INLINE))
    window.type(" = ")
    window.choose("Enable for python")
    window.until_status("ready")
    assert code_server.settings()["codegen.languages"] == {"python": True}
    assert len(server.sent(INLINE)) == before or not window.ghost
    window.press("Escape")
    window.type("a")
    window.until_ghost("lpha + beta")


def test_suggestions_pause_in_one_window(shared, sheet):
    window, server = shared
    sheet("x‸\n")
    window.choose("Pause in this window")
    window.until_status("off")
    before = len(server.sent(INLINE)), len(server.sent(MOVED))
    window.type(" = ")
    window.press("ArrowLeft")
    # As long as a cursor must rest, and longer.
    window.page.wait_for_timeout(1000)
    window.press("ArrowRight")
    window.choose("Resume in this window")
    window.until_status("ready")
    assert (len(server.sent(INLINE)), len(server.sent(MOVED))) == before
    window.type("a")
    window.until_ghost("lpha + beta")


def test_the_last_suggestion_is_explained(shared, sheet):
    window, _ = shared
    sheet("x‸\n")
    window.type(" = ")
    window.until_ghost(ANSWER)
    window.choose("Explain the last suggestion")
    window.until(lambda: any('"trigger": "automatic"' in line for line in window.lines), "a page")
    window.capture("explanation")


def test_a_model_is_chosen_for_the_user(shared, sheet, serve, code_server, make_scripted):
    window, _ = shared
    sheet("x = 1\n‸")
    server = make_scripted()
    has_models(server)
    serve(server)
    server.until_ready()
    window.choose("Choose the model", "small-model")
    window.until(lambda: code_server.settings().get("codegen.model") == "small-model", "a setting")
    server.until_sent(PULLED)


def has_models(server):
    """Has the server's program answer `model list --json`, too."""
    entry = {"default": False, "download": None, "exports": []}
    models = [
        {"name": "small-model", "catalogue": {"bytes": 1_000_000}, **entry},
        {"name": "own-model", "catalogue": None, **entry},
    ]
    program, listing = server.bin / "codegen", server.bin / "models.json"
    listing.write_text(json.dumps({"schema": 1, "models": models}))
    first, rest = program.read_text().split("\n", 1)
    program.write_text(f'{first}\n[ "$1" = model ] && exec cat {listing}\n{rest}')


# When the server dies.


def test_a_server_that_dies_comes_back_with_the_documents(shared, sheet, serve, make_scripted):
    window, _ = shared
    sheet("x‸\n")
    server = make_scripted()
    serve(server)
    server.until_ready()
    server.kill()
    # Meanwhile one can write.
    window.type(" = ")
    window.until_line("x = ")
    window.until_message("ended unexpectedly")
    server.until_ready(2)
    window.type("a")
    window.until_ghost("lpha + beta")
    for starts in (3, 4):
        server.kill()
        server.until_ready(starts)
        window.until_status("ready")
    server.kill()
    window.until_message("ended 4 times in 3 minutes")
    window.until_status("error")
    window.capture("off")
    window.answer("Restart")
    server.until_ready(5)
    window.until_status("ready")


def test_a_server_that_cannot_start_is_said_once(shared, sheet, serve, make_scripted):
    window, _ = shared
    sheet("x‸\n")
    server = make_scripted()
    (server.bin / "codegen").write_text("#!/bin/sh\necho broken >&2\nexit 2\n")
    serve(server)
    window.until_status("error")
    window.until_message("couldn't create connection")
    window.type(" = ")
    window.until_line("x = ")
    assert window.messages.count() == 1
