"""Insertions into files: every other byte stays, or nothing is written."""

import codecs
import errno
import io
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.errors import SourceError, UsageError, WriteError
from codegen.source import insert, read_source, read_stdin, splice

CURSOR = "│".encode()


def check(path: Path, marked: bytes, insertion: str, expected: bytes) -> None:
    """Inserts at the cursor mark (UTF-8, in bytes of any encoding), and compares all bytes."""
    before, _, after = marked.partition(CURSOR)
    path.write_bytes(before)
    offset = len(read_source(str(path)).text)
    path.write_bytes(before + after)
    insert(read_source(str(path)), offset, insertion)
    assert path.read_bytes() == expected
    assert list(path.parent.iterdir()) == [path]


LATIN = b"# coding: latin-1\n"
SJIS = b"# coding: shift_jis\n"
JP = b"# coding: iso2022_jp\n"


@pytest.mark.parametrize(
    ("marked", "insertion", "expected"),
    [
        (b"\xe2\x94\x82", "é", "é".encode()),
        (b"a\xe2\x94\x82b", "", b"ab"),
        (b"a\xe2\x94\x82b", "x", b"axb"),
        # Line endings: the one nearest above, then the commonest, then "\n".
        (b"a\xe2\x94\x82", "1\n2", b"a1\n2"),
        (b"a\r\nb\xe2\x94\x82\nc\nd", "1\n2", b"a\r\nb1\r\n2\nc\nd"),
        (b"a\nb\xe2\x94\x82\r\nc\r\nd", "1\n2", b"a\nb1\n2\r\nc\r\nd"),
        (b"a\r\nb\rc\xe2\x94\x82\nd", "1\n2", b"a\r\nb\rc1\r2\nd"),
        (b"a\xe2\x94\x82\r\nb\r\nc\n", "1\n\n2", b"a1\r\n\r\n2\r\nb\r\nc\n"),
        (b"a\xe2\x94\x82\rb", "\n", b"a\r\rb"),
        (b"a\r\n\xe2\x94\x82", "1\r\n2\n", b"a\r\n1\r\n2\r\n"),
        (b"a\n\xe2\x94\x82", "1\r\n2\n", b"a\n1\n2\n"),
        # Undecodable bytes on both sides, and broken characters.
        (b"\xff\xe3\x81\xe2\x94\x82\xff\x82", "e", b"\xff\xe3\x81" + b"e" + b"\xff\x82"),
        (b"#coding:cp1252\n\x81\xe2\x94\x82\x8d\x80", "€", b"#coding:cp1252\n\x81\x80\x8d\x80"),
        (SJIS + b"\x81\n\xe2\x94\x82\xff", "あ", SJIS + b"\x81\n\x82\xa0\xff"),
        # Byte order marks.
        (codecs.BOM_UTF8 + b"\xe2\x94\x82a", "é", codecs.BOM_UTF8 + "éa".encode()),
        (codecs.BOM_UTF16_LE + b"\xe2\x94\x82\x00\xd8", "é", b"\xff\xfe\xe9\x00\x00\xd8"),
        (codecs.BOM_UTF16_BE + b"\x00a\x00\n\xe2\x94\x82", "\n", b"\xfe\xff\x00a\x00\n\x00\n"),
        (
            codecs.BOM_UTF32_LE + b"\xe2\x94\x82a\0\0\0",
            "😀",
            codecs.BOM_UTF32_LE + b"\x00\xf6\1\0a\0\0\0",
        ),
        (codecs.BOM_UTF32_BE + b"\xe2\x94\x82", "a", codecs.BOM_UTF32_BE + b"\0\0\0a"),
        # Declared encodings.
        (LATIN + b"\xe9\xe2\x94\x82\xe9", "ü", LATIN + b"\xe9\xfc\xe9"),
        (SJIS + b"\x82\xa0\xe2\x94\x82\x82\xa0", "x", SJIS + b"\x82\xa0x\x82\xa0"),
        # cp932 has characters twice; the rarer spelling of what is above stays.
        (b"#coding:cp932\n\xfa\x54\xe2\x94\x82\xfa\x54", "a", b"#coding:cp932\n\xfa\x54a\xfa\x54"),
        # A shift state is no obstacle where it is the initial one.
        (JP + b'\x1b$B$"\x1b(B \xe2\x94\x82', "あ", JP + b'\x1b$B$"\x1b(B \x1b$B$"\x1b(B'),
        (b"# coding: utf-7\na\xe2\x94\x82b", "é", b"# coding: utf-7\na+AOk-b"),
    ],
)
def test_an_insertion_into_a_file(tmp_path: Path, marked: bytes, insertion: str, expected: bytes):
    check(tmp_path / "file.py", marked, insertion, expected)


REREADS = "without changing how the rest of {} reads as "


@pytest.mark.parametrize(
    ("raw", "offset", "insertion", "message"),
    [
        (
            LATIN,
            18,
            "x€",
            "{} is written in iso8859-1, which cannot hold the completion's U+20AC (EURO SIGN)",
        ),
        (
            b"a",
            1,
            "x\ud83d\ude00",
            "{} is written in utf-8, which cannot hold the completion's U+D83D (a lone surrogate)",
        ),
        (codecs.BOM_UTF16_LE, 0, "\udcff", "U+DCFF (a lone surrogate)"),
        (b"# coding: utf-7\n", 16, "\ud800", "U+D800 (a lone surrogate)"),
        (LATIN, 18, "\ue000", "U+E000 (it has no name)"),
        # Latin-1 without a declaration, and what declares one thing and is another.
        (b'x = "caf\xe9"\ny = \n', 15, "'é'", "{} is not valid UTF-8 and declares nothing else"),
        (b"# coding: utf-8\n\xe9\n", 18, "é", "U+00E9 (LATIN SMALL LETTER E WITH ACUTE)"),
        # A broken character would swallow what comes after it.
        (SJIS + b"\x81\n", 21, "A", REREADS),
        # In the middle of a shifted run, and of characters that are spelled in an odd way.
        (JP + b'\x1b$B$"$"\x1b(B', 22, "x", REREADS),
        (b"# coding: utf-7\n+AOkA6Q-", 17, "é", REREADS),
        (b"# coding: utf-7\n+AGE-b", 17, "é", REREADS),
        # What the file declares would change.
        (LATIN + b"\xe9", 0, "x\n", REREADS),
        (b"#\n" + LATIN + b"\xe9", 1, "\n\n", REREADS),
        (b"\xff", 0, "# coding: latin-1\n", REREADS),
        (b"", 0, "# coding: klingon\n", REREADS),
        (b"", 0, "\ufeff", REREADS),
        (b"ab", 1, "\0", REREADS),
    ],
)
def test_insertions_that_are_refused(
    tmp_path: Path, raw: bytes, offset: int, insertion: str, message: str
):
    path = tmp_path / "file.py"
    path.write_bytes(raw)
    source = read_source(str(path))
    with pytest.raises(WriteError, match=re.escape(message.format(path))) as refusal:
        insert(source, offset, insertion)
    assert str(refusal.value).endswith("nothing was written")
    assert path.read_bytes() == raw
    assert list(tmp_path.iterdir()) == [path]


def test_refuses_standard_input():
    with pytest.raises(UsageError, match="standard input cannot be written to"):
        insert(read_stdin(io.BytesIO(b"a")), 0, "b")


@pytest.mark.parametrize("offset", [-1, 3])
def test_refuses_an_offset_outside(tmp_path: Path, offset: int):
    path = tmp_path / "file.py"
    path.write_text("ab")
    with pytest.raises(ValueError, match=f"offset {offset} outside a text of 2"):
        insert(read_source(str(path)), offset, "x")


# --- everything else of the file ----------------------------------------------------------------


def test_keeps_mode_links_and_attributes(tmp_path: Path):
    target, link, chain = tmp_path / "sub" / "target.py", tmp_path / "link.py", tmp_path / "chain"
    target.parent.mkdir()
    target.write_text("ab")
    target.chmod(0o750)
    os.utime(target, (1, 1))
    link.symlink_to("sub/target.py")
    chain.symlink_to(link)
    try:
        os.setxattr(target, "user.note", b"kept")
    except OSError:
        attributes = {}
    else:
        attributes = {"user.note": b"kept"}
    if os.geteuid() == 0:
        os.chown(target, 1234, 2345)
    before = target.stat()
    insert(read_source(str(chain)), 1, "x")
    after = target.stat()
    assert target.read_text() == "axb"
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert after.st_mtime > 1
    assert {name: os.getxattr(target, name) for name in attributes} == attributes
    assert (chain.readlink(), link.readlink()) == (link, Path("sub/target.py"))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["chain", "link.py", "sub", "target.py"]


def test_writes_where_it_may_not_give_the_file_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "chown", failing(NOT_PERMITTED))
    check(tmp_path / "file.py", "a│b".encode(), "x", b"axb")


def test_the_temporary_file_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    modes = []
    copystat = splice.shutil.copystat

    def spy(source: Path, target: Path) -> None:
        modes.append(stat.S_IMODE(target.stat().st_mode))
        copystat(source, target)

    monkeypatch.setattr(splice.shutil, "copystat", spy)
    check(tmp_path / "file.py", "a│b".encode(), "x", b"axb")
    assert modes == [0o600]


def test_refuses_a_read_only_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file.py"
    path.write_text("ab")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to any file
    with pytest.raises(WriteError, match="is read-only, so nothing was written"):
        insert(read_source(str(path)), 1, "x")
    assert path.read_text() == "ab"


# --- a file that changes, and writes that fail --------------------------------------------------


def rewrite_in_the_same_instant(path: Path) -> None:
    before = path.stat()
    path.write_text("ax")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def make_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rewrite_in_the_same_instant, "{} was changed after it was read"),
        (lambda path: path.write_text(""), "{} was changed after it was read"),
        (Path.unlink, "{} does not exist"),
        (make_a_directory, "{} is a directory, not a file"),
    ],
)
def test_refuses_a_changed_file(tmp_path: Path, change: Callable[[Path], object], message: str):
    path = tmp_path / "file.py"
    path.write_text("ab")
    source = read_source(str(path))
    change(path)
    left = path.read_bytes() if path.is_file() else None
    message = f"{message.format(path)}, so nothing was written"
    with pytest.raises(WriteError, match=f"^{re.escape(message)}$"):
        insert(source, 1, "x")
    assert (path.read_bytes() if path.is_file() else None) == left
    assert [p for p in tmp_path.iterdir() if p != path] == []


def test_writes_a_file_that_was_touched_or_saved_unchanged(tmp_path: Path):
    path = tmp_path / "file.py"
    path.write_text("ab")
    source = read_source(str(path))
    path.unlink()
    path.write_text("ab")
    os.utime(path, (5, 5))
    insert(source, 1, "x")
    assert path.read_text() == "axb"


def test_refuses_a_file_that_is_saved_while_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "file.py"
    path.write_text("ab")
    monkeypatch.setattr(os, "fsync", lambda _: path.write_text("saved by an editor"))
    with pytest.raises(WriteError, match="was changed after it was read"):
        insert(read_source(str(path)), 1, "x")
    assert path.read_text() == "saved by an editor"
    assert list(tmp_path.iterdir()) == [path]


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    return fail


def open_on_a_full_disk(path: Path, mode: str, **how: object) -> io.BufferedWriter:
    path.touch()
    return io.BufferedWriter(io.FileIO("/dev/full", "w"))


BROKEN_DISK = OSError(errno.EIO, "Input/output error")
FULL_QUOTA = OSError(errno.EDQUOT, "Disk quota exceeded")
NOT_PERMITTED = PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize(
    ("owner", "name", "fault", "raised"),
    [
        (splice, "open", open_on_a_full_disk, "No space left on device"),
        (os, "fsync", failing(BROKEN_DISK), "Input/output error"),
        (os, "utime", failing(FULL_QUOTA), "Disk quota exceeded"),
        (os, "replace", failing(NOT_PERMITTED), "Operation not permitted"),
        (os, "chown", failing(KeyboardInterrupt()), KeyboardInterrupt),
        (os, "fsync", failing(KeyboardInterrupt()), KeyboardInterrupt),
        (os, "replace", failing(KeyboardInterrupt()), KeyboardInterrupt),
        (os, "replace", failing(MemoryError()), MemoryError),
    ],
)
def test_a_failure_leaves_the_original_and_nothing_else(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    owner: object,
    name: str,
    fault: Callable[..., object],
    raised: str | type[BaseException],
):
    path = tmp_path / "file.py"
    path.write_text("ab")
    source = read_source(str(path))
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fault, raising=False)
        with pytest.raises(WriteError if isinstance(raised, str) else raised) as failure:
            insert(source, 1, "x")
    if isinstance(raised, str):
        assert str(failure.value) == f"{path} could not be written: {raised}"
    assert path.read_text() == "ab"
    assert list(tmp_path.iterdir()) == [path]


KILLED_WHILE_WRITING = """
import os, signal, sys
from codegen.source import insert, read_source
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
insert(read_source(sys.argv[1]), 1, "x")
"""


def test_what_a_killed_process_left_is_removed_by_the_next_run(tmp_path: Path):
    path = tmp_path / "file.py"
    path.write_text("ab")
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    insert(read_source(str(path)), 1, "x")
    assert path.read_text() == "axb"
    assert list(tmp_path.iterdir()) == [path]


def test_what_others_write_is_left(tmp_path: Path):
    path = tmp_path / "file.py"
    path.write_text("ab")
    token = "0" * 32
    others = [
        tmp_path / name
        for name in (f".codegen-{os.getppid()}-{token}.tmp", ".codegen-1-x.tmp", f"{token}.tmp")
    ]
    for other in others:
        other.write_text("theirs")
    insert(read_source(str(path)), 1, "x")
    assert sorted(tmp_path.iterdir()) == sorted([path, *others])


def test_an_interrupt_as_soon_as_the_temporary_file_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "file.py"
    path.write_text("ab")
    source = read_source(str(path))
    create = os.open

    def interrupted(name: str, flags: int, mode: int = 0o777) -> int:
        descriptor = create(name, flags, mode)
        if flags & os.O_EXCL:
            os.close(descriptor)
            raise KeyboardInterrupt
        return descriptor

    monkeypatch.setattr(os, "open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        insert(source, 1, "x")
    assert path.read_text() == "ab"
    assert list(tmp_path.iterdir()) == [path]


# --- any text, any insertion --------------------------------------------------------------------


def alphabet(codec: str) -> st.SearchStrategy[str]:
    if codec in {"utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030"}:
        return st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    if codec == "shift_jis":
        return st.sampled_from("aZ09 _=()あいう漢字。ﾊﾝ")
    letters = bytes(range(1, 256)).decode(codec, "ignore")
    return st.sampled_from(letters)


ENCODINGS = {
    # what stands first in the file, and the codec of the rest
    "utf-8": (b"", "utf-8"),
    "utf-8-sig": (codecs.BOM_UTF8, "utf-8"),
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "utf-32-le": (codecs.BOM_UTF32_LE, "utf-32-le"),
    "utf-32-be": (codecs.BOM_UTF32_BE, "utf-32-be"),
    **{
        codec: (f"# coding: {codec}".encode(), codec)
        for codec in ("latin-1", "cp1252", "shift_jis", "gb18030", "koi8-r")
    },
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), newlines=st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]]))
def test_any_insertion_leaves_the_rest_of_the_file(
    tmp_path: Path, encoding: str, data: st.DataObject, newlines: list[str]
):
    head, codec = ENCODINGS[encoding]
    newline = st.sampled_from(newlines)
    piece = st.text(alphabet(codec), max_size=4)
    body = "".join(data.draw(st.lists(st.one_of(piece, newline))))
    # A declaration ends with its line, and is not to be moved or changed.
    ended = data.draw(newline) if head.startswith(b"#") else ""
    raw = head + (ended + body).encode(codec)
    path = tmp_path / "file.py"
    path.write_bytes(raw)
    source = read_source(str(path))
    first = len(source.text) - len(body)
    offset = data.draw(st.integers(first, len(source.text)))
    insertion = "".join(data.draw(st.lists(st.one_of(piece, st.just("\n")))))

    insert(source, offset, insertion)

    result = path.read_bytes()
    added = len(result) - len(raw)
    at = len(raw) - len(source.text[offset:].encode(codec))
    assert result[:at] + result[at + added :] == raw
    written = result[at : at + added].decode(codec)
    again = read_source(str(path))
    assert again.text == source.text[:offset] + written + source.text[offset:]
    assert (again.encoding, again.bom) == (source.encoding, source.bom)
    above = [m[0] for m in re.finditer("\r\n|\r|\n", source.text) if m.start() < offset]
    style = above[-1] if above else source.newline
    assert written == insertion.replace("\r\n", "\n").replace("\n", style)


@pytest.mark.parametrize("head", [b"", LATIN, SJIS, JP, b"# coding: utf-7\n", b"# coding: hz\n"])
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.binary(max_size=12), data=st.data())
def test_any_bytes_are_spliced_exactly_or_not_at_all(
    tmp_path: Path, head: bytes, tail: bytes, data: st.DataObject
):
    path = tmp_path / "file.py"
    raw = head + tail.replace(b"\0", b"\x1b$B")
    path.write_bytes(raw)
    try:
        source = read_source(str(path))
    except SourceError:
        return  # a stateful encoding that cannot read these bytes
    offset = data.draw(st.integers(0, len(source.text)))
    try:
        insert(source, offset, "é あ")
    except WriteError:
        assert path.read_bytes() == raw
    else:
        result = path.read_bytes()
        added = len(result) - len(raw)
        assert any(result[:at] + result[at + added :] == raw for at in range(len(raw) + 1))
        assert read_source(str(path)).text == source.text[:offset] + "é あ" + source.text[offset:]
    assert list(tmp_path.iterdir()) == [path]
