"""Inserts a completion into a file, and changes no other byte of it."""

import hashlib
import os
import re
import secrets
import shutil
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path

import psutil

from codegen.errors import SourceError, UsageError, WriteError
from codegen.source.encoding import decode, is_taken_for_utf8, undecodable
from codegen.source.position import newline_above
from codegen.source.read import SourceFile, read_bytes

# The name of the copy that is written beside the file; it has the number of the process in it.
_TEMPORARY = re.compile(r"\.codegen-([0-9]{1,9})-[0-9a-f]{32}\.tmp")


def insert(source: SourceFile, offset: int, text: str) -> None:
    r"""Writes `text` into the file, before the code point at `offset` of the text as it was read.

    "\n" in `text` becomes the line ending used nearest above. All other bytes, the mode and, as
    far as the system lets us, owner and extended attributes stay; a symbolic link stays one. The
    file is replaced at once or not at all (so other hard links to it keep the old content).

    Raises UsageError for standard input, ValueError for an offset outside the text, and
    WriteError, with nothing written, if the file changed, can't be written, or can't hold `text`.
    """
    if source.path is None:
        raise UsageError("standard input cannot be written to: give a file")
    if not 0 <= offset <= len(source.text):
        raise ValueError(f"offset {offset} outside a text of {len(source.text)}")
    newline = newline_above(source.text, offset) or source.newline
    text = text.replace("\r\n", "\n").replace("\n", newline)
    try:
        raw, status = read_bytes(source.path)
    except SourceError as error:
        raise WriteError(f"{error}, so nothing was written") from error
    if hashlib.sha256(raw).hexdigest() != source.sha256:
        raise _changed(source.path)
    result = _spliced(source, source.path, raw, offset, text)
    try:
        _replace(source.path, result, status)
    except OSError as error:
        raise WriteError(f"{source.path} could not be written: {error.strerror}") from error


def _spliced(source: SourceFile, path: str, raw: bytes, offset: int, text: str) -> bytes:
    encoded = _encoded(source, path, text)
    try:
        before = source.text[:offset].encode(source.encoding, undecodable(source.encoding))
        at = len(source.bom) + len(before)
        result = raw[:at] + encoded + raw[at:]
        read_back = decode(path, result)
    except (UnicodeError, SourceError):
        read_back = None
    # Encoding the text again need not give the bytes that were read, and the meaning of bytes can
    # depend on those before them (shift states, a broken character before the offset, a declaration
    # that moves to another line). So the result is checked by reading it.
    if (
        read_back is None
        or (read_back.encoding, read_back.bom) != (source.encoding, source.bom)
        or read_back.text != source.text[:offset] + text + source.text[offset:]
    ):
        raise WriteError(
            f"the completion cannot be put there without changing how the rest of {path} reads"
            f" as {source.encoding}, so nothing was written"
        )
    return result


def _encoded(source: SourceFile, path: str, text: str) -> bytes:
    if not text.isascii() and is_taken_for_utf8(source.text, source.encoding):
        # A Latin-1 file without a declaration was read as UTF-8. Inserting UTF-8 into it would
        # leave a file that is valid in neither encoding.
        foreign = next(character for character in text if not character.isascii())
        raise WriteError(
            f"{path} is not valid UTF-8 and declares nothing else, so how it writes the"
            f" completion's {_named(foreign)} is not known; nothing was written"
        )
    try:
        text.encode()  # a lone surrogate: some codecs, such as UTF-7, would let it through
        return text.encode(source.encoding)
    except UnicodeEncodeError as error:
        raise WriteError(
            f"{path} is written in {source.encoding}, which cannot hold the completion's"
            f" {_named(text[error.start])}, so nothing was written"
        ) from error


def _named(character: str) -> str:
    lone = "\ud800" <= character <= "\udfff"
    name = unicodedata.name(character, "a lone surrogate" if lone else "it has no name")
    return f"U+{ord(character):04X} ({name})"


def _replace(path: str, result: bytes, status: os.stat_result) -> None:
    target = Path(os.path.realpath(path))
    # The file could be replaced if its directory is writable, but a read-only file must stay as it
    # is.
    if not os.access(target, os.W_OK):
        raise WriteError(f"{path} is read-only, so nothing was written")
    _remove_leftovers(target.parent)
    temporary = target.with_name(f".codegen-{os.getpid()}-{secrets.token_hex(16)}.tmp")
    try:
        with open(temporary, "xb", opener=_open_private) as stream:
            stream.write(result)
            stream.flush()
            if sys.platform != "win32":
                with suppress(OSError):
                    os.chown(temporary, status.st_uid, status.st_gid)
            shutil.copystat(target, temporary)  # after chown, which clears set-user-id bits
            os.utime(temporary)
            os.fsync(stream.fileno())
        _require_unchanged(path, target, status)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _remove_leftovers(directory: Path) -> None:
    """Removes the copies of processes that were killed while they wrote."""
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            found = _TEMPORARY.fullmatch(entry.name)
            if found is not None and not _may_be_written(int(found[1])):
                with suppress(OSError):
                    os.unlink(entry)  # noqa: PTH108 - no Path for every file of a directory


def _may_be_written(process: int) -> bool:
    # A copy with this process's number was left by an earlier process, since this one hasn't
    # written yet.
    return process != os.getpid() and psutil.pid_exists(process)


def _require_unchanged(path: str, target: Path, status: os.stat_result) -> None:
    # An editor may have saved while the temporary file was written.
    if _stamp(target.stat()) != _stamp(status):
        raise _changed(path)


def _open_private(path: str, flags: int) -> int:
    # The temporary file must not be readable by anybody who may not read the original.
    return os.open(path, flags, 0o600)


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _changed(path: str) -> WriteError:
    return WriteError(f"{path} was changed after it was read, so nothing was written")
