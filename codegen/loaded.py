"""A model with everything that a completion needs of it, loaded once and kept."""

from dataclasses import dataclass

from codegen.config import Settings
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, choose_device, physical_cores
from codegen.engine.memory import require_memory
from codegen.engine.paths import parse_paths
from codegen.engine.types import Backend
from codegen.errors import CorruptModelError
from codegen.models.autotune import SIZES, Tuning, tuned
from codegen.models.manifest import ExportedModel
from codegen.models.progress import Progress
from codegen.models.resolve import ready
from codegen.models.store import Store
from codegen.prompt.families import FamilyIds, recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What `codegen.complete` works with. `notes` are lines for the user, once a session.

    `prompt_speed` is how fast prompts are computed here, in tokens per second; None if that was
    not measured, since the compute path is set by hand.
    """

    name: str
    backend: Backend
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    family: FamilyIds
    device: str
    prompt_speed: float | None = None
    notes: tuple[str, ...] = ()


def load_model(settings: Settings, progress: Progress) -> LoadedModel:
    """Loads settings.model; fetches and exports it first if need be.

    Raises:
        ModelError: there is no model to be had; see codegen.models.resolve.
        EngineError: it can't be run.
    """
    model = ready(settings, progress)
    require_memory(model.manifest.weights_bytes)
    tuning = _tuning(model, settings, progress)
    backend = load_backend(model, settings, progress)
    tokenizer = Tokenizer.load(model.tokenizer)
    try:
        with model.vocabulary.open("rb") as file:
            vocabulary = Vocabulary.load(file)
    except OSError as error:
        raise CorruptModelError(f"{model.vocabulary} can't be read: {error.strerror}") from error
    device = backend.device
    return LoadedModel(
        name=model.manifest.name,
        backend=backend,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device=device.kind,
        prompt_speed=None if tuning is None else tuning.speed(SIZES[-1]),
        # Whoever has no GPU wishes for none.
        notes=(device.note,) if device.note is not None and device.card else (),
    )


def load_backend(model: ExportedModel, settings: Settings, progress: Progress) -> OnnxBackend:
    """The engine for an export, on the compute paths that are set or were measured."""
    tuning = _tuning(model, settings, progress)
    paths = parse_paths(
        settings.compute_path if tuning is None else tuning.paths, model.manifest.graphs
    )
    device, threads = _where(settings)
    return OnnxBackend(model, device=device, threads=threads, paths=paths)


def _tuning(model: ExportedModel, settings: Settings, progress: Progress) -> Tuning | None:
    """What was measured here, once; None where the user pinned a compute path."""
    if settings.compute_path != "auto":
        return None
    return tuned(model, *_where(settings), Store(settings.cache_dir), progress)


def _where(settings: Settings) -> tuple[Device, int]:
    return choose_device(settings.device), settings.threads or physical_cores()
