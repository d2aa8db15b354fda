"""Positions of the protocol against offsets in code points, in every encoding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.errors import PositionError
from codegen_lsp import positions
from codegen_lsp.positions import Encoding, LineIndex, choose_encoding

PIECES = [
    "a",
    "b",
    "é",
    "e\u0301",
    "€",
    "😀",
    "\n",
    "\r",
    "\r\n",
    "\ud83d",
    "\ude00",
    "\u2028",
    "\f",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@pytest.fixture(
    params=[None, 3], ids=["as small texts", "as large texts"], autouse=True, scope="module"
)
def _size(request):
    """All texts here are small; what is done with large ones gives the same."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param is not None:
            patch.setattr(positions, "_LARGE", 0)
            patch.setattr(positions, "_PART", request.param)
        yield


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        pytest.param(None, Encoding.UTF16, id="nothing said"),
        pytest.param([], Encoding.UTF16, id="nothing offered"),
        pytest.param(["utf-7", "UTF-8"], Encoding.UTF16, id="nothing known"),
        pytest.param(["utf-16"], Encoding.UTF16, id="only the default"),
        pytest.param(["utf-16", "utf-8"], Encoding.UTF8, id="utf-8 preferred"),
        pytest.param(["utf-32", "utf-16"], Encoding.UTF16, id="utf-16 before utf-32"),
        pytest.param(["utf-32", "utf-8"], Encoding.UTF8, id="utf-8 before utf-32"),
        pytest.param(["utf-32"], Encoding.UTF32, id="only utf-32"),
        pytest.param(["utf-7", "utf-32"], Encoding.UTF32, id="only utf-32 known"),
    ],
)
def test_the_encoding_is_chosen_from_those_offered(offered, chosen):
    assert choose_encoding(offered) is chosen


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        pytest.param("", (0,), id="empty"),
        pytest.param("ab", (0,), id="one line"),
        pytest.param("a\n", (0, 2), id="empty last line"),
        pytest.param("\n\n", (0, 1, 2), id="line feeds"),
        pytest.param("\r\r", (0, 1, 2), id="carriage returns"),
        pytest.param("\r\n\r\n", (0, 2, 4), id="both"),
        pytest.param("\n\r", (0, 1, 2), id="the wrong way round"),
        pytest.param("\r\r\n\n", (0, 1, 3, 4), id="mixed"),
        pytest.param("a\x0b\x0c\x1c\x85\u2028\u2029b", (0,), id="other separators"),
        pytest.param("😀\r\n\ud800\n", (0, 3, 5), id="in code points"),
    ],
)
def test_where_the_lines_of_a_text_start(text, starts):
    assert LineIndex(text).starts == starts


@pytest.mark.parametrize(
    ("before", "start", "end", "inserted", "starts"),
    [
        pytest.param("", 0, 0, "a\nb", (0, 2), id="into nothing"),
        pytest.param("a\nb\n", 0, 4, "", (0,), id="all deleted"),
        pytest.param("a\nb\nc", 2, 2, "xy", (0, 2, 6), id="shifts what follows"),
        pytest.param("a\nb\nc", 1, 2, "", (0, 3), id="two lines joined"),
        pytest.param("a\nb\nc", 1, 2, "\r\n", (0, 3, 5), id="another line ending"),
        pytest.param("a\nb\nc", 3, 5, "\n\n\n", (0, 2, 4, 5, 6), id="at the end"),
        pytest.param("a\nb", 0, 0, "\n", (0, 1, 3), id="at the start"),
        pytest.param("\r\n", 1, 1, "x", (0, 1, 3), id="pair split by text"),
        pytest.param("\r\n", 1, 1, "\r", (0, 1, 3), id="pair split by a carriage return"),
        pytest.param("\r\n", 1, 1, "\n", (0, 2, 3), id="pair split by a line feed"),
        pytest.param("\r\n", 1, 1, "\n\r", (0, 2, 4), id="pair becomes two pairs"),
        pytest.param("\r\nb", 1, 2, "", (0, 1), id="pair loses its line feed"),
        pytest.param("\r\nb", 0, 1, "", (0, 1), id="pair loses its carriage return"),
        pytest.param("\rx\n", 1, 2, "", (0, 2), id="pair joined by a deletion"),
        pytest.param("\rb", 1, 1, "\n", (0, 2), id="pair joined by a line feed"),
        pytest.param("\nb", 0, 0, "\r", (0, 2), id="pair joined by a carriage return"),
        pytest.param("\rx\n", 1, 2, "\n\r", (0, 2, 4), id="pairs joined on both sides"),
        pytest.param("a\r\nb", 1, 1, "", (0, 3), id="nothing before a pair"),
        pytest.param("a\r\nb", 2, 2, "", (0, 3), id="nothing inside of a pair"),
        pytest.param("a\r\nb", 3, 3, "", (0, 3), id="nothing after a pair"),
    ],
)
def test_where_lines_start_after_an_edit(before, start, end, inserted, starts):
    after = before[:start] + inserted + before[end:]
    index = LineIndex(before)
    index.edit(after, start, end, start + len(inserted))
    assert index.starts == starts
    assert index.starts == LineIndex(after).starts


@settings(max_examples=300)
@given(TEXTS, TEXTS, st.data())
def test_an_edited_index_equals_a_fresh_one(before, inserted, data):
    # Of the protocol's positions none lies between "\r" and "\n"; of these offsets some do.
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    after = before[:start] + inserted + before[end:]
    index = LineIndex(before)
    index.edit(after, start, end, start + len(inserted))
    assert index.starts == LineIndex(after).starts


def test_an_edit_scans_what_was_inserted_and_a_character_on_either_side():
    before = "one\ntwo\r\n" * 1000
    start, end, inserted = 4004, 4011, "x\r\ny\nz"
    after = before[:start] + inserted + before[end:]
    new_end = start + len(inserted)
    # Were anything else of the text looked at, these other lines would be seen.
    first, last = start - 1, new_end + 1
    elsewhere = "\n" * first + after[first:last] + "\n" * (len(after) - last)
    index = LineIndex(before)
    index.edit(elsewhere, start, end, new_end)
    assert index.starts == LineIndex(after).starts
    assert index.starts != LineIndex(elsewhere).starts


U8, U16, U32 = Encoding.UTF8, Encoding.UTF16, Encoding.UTF32


@pytest.mark.parametrize(
    ("text", "line", "character", "encoding", "offset"),
    [
        pytest.param("", 0, 0, U16, 0, id="empty text"),
        pytest.param("ab\ncd", 1, 1, U8, 4, id="ascii, utf-8"),
        pytest.param("ab\ncd", 1, 1, U16, 4, id="ascii, utf-16"),
        pytest.param("ab\ncd", 1, 1, U32, 4, id="ascii, utf-32"),
        pytest.param("ab\ncd", 0, 9, U16, 2, id="past a line feed"),
        pytest.param("ab\rcd", 0, 3, U16, 2, id="past a carriage return"),
        pytest.param("ab\r\ncd", 0, 3, U16, 2, id="inside of a pair"),
        pytest.param("ab\r\ncd", 0, 4, U16, 2, id="past a pair"),
        pytest.param("\r\n\n\r", 1, 1, U16, 2, id="past an empty line"),
        pytest.param("\n", 0, 1, U16, 0, id="past an empty first line"),
        pytest.param("ab", 0, 9, U16, 2, id="past the last line's end"),
        pytest.param("ab\n", 1, 0, U16, 3, id="the empty last line"),
        pytest.param("ab\n", 2, 0, U16, 3, id="past the last line"),
        pytest.param("ab", 2**31 - 1, 2**31 - 1, U16, 2, id="far out"),
        pytest.param("é😀x", 0, 2**31 - 1, U8, 3, id="far out, utf-8"),
        pytest.param("é😀x", 0, 2**31 - 1, U16, 3, id="far out, utf-16"),
        pytest.param("é😀x", 0, 2**31 - 1, U32, 3, id="far out, utf-32"),
        pytest.param("é€x", 0, 0, U8, 0, id="start, utf-8"),
        pytest.param("é€x", 0, 1, U8, 0, id="inside of two bytes"),
        pytest.param("é€x", 0, 2, U8, 1, id="after two bytes"),
        pytest.param("é€x", 0, 4, U8, 1, id="inside of three bytes"),
        pytest.param("é€x", 0, 5, U8, 2, id="after three bytes"),
        pytest.param("é€x", 0, 6, U8, 3, id="all bytes"),
        pytest.param("é€x\n", 0, 7, U8, 3, id="a byte too many"),
        pytest.param("a😀x", 0, 4, U8, 1, id="inside of four bytes"),
        pytest.param("a😀x", 0, 5, U8, 2, id="after four bytes"),
        pytest.param("a😀x", 0, 1, U16, 1, id="before two units"),
        pytest.param("a😀x", 0, 2, U16, 1, id="inside of two units"),
        pytest.param("a😀x", 0, 3, U16, 2, id="after two units"),
        pytest.param("😀😀x", 0, 3, U16, 1, id="inside of the second"),
        pytest.param("😀😀x", 0, 4, U16, 2, id="after the second"),
        pytest.param("😀😀x\n", 0, 6, U16, 3, id="a unit too many"),
        pytest.param("😀😀x", 0, 2, U32, 2, id="code points"),
        pytest.param("e\u0301x", 0, 1, U16, 1, id="before a combining mark"),
        pytest.param("e\u0301x", 0, 3, U8, 2, id="after a combining mark"),
        pytest.param("\udc80x", 0, 1, U16, 1, id="lone surrogate, utf-16"),
        pytest.param("\udc80x", 0, 2, U8, 0, id="inside of a lone surrogate's bytes"),
        pytest.param("\udc80x", 0, 3, U8, 1, id="lone surrogate, utf-8"),
        pytest.param("\ud83d\ude00x", 0, 1, U16, 1, id="two lone ones that meet, utf-16"),
        pytest.param("\ud83d\ude00x", 0, 6, U8, 2, id="two lone ones that meet, utf-8"),
        pytest.param("é\nab😀\n", 1, 4, U16, 5, id="the line's own units"),
    ],
)
def test_the_offset_of_a_position(text, line, character, encoding, offset):
    assert LineIndex(text).offset(text, line, character, encoding) == offset


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize(("line", "character"), [(-1, 0), (0, -1), (9, -1)])
def test_negative_numbers_are_refused(line, character, encoding):
    with pytest.raises(PositionError, match=f"{line}:{character}"):
        LineIndex("ab").offset("ab", line, character, encoding)


@pytest.mark.parametrize(
    ("text", "offset", "encoding", "position"),
    [
        pytest.param("", 0, U16, (0, 0), id="empty text"),
        pytest.param("ab\ncd", 4, U8, (1, 1), id="ascii, utf-8"),
        pytest.param("ab\ncd", 4, U16, (1, 1), id="ascii, utf-16"),
        pytest.param("ab\ncd", 4, U32, (1, 1), id="ascii, utf-32"),
        pytest.param("ab\n", 2, U16, (0, 2), id="before a line ending"),
        pytest.param("ab\n", 3, U16, (1, 0), id="the empty last line"),
        pytest.param("ab\r\nc", 3, U16, (0, 2), id="inside of a pair"),
        pytest.param("é😀x", 2, U8, (0, 6), id="utf-8"),
        pytest.param("é😀x", 2, U16, (0, 3), id="utf-16"),
        pytest.param("é😀x", 2, U32, (0, 2), id="utf-32"),
        pytest.param("\udc80x", 1, U8, (0, 3), id="lone surrogate, utf-8"),
        pytest.param("\udc80x", 1, U16, (0, 1), id="lone surrogate, utf-16"),
        pytest.param("é\n😀b", 3, U16, (1, 2), id="the line's own units"),
    ],
)
def test_the_position_of_an_offset(text, offset, encoding, position):
    assert LineIndex(text).position(text, offset, encoding) == position


@pytest.mark.parametrize("offset", [-1, 3])
def test_an_offset_outside_the_text_is_refused(offset):
    with pytest.raises(PositionError, match=str(offset)):
        LineIndex("ab").position("ab", offset, Encoding.UTF16)


@settings(max_examples=100)
@given(TEXTS, st.sampled_from(Encoding))
def test_an_offset_becomes_a_position_and_the_same_offset_again(text, encoding):
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        line, character = index.position(text, offset, encoding)
        inside = text[max(0, offset - 1) : offset + 1] == "\r\n"
        assert index.offset(text, line, character, encoding) == offset - inside


@settings(max_examples=100)
@given(TEXTS, st.integers(0, 16), st.integers(0, 60), st.sampled_from(Encoding))
def test_a_position_is_rounded_down(text, line, character, encoding):
    index = LineIndex(text)
    offset = index.offset(text, line, character, encoding)
    assert index.position(text, offset, encoding) <= (line, character)
    assert offset <= index.offset(text, line, character + 1, encoding)
