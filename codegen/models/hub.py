"""The Hugging Face hub, through huggingface_hub: which file it has, and its bytes.

`hf_hub_download` is not used: it retries an unreachable hub for 23 seconds, and since 2.x it
throws an interrupted download away. Its parts do neither.
"""

import contextlib
import os
import queue
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from codegen import __version__
from codegen.errors import FetchError
from codegen.models.catalogue import CatalogueEntry
from codegen.models.transfer import CHUNK, TIMEOUT, USER_AGENT, Incoming, receive, refusal, start_of
from codegen.progress import Progress

if TYPE_CHECKING:
    from types import ModuleType

    from huggingface_hub import HfFileMetadata

_ANSWER_SECONDS = 8.0

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")

_SHA256 = re.compile(r"[0-9a-f]{64}")

_T = TypeVar("_T")


def receive_from_hub(entry: CatalogueEntry, partial: Path, progress: Progress) -> None:
    """Fills `partial` up to the entry's bytes, from where it ends. HF_ENDPOINT is honoured.

    Raises:
        FetchError: the hub can't be reached within ten seconds, or has not this file.
        ModelError: the disk is full or can't be written to.
    """
    hub = _library()

    @contextlib.contextmanager
    def open_at(offset: int) -> Iterator[Incoming]:
        # Asked anew for each connection, since the URL that the hub redirects to expires.
        location = _locate(hub, entry)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        stream = hub.get_session().stream("GET", location, headers=headers, timeout=TIMEOUT)
        with contextlib.ExitStack() as stack:
            response = _translated(hub, lambda: stack.enter_context(stream))
            begin = start_of(response.status_code, response.headers.get, offset, entry.bytes)
            chunks = response.iter_raw(CHUNK)
            yield Incoming(begin, iter(lambda: _translated(hub, lambda: next(chunks, b"")), b""))

    receive(partial, entry.bytes, open_at, progress, entry.name)


def _library() -> "ModuleType":
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read once, at import
    import huggingface_hub  # noqa: PLC0415 - slow, and only a fetch needs it

    return huggingface_hub


def _locate(hub: Any, entry: CatalogueEntry) -> str:
    endpoint = os.environ.get("HF_ENDPOINT") or None

    def ask() -> "HfFileMetadata":
        url = hub.hf_hub_url(entry.repo, entry.file, revision=entry.revision, endpoint=endpoint)
        found: HfFileMetadata = hub.get_hf_file_metadata(
            url,
            token=False,  # not even one that the user is logged in with
            timeout=_ANSWER_SECONDS,
            library_name="codegen",
            library_version=__version__,
            endpoint=endpoint,
        )
        return found

    found = _translated(hub, lambda: _within(_ANSWER_SECONDS, ask))
    # Of a large file the hub's etag is the sha256: another file is refused before it is fetched.
    etag = found.etag or ""
    if _SHA256.fullmatch(etag) and etag != entry.sha256:
        raise FetchError(f"it has another file there: sha256 {etag} instead of {entry.sha256}")
    if found.size not in {None, entry.bytes}:
        raise FetchError(f"it has a file of {found.size} bytes instead of {entry.bytes}")
    return str(found.location)


def _translated(hub: Any, call: Callable[[], _T]) -> _T:
    try:
        return call()
    except hub.errors.HfHubHTTPError as error:
        raise refusal(error.response.status_code) from error
    except hub.errors.OfflineModeIsEnabled as error:
        raise FetchError("HF_HUB_OFFLINE is set") from error
    except ConnectionError:
        raise
    except Exception as error:
        # The HTTP client under huggingface_hub has changed its name, and so have its errors.
        text = _ERRNO.sub("", (str(error) or type(error).__name__).splitlines()[0])
        raise ConnectionError(f"it can't be reached ({text})") from error


def _within(seconds: float, call: Callable[[], _T]) -> _T:
    # The library's own timeout counts per address, and looking the name up has none at all. A
    # daemon thread that is still waiting keeps nobody from leaving.
    answers: queue.SimpleQueue[tuple[_T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(), None))
        except Exception as error:  # noqa: BLE001 - raised again by the one who waits
            answers.put((None, error))

    threading.Thread(target=run, name="codegen-hub", daemon=True).start()
    try:
        value, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise ConnectionError(f"it does not answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # there is a value where there is no error
