"""Ghost text in Vim: asked for, shown, followed, accepted and dismissed."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import BACKSPACE, ESCAPE, LEFT, TAB, ctrl

pytestmark = pytest.mark.editors

PARTLY = "textDocument/didPartiallyAcceptCompletion"
SHOWN = "textDocument/didShowCompletion"
EXECUTE = "workspace/executeCommand"
CANCEL = "$/cancelRequest"

WORD, LINE, NEXT, PREVIOUS, INVOKE, DISMISS = (
    *(ctrl("g") + letter for letter in "wlnpg"),
    ctrl("]"),
)


@pytest.fixture
def typing(vim, scripted, workspace):
    """Vim with a suggestion, asked for at the end of `total = `."""
    (workspace / "new.py").write_text("one = 1\n", encoding="utf-8")
    editor = vim(scripted, "new.py")
    editor.open("total = ")
    assert editor.until_ghost() == "alpha + beta"
    return editor


def test_each_key_is_sent_and_asked_about_at_once(typing, scripted):
    typing.picture("ghost_text")
    # The cursor stands before the ghost text.
    typing.until(lambda: typing.cursor == (1, len("total = ")), "the cursor in its place")
    messages = [
        one["message"]
        for one in scripted.entries
        if one.get("from") == "editor" and "method" in one["message"]
    ]
    methods = [one["method"] for one in messages]
    asked = [index for index, method in enumerate(methods) if method == INLINE]
    assert [methods[index - 1] for index in asked] == ["textDocument/didChange"] * len(asked)
    assert len(asked) >= len("total = ")
    last = messages[asked[-1]]["params"]
    assert last["context"] == {"triggerKind": 2}
    assert last["position"] == {"line": 1, "character": 8}
    assert CANCEL not in methods


def test_what_is_typed_of_it_shrinks_it_without_a_flicker(typing, scripted):
    before, shown = len(typing.written), len(scripted.sent(SHOWN))
    typing.type("alph")
    typing.until_ghost_is("a + beta")
    # Whatever was drawn meanwhile, the end of the ghost text stayed where it was.
    drawn = b"".join(one.data for one in typing.written[before:])
    assert b"+ beta" not in drawn
    typing.settle()
    # It is one suggestion for whoever sees it, whichever answers it is of.
    assert len(scripted.sent(SHOWN)) == shown


def test_accepting_all_is_one_step_to_undo(typing, scripted):
    typing.send(TAB)
    [command] = scripted.until_sent(EXECUTE)
    assert command["command"] == "codegen.didAcceptCompletionItem"
    typing.type(" + 1")
    assert typing.lines == ["one = 1", "total = alpha + beta + 1"]
    typing.send("u")
    assert typing.lines == ["one = 1", "total = alpha + beta"]
    typing.send("u")
    assert typing.lines == ["one = 1", "total = "]
    assert typing.ghost == ""
    typing.send("u")
    assert typing.lines == ["one = 1"]
    typing.send(ctrl("r") + ctrl("r"))
    assert typing.lines == ["one = 1", "total = alpha + beta"]


def test_accepting_words_keeps_the_rest(typing, scripted):
    shown = len(scripted.sent(SHOWN))
    typing.send(WORD)
    typing.until_ghost_is(" + beta")
    typing.send(WORD)
    typing.until_ghost_is(" beta")
    first, second = scripted.until_sent(PARTLY, 2)
    assert first["item"]["insertText"] == "alpha + beta"
    assert first["acceptedLength"] == 5
    # The second may be of the answer that came in between, which begins at the cursor.
    expected = 7 if second["item"] == first["item"] else 2
    assert second["acceptedLength"] == expected
    assert len(scripted.sent(SHOWN)) == shown
    typing.send(WORD)
    scripted.until_sent(EXECUTE)
    assert typing.lines == ["one = 1", "total = alpha + beta"]
    typing.send("u")
    assert typing.lines == ["one = 1", "total = alpha +"]


def test_candidates_are_turned_through(typing, scripted):
    typing.send(NEXT)
    assert typing.until_ghost("alpha - beta")
    asked = [one for one in scripted.sent(INLINE) if one["context"]["triggerKind"] == 1]
    assert len(asked) == 1
    typing.send(NEXT)
    assert typing.until_ghost("beta + alpha")
    typing.picture("third_candidate")
    typing.send(NEXT)
    assert typing.until_ghost("alpha + beta")
    typing.send(PREVIOUS)
    assert typing.until_ghost("beta + alpha")
    # What the user has turned to stays while it is typed.
    typing.type("bet")
    typing.until_ghost_is("a + alpha")
    typing.send(TAB)
    assert typing.lines == ["one = 1", "total = beta + alpha"]


def test_asked_for_by_hand_after_it_was_dismissed(typing, scripted):
    typing.send(DISMISS)
    typing.until_no_ghost()
    count = len(scripted.sent(INLINE))
    typing.send(INVOKE)
    assert typing.until_ghost() == "alpha + beta"
    assert scripted.sent(INLINE)[count:][0]["context"] == {"triggerKind": 1}


@pytest.mark.parametrize("key", [ESCAPE, ctrl("c"), LEFT, BACKSPACE, "z"], ids=repr)
def test_it_goes_with(key, vim, make_shaped, workspace):
    server = make_shaped("alpha + beta")
    (workspace / "new.py").touch()
    editor = vim(server, "new.py")
    editor.open("x = ")
    editor.until_ghost_is("alpha + beta")
    server.will()
    editor.send(key)
    editor.until_no_ghost()


def test_a_request_is_cancelled_when_insert_mode_is_left(vim, scripted, workspace):
    (workspace / "new.py").write_text("# slowly 200\n", encoding="utf-8")
    editor = vim(scripted, "new.py")
    editor.open("total = ")
    scripted.until_sent(INLINE, len("total = "))
    editor.send(ESCAPE)
    [cancelled] = scripted.until_sent(CANCEL)
    ids = [
        one["message"]["id"]
        for one in scripted.entries
        if one.get("message", {}).get("method") == INLINE
    ]
    assert cancelled == {"id": ids[-1]}


def test_a_late_answer_is_not_shown_elsewhere(vim, scripted, workspace):
    (workspace / "new.py").write_text("# slowly 100\n", encoding="utf-8")
    editor = vim(scripted, "new.py")
    editor.open("total = ")
    count = len(scripted.sent(INLINE))
    editor.send(LEFT)
    scripted.until(lambda: len(scripted.exchanges()) >= count, "all answers")
    assert scripted.exchanges()[-1].result["items"]
    editor.settle()
    assert editor.ghost == ""


def test_nothing_while_a_macro_is_recorded_or_played(typing, scripted):
    typing.send(ESCAPE + "qq")
    count = len(scripted.sent(INLINE))
    typing.send("ototal = ")
    typing.send(TAB + ESCAPE + "q")
    typing.send("@q")
    assert typing.lines == ["one = 1", "total = ", *["total =     "] * 2]
    assert len(scripted.sent(INLINE)) == count


def test_the_dot_repeats_what_was_typed(typing):
    typing.send(TAB)
    typing.until("total = alpha + beta")
    typing.send(ESCAPE + "gg.")
    assert typing.lines == ["one = 1", "total = ", "total = alpha + beta"]
