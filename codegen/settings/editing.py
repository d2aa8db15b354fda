"""Holds the language server's settings, which shape the suggestions in an editor.

Other modules read them, in three layers. The user's own configuration is trusted
(codegen.settings.config). The editor's settings may contain those of a repository, so they can't
name a file or a command (codegen_lsp.settings). A repository's .codegen.toml can only switch things
off (codegen.settings.workspace).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from codegen.engine.device import DeviceWish


@dataclass(frozen=True, slots=True)
class EditingSettings:
    """The language server's settings; codegen.settings.fields says what they mean.

    `max_latency` is in seconds: at a new place the prompt alone may take three (context.budget),
    and an answer after that is still wanted. `menu_patience` is in seconds; None is for the value
    that suits the client. `unload_after` is in minutes; None is for never. If `model` or `device`
    is None, the one in codegen.settings.config.Settings counts.
    """

    enabled: bool = True
    languages: Mapping[str, bool] = field(default_factory=dict, hash=False)
    exclude: tuple[str, ...] = ()
    max_latency: float = 6.0
    lines: Literal["auto", "single", "multi"] = "auto"
    candidates: int = 3
    debounce: bool = True
    completion: Literal["auto", "on", "off"] = "auto"
    menu_patience: float | None = None
    compute_ahead: bool = True
    unload_after: float | None = None
    log_level: Literal["error", "warning", "info", "debug"] = "info"
    model: str | None = None
    device: DeviceWish | None = None
    log_file: Path | None = None
    log_source: bool = False
    fetch: bool = False
