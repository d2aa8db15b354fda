"""An open document's text against that of a client that converts positions the slow way."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from codegen.errors import CodegenError, PositionError
from codegen_lsp import window
from codegen_lsp.buffer import Buffer, Change, Edit, StaleVersionError
from codegen_lsp.positions import Encoding

U8, U16, U32 = Encoding.UTF8, Encoding.UTF16, Encoding.UTF32


@pytest.mark.parametrize(
    ("text", "encoding", "changes", "after", "edits"),
    [
        pytest.param("ab", U16, [], "ab", [], id="no changes"),
        pytest.param(
            "ab", U16, [Change(((0, 1), (0, 1)), "x")], "axb", [Edit(1, 1, "x")], id="insertion"
        ),
        pytest.param(
            "a\nb", U16, [Change(((0, 1), (1, 0)), "")], "ab", [Edit(1, 2, "")], id="deletion"
        ),
        pytest.param(
            "a\r\nb", U16, [Change(((0, 1), (1, 1)), "x")], "ax", [Edit(1, 4, "x")], id="lines"
        ),
        pytest.param("a😀", U16, [Change(None, "é")], "é", [Edit(0, 2, "é")], id="whole text"),
        pytest.param(
            "ab",
            U16,
            [Change(((0, 1), (0, 1)), "\n"), Change(((1, 0), (1, 1)), "c")],
            "a\nc",
            [Edit(1, 1, "\n"), Edit(2, 3, "c")],
            id="each to the result of the one before",
        ),
        pytest.param(
            "ab",
            U16,
            [Change(None, "x\ny"), Change(((1, 0), (1, 0)), "é")],
            "x\néy",
            [Edit(0, 2, "x\ny"), Edit(2, 2, "é")],
            id="a range in the new whole text",
        ),
        pytest.param(
            "ab",
            U16,
            [Change(((0, 1), (0, 1)), "x"), Change(None, "")],
            "",
            [Edit(1, 1, "x"), Edit(0, 3, "")],
            id="whole text at last",
        ),
        pytest.param("😀b", U8, [Change(((0, 4), (0, 5)), "")], "😀", [Edit(1, 2, "")], id="utf-8"),
        pytest.param(
            "😀b", U16, [Change(((0, 2), (0, 3)), "")], "😀", [Edit(1, 2, "")], id="utf-16"
        ),
        pytest.param(
            "😀b", U32, [Change(((0, 1), (0, 2)), "")], "😀", [Edit(1, 2, "")], id="utf-32"
        ),
        pytest.param(
            "😀b", U16, [Change(((0, 1), (0, 2)), "")], "b", [Edit(0, 1, "")], id="half a pair"
        ),
        pytest.param(
            "ab\nc", U16, [Change(((0, 9), (9, 9)), "")], "ab", [Edit(2, 4, "")], id="out of range"
        ),
        pytest.param(
            "\rb", U16, [Change(((1, 0), (1, 0)), "\n")], "\r\nb", [Edit(1, 1, "\n")], id="joined"
        ),
    ],
)
def test_changes_give_the_new_text_and_its_edits(text, encoding, changes, after, edits):
    buffer = Buffer(text, 4, encoding)
    assert buffer.apply(changes, 7) == tuple(edits)
    assert (buffer.text, buffer.version, buffer.encoding) == (after, 7, encoding)


def test_positions_are_of_the_text_after_the_changes():
    buffer = Buffer("ab", 0, Encoding.UTF16)
    buffer.apply([Change(((0, 1), (0, 1)), "😀\r\n")], 1)
    assert buffer.offset((1, 1)) == 5
    assert buffer.position(5) == (1, 1)
    assert buffer.position(2) == (0, 3)


@pytest.mark.parametrize("version", [3, 4])
def test_an_older_version_changes_nothing(version):
    buffer = Buffer("ab", 4, Encoding.UTF16)
    with pytest.raises(StaleVersionError, match=f"version {version} .* version 4") as raised:
        buffer.apply([Change(None, "c")], version)
    assert isinstance(raised.value, CodegenError)
    assert (buffer.text, buffer.version) == ("ab", 4)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(((1, 0), (0, 1)), id="lines reversed"),
        pytest.param(((0, 2), (0, 1)), id="characters reversed"),
        pytest.param(((0, 9), (0, 8)), id="reversed past the line's end"),
        pytest.param(((-1, 0), (0, 1)), id="negative line"),
        pytest.param(((0, -1), (0, 1)), id="negative character"),
        pytest.param(((0, 0), (1, -1)), id="negative character at the end"),
    ],
)
def test_a_bad_range_undoes_the_changes_before_it(bad):
    buffer = Buffer("ab\ncd", 4, Encoding.UTF16)
    changes = [Change(((0, 0), (1, 0)), "x\n\n\n"), Change(None, "é\ny"), Change(bad, "z")]
    with pytest.raises(PositionError):
        buffer.apply(changes, 5)
    assert (buffer.text, buffer.version) == ("ab\ncd", 4)
    assert buffer.offset((1, 1)) == 4
    buffer.apply(changes[:2], 5)
    assert buffer.text == "é\ny"


def lines_of(text):
    """The lines with their endings, read character by character; the last has none."""
    lines = [""]
    for at, character in enumerate(text):
        lines[-1] += character
        if character == "\n" or (character == "\r" and text[at + 1 : at + 2] != "\n"):
            lines.append("")
    return lines


def units(text, encoding):
    codec, size = {U8: ("utf-8", 1), U16: ("utf-16-le", 2), U32: ("utf-32-le", 4)}[encoding]
    return len(text.encode(codec, "surrogatepass")) // size


def slow_offset(text, position, encoding):
    """The last place on the line with no more units before it than asked for."""
    line, character = position
    lines = lines_of(text)
    if line >= len(lines):
        return len(text)
    content = lines[line].rstrip("\r\n")
    fitting = [n for n in range(len(content) + 1) if units(content[:n], encoding) <= character]
    return sum(map(len, lines[:line])) + fitting[-1]


PIECES = ["a", "b", "é", "e\u0301", "€", "😀", "\n", "\r", "\r\n", "\ud83d", "\ude00", "\u2028"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
POSITIONS = st.tuples(st.integers(0, 8), st.integers(0, 12))
RANGES = st.tuples(POSITIONS, POSITIONS).map(sorted).map(tuple)
CHANGES = st.builds(Change, RANGES, TEXTS)
BAD = st.tuples(POSITIONS, POSITIONS).filter(lambda pair: pair[0] > pair[1])


class Client(RuleBasedStateMachine):
    """A client that edits, and tells the buffer of it."""

    @initialize(text=TEXTS, encoding=st.sampled_from(Encoding))
    def opens(self, text, encoding):
        self.text = text
        self.encoding = encoding
        self.version = 1
        self.buffer = Buffer(text, 1, encoding)

    @rule(changes=st.lists(CHANGES, max_size=3), step=st.integers(1, 3))
    def edits(self, changes, step):
        followed = self.text
        for change in changes:
            start, end = (slow_offset(self.text, at, self.encoding) for at in change.range)
            self.text = self.text[:start] + change.text + self.text[end:]
        self.version += step
        for edit in self.buffer.apply(changes, self.version):
            followed = followed[: edit.start] + edit.text + followed[edit.end :]
        assert followed == self.text

    # Less often than edits, or no text would grow old.
    @precondition(lambda self: self.version % 5 == 0)
    @rule(text=TEXTS)
    def replaces_all(self, text):
        self.version += 1
        edits = self.buffer.apply([Change(None, text)], self.version)
        assert edits == (Edit(0, len(self.text), text),)
        self.text = text

    @rule(changes=st.lists(CHANGES, max_size=2), bad=BAD)
    def errs(self, changes, bad):
        with pytest.raises(PositionError):
            self.buffer.apply([*changes, Change(bad, "x")], self.version + 1)

    @rule(changes=st.lists(CHANGES, max_size=2), back=st.integers(0, 2))
    def repeats_itself(self, changes, back):
        with pytest.raises(StaleVersionError):
            self.buffer.apply(changes, self.version - back)

    @rule(position=POSITIONS)
    def asks(self, position):
        expected = slow_offset(self.text, position, self.encoding)
        assert self.buffer.offset(position) == expected

    @invariant()
    def both_have_the_same_text(self):
        assert (self.buffer.text, self.buffer.version) == (self.text, self.version)

    @invariant()
    def lines_are_those_of_a_fresh_index(self):
        starts = [0]
        for line in lines_of(self.text)[:-1]:
            starts.append(starts[-1] + len(line))
        assert self.buffer._lines.starts == tuple(starts)

    @invariant()
    def offsets_come_back(self):
        for offset in range(len(self.text) + 1):
            inside = self.text[max(0, offset - 1) : offset + 1] == "\r\n"
            assert self.buffer.offset(self.buffer.position(offset)) == offset - inside


TestClient = Client.TestCase
TestClient.settings = settings(max_examples=60, stateful_step_count=20)


class NearSighted(Client):
    """The same with so little held around an edit that the next one is always elsewhere."""

    @initialize(text=TEXTS, encoding=st.sampled_from(Encoding))
    def opens(self, text, encoding):
        window._NEAR = 1
        super().opens(text, encoding)

    def teardown(self):
        window._NEAR = NEAR


NEAR = window._NEAR
TestNearSighted = NearSighted.TestCase
TestNearSighted.settings = settings(max_examples=30, stateful_step_count=20)


def test_an_edit_for_each_line_of_a_large_text():
    lines = ["  text\r\n", "é😀\n", "\n"] * 4000
    changes = [Change(((at, 0), (at, 0)), "x") for at in range(len(lines))]
    buffer = Buffer("".join(lines), 1, U16)
    buffer.apply(changes, 2)
    assert buffer.text == "".join("x" + line for line in lines)
    back = [Change(((at, 0), (at, 1)), "") for at in reversed(range(len(lines)))]
    buffer.apply(back, 3)
    assert buffer.text == "".join(lines)
