"""The language server as an editor sees it: a process, and what it answers."""

import contextlib
import random
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.lsp.client import (
    BOTH,
    INLINE,
    MENU,
    NOTHING,
    OPTIONS,
    launching,
)
from tests.lsp.scripted_server import ANSWERS, LENGTH

SOURCE = "alpha = 1\nbeta = 2\ntotal = "
SLOW = "# slowly 50, at length\n" + SOURCE
ERROR = 1  # MessageType
CANCELLED = -32800
MENU_METHOD = "textDocument/completion"
ACCEPTED = "codegen.didAcceptCompletionItem"

# Appears in documents, and must appear in no log.
WORD = "xyzzyplugh"

DYNAMIC = {
    "textDocument": {
        "inlineCompletion": {"dynamicRegistration": True},
        "completion": {"dynamicRegistration": True},
    }
}

NULL = {"textDocument": {"inlineCompletion": None, "completion": None}}

PROGRESS = {**BOTH, "window": {"workDoneProgress": True}}

PULL = {**BOTH, "workspace": {"configuration": True}}

WRONG = {
    "candidates": 99,
    "logFile": "/somewhere/log",
    "canditates": 2,
    "model": "../evil",
    "languages": {"lua": "no"},
}

OFFER = ("small-model", 491_000_000, "huggingface.co/somebody/small")

ASKS = {**BOTH, "window": {"showMessage": {}}}


@pytest.fixture
def client(server):
    server.leave()
    server.forget()
    yield server
    server.settle()


@contextlib.contextmanager
def changed(client, **settings):
    """The shared server with other settings, for a while."""
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    yield
    client.notify("workspace/didChangeConfiguration", {"settings": None})


class TestInitialize:
    @pytest.mark.parametrize(
        ("capabilities", "completion", "encodings", "expected"),
        [
            pytest.param(INLINE, "auto", None, ("utf-16", True, False), id="inline"),
            pytest.param(
                NULL, "auto", None, ("utf-16", True, False), id="an empty object of Emacs"
            ),
            pytest.param(MENU, "auto", ["utf-16", "utf-8"], ("utf-8", False, True), id="menu"),
            pytest.param(BOTH, "auto", ["utf-32", "utf-7"], ("utf-32", True, False), id="auto"),
            pytest.param(BOTH, "on", ["utf-7"], ("utf-16", True, True), id="both wanted"),
            pytest.param({}, "off", [], ("utf-16", False, False), id="nothing"),
        ],
    )
    def test_what_initialize_offers(self, launch, capabilities, completion, encodings, expected):
        encoding, inline, menu = expected
        general = {} if encodings is None else {"positionEncodings": encodings}
        options = {"completion": completion}
        result = launch().initialize({**capabilities, "general": general}, options)
        assert result["serverInfo"]["name"] == "codegen"
        offered = result["capabilities"]
        assert offered["positionEncoding"] == encoding
        # An empty object is nil where Emacs reads it.
        assert offered.get("inlineCompletionProvider", False) is inline
        assert ("completionProvider" in offered) == menu
        if menu:
            assert offered["completionProvider"]["triggerCharacters"] == list("(.=[{,:")
        assert offered["textDocumentSync"] == {"openClose": True, "change": 2, "save": False}
        assert offered["executeCommandProvider"] == {"commands": [ACCEPTED]}
        assert offered["workspace"]["workspaceFolders"]["supported"] is True

    @pytest.mark.parametrize(
        "info",
        [
            pytest.param({}, id="no name"),
            pytest.param(None, id="null"),
            pytest.param("Emacs", id="no object"),
            pytest.param({"name": 5}, id="a number"),
            pytest.param({"name": "x", "version": 5, "more": []}, id="more than a name"),
        ],
    )
    def test_a_client_whose_name_can_not_be_read_is_served(self, launch, info):
        assert launch().initialize(INLINE, clientInfo=info)["capabilities"]


class TestDynamicRegistration:
    def test_features_are_registered_as_the_settings_change(self, launch, uri):
        client = launch()
        offered = client.initialize(DYNAMIC, {**OPTIONS, "completion": "off"})["capabilities"]
        assert not {"inlineCompletionProvider", "completionProvider"} & offered.keys()
        client.notify("initialized", {})
        assert self.registered(client) == "textDocument/inlineCompletion"
        document = client.open(uri, SOURCE)
        client.status(state="ready")
        assert document.texts() == [ANSWERS[0]]

        client.notify("workspace/didChangeConfiguration", {"settings": {"completion": "on"}})
        assert self.registered(client, triggerCharacters=list("(.=[{,:")) == MENU_METHOD
        assert document.menu()["items"]

        client.notify("workspace/didChangeConfiguration", {"settings": {"completion": "off"}})
        message = client.take("client/unregisterCapability")
        (gone,) = message["params"]["unregisterations"]
        assert gone["method"] == "textDocument/completion"
        client.reply(message, None)

    def test_a_client_that_refuses(self, launch, uri):
        client = launch()
        client.initialize(DYNAMIC, {**OPTIONS, "completion": "off"})
        client.notify("initialized", {})
        client.reply_error(client.take("client/registerCapability"))
        client.log("refused", "textDocument/inlineCompletion")
        client.status(state="ready")
        assert client.open(uri, SOURCE).texts() == [ANSWERS[0]]

    def registered(self, client, **options):
        message = client.take("client/registerCapability")
        (one,) = message["params"]["registrations"]
        assert options.items() <= one["registerOptions"].items()
        assert one["registerOptions"].get("documentSelector") is None
        client.reply(message, None)
        return one["method"]


class TestInline:
    def test_an_automatic_request_gets_one_item(self, client, uri):
        document = client.open(uri, SOURCE)
        found = document.inline()
        number = found["items"][0]["command"]["arguments"][0]["item"]
        assert found == {
            "items": [
                {
                    "insertText": ANSWERS[0],
                    "filterText": ANSWERS[0],
                    "range": {"start": document.end, "end": document.end},
                    "command": {
                        "title": "Accepted",
                        "command": ACCEPTED,
                        "arguments": [{"uri": uri, "length": len(ANSWERS[0]), "item": number}],
                    },
                }
            ]
        }

    def test_an_invoked_request_gets_all_candidates(self, client, uri):
        document = client.open(uri, SOURCE)
        assert document.texts(trigger=1) == list(ANSWERS)
        # Who didn't ask by hand gets the best of them.
        assert document.texts() == [ANSWERS[0]]

    def test_typing_into_a_suggestion_is_answered_from_the_cache(self, client, uri):
        document = client.open(uri, SOURCE)
        document.texts()
        before = client.counters()
        document.type("alp")
        assert document.texts() == [ANSWERS[0][3:]]
        assert client.counters()["from_cache"] == before["from_cache"] + 1

    def test_items_begin_with_the_selected_completion(self, client, uri):
        document = client.open(uri, SOURCE + "be")
        span = {"start": document.position(len(SOURCE)), "end": document.end}
        (item,) = document.inline(selectedCompletionInfo={"range": span, "text": "beta - "})[
            "items"
        ]
        assert item["insertText"] == item["filterText"] == f"beta - {ANSWERS[0]}"
        assert item["range"] == span

    def test_an_empty_document_gets_nothing(self, client, uri):
        document = client.open(uri, "")
        assert document.texts() == []
        assert document.reason() == "empty-document"

    def test_a_closed_document_gets_nothing(self, client, uri):
        document = client.open(uri, SOURCE)
        document.close()
        assert document.texts() == []
        assert client.explain(uri) is None

    def test_a_document_that_is_opened_again_has_the_new_text(self, client, uri):
        client.open(uri, "nothing = 0\n")
        document = client.open(uri, SOURCE, version=1)
        assert document.texts() == [ANSWERS[0]]

    def test_what_codegen_explain_says_of_a_request(self, client, uri):
        document = client.open(uri, SOURCE)
        document.texts()
        found = client.explain(uri)
        assert (found["trigger"], found["source"], found["reason"]) == ("automatic", "model", None)
        assert found["seconds"]["total"] > 0
        assert found["usage"]["prompt_tokens"] > 0
        assert [one["suggested"] for one in found["answers"]] == [True]

    def test_a_request_waits_for_the_next_key(self, client, uri):
        with changed(client, debounce=True):
            assert client.open(uri, SOURCE).texts() == [ANSWERS[0]]
            assert client.explain(uri)["seconds"]["debounce"] > 0

    def test_the_next_suggestion_is_computed_ahead(self, client, uri):
        ended = len(client.journal_entries("end"))
        with changed(client, computeAhead=True):
            client.open(uri, SOURCE).texts()
            client.wait_for_journal("end", ended + 2)


class TestMenu:
    def test_a_menu_is_answered_at_once_and_its_suggestion_comes_later(self, client, uri):
        begun, ended = (len(client.journal_entries(event)) for event in ("begin", "end"))
        document = client.open(uri, "# slowly 75, at length\n" + SOURCE)
        asked = time.monotonic()
        assert document.menu() == {"isIncomplete": True, "items": []}
        took = time.monotonic() - asked
        # It takes 0.15 s; what is slow here is the machine.
        assert took < LENGTH * 0.075
        assert len(client.journal_entries("end")) == ended
        # The model goes on, and what it wrote is there at the next key.
        client.wait_for_journal("begin", begun + 1)
        assert client.wait_for_journal("end", ended + 1)[-1]["whole"]
        assert len(document.menu()["items"]) == 1
        assert client.explain(uri)["source"] == "cache"

    @pytest.mark.parametrize(("patience", "count"), [(0, 0), (60_000, 1)])
    def test_a_menu_waits_as_long_as_it_is_set(self, client, uri, patience, count):
        with changed(client, menuPatience=patience):
            document = client.open(uri, "# slowly 75\n" + SOURCE)
            found = document.menu()
        assert (len(found["items"]), found["isIncomplete"]) == (count, True)

    def test_the_status_is_busy_while_a_menus_suggestion_is_still_written(self, client, uri):
        begun = len(client.journal_entries("begin"))
        with changed(client, menuPatience=0):
            document = client.open(uri, SLOW)
            client.statuses.clear()
            assert document.menu()["items"] == []
            client.wait_for_journal("begin", begun + 1)
            client.status(busy=True)
            document.type("unlike what is written")
            client.status(busy=False)
            assert [one["busy"] for one in client.statuses] == [True, False]

    def test_an_overtaken_menu_is_asked_again(self, client, uri):
        document = client.open(uri, "# slowly 75, at length\n" + SOURCE)
        first = document.ask_menu()
        document.type("x")
        assert client.answer(first) == {"isIncomplete": True, "items": []}
        second = document.ask_menu()
        elsewhere = document.ask({"line": 0, "character": 0})
        assert client.answer(second) == {"isIncomplete": True, "items": []}
        client.notify("$/cancelRequest", {"id": elsewhere})
        client.error(elsewhere)

    def test_a_menu_beside_ghost_text(self, client, uri):
        with changed(client, menuPatience=20_000):
            document = client.open(uri, "# slowly 10\n" + SOURCE)
            both = document.ask(), document.ask_menu()
            inline, menu = map(client.answer, both)
        assert [len(inline["items"]), len(menu["items"])] == [1, 1]

    def test_what_an_item_of_a_menu_has(self, client, uri):
        document = client.open(uri, SOURCE + "so")
        document.texts()
        found = document.menu()
        (item,) = found["items"]
        assert found["isIncomplete"] is True
        # What the editor filters by is the word before the cursor, and what comes after it.
        assert item["filterText"] == item["textEdit"]["newText"] == f"so{ANSWERS[0]}"
        span = {"start": document.position(len(SOURCE)), "end": document.end}
        assert item["textEdit"]["range"] == span
        assert item["sortText"] > "zzz"
        assert item["insertTextMode"] == 1
        assert item["insertTextFormat"] == 1
        assert item["command"]["command"] == ACCEPTED
        assert "preselect" not in item


class TestCounters:
    def test_what_the_editor_reports_is_counted(self, client, uri):
        document = client.open(uri, SOURCE)
        (item,) = document.inline()["items"]
        before = client.counters()
        client.notify("textDocument/didShowCompletion", {"item": item})
        # Each counts from the item's start.
        for length in (5, 8, 8):
            client.notify(
                "textDocument/didPartiallyAcceptCompletion",
                {"item": item, "acceptedLength": length},
            )
        command = item["command"]
        params = {"command": command["command"], "arguments": command["arguments"]}
        assert client.call("workspace/executeCommand", params) is None
        told = {"shown": 1, "partly_accepted": 3, "accepted": 1, "accepted_characters": 12}
        assert client.counters() == {
            name: count + told.get(name, 0) for name, count in before.items()
        }
        # An item is accepted once, however often it is said; the same text again is another item.
        assert client.call("workspace/executeCommand", params) is None
        assert client.counters()["accepted"] == before["accepted"] + 1
        (item,) = document.inline()["items"]
        again = {"command": ACCEPTED, "arguments": item["command"]["arguments"]}
        assert client.call("workspace/executeCommand", again) is None
        after = client.counters()
        assert after["accepted"] == before["accepted"] + 2
        assert after["accepted_characters"] == before["accepted_characters"] + 24

    def test_accepted_parts_of_an_item_without_a_command_are_counted(self, client):
        before = client.counters()
        for length in (3, 7):
            params = {"item": {"insertText": "alpha + beta"}, "acceptedLength": length}
            client.notify("textDocument/didPartiallyAcceptCompletion", params)
        after = client.counters()
        assert after["accepted_characters"] == before["accepted_characters"] + 7

    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param(None, id="none"),
            pytest.param([], id="no arguments"),
            pytest.param([{"length": -5}], id="a negative length"),
            pytest.param([{"length": "five"}], id="a word for a length"),
            pytest.param([{"item": {}}], id="no number for an item"),
            pytest.param([5], id="no object"),
            pytest.param([{}, {}], id="too many"),
        ],
    )
    def test_an_acceptance_without_a_length_is_counted(self, client, arguments):
        before = client.counters()
        params = {"command": ACCEPTED}
        if arguments is not None:
            params["arguments"] = arguments
        assert client.call("workspace/executeCommand", params) is None
        assert client.counters() == {**before, "accepted": before["accepted"] + 1}

    def test_requests_are_counted_by_their_source(self, client, uri):
        before = client.counters()
        document = client.open(uri, SOURCE)
        document.texts()
        document.texts()
        after = client.counters()
        found = {name: after[name] - before[name] for name in after if after[name] != before[name]}
        assert found == {"requests": 2, "from_model": 1, "from_cache": 1}


class TestStatus:
    def test_the_status_while_a_model_is_loaded_and_while_it_writes(self, launch, uri, tmp_path):
        client = launch(hold=tmp_path / "go on")
        client.initialize()
        document = client.open(uri, "# slowly 100\n" + SOURCE)
        client.notify("initialized", {})
        client.status(state="loading", busy=True, kind="Normal")
        assert document.texts() == []
        assert document.reason() == "model-loading"
        assert document.menu() == {"isIncomplete": True, "items": []}
        (tmp_path / "go on").touch()
        client.status(state="ready", busy=False, kind="Normal", message="scripted on cpu")
        asked = document.ask()
        client.status(state="ready", busy=True)
        assert len(client.answer(asked)["items"]) == 1
        client.status(state="ready", busy=False)
        states = [(one["state"], one["busy"]) for one in client.statuses]
        assert states == [("loading", True), ("ready", False), ("ready", True), ("ready", False)]

    def test_a_client_that_sends_no_initialized(self, launch, uri):
        client = launch()
        client.initialize()
        document = client.open(uri, SOURCE)
        assert document.texts() == []
        client.status(state="ready")
        assert document.texts() == [ANSWERS[0]]

    def test_nothing_is_loaded_while_suggestions_are_switched_off(self, launch, uri):
        client = launch()
        client.initialize(options={**OPTIONS, "enabled": False})
        client.notify("initialized", {})
        document = client.open(uri, SOURCE)
        client.notify("textDocument/didFocus", {"textDocument": {"uri": uri}})
        assert document.texts() == []
        assert document.reason() == "disabled"
        assert client.statuses == []
        client.notify("workspace/didChangeConfiguration", {"settings": {"enabled": True}})
        assert document.texts() == []
        client.status(state="ready")
        assert document.texts() == [ANSWERS[0]]

    def test_a_broken_model_is_told_once(self, launch, uri):
        client = launch(broken="no such weights")
        client.initialize()
        client.notify("initialized", {})
        client.status(state="error", kind="Error", busy=False, message="no such weights")
        shown = client.take("window/showMessage")["params"]
        assert shown == {"type": ERROR, "message": "codegen: no such weights"}
        client.log("no such weights")
        document = client.open(uri, SOURCE)
        assert [document.texts(), document.texts()] == [[], []]
        assert document.reason() == "no-model"

    def test_a_crash_is_contained(self, launch, uri):
        client = launch()
        client.begin()
        document = client.open(uri, "# break down\n" + SOURCE)
        for shown in (True, False):
            assert document.texts() == []
            assert document.reason() == "engine-error"
            client.status(state="error", message="the script says so")
            client.log("EngineError")
            client.log("the script says so")
            if shown:
                message = client.take("window/showMessage")["params"]["message"]
                assert message == "codegen: the script says so"
            other = client.open(f"{uri}.py", SOURCE)
            # Loading it again is what this asks for.
            assert other.texts() == []
            client.status(state="ready")
            assert other.texts() == [ANSWERS[0]]


class TestProgress:
    def start(self, launch):
        client = launch(progress=1000)
        client.initialize(PROGRESS)
        client.notify("initialized", {})
        return client, client.take("window/workDoneProgress/create")

    def test_a_client_that_answers_late_gets_no_progress(self, launch):
        client, create = self.start(launch)
        client.status(state="ready")
        # The transfer has ended: what began now would never end.
        client.reply(create, None)
        client.settle()

    def test_a_client_that_refuses(self, launch):
        client, create = self.start(launch)
        client.reply_error(create)
        client.status(state="ready")
        client.settle()


class TestCancel:
    def test_a_cancelled_request_is_answered_once_and_frees_the_engine(self, client, uri):
        begun, ended = (len(client.journal_entries(event)) for event in ("begin", "end"))
        document = client.open(uri, SLOW)
        asked = document.ask()
        client.wait_for_journal("begin", begun + 1)
        client.notify("$/cancelRequest", {"id": asked})
        assert client.error(asked) == CANCELLED
        assert client.open(f"{uri}.py", SOURCE).texts() == [ANSWERS[0]]
        last = client.wait_for_journal("end", ended + 1)[ended]
        assert not last["whole"]
        assert last["steps"] < LENGTH

    def test_a_request_cancelled_before_it_began(self, client, uri):
        document = client.open(uri, SLOW)
        asked = document.ask()
        client.notify("$/cancelRequest", {"id": asked})
        assert client.error(asked) == CANCELLED

    def test_a_request_cancelled_after_it_was_answered(self, client, uri):
        document = client.open(uri, SOURCE)
        asked = document.ask()
        client.answer(asked)
        client.notify("$/cancelRequest", {"id": asked})
        client.notify("$/cancelRequest", {"id": "nobody asked"})
        assert document.texts() == [ANSWERS[0]]

    def test_an_edit_answers_at_once(self, client, uri):
        begun, ended = (len(client.journal_entries(event)) for event in ("begin", "end"))
        document = client.open(uri, SLOW)
        asked = document.ask()
        client.wait_for_journal("begin", begun + 1)
        document.type("unlike what is written")
        assert client.answer(asked) == NOTHING
        assert document.reason() == "edited-meanwhile"
        assert client.wait_for_journal("end", ended + 1)[ended]["steps"] < LENGTH

    def test_a_newer_request_answers_the_older_one(self, client, uri):
        begun = len(client.journal_entries("begin"))
        document = client.open(uri, SLOW)
        older = document.ask()
        client.wait_for_journal("begin", begun + 1)
        newer = document.ask(document.position(len("# slowly 50, at length\nalpha = ")))
        assert client.answer(older) == NOTHING
        client.notify("$/cancelRequest", {"id": newer})
        assert client.error(newer) == CANCELLED

    def test_typing_into_a_suggestion_while_it_is_written(self, client, uri):
        begun = len(client.journal_entries("begin"))
        document = client.open(uri, "# slowly 100\n" + SOURCE)
        older = document.ask()
        client.wait_for_journal("begin", begun + 1)
        document.type("a")
        newer = document.ask()
        assert client.answer(older) == NOTHING
        assert [one["insertText"] for one in client.answer(newer)["items"]] == [ANSWERS[0][1:]]

    def test_an_answer_takes_no_longer_than_the_settings_allow(self, client, uri):
        with changed(client, maxLatency=1000):
            document = client.open(uri, "# slowly 100, at length\n" + SOURCE)
            (text,) = document.texts()
        assert text.startswith("alpha")
        assert client.journal_entries("end")[-1]["steps"] < LENGTH


# Letters of one to four bytes in UTF-8, one of them astral, and all line endings.
ALPHABET = ["a", "b", " ", "é", "ß", "€", "語", "😀", "𝄞", "\n", "\r\n", "\t"]


class TestSync:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
    def test_the_text_is_in_step_after_any_edits(self, request, launch, uri, encoding):
        if encoding == "utf-16":
            client = request.getfixturevalue("client")
        else:
            client = launch()
            client.begin({**BOTH, "general": {"positionEncodings": [encoding]}})
        assert client.encoding == encoding
        document = client.open(uri, "# é😀\r\n# 語 𝄞\r\nalpha = 1\r\n")
        draw = random.Random(encoding)
        for _ in range(200):
            # Between "\r" and "\n" there is no position.
            places = [
                at
                for at in range(len(document.text) + 1)
                if document.text[at - 1 : at + 1] != "\r\n"
            ]
            start = draw.choice(places)
            end = min(place for place in places if place >= min(start + 2, len(document.text)))
            document.edit(start, end, "".join(draw.choices(ALPHABET, k=draw.randrange(4))))
        document.edit(0, 0, "# 😀 é\r\n")
        document.type("\r\nalpha = 1\r\nbeta = 2\r\n語, 𝄞 = 1, 2; total = ")
        (item,) = document.inline()["items"]
        assert item["range"] == {"start": document.end, "end": document.end}
        assert seen(client, document) == document.text

    def test_a_change_of_the_whole_text(self, client, uri):
        document = client.open(uri, "nothing\n")
        document.text = SOURCE
        document.change([{"text": SOURCE}])
        assert document.texts() == [ANSWERS[0]]

    def test_several_changes_in_one_notification(self, client, uri):
        document = client.open(uri, "")
        at = {"line": 0, "character": 0}
        changes = [
            {"range": {"start": at, "end": at}, "text": letter} for letter in reversed(SOURCE)
        ]
        document.text = SOURCE
        document.change(changes)
        assert document.texts() == [ANSWERS[0]]

    def test_a_text_with_lone_surrogates(self, client, uri):
        document = client.open(uri, '# "\ud83d" \udc00\n' + SOURCE)
        assert document.texts() == [ANSWERS[0]]

    def test_a_request_in_the_middle_of_a_line(self, client, uri):
        document = client.open(uri, SOURCE + "\n\nprint(total)\n")
        assert document.texts(document.position(len(SOURCE))) == [ANSWERS[0]]


def seen(client, document):
    """The document as the model sees it, put together again."""
    pieces = client.explain(document.uri)["pieces"]
    assert not any(piece["folded"] for piece in pieces)
    parts = sorted((piece["span"], piece["text"]) for piece in pieces)
    return "".join(text for _, text in parts)


class TestSettings:
    def test_settings_lie_over_each_other(self, launch, uri, tmp_path):
        client = launch(config="[editor]\ncandidates = 1\n", log_file=tmp_path / "none" / "log")
        client.begin(options={**OPTIONS, **WRONG})
        self.are_named(client, WRONG)
        document = client.open(uri, SOURCE)
        assert document.texts(trigger=1) == list(ANSWERS[:1])
        for settings, count in (
            ({"codegen": {"candidates": 2}}, 2),
            ({"candidates": 3}, 3),
            (None, 1),
        ):
            client.notify("workspace/didChangeConfiguration", {"settings": settings})
            document = client.open(uri, SOURCE)
            assert document.texts(trigger=1) == list(ANSWERS[:count])
            # What the section says replaces what the options said, right or wrong.
            self.are_named(
                client, [name for name in WRONG if settings is None or name != "candidates"]
            )
        assert "can't be written" in client.stderr.read_text(encoding="utf-8")

    def are_named(self, client, names):
        for name in names:
            assert "ignored" in client.log(f"'{name}'")

    def test_settings_are_asked_of_the_client(self, launch, uri):
        client = launch()
        asked = []

        def settings(params):
            asked.append(params)
            return [sections[len(asked) - 1]]

        sections = [{"candidates": 2}, {"candidates": 1, "completion": "off"}, None]
        client.replies["workspace/configuration"] = settings
        client.begin(PULL, {**OPTIONS, "candidates": 3})
        assert client.open(uri, SOURCE).texts(trigger=1) == list(ANSWERS[:2])
        for count in (1, 3):
            client.notify("workspace/didChangeConfiguration", {"settings": None})
            client.settle()
            document = client.open(uri, SOURCE)
            # What isn't set any more doesn't count any more.
            assert document.texts(trigger=1) == list(ANSWERS[:count])
        assert asked == [{"items": [{"section": "codegen"}]}] * 3

    def test_a_setting_that_is_missing_now_is_unset(self, launch, uri):
        """Clients send the same at the start and as the section, and leave out what is not set."""
        client = launch()
        client.initialize(options={**OPTIONS, "enabled": False, "exclude": ["*.py"]})
        client.notify("initialized", {})
        document = client.open(uri, SOURCE)
        assert document.texts() == []
        for section, reason in (
            ({"enabled": False, "exclude": ["*.py"]}, "disabled"),
            ({"exclude": ["*.py"]}, "excluded"),
        ):
            client.notify("workspace/didChangeConfiguration", {"settings": section})
            assert document.texts() == []
            assert document.reason() == reason
        client.notify("workspace/didChangeConfiguration", {"settings": {}})
        document.inline()
        client.status(state="ready")
        assert document.texts() == [ANSWERS[0]]

    def test_nothing_begins_before_the_settings_are_known(self, launch, uri):
        client = launch()
        client.initialize(PULL)
        client.notify("initialized", {})
        document = client.open(uri, SOURCE)
        client.notify("textDocument/didFocus", {"textDocument": {"uri": uri}})
        assert document.texts() == []
        assert document.reason() == "model-loading"
        client.reply(client.take("workspace/configuration"), [{"enabled": False}])
        assert document.texts() == []
        assert document.reason() == "disabled"
        # Another model of a session that is switched off is not loaded either.
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        asked = client.take("workspace/configuration")
        client.reply(asked, [{"enabled": False, "device": "cpu"}])
        client.settle()
        assert client.journal_entries("load") == []
        assert client.statuses == []

    def test_a_client_that_gives_no_settings(self, launch, uri):
        client = launch()
        client.initialize(PULL)
        client.notify("initialized", {})
        client.reply_error(client.take("workspace/configuration"))
        client.log("the client gave no settings")
        client.status(state="ready")
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        client.reply(client.take("workspace/configuration"), 5)
        client.log("the client gave no settings")
        assert client.open(uri, SOURCE).texts() == [ANSWERS[0]]

    def test_a_setting_of_the_model_loads_it_again(self, client, uri):
        document = client.open(uri, SOURCE)
        assert document.texts() == [ANSWERS[0]]
        loaded = len(client.journal_entries("load"))
        for count in (1, 2):
            client.statuses.clear()
            settings = {"device": "cpu"} if count == 1 else None
            client.notify("workspace/didChangeConfiguration", {"settings": settings})
            client.wait_for_journal("load", loaded + count)
            client.status(state="ready")
            assert document.texts() == [ANSWERS[0]]
            assert client.explain(uri)["source"] == "model"

    def test_the_level_of_the_log(self, client):
        with changed(client, logLevel="error", nonsense=1):
            client.settle()


@pytest.fixture
def narrowed(narrowed_for_all):
    """The server with these folders, without what other tests have left."""
    narrowed_for_all.forget()
    return narrowed_for_all


@pytest.fixture(scope="module")
def narrowed_for_all(tokenizer_file, tmp_path_factory):
    """A server with settings of the user, and three folders of which two say no."""
    root = tmp_path_factory.mktemp("workspace")
    for name, content in {
        "free": None,
        "off": "enabled = false\n",
        "broken": "enabled = \n",
        "some#1": 'enabled = true\nexclude = ["made/"]\nexec = "/bin/false"\n'
        "languages = { ruby = false, lua = true }\n",
    }.items():
        (root / name).mkdir()
        if content is not None:
            (root / name / ".codegen.toml").write_text(content, encoding="utf-8")
    (root / "linked").symlink_to(root / "real", target_is_directory=True)
    (root / "real").mkdir()
    (root / "real" / ".codegen.toml").write_text("enabled = false\n", encoding="utf-8")
    (root / "free" / "notes.txt").symlink_to(root / "free" / ".env")
    with launching(tokenizer_file, tmp_path_factory.mktemp("narrowed")) as launcher:
        client = launcher()
        client.root = root
        client.begin(
            options={**OPTIONS, "exclude": ["*.gen.py"], "languages": {"lua": False}},
            workspaceFolders=[
                {"uri": (root / name).as_uri(), "name": name}
                for name in ("free", "off", "broken", "linked", "some#1")
            ],
        )
        client.open((root / "some#1" / "a.py").as_uri(), SOURCE).texts()
        for word in ("'enabled' = True", "'languages.lua' = True", "'exec'"):
            client.log(word, "ignored")
        client.log("nothing is suggested below", "broken")
        yield client


class TestWhereNothingIsSuggested:
    @pytest.mark.parametrize(
        ("path", "language", "reason"),
        [
            ("free/a.py", "python", None),
            ("free/a.lua", "lua", "language-disabled"),
            ("free/a.gen.py", "python", "excluded"),
            ("free/.env", "plaintext", "secret-file"),
            ("free/.env.local", "shellscript", "secret-file"),
            ("free/%2Eenv", "plaintext", "secret-file"),
            ("free/notes;.env", "plaintext", "secret-file"),
            ("free/notes.txt", "plaintext", "secret-file"),  # a link
            ("broken/a.py", "python", "disabled"),
            ("linked/a.py", "python", "disabled"),
            ("real/a.py", "python", "disabled"),
            ("off/a.py", "python", "disabled"),
            ("off/deep/down/a.py", "python", "disabled"),
            ("some#1/a.py", "python", None),
            ("some#1/made/a.py", "python", "excluded"),
            ("some#1/a.rb", "ruby", "language-disabled"),
            ("some#1/a.lua", "lua", "language-disabled"),
            ("elsewhere/made/a.rb", "ruby", None),
        ],
    )
    def test_which_files_get_nothing(self, narrowed, path, language, reason):
        uri = narrowed.root.as_uri() + "/" + path.replace("#", "%23")
        document = narrowed.open(uri, SOURCE, language)
        assert (document.texts() == []) == (reason is not None)
        assert document.reason() == reason
        # The log is told of it, once.
        assert (document.texts() == []) == (reason is not None)
        narrowed.settle()
        told = f"nothing is suggested in {narrowed.root}/{unquote(path)}: {reason}"
        assert [one["message"] for one in narrowed.logs].count(told) == (reason is not None)

    @pytest.mark.parametrize(
        ("form", "reason"),
        [
            ("file://{root}/free/c#/.env", "secret-file"),  # not escaped
            ("file://{root}/free/a?b/.env", "secret-file"),
            ("FILE://{root}/free/.env", "secret-file"),
            ("untitled:{root}/free/.env", "secret-file"),
            ("vscode-notebook-cell:{root}/off/a.ipynb#W0", "disabled"),
            ("vscode-notebook-cell:{root}/free/a.ipynb#W0", None),
            ("untitled:Untitled-1", None),
        ],
    )
    def test_which_documents_of_other_schemes_get_nothing(self, narrowed, form, reason):
        document = narrowed.open(form.format(root=narrowed.root), SOURCE)
        assert (document.texts() == []) == (reason is not None)
        assert document.reason() == reason
        narrowed.settle()

    def test_a_menu_where_nothing_is_suggested_is_complete(self, narrowed):
        document = narrowed.open(narrowed.root.as_uri() + "/off/b.py", SOURCE)
        assert document.menu() == {"isIncomplete": False, "items": []}
        narrowed.settle()

    def test_a_workspaces_file_is_read_again_once_it_changes(self, narrowed):
        document = narrowed.open(narrowed.root.as_uri() + "/free/b.py", SOURCE)
        assert document.texts() != []
        said = narrowed.root / "free" / ".codegen.toml"
        said.write_text("enabled = false\n", encoding="utf-8")
        assert document.texts() == []
        said.unlink()
        assert document.texts() != []
        narrowed.settle()

    def test_the_files_of_folders_that_come_and_go(self, narrowed):
        document = narrowed.open(narrowed.root.as_uri() + "/off/c.py", SOURCE)
        assert document.texts() == []
        folder = {"uri": (narrowed.root / "off").as_uri(), "name": "off"}
        for event, suggests in (
            ({"added": [], "removed": [folder]}, True),
            ({"added": [folder], "removed": []}, False),
        ):
            narrowed.notify("workspace/didChangeWorkspaceFolders", {"event": event})
            assert (document.texts() != []) == suggests
        narrowed.settle()

    def test_the_file_of_a_root_without_folders(self, launch, tmp_path):
        (tmp_path / ".codegen.toml").write_text("enabled = false\n", encoding="utf-8")
        client = launch()
        client.begin(rootUri=tmp_path.as_uri())
        document = client.open((tmp_path / "a.py").as_uri(), SOURCE)
        assert document.texts() == []
        assert document.reason() == "disabled"


class TestConsent:
    def ask(self, launch):
        client = launch(offer=OFFER)
        client.initialize(ASKS)
        client.notify("initialized", {})
        return client, client.take("window/showMessageRequest")

    def test_consent_is_asked_with_size_and_source(self, launch, uri):
        client, question = self.ask(launch)
        for word in ("small-model", "491 MB", "huggingface.co/somebody/small"):
            assert word in question["params"]["message"]
        titles = [one["title"] for one in question["params"]["actions"]]
        assert titles == ["Fetch", "Not now"]
        document = client.open(uri, SOURCE)
        assert document.texts() == []
        assert client.journal_entries("load") == []
        # As long as nobody answers nothing is loading.
        client.status(state="missing", busy=False)
        client.log("small-model", "not on this machine")
        assert document.reason() == "no-model"
        client.reply(question, {"title": "Fetch"})
        client.status(state="ready")
        assert document.texts() == [ANSWERS[0]]

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"title": "Not now"}, id="not now"),
            pytest.param(None, id="dismissed"),
            pytest.param("error", id="an error"),
        ],
    )
    def test_a_user_who_does_not_agree_gets_no_model(self, launch, uri, answer):
        client, question = self.ask(launch)
        if answer == "error":
            client.reply_error(question)
        else:
            client.reply(question, answer)
        self.is_missing(client, uri)
        if answer == "error":
            client.log("didn't ask for consent")

    def test_a_client_that_can_not_ask_gets_no_model(self, launch, uri):
        client = launch(offer=OFFER)
        client.initialize()
        client.notify("initialized", {})
        told = client.take("window/showMessage")["params"]["message"]
        assert "`codegen model export small-model`" in told
        self.is_missing(client, uri)

    def is_missing(self, client, uri):
        client.status(state="missing", kind="Warning", busy=False)
        client.log("small-model", "not on this machine")
        document = client.open(uri, SOURCE)
        # It is asked once.
        assert [document.texts(), document.texts()] == [[], []]
        assert document.reason() == "no-model"
        assert client.journal_entries("load") == []


class TestLog:
    @pytest.mark.parametrize(
        ("level", "source"), [("debug", True), ("info", True), ("debug", False)]
    )
    def test_the_log_has_source_text_where_the_user_says_so(self, launch, tmp_path, level, source):
        log = tmp_path / "log"
        config = f"[editor]\nlog_source = {str(source).lower()}\n"
        client = launch(config=config, log_file=log)
        client.begin(options={**OPTIONS, "logLevel": level})
        assert client.open("file:///a.py", f"# {WORD}\n{SOURCE}").texts() == [ANSWERS[0]]
        written = log.read_text(encoding="utf-8")
        told = source and level == "debug"
        assert (WORD in written) is (ANSWERS[0] in written) is told
        assert log.stat().st_mode & 0o777 == 0o600
        client.logs.clear()

    def test_the_log_has_no_source_text_whatever_goes_wrong(self, launch, tmp_path):
        log = tmp_path / "log"
        client = launch(log_file=log)
        client.begin(options={**OPTIONS, "logLevel": "debug"})
        source = f"# {WORD}\n{SOURCE}"
        document = client.open("file:///a.py", source)
        assert document.texts(trigger=1) == list(ANSWERS)
        document.menu()
        document.type(f"{WORD}\n{WORD} = ")
        document.inline()
        at = {"line": 0, "character": 0}
        # An older version, a reversed range, and edits and requests that can't be understood.
        document.change([{"text": WORD}], version=0)
        document.change([{"range": {"start": document.end, "end": at}, "text": WORD}], version=9)
        client.notify("textDocument/didChange", {"contentChanges": [{"text": WORD}]})
        client.notify("textDocument/didOpen", {"textDocument": WORD})
        client.error(client.request("textDocument/inlineCompletion", {"textDocument": WORD}))
        client.error(client.request("workspace/executeCommand", {"command": 5, "x": WORD}))
        client.send_body(f'{{"text": "{WORD}'.encode())
        client.error(None)
        crashing = client.open("file:///b.py", f"# break down\n# {WORD}\n{SOURCE}")
        assert crashing.texts() == []
        client.take("window/showMessage")
        client.counters()
        written = log.read_text(encoding="utf-8")
        assert "the engine failed: EngineError" in written
        assert len(client.logs) > 4
        assert WORD not in written
        assert WORD not in str(client.logs)
        assert WORD not in client.stderr.read_text(encoding="utf-8")
        client.logs.clear()


class TestHints:
    def test_a_cursor_that_rests_and_a_file_that_is_looked_at(self, client, uri):
        document = client.open(uri, SOURCE)
        params = {"textDocument": {"uri": uri}, "position": document.end}
        client.notify("codegen/didMoveCursor", params)
        client.notify("textDocument/didFocus", {"textDocument": {"uri": uri}})
        assert document.texts() == [ANSWERS[0]]

    def test_malformed_hints_are_logged(self, client, uri):
        position = {"line": -1, "character": 0}
        for params in (None, {}, [], {"textDocument": {"uri": uri}, "position": position}):
            client.notify("codegen/didMoveCursor", params)
            client.log("codegen/didMoveCursor", "ignored")


def test_what_is_printed_is_no_message(client, uri):
    document = client.open(uri, "# say something\n" + SOURCE)
    assert document.texts() == [ANSWERS[0]]
    said = Path(client.stderr).read_text(encoding="utf-8")
    assert "printed by the engine\nwritten to the old stdout\n" in said
