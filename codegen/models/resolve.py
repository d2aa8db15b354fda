"""From what the user calls a model to an export that can be run.

A model is a name of the catalogue, a GGUF file, a Hugging Face directory (safetensors), or an
exported directory. What is missing is fetched and exported, once, by one process.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from codegen.engine.device import Device, DeviceKind, choose_device
from codegen.engine.manifest import MANIFEST_FILE, ExportedModel, Precision, Source, open_export
from codegen.errors import CorruptModelError, ModelMissingError, UsageError
from codegen.files import open_file
from codegen.models.catalogue import CatalogueEntry, lookup
from codegen.models.choice import ModelChoice
from codegen.models.fetch import describe, fetch
from codegen.models.locking import locked
from codegen.models.store import Store, atomic_directory
from codegen.progress import Progress


@dataclass(frozen=True, slots=True)
class GgufFile:
    """A GGUF file of the user's own."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name, without its suffix."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class CheckpointDirectory:
    """A Hugging Face directory of the user's own."""

    path: Path

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class ExportDirectory:
    """A directory that codegen exported, wherever it lies now."""

    path: Path

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.path.name


ModelSource = CatalogueEntry | GgufFile | CheckpointDirectory | ExportDirectory


def resolve(model: str) -> ModelSource:
    """What a model's name or path means.

    Raises:
        UsageError: neither a name of the catalogue nor a path.
        CorruptModelError: a path to something that is not a model.
    """
    path = Path(model)
    if not path.is_absolute():
        return lookup(model)
    try:
        if path.is_dir():
            if (path / MANIFEST_FILE).exists():
                return ExportDirectory(path)
            if (path / "config.json").exists():
                return CheckpointDirectory(path)
            raise CorruptModelError(
                f"{path} is not a model: it has neither {MANIFEST_FILE} nor config.json"
            )
        with open_file(path) as file:
            magic = file.read(4)
    except FileNotFoundError:
        raise UsageError(f"there is no model at {path}") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    if magic != b"GGUF":
        raise CorruptModelError(f"{path} is not a GGUF file; codegen reads GGUF and safetensors")
    return GgufFile(path)


def find_export(choice: ModelChoice) -> ExportedModel | None:
    """The export of choice.model for choice.device, if it is made and whole.

    Raises:
        CorruptModelError: it is there, and damaged.
    """
    source = resolve(choice.model)
    if isinstance(source, ExportDirectory):
        return _checked(open_export(source.path), Store(choice.cache_dir))
    store = Store(choice.cache_dir)
    sha256 = source.sha256 if isinstance(source, CatalogueEntry) else _hash(source, store)
    directory = store.export(source.name, sha256, *_kind(choice))
    try:
        return _checked(open_export(directory), store)
    except ModelMissingError:
        return None


def require_export(choice: ModelChoice) -> ExportedModel:
    """As `find_export`, for callers that neither fetch nor make an export.

    Raises:
        ModelMissingError: it is not made; with the command that makes it.
        CorruptModelError: it is there, and damaged.
    """
    model = find_export(choice)
    if model is None:
        raise ModelMissingError(
            f"{choice.model} is not here yet; run: codegen model export {choice.model}"
        )
    return model


def ready(choice: ModelChoice, progress: Progress) -> ExportedModel:
    """The export of choice.model, to be run: fetched and made if need be.

    Raises:
        EngineError: choice.device can't be had; nothing is fetched or made for it.
        ModelMissingError: it is not here, and may not or can't be brought or made.
        FetchError, ExportError, ParityError, CorruptModelError, UnknownFamilyError: it could
            not be brought or made.
    """
    choose_device(choice.device)
    try:
        found = find_export(choice)
    except CorruptModelError:
        # An export of ours can be made again; a directory of the user's own is not touched.
        if isinstance(resolve(choice.model), ExportDirectory):
            raise
        found = None
        progress.note("the exported model is damaged or of an older format: making it again")
    return found if found is not None else export(choice, progress, force=False)


def export(
    choice: ModelChoice, progress: Progress, *, force: bool, thorough: bool = False
) -> ExportedModel:
    """Makes the export of choice.model, fetching what is needed.

    Args:
        choice: model, device and precision of the export.
        progress: told of every step.
        force: whether one that is there already, and whole, is made again.
        thorough: whether it is compared with the original on all tokens of the gate, also where
            this project has done so for the same file.
    """
    source = resolve(choice.model)
    if isinstance(source, ExportDirectory):
        raise UsageError(f"{source.path} is an export already")
    store = Store(choice.cache_dir)
    precision, device = _kind(choice)
    if isinstance(source, CatalogueEntry):
        if not choice.offline and not store.download(source.file).exists():
            progress.note(describe(source))
        path, sha256 = fetch(source, choice, progress), source.sha256
    else:
        path, sha256 = source.path, _hash(source, store)
    target = store.export(source.name, sha256, precision, device)
    with locked(store, target.name, progress, what=source.name) as telling:
        if not force:
            # Another process may have made the export while this one waited.
            with contextlib.suppress(ModelMissingError, CorruptModelError):
                return _checked(open_export(target), store)
        from codegen.models.export.pipeline import export_into  # noqa: PLC0415 - heavy

        telling.note(f"exporting {source.name} to {precision} for {device}, once; some minutes")
        with atomic_directory(target, replace=True) as building:
            export_into(
                building,
                name=source.name,
                source_path=path,
                source=Source(file=path.name, sha256=sha256, bytes=_size(path)),
                precision=precision,
                device=Device(device),
                store=store,
                progress=telling,
                thorough=thorough,
            )
    return open_export(target)


def _kind(choice: ModelChoice) -> tuple[Precision, DeviceKind]:
    """Precision and device of the export that a choice asks for.

    A model can be exported for CUDA where there is none; only running it needs one.
    """
    device = choose_device("auto").kind if choice.device == "auto" else choice.device
    if choice.precision != "auto":
        return choice.precision, device
    return ("int4" if device == "cpu" else "fp16"), device


def _checked(model: ExportedModel, store: Store) -> ExportedModel:
    """Compares the hashes of the files that changed since they were last read."""
    for name, record in model.manifest.files.items():
        if store.sha256(model.directory / name) != record.sha256:
            raise CorruptModelError(f"{model.directory / name} was changed; export the model again")
    return model


def _hash(source: GgufFile | CheckpointDirectory, store: Store) -> str:
    """A hash of the user's own model: of the file, or of all that an export reads."""
    if isinstance(source, GgufFile):
        return store.sha256(source.path)
    digest = hashlib.sha256()
    for path in sorted(source.path.glob("*.safetensors")) + [
        source.path / name for name in ("config.json", "tokenizer.json")
    ]:
        if path.exists():
            digest.update(f"{path.name} {store.sha256(path)}\n".encode())
    return digest.hexdigest()


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.glob("*.safetensors"))
    return path.stat().st_size
