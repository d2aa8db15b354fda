"""Loading a model: its export, its engine on the fastest compute path, its tokenizer."""

import dataclasses

from codegen.engine.autotune import PromptSpeed, prompt_speed
from codegen.engine.backend import OnnxBackend
from codegen.engine.device import Device, choose_device, physical_cores
from codegen.engine.manifest import ExportedModel
from codegen.engine.memory import require_memory
from codegen.engine.paths import parse_paths
from codegen.errors import CorruptModelError, OutOfMemoryError
from codegen.local.model import LocalModel
from codegen.models.choice import ModelChoice
from codegen.models.fitting import CAPACITY, memory_obstacle
from codegen.models.resolve import ExportDirectory, ready, resolve
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
    choice, model, device = _placed(choice, progress)
    require_memory(model.manifest.weights_bytes)
    speed = _speed(model, choice, device, progress)
    backend = _backend(model, choice, device, speed)
    tokenizer = Tokenizer.load(model.tokenizer)
    try:
        with model.vocabulary.open("rb") as file:
            vocabulary = Vocabulary.load(file)
    except OSError as error:
        raise CorruptModelError(f"{model.vocabulary} can't be read: {error.strerror}") from error
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


def load_backend(
    model: ExportedModel,
    choice: ModelChoice,
    progress: Progress,
    *,
    capacity: int = CAPACITY,
    capture: bool = True,
) -> OnnxBackend:
    """Makes the engine for an export.

    It uses the compute path that the user set, else the fastest on this machine. If that isn't
    known yet, it is measured first.

    Args:
        model: the export.
        choice: the device, the threads and the compute path.
        progress: told if something is measured.
        capacity: tokens that a slot holds.
        capture: whether steps are captured, if the device is a GPU.

    Raises:
        EngineError: it can't be run, or doesn't fit into the card's memory.
    """
    device = choose_device(choice.device)
    if device.kind == "cuda" and (obstacle := memory_obstacle(model.manifest)) is not None:
        raise OutOfMemoryError(str(obstacle))
    speed = _speed(model, choice, device, progress)
    return _backend(model, choice, device, speed, capacity=capacity, capture=capture)


def _placed(choice: ModelChoice, progress: Progress) -> tuple[ModelChoice, ExportedModel, Device]:
    """The export to load, and where: on the CPU if it doesn't fit into the card's memory.

    On the CPU it is another export, so the choice that names the CPU comes with it.

    Raises:
        OutOfMemoryError: it doesn't fit, and `choice` names the card, or this very export.
    """
    model, device = ready(choice, progress), choose_device(choice.device)
    obstacle = memory_obstacle(model.manifest) if device.kind == "cuda" else None
    if obstacle is None:
        return choice, model, device
    if choice.device == "cuda" or isinstance(resolve(choice.model), ExportDirectory):
        raise OutOfMemoryError(str(obstacle))
    instead = dataclasses.replace(choice, device="cpu")
    progress.note(f"running on the CPU: {obstacle.sentence}")
    return instead, ready(instead, progress), Device("cpu", obstacle, card=True)


def _backend(
    model: ExportedModel,
    choice: ModelChoice,
    device: Device,
    speed: PromptSpeed | None,
    *,
    capacity: int = CAPACITY,
    capture: bool = True,
) -> OnnxBackend:
    paths = choice.compute_path if speed is None else speed.tuning.paths
    return OnnxBackend(
        model,
        device=device,
        threads=_threads(choice),
        paths=parse_paths(paths, model.manifest.graphs),
        capacity=capacity,
        capture=capture,
        seconds=None if speed is None else speed.tuning.step_seconds,
        watch=None if speed is None else speed.saw,
    )


def _speed(
    model: ExportedModel, choice: ModelChoice, device: Device, progress: Progress
) -> PromptSpeed | None:
    """What was measured here; None where the user pinned a compute path."""
    if choice.compute_path != "auto":
        return None
    file = Store(choice.cache_dir).autotune
    return prompt_speed(model, device, _threads(choice), file, progress)


def _threads(choice: ModelChoice) -> int:
    return choice.threads or physical_cores()
