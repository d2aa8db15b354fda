"""Which model is wanted, on what device, and where it may come from."""

from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from codegen.engine.device import DeviceWish
from codegen.engine.manifest import PrecisionWish
from codegen.models.catalogue import default_entry
from codegen.models.mirrors import Mirror


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The user's settings that decide which model runs, and how.

    `model` is a name of the catalogue or an absolute path. `precision` "auto" is int4 on a CPU and
    fp16 on a GPU. `threads` None is the engine's own choice. `compute_path` is "auto" or a path
    that the engine knows. `offline` forbids fetching; `mirrors` are tried before the model's hub.
    """

    model: str = field(default_factory=lambda: default_entry().name)
    device: DeviceWish = "auto"
    precision: PrecisionWish = "auto"
    threads: int | None = None
    offline: bool = False
    compute_path: str = "auto"
    cache_dir: Path = field(default_factory=lambda: platformdirs.user_cache_path("codegen"))
    mirrors: tuple[Mirror, ...] = ()
