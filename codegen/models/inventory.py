"""The models on this machine: what is here, and how it is removed.

Only what codegen wrote is ever removed: a download that it fetched, and of an export's directory
the files that its manifest lists.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from codegen.engine.device import DeviceKind
from codegen.engine.manifest import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    ExportedModel,
    Precision,
    open_export,
)
from codegen.errors import CorruptModelError
from codegen.files import read_json
from codegen.models.catalogue import CatalogueEntry
from codegen.models.locking import locked
from codegen.models.store import Store, file_sha256, storing
from codegen.progress import Progress

# See Store.export.
_EXPORT_NAME = re.compile(
    r"(?P<name>.+)-[0-9a-f]{8}-(?P<precision>int4|fp32|fp16)-(?P<device>cpu|cuda)"
)


@dataclass(frozen=True, slots=True)
class FoundExport:
    """A directory that an export made: opened, or the `problem` why it can't be."""

    directory: Path
    name: str
    precision: Precision
    device: DeviceKind
    model: ExportedModel | None
    problem: str | None

    @property
    def bytes(self) -> int:
        """The bytes that its files take on disk."""
        return sum(path.stat().st_size for path in self.directory.iterdir() if path.is_file())


def exports(store: Store, name: str | None = None) -> tuple[FoundExport, ...]:
    """All exports in the cache directory, or those of the model of that name."""
    found = []
    directories = sorted(store.exports.iterdir()) if store.exports.is_dir() else []
    for directory in directories:
        parts = _EXPORT_NAME.fullmatch(directory.name)
        if parts is None or directory.is_symlink() or not (directory / MANIFEST_FILE).is_file():
            continue
        if name in (None, parts["name"]):
            precision, device = (
                cast("Precision", parts["precision"]),
                cast("DeviceKind", parts["device"]),
            )
            found.append(_found(directory, parts["name"], precision, device))
    return tuple(found)


def at(directory: Path) -> FoundExport:
    """The export in a directory, wherever it lies.

    Raises:
        CorruptModelError: it can't be opened.
    """
    model = open_export(directory)
    manifest = model.manifest
    return FoundExport(
        directory, manifest.name, manifest.precision, manifest.target, model, problem=None
    )


def download(store: Store, entry: CatalogueEntry) -> Path | None:
    """The entry's file, if it is here; not checked."""
    path = store.download(entry.file)
    return path if path.is_file() else None


def fetched(store: Store, entry: CatalogueEntry) -> Path | None:
    """The entry's file, if it is here because codegen fetched it."""
    path = download(store, entry)
    return path if path is not None and store.fetched(path) else None


def verify_download(path: Path, entry: CatalogueEntry, progress: Progress) -> None:
    """Reads a download whole.

    Raises:
        CorruptModelError: it is not the entry's file.
    """
    if file_sha256(path, progress) != entry.sha256:
        raise CorruptModelError(
            f"{path} is damaged, since its sha256 is not the catalogue's; "
            f"run codegen model remove {entry.name}, and fetch it again"
        )


def verify_export(export: FoundExport, progress: Progress) -> None:
    """Reads all files of an export.

    Raises:
        CorruptModelError: one is missing, or is not what was written.
    """
    for name, record in open_export(export.directory).manifest.files.items():
        path = export.directory / name
        if file_sha256(path, progress) != record.sha256:
            raise CorruptModelError(
                f"{path} is damaged, since its sha256 is not the manifest's; "
                f"run codegen model export {export.name} --force"
            )


def remove_download(store: Store, entry: CatalogueEntry, progress: Progress) -> None:
    """Removes the entry's file if codegen fetched it, and the parts of an interrupted download.

    Raises:
        ModelError: it can't be removed.
    """
    with locked(store, entry.file, progress, what=entry.name):
        path = fetched(store, entry)
        if path is not None:
            with storing(path):
                path.unlink(missing_ok=True)
        store.discard_partials(entry.file)


def remove_export(store: Store, export: FoundExport, progress: Progress) -> bool:
    """Removes an export. Returns whether its directory is gone, or keeps files of somebody else.

    Raises:
        ModelError: it can't be removed.
    """
    directory = export.directory
    with locked(store, directory.name, progress, what=export.name), storing(directory):
        # The manifest goes last, so that the rest of an interrupted removal can still be found.
        for name in (*_written(directory), MANIFEST_FILE):
            (directory / name).unlink(missing_ok=True)
        if any(directory.iterdir()):
            return False
        directory.rmdir()
    return True


def _found(directory: Path, name: str, precision: Precision, device: DeviceKind) -> FoundExport:
    found = functools.partial(FoundExport, directory, name, precision, device)
    try:
        return found(model=open_export(directory), problem=None)
    except CorruptModelError as error:
        return found(model=None, problem=str(error))


def _written(directory: Path) -> tuple[str, ...]:
    """The files that the export wrote, whatever format its manifest has."""
    raw = read_json(directory / MANIFEST_FILE)
    files = raw.get("files") if isinstance(raw, dict) else None
    if isinstance(files, dict):
        names = list(files)
    else:
        graphs = (path.name for path in directory.glob("model.*.onnx"))
        names = [TOKENIZER_FILE, VOCABULARY_FILE, WEIGHTS_FILE, *graphs]
    return tuple(name for name in names if Path(name).name == name and name not in {".", ".."})
