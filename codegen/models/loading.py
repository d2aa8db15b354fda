"""Loading a model: its export, its engine on the fastest compute path, its tokenizer."""

from codegen.engine.autotune import PromptSpeed, prompt_speed
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, choose_device, physical_cores
from codegen.engine.manifest import ExportedModel
from codegen.engine.memory import require_memory
from codegen.engine.paths import parse_paths
from codegen.errors import CorruptModelError
from codegen.local.model import LocalModel
from codegen.models.choice import ModelChoice
from codegen.models.resolve import ready
from codegen.models.store import Store
from codegen.progress import Progress
from codegen.prompt.families import recognise
from codegen.prompt.healing import Vocabulary
from codegen.prompt.tokenizer import Tokenizer


def load_model(choice: ModelChoice, progress: Progress) -> LocalModel:
    """Loads choice.model; fetches and exports it first if need be.

    Raises:
        ModelError: there is no model to be had; see codegen.models.resolve.
        EngineError: it can't be run.
    """
    model = ready(choice, progress)
    require_memory(model.manifest.weights_bytes)
    speed = _speed(model, choice, progress)
    backend = _backend(model, choice, speed)
    tokenizer = Tokenizer.load(model.tokenizer)
    try:
        with model.vocabulary.open("rb") as file:
            vocabulary = Vocabulary.load(file)
    except OSError as error:
        raise CorruptModelError(f"{model.vocabulary} can't be read: {error.strerror}") from error
    device = backend.device
    return LocalModel(
        name=model.manifest.name,
        backend=backend,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        family=recognise(tokenizer.special_ids),
        device=device.kind,
        speed=(lambda: None) if speed is None else (lambda: speed.value),
        # A machine without a GPU has nothing to tell of it.
        notes=(device.note,) if device.note is not None and device.card else (),
    )


def load_backend(model: ExportedModel, choice: ModelChoice, progress: Progress) -> OnnxBackend:
    """Makes the engine for an export.

    It uses the compute path that the user set, else the fastest on this machine. If that isn't
    known yet, it is measured first.
    """
    return _backend(model, choice, _speed(model, choice, progress))


def _backend(model: ExportedModel, choice: ModelChoice, speed: PromptSpeed | None) -> OnnxBackend:
    paths = choice.compute_path if speed is None else speed.tuning.paths
    device, threads = _where(choice)
    return OnnxBackend(
        model,
        device=device,
        threads=threads,
        paths=parse_paths(paths, model.manifest.graphs),
        watch=None if speed is None else speed.saw,
    )


def _speed(model: ExportedModel, choice: ModelChoice, progress: Progress) -> PromptSpeed | None:
    """What was measured here; None where the user pinned a compute path."""
    if choice.compute_path != "auto":
        return None
    return prompt_speed(model, *_where(choice), Store(choice.cache_dir).autotune, progress)


def _where(choice: ModelChoice) -> tuple[Device, int]:
    return choose_device(choice.device), choice.threads or physical_cores()
