"""Reading files of any encoding, and positions in them."""

import codecs
import io
import os
import re
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import PositionError, SourceError, UsageError
from codegen.source import (
    locate,
    parse_position,
    position_of,
    read,
    read_source,
    read_stdin,
)
from codegen.source.position import newline_above

# --- reading ------------------------------------------------------------------------------------

READABLE = [
    # bytes, encoding, bom, newline, text
    (b"", "utf-8", b"", "\n", ""),
    ("é\n".encode(), "utf-8", b"", "\n", "é\n"),
    (codecs.BOM_UTF8 + "é".encode(), "utf-8", codecs.BOM_UTF8, "\n", "é"),
    (codecs.BOM_UTF8, "utf-8", codecs.BOM_UTF8, "\n", ""),
    (codecs.BOM_UTF8 * 2, "utf-8", codecs.BOM_UTF8, "\n", "\ufeff"),
    (codecs.BOM_UTF16_LE + "é\r\n".encode("utf-16-le"), "utf-16-le", b"\xff\xfe", "\r\n", "é\r\n"),
    (codecs.BOM_UTF16_BE + "é\r".encode("utf-16-be"), "utf-16-be", b"\xfe\xff", "\r", "é\r"),
    (codecs.BOM_UTF32_LE + "😀".encode("utf-32-le"), "utf-32-le", codecs.BOM_UTF32_LE, "\n", "😀"),
    (codecs.BOM_UTF32_BE + "😀".encode("utf-32-be"), "utf-32-be", codecs.BOM_UTF32_BE, "\n", "😀"),
    # A lone UTF-16 unit is kept; so is what UTF-8 can't read, also as a declared encoding.
    (codecs.BOM_UTF16_LE + b"\x00\xd8a\x00", "utf-16-le", b"\xff\xfe", "\n", "\ud800a"),
    (b"a\xffb\xc3", "utf-8", b"", "\n", "a\udcffb\udcc3"),
    (b"\xed\xa0\x80", "utf-8", b"", "\n", "\udced\udca0\udc80"),
    (b"#coding:cp1252\n\x80\x81", "cp1252", b"", "\n", "#coding:cp1252\n€\udc81"),
    # Declarations: in the first two lines, in a comment, below no code.
    (b"# coding: latin-1\n\xe9", "iso8859-1", b"", "\n", "# coding: latin-1\né"),
    (b"\n# coding=latin1\n\xe9", "iso8859-1", b"", "\n", "\n# coding=latin1\né"),
    (b"#!x\r\n# coding: koi8-r\r\n\xf6", "koi8-r", b"", "\r\n", "#!x\r\n# coding: koi8-r\r\nЖ"),
    (b"#!x\r# coding: koi8-r\r\xf6", "koi8-r", b"", "\r", "#!x\r# coding: koi8-r\rЖ"),
    (b" \t\f# -*- coding: latin-1 -*-", "iso8859-1", b"", "\n", " \t\f# -*- coding: latin-1 -*-"),
    (b"# \xe9 vim: fileencoding=latin-1", "iso8859-1", b"", "\n", "# é vim: fileencoding=latin-1"),
    (b"# coding: latin-1-unix\n\xe9", "iso8859-1", b"", "\n", "# coding: latin-1-unix\né"),
    (b"# coding: utf_8-dos", "utf-8", b"", "\n", "# coding: utf_8-dos"),
    (b"# coding: utf-8-sig", "utf-8", b"", "\n", "# coding: utf-8-sig"),
    (b'# coding: iso2022_jp\n\x1b$B$"', "iso2022_jp", b"", "\n", "# coding: iso2022_jp\nあ"),
    (b"\n\n# coding: latin-1\n\xe9", "utf-8", b"", "\n", "\n\n# coding: latin-1\n\udce9"),
    (b"x = 1\n# coding: latin-1\n\xe9", "utf-8", b"", "\n", "x = 1\n# coding: latin-1\n\udce9"),
    (b"x = 1  # coding: latin-1\n\xe9", "utf-8", b"", "\n", "x = 1  # coding: latin-1\n\udce9"),
    # The mark is what the bytes are, whatever the declaration.
    (b"\xef\xbb\xbf# coding: latin-1", "utf-8", codecs.BOM_UTF8, "\n", "# coding: latin-1"),
    # The commonest line ending, "\n" where none is commoner.
    (b"\r\n\r\n\n\r", "utf-8", b"", "\r\n", "\r\n\r\n\n\r"),
    (b"\r\n\n", "utf-8", b"", "\n", "\r\n\n"),
    (b"\r\r\n\r\r\r\n", "utf-8", b"", "\r", "\r\r\n\r\r\r\n"),
]


@pytest.mark.parametrize("case", READABLE)
def test_a_file_is_read_in_its_encoding(tmp_path: Path, case: tuple[bytes, str, bytes, str, str]):
    raw, *expected = case
    path = tmp_path / "file.py"
    path.write_bytes(raw)
    source = read_source(str(path))
    assert source.path == str(path)
    assert [source.encoding, source.bom, source.newline, source.text] == expected
    piped = read_stdin(io.BytesIO(raw))
    assert piped.path is None
    assert (piped.encoding, piped.text, piped.sha256) == (
        source.encoding,
        source.text,
        source.sha256,
    )


UNREADABLE = [
    (b"ab\0c", "{} is a binary file: it holds NUL bytes"),
    ("text".encode("utf-16-le"), "{} is a binary file"),
    (b"# coding: klingon", "{} declares the encoding klingon, which is no text encoding"),
    (b"# coding: rot13", "{} declares the encoding rot13, which is no text encoding"),
    (b"# coding: zlib_codec", "{} declares the encoding zlib_codec, which is no text encoding"),
    (b"# coding: idna", "{} declares the encoding idna, which is no text encoding"),
    (b"# coding: unicode_escape", "{} declares the encoding unicode_escape, which is no text"),
    (b"# coding: undefined", "{} declares the encoding undefined, which is no text encoding"),
    (b"# coding: ...", "{} declares the encoding ..., which is no text encoding"),
    (b"# coding: utf-16\nabc", "{} declares the encoding utf-16, but is not written in it"),
    (b"# coding: utf-16\nab", "{} is not valid utf-16: "),
    (b"# coding: cp037\n", "{} declares the encoding cp037, but is not written in it"),
    (b"# coding: iso2022_jp\n\x1b$X", "{} is not valid iso2022_jp: "),
    (codecs.BOM_UTF16_LE + b"a\0b", "{} is not valid utf-16-le: "),
    (codecs.BOM_UTF32_LE + b"\xff\xff\xff\xff", "{} is not valid utf-32-le: "),
]


def check_refused(path: str, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message.format(path))) as refusal:
        read_source(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("raw", "message"), UNREADABLE)
def test_refuses_what_is_no_text(tmp_path: Path, raw: bytes, message: str):
    path = tmp_path / "file.py"
    path.write_bytes(raw)
    check_refused(str(path), message)
    with pytest.raises(SourceError, match=r"^standard input "):
        read_stdin(io.BytesIO(raw))


def test_refuses_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fifo, loop, unix = tmp_path / "fifo", tmp_path / "loop", tmp_path / "socket"
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    check_refused(str(tmp_path), "{} is a directory, not a file")
    check_refused(str(fifo), "{} is not a regular file")
    check_refused(str(unix), "{} is not a regular file")
    check_refused("/dev/zero", "{} is not a regular file")
    check_refused(str(tmp_path / "missing.py"), "{} does not exist")
    check_refused("", "a file without a name does not exist")
    check_refused(str(loop), "{} cannot be read: ")
    check_refused(str(tmp_path / "fifo" / "below"), "{} cannot be read: Not a directory")
    check_refused("x" * 5000, "{} cannot be read: File name too long")
    check_refused("a\0b", "'a\\x00b' cannot be a file's name")


def test_a_file_that_becomes_a_fifo_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    regular, fifo = tmp_path / "regular", tmp_path / "fifo"
    regular.touch()
    os.mkfifo(fifo)
    before = regular.stat()
    monkeypatch.setattr(os, "stat", lambda _: before)
    check_refused(str(fifo), "{} is not a regular file")


def test_refuses_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "secret.py"
    path.touch(mode=0)

    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root reads any file
    check_refused(str(path), "{} cannot be read: Permission denied")


def test_refuses_a_failing_standard_input():
    with pytest.raises(SourceError, match="standard input cannot be read: "):
        read_stdin(io.BufferedWriter(io.BytesIO()))  # type: ignore[arg-type]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(read, "MAX_BYTES", 2**20)
    path = tmp_path / "large.py"
    path.write_bytes(b"x" * 2**20)
    assert len(read_source(str(path)).text) == 2**20
    path.write_bytes(b"x" * (2**20 + 1))
    check_refused(str(path), "{} is larger than 1 MiB")
    with pytest.raises(SourceError, match="standard input is larger than 1 MiB"):
        read_stdin(io.BytesIO(path.read_bytes()))


def test_50_megabytes_answer_quickly(tmp_path: Path):
    path = tmp_path / "large.py"
    path.write_bytes("x = compute('何')\r\n".encode() * 2_500_000)
    started = time.perf_counter()
    text = read_source(str(path)).text
    place = locate(text, 2_400_000, 3)
    assert position_of(text, place.offset) == (2_400_000, 3)
    assert time.perf_counter() - started < 5  # 0.4 s where it was written


# --- positions ----------------------------------------------------------------------------------

POSITIONS = [
    ("app.py:12:5", ("app.py", 12, 5)),
    ("app.py:12", ("app.py", 12, None)),
    ("-:1:1", ("-", 1, 1)),
    ("-:1", ("-", 1, None)),
    (r"C:\app.py:3:4", (r"C:\app.py", 3, 4)),
    (r"C:\app.py:3", (r"C:\app.py", 3, None)),
    ("a:b:c:1:2", ("a:b:c", 1, 2)),
    ("a:1:2:3", ("a:1", 2, 3)),
    ("a b\n.py:+1:02", ("a b\n.py", 1, 2)),
    ("\udcff.py:1:2", ("\udcff.py", 1, 2)),
    ("app.py:x:2", ("app.py:x", 2, None)),
    ("::1", (":", 1, None)),
    (":1:2", (":1", 2, None)),
    ("app.py:1:" + "9" * 5000, ("app.py", 1, 10**18 - 1)),
]


@pytest.mark.parametrize(("argument", "expected"), POSITIONS)
def test_a_position_is_parsed(argument: str, expected: tuple[str, int, int | None]):
    assert parse_position(argument) == expected


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        ("", UsageError, "'' is not a position: write FILE:LINE:COLUMN"),
        ("app.py", UsageError, "'app.py' is not a position"),
        ("-", UsageError, "'-' is not a position"),
        ("12", UsageError, "'12' is not a position"),
        (":1", UsageError, "':1' is not a position"),
        ("app.py:", UsageError, "'app.py:' is not a position"),
        ("app.py:1:", UsageError, "'app.py:1:' is not a position"),
        ("app.py:1:x", UsageError, "'app.py:1:x' is not a position"),
        ("app.py:1.5", UsageError, "'app.py:1.5' is not a position"),
        ("app.py:1_0", UsageError, "'app.py:1_0' is not a position"),
        ("app.py:\u0661", UsageError, "is not a position"),
        ("app.py:0:1", PositionError, "there is no line 0: lines and columns are counted from 1"),
        ("app.py:-1:1", PositionError, "there is no line -1"),
        ("app.py:1:0", PositionError, "there is no column 0"),
        ("app.py:1:-7", PositionError, "there is no column -7"),
        ("app.py:0", PositionError, "there is no line 0"),
    ],
)
def test_parse_position_refuses(argument: str, error: type[UsageError], message: str):
    with pytest.raises(error, match=re.escape(message)) as refusal:
        parse_position(argument)
    assert type(refusal.value) is error


CURSOR = "│"


@pytest.mark.parametrize(
    ("marked", "line", "column", "at", "clamped"),
    [
        # The text with the cursor where line:column is; the column that it is at.
        ("│", 1, 1, 1, False),
        ("│", 1, None, 1, False),
        ("│", 1, 2, 1, True),
        ("a│b", 1, 2, 2, False),
        ("ab│", 1, 3, 3, False),
        ("ab│", 1, 4, 3, True),
        ("ab│\ncd", 1, 99, 3, True),
        ("ab│\r\ncd", 1, 4, 3, True),
        ("ab│\rcd", 1, 10**30, 3, True),
        ("ab\n│cd", 2, 1, 1, False),
        ("ab\r\n│cd", 2, 1, 1, False),
        ("ab\r│cd", 2, 1, 1, False),
        ("ab\n│", 2, 1, 1, False),
        ("ab\n\r│\r\n", 3, 1, 1, False),
        ("│\r\n\n", 1, 2, 1, True),
        ("a\n\nb│", 3, None, 2, False),
        # What only `str.splitlines` takes for line endings, and characters outside the BMP.
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g│", 1, None, 14, False),
        ("x\n😀é\u0301│", 2, 4, 4, False),
    ],
)
def test_the_offset_of_a_line_and_column(
    marked: str, line: int, column: int | None, at: int, clamped: bool
):
    text, offset = marked.replace(CURSOR, ""), marked.index(CURSOR)
    place = locate(text, line, column)
    assert (place.offset, place.line, place.column, place.clamped) == (offset, line, at, clamped)
    assert position_of(text, offset) == (line, at)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 2, 1, "line 2 is past the end of the document, which has 1 line"),
        ("a\r\nb", 3, 1, "line 3 is past the end of the document, which has 2 lines"),
        ("a\nb\n", 4, None, "line 4 is past the end of the document, which has 3 lines"),
        ("a\n", 10**18, 1, "which has 2 lines"),
        ("a\n", 0, 1, "there is no line 0: lines and columns are counted from 1"),
        ("a\n", 1, -1, "there is no column -1"),
    ],
)
def test_positions_that_a_text_does_not_have(
    text: str, line: int, column: int | None, message: str
):
    with pytest.raises(PositionError, match=re.escape(message)):
        locate(text, line, column)


@pytest.mark.parametrize("offset", [-1, 3])
def test_position_of_refuses(offset: int):
    with pytest.raises(ValueError, match=f"offset {offset} outside a text of 2"):
        position_of("ab", offset)


TEXTS = st.lists(
    st.one_of(st.sampled_from(["\n", "\r\n", "\r", "\x0c", "\u2028"]), st.text(max_size=3))
).map("".join)


@given(st.data(), TEXTS)
def test_locate_and_position_of_are_inverse(data: st.DataObject, text: str):
    offset = data.draw(st.integers(0, len(text)))
    place = locate(text, *position_of(text, offset))
    inside = text[:offset].endswith("\r") and text[offset:].startswith("\n")
    assert place.offset == offset - inside
    assert not place.clamped
    assert position_of(text, place.offset) == (place.line, place.column)


@given(TEXTS, st.integers(0, 40), st.sampled_from([2**16 - 1, 2**16, 2**16 + 1]))
def test_locate_agrees_with_a_list_of_all_lines(text: str, lines: int, length: int):
    # Long enough that lines are counted in blocks, and line endings stand across their borders.
    text = "x" * (length - len(text) // 2) + text + "\r\n" * lines
    expected = re.split("\r\n|\r|\n", text)
    for line, content in enumerate(expected, 1):
        place = locate(text, line, None)
        assert text[place.offset - len(content) : place.offset] == content
        assert (place.line, place.column) == (line, len(content) + 1)
        assert position_of(text, place.offset) == (line, len(content) + 1)
    with pytest.raises(PositionError, match=f"which has {len(expected)} line"):
        locate(text, len(expected) + 1, None)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("│\n", None),
        ("a│", None),
        ("\n│\r", "\n"),
        ("\r\na\n│", "\n"),
        ("\n\r\na│", "\r\n"),
        ("\n\r│", "\r"),
        ("\n\ra│\n", "\r"),
        ("\r│\n", "\r\n"),
    ],
)
def test_the_newline_above_a_position(marked: str, expected: str | None):
    assert newline_above(marked.replace(CURSOR, ""), marked.index(CURSOR)) == expected
