"""Settings to resume work with: those that the user leaves open are taken from the folder."""

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.settings.config import Settings


class Pinned(Protocol):
    """The settings by which a folder's content was computed."""

    @property
    def paths(self) -> str:
        """The compute paths."""

    @property
    def threads(self) -> int:
        """ONNX Runtime's threads."""

    @property
    def precision(self) -> str:
        """The weights' precision."""

    @property
    def device(self) -> str:
        """Where it ran."""


def pinned(settings: "Settings", there: Pinned | None) -> "Settings":
    """The settings; those that are left open are taken from the folder to resume."""
    if there is None:
        return settings
    open_: Mapping[str, Any] = {
        "compute_path": there.paths if settings.compute_path == "auto" else settings.compute_path,
        "threads": settings.threads or there.threads,
        "precision": there.precision if settings.precision == "auto" else settings.precision,
        "device": there.device if settings.device == "auto" else settings.device,
    }
    return dataclasses.replace(settings, **open_)
