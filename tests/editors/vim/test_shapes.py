"""Items of every shape: what is shown of them, and what accepting them makes of the text."""

import pytest

from tests.editors.servers import INLINE
from tests.editors.terminal import LEFT, TAB, ctrl

pytestmark = pytest.mark.editors

INVOKED = {"triggerKind": 1}

# A letter that takes two units of UTF-16, and a family: five code points that are one character.
ASTRAL = "\N{MATHEMATICAL SCRIPT CAPITAL X}"
FAMILY = "👩‍👩‍👧"

INVOKED = {"triggerKind": 1}

# A letter that takes two units of UTF-16, and a family: five code points that are one character.
ASTRAL = "\N{MATHEMATICAL SCRIPT CAPITAL X}"
FAMILY = "👩‍👩‍👧"
FAMILIES = f"{ASTRAL} {FAMILY} = "

WORD, LINE = ctrl("g") + "w", ctrl("g") + "l"

PLAIN = "setlocal noautoindent indentexpr= tabstop=8"


def item(text, start=None, end=None, line=0):
    if start is None:
        return {"insertText": text}
    span = [{"line": line, "character": character} for character in (start, end)]
    return {"insertText": text, "range": dict(zip(("start", "end"), span, strict=True))}


@pytest.mark.parametrize(
    ("typed", "answer", "ghost", "accepted"),
    [
        pytest.param("x = |", item("1 + 2"), "1 + 2", ["x = 1 + 2"], id="no range"),
        pytest.param("x = a|", item("x = abc", 0, 5), "bc", ["x = abc"], id="text before it"),
        pytest.param("f(|)", item("a, b)", 2, 3), "a, b", ["f(a, b)"], id="ends with the rest"),
        pytest.param("f(|)", item("a):", 2, 3), "a:", ["f(a):"], id="contains the rest"),
        pytest.param("f(|) ", item("a", 2, 2), "a", ["f(a) "], id="text behind it stays"),
        pytest.param("f(|)", item("a]", 2, 3), "", None, id="lacks the rest"),
        pytest.param("x = a|", item("x = b", 0, 5), "", None, id="begins differently"),
        pytest.param("x|y", item("z", 0, 0), "", None, id="range elsewhere"),
        pytest.param("xy|", item("xy", 0, 2), "", None, id="nothing new"),
        pytest.param(
            "def f():|",
            item("\n    a\n\n    b"),
            "    a\n    b",
            ["def f():", "    a", "", "    b"],
            id="several lines",
        ),
        pytest.param(
            "if a:|",
            item("\n\tb\tc"),
            "        b       c",
            ["if a:", "\tb\tc"],
            id="tabs are as wide as the buffer's",
        ),
        pytest.param(
            f"{FAMILIES}é|",
            item(f"é + {ASTRAL}", len(FAMILIES.encode()), len(f"{FAMILIES}é".encode())),
            f" + {ASTRAL}",
            [f"{FAMILIES}é + {ASTRAL}"],
            id="astral characters",
        ),
    ],
)
def test_shown_and_accepted(typed, answer, ghost, accepted, answering):
    editor, server = answering(answer)
    editor.command(PLAIN)
    before, _, behind = typed.partition("|")
    editor.send("i" + before + behind + LEFT * len(behind))
    # The cursor has moved without an edit, so the last word is said by hand.
    editor.send(ctrl("g") + "g")
    if accepted is None:
        server.until(
            lambda: [
                one for one in server.exchanges() if one.params["context"]["triggerKind"] == 1
            ],
            "the last answer",
        )
        editor.settle()
        assert editor.ghost == ""
        return
    editor.until_ghost_is(ghost)
    server.will()
    editor.send(TAB)
    assert editor.lines == accepted


def test_line_by_line(answering):
    editor, server = answering("a\n    b\n\nc")
    editor.open("x = ")
    editor.until_ghost_is("a\n    b\nc")
    editor.picture("several_lines")
    server.will()
    lengths = []
    for step, rest in enumerate(["    b\nc", "c", "c"], 1):
        editor.send(LINE)
        editor.until_ghost_is(rest)
        sent = server.until_sent("textDocument/didPartiallyAcceptCompletion", step)
        lengths.append(sent[-1]["acceptedLength"])
    assert lengths == [1, 7, 8]
    editor.send(LINE)
    editor.until_no_ghost()
    assert editor.lines == ["", "x = a", "    b", "", "c"]
    editor.send("uu")
    assert editor.lines == ["", "x = a", "    b"]


def test_enter_is_typed_of_it_too(answering):
    editor, server = answering("\n    return 1")
    editor.open("def f():")
    editor.until_ghost_is("    return 1")
    server.will()
    editor.send("\r")
    # Vim has indented the line by itself.
    editor.until_ghost_is("return 1")
    editor.send("ret")
    editor.until_ghost_is("urn 1")


def test_a_word_within_the_rest_takes_all(answering):
    editor, server = answering(item("ab)", 2, 3, line=1))
    editor.open("f()")
    editor.send(LEFT + ctrl("g") + "g")
    editor.until_ghost_is("ab")
    server.will()
    editor.send(WORD)
    editor.until("f(ab)")
    editor.send(WORD)
    assert editor.lines == ["", "f(ab)"]


def test_accepted_lengths_are_in_utf_16(answering):
    editor, server = answering(f"{ASTRAL * 2} = 1")
    editor.open("x; ")
    editor.until_ghost_is(f"{ASTRAL * 2} = 1")
    server.will()
    editor.send(WORD)
    [told] = server.until_sent("textDocument/didPartiallyAcceptCompletion")
    assert told["acceptedLength"] == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_in_the_servers_encoding(encoding, vim, make_shaped, workspace):
    before = f"'{FAMILY}' + "
    units = {
        "utf-8": len(before.encode()),
        "utf-16": len(before.encode("utf-16-le")) // 2,
        "utf-32": len(before),
    }[encoding]
    server = make_shaped(item("total", units, units + 2, line=1), encoding=encoding)
    (workspace / "new.py").touch()
    editor = vim(server, "new.py")
    editor.open(before + "to")
    editor.until_ghost_is("tal")
    assert server.sent(INLINE)[-1]["position"] == {"line": 1, "character": units + 2}
