"""The model that the settings name: what must be fetched for it, and how it is loaded."""

from typing import TYPE_CHECKING

from codegen.session.types import Offer
from codegen.settings.config import Settings

if TYPE_CHECKING:
    from codegen.local.model import LocalModel
    from codegen.progress import Progress


class SettingsProvider:
    """Loads the model that codegen.settings.config.Settings name."""

    def __init__(self, settings: Settings) -> None:
        """Keeps the settings."""
        self.settings = settings

    def offer(self) -> Offer | None:
        """The model that must be fetched; None if it is here, or may be fetched unasked.

        Raises:
            CodegenError: the model can't run here, so it should not be fetched.
        """
        # What the engine needs is imported here, long after the editor was answered.
        from codegen.engine.device import choose_device  # noqa: PLC0415
        from codegen.models.catalogue import CatalogueEntry  # noqa: PLC0415
        from codegen.models.resolve import find_export, resolve  # noqa: PLC0415
        from codegen.models.store import Store  # noqa: PLC0415

        choose_device(self.settings.device)
        source = resolve(self.settings.model)
        if self.settings.editor.fetch or not isinstance(source, CatalogueEntry):
            return None
        if Store(self.settings.cache_dir).download(source.file).exists():
            return None
        if find_export(self.settings) is not None:
            return None
        place = (
            "a mirror of your configuration"
            if self.settings.mirrors
            else f"huggingface.co/{source.repo}"
        )
        return Offer(source.name, source.bytes, place)

    def load(self, progress: "Progress") -> "LocalModel":
        """The model, fetched and exported if need be.

        Raises:
            CodegenError: it can't be fetched, exported or run.
        """
        from codegen.models.loading import load_model  # noqa: PLC0415

        return load_model(self.settings, progress)
