"""A model with everything that a completion needs of it, loaded once and kept."""

from dataclasses import dataclass

from codegen.config import Settings
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import choose_device, physical_cores
from codegen.engine.paths import parse_paths
from codegen.engine.types import Backend
from codegen.errors import CorruptModelError
from codegen.models.autotune import tuned
from codegen.models.manifest import ExportedModel
from codegen.models.progress import Progress
from codegen.models.resolve import ready
from codegen.models.store import Store
from codegen.prompt.families import FamilyIds, recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What `codegen.complete` works with. `notes` are lines for the user, once."""

    name: str
    backend: Backend
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    family: FamilyIds
    device: str
    notes: tuple[str, ...] = ()


def load_model(settings: Settings, progress: Progress) -> LoadedModel:
    """Loads settings.model; fetches and exports it first if need be.

    Raises:
        ModelError: there is no model to be had; see codegen.models.resolve.
        EngineError: it can't be run.
    """
    choose_device(settings.device)  # raises before a model is fetched or made for nothing
    model = ready(settings, progress)
    backend = load_backend(model, settings, progress)
    tokenizer = Tokenizer.load(model.tokenizer)
    try:
        with model.vocabulary.open("rb") as file:
            vocabulary = Vocabulary.load(file)
    except OSError as error:
        raise CorruptModelError(f"{model.vocabulary} can't be read: {error.strerror}") from error
    note = backend.device.note
    wanted = settings.device != "cpu" and note is not None
    return LoadedModel(
        name=model.manifest.name,
        backend=backend,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device=backend.device.kind,
        notes=(note,) if wanted and note else (),
    )


def load_backend(model: ExportedModel, settings: Settings, progress: Progress) -> OnnxBackend:
    """The engine for an export, on the compute paths that are set or were measured."""
    device = choose_device(settings.device)
    threads = settings.threads or physical_cores()
    if settings.compute_path == "auto":
        chosen = tuned(model, device, threads, Store(settings.cache_dir), progress).paths
    else:
        chosen = settings.compute_path
    paths = parse_paths(chosen, model.manifest.graphs)
    return OnnxBackend(model, device=device, threads=threads, paths=paths)
