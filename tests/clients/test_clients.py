"""The server as clients find it that nobody here wrote, each with ways of its own."""

import time

import pytest

from tests.clients import imitations
from tests.clients.imitations import rendered
from tests.lsp.client import PATIENCE
from tests.lsp.scripted_server import ANSWERS, LINES

SUM = ANSWERS[0]

# What the model writes takes some 0.4 s, longer than a menu that blocks its user may wait.
SLOWLY = "# slowly 75\nalpha = 1\nbeta = 2\n"
SOURCE = "alpha = 1\nbeta = 2\n"
BODY = "# several lines\ndef add(alpha, beta):\n    ‸\n"


def accepted(client, work):
    """How many items count as accepted by some work."""
    before = client.counters()["accepted"]
    work()
    return client.counters()["accepted"] - before


def asked_of_the_model(client, work):
    """How often the model is asked for some work."""
    before = len(client.journal_entries("begin"))
    work()
    return len(client.journal_entries("begin")) - before


def persistently(ask):
    """Asks until there is something, as a person does who is told nothing."""
    deadline = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


class TestNeovimsOwn:
    kind = imitations.NativeNeovim

    def test_tab_accepts_what_is_shown(self, editor):
        at = editor(f"{SOURCE}total ‸\n")
        at.type("= ")
        assert accepted(at.client, at.tab) == 1
        assert at.text == f"{SOURCE}total = {SUM}\n"

    @pytest.mark.parametrize("elsewhere", ["pass‸\n", "bet‸a = 2\n"])
    def test_tab_elsewhere_inserts_nothing_up_there(self, editor, elsewhere):
        at = editor(f"{SOURCE}total ‸\n{elsewhere.replace('‸', '')}")
        at.type("= ")
        assert at.current
        text = at.text
        # The cursor goes some lines down, where nothing is suggested.
        at.cursor = len(text) - len(elsewhere.partition("‸")[2])
        at.handle(at.client.answer(at.rest()))
        at.tab()
        assert at.text == text[: at.cursor - 1] + "\t" + text[at.cursor - 1 :]

    def test_what_it_types_on_clears_what_was_there(self, editor):
        at = editor(f"{SOURCE}total ‸\n")
        at.type("= ")
        at.document.close()
        at.handle(at.client.answer(at.rest()))
        assert at.current is None

    def test_leaving_insert_mode_hides_the_suggestion(self, editor):
        at = editor(f"{SLOWLY}total = ‸\n")
        at.leave_insert_mode(at.rest())
        at.handle(at.client.answer(at.rest()))
        assert at.current["insertText"] == SUM


class TestCoc:
    kind = imitations.Coc

    def test_its_own_menu_costs_nothing(self, editor):
        at = editor(f"{SLOWLY}total ‸\n")
        assert at.has_ghost_text
        assert asked_of_the_model(at.client, lambda: at.type("= ")) == 1
        assert at.left == SUM

    def test_an_item_of_which_the_words_are_accepted_counts_once(self, editor):
        at = editor(f"{SOURCE}total ‸\n")
        at.type("= ")
        before = at.client.counters()["accepted_characters"]

        def words():
            while at.left:
                at.accept_word()

        assert accepted(at.client, words) == 1
        assert at.client.counters()["accepted_characters"] == before + len(SUM)
        assert at.text == f"{SOURCE}total = {SUM}\n"


class TestLspMode:
    kind = imitations.LspMode

    def test_what_is_announced_as_null_is_announced(self, editor):
        at = editor(f"{SOURCE}total = ‸\n")
        assert at.has_ghost_text
        at.take(at.rest())
        assert accepted(at.client, at.accept) == 1
        assert at.text == f"{SOURCE}total = {SUM}\n"

    def test_a_command_cancels_and_the_same_place_is_asked_again(self, editor):
        at = editor(f"{SLOWLY}total = ‸\n")

        def work():
            begun = len(at.client.journal_entries("begin"))
            asked = at.rest()
            at.client.wait_for_journal("begin", begun + 1)
            at.command(asked)
            at.take(at.rest())

        assert asked_of_the_model(at.client, work) == 1
        assert at.item["insertText"] == SUM


class TestNeovimsOwnMenu:
    kind = imitations.BuiltInNeovim

    def test_the_menu_asks_after_a_bracket(self, editor):
        at = editor(f"{SLOWLY}total = sum‸\n")
        at.type("(")
        assert [one["textEdit"]["newText"] for one in at.shown] == [SUM]
        at.confirm()
        # What comes after a blank is lost there, whatever is sent.
        assert at.text == f"{SLOWLY}total = sum(alpha\n"


class Cmp:
    def test_it_waits_where_it_is_of_most_use(self, editor):
        at = editor(f"{SLOWLY}total = sum‸\n")
        at.type("(")
        (item,) = at.shown
        assert (item["detail"], item["labelDetails"]["description"]) == ("codegen", "codegen")
        assert accepted(at.client, at.confirm) == 1
        assert at.text == f"{SLOWLY}total = sum({SUM}\n"

    def test_it_asks_again_with_each_key(self, editor):
        at = editor(f"{SOURCE}total = ‸\n")
        at.type("alph")
        assert [one["filterText"] for one in at.shown] == [SUM]
        at.confirm()
        assert at.text == f"{SOURCE}total = {SUM}\n"

    def test_several_lines(self, editor):
        at = editor(BODY)
        at.type("t")
        (item,) = at.shown
        assert rendered(item["documentation"]) == LINES
        at.confirm()
        assert at.text == BODY.replace("‸", LINES)


class TestNvimCmp(Cmp):
    kind = imitations.NvimCmp


class TestNvimCmpBesideGhostText(Cmp):
    kind = imitations.NvimCmpBesideGhostText


class TestBlink:
    kind = imitations.Blink

    def test_each_press_asks_the_same_place_again(self, editor):
        at = editor(f"{SLOWLY}total = sum‸\n")

        def work():
            at.type("(")
            for _ in range(3):
                at.press()
            assert [one["filterText"] for one in at.shown] == [SUM]

        assert asked_of_the_model(at.client, work) == 1
        assert accepted(at.client, at.confirm) == 1
        assert at.text == f"{SLOWLY}total = sum({SUM}\n"

    def test_what_is_beside_an_item_is_what_is_inserted(self, editor):
        at = editor(BODY)
        at.type("t")
        (item,) = at.shown
        assert rendered(item["documentation"]) == item["textEdit"]["newText"] == LINES
        at.confirm()
        assert at.text == BODY.replace("‸", LINES)


class TestVimLsp:
    kind = imitations.VimLsp

    @pytest.mark.parametrize(
        ("source", "inserted"),
        [(BODY, LINES.split("\n")[0]), (f"{SLOWLY}total = al‸\n", SUM[2:])],
        ids=["several lines", "slowly"],
    )
    def test_by_hand_and_again(self, editor, source, inserted):
        at = editor(source)
        # It may not wait for long; what is written is there when it is asked again.
        (item,) = persistently(at.by_hand)
        at.insert(item)
        assert at.text == source.replace("‸", inserted)


class TestYegappan:
    kind = imitations.Yegappan

    @pytest.mark.parametrize(
        ("source", "key", "expected"),
        [
            (BODY, "t", LINES.split("\n")[0]),
            (f"{SLOWLY}total = sum‸\n", "(", f"({SUM}"),
            (f"{SLOWLY}total = al‸\n", "p", SUM[2:]),
        ],
        ids=["several lines", "after a bracket", "in a word"],
    )
    def test_as_it_is_typed(self, editor, source, key, expected):
        at = editor(source)
        (item,) = at.type(key)
        at.insert(item)
        assert at.text == source.replace("‸", expected)


class TestCompany:
    kind = imitations.Company

    def test_it_keeps_an_empty_answer_though_there_is_another(self, editor):
        at = editor(f"{SLOWLY}total = ‸\n")
        assert at.type("al") == []
        assert at.type("p") == []
        # By hand there is.
        (item,) = persistently(at.at_point)
        at.edit(item)
        assert at.text == f"{SLOWLY}total = {SUM}\n"


class TestPatientCompany:
    kind = imitations.PatientCompany

    @pytest.mark.parametrize("typed", ["al", "("])
    def test_what_is_waited_for_is_there(self, editor, typed):
        at = editor(f"{SLOWLY}total = ‸\n")
        (item,) = at.type(typed)
        assert "\n" not in item["textEdit"]["newText"]
        assert item.get("documentation") is None
        at.edit(item)
        assert at.text == f"{SLOWLY}total = {typed if typed == '(' else ''}{SUM}\n"

    def test_one_line_of_several(self, editor):
        at = editor(BODY)
        (item,) = at.type("t")
        at.edit(item)
        assert at.text == BODY.replace("‸", LINES.split("\n")[0])
