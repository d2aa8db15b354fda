"""Collects and prints what `codegen model` shows."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.context.budget import affordable
from codegen.engine.autotune import Tuning, measured_anew, recorded
from codegen.engine.device import Device, choose_device, physical_cores
from codegen.engine.measuring import SIZES
from codegen.errors import UsageError
from codegen.models import inventory
from codegen.models.catalogue import CatalogueEntry, entries
from codegen.models.catalogue import Measured as CatalogueMeasured
from codegen.models.inventory import FoundExport
from codegen.models.resolve import ExportDirectory, require_export, resolve
from codegen.models.store import Store
from codegen.progress import Progress, human_bytes
from codegen.settings.config import Settings

Measured = Mapping[Path, Tuning]
"""The speeds of exports that were measured on this machine, by the exports' directories."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model, and which of its files are here.

    `entry` is the model's entry in the catalogue, None for the user's own model. `path` is the path
    of the user's own model, None if it is gone or if the model is the catalogue's.
    """

    name: str
    entry: CatalogueEntry | None
    path: Path | None
    exports: tuple[FoundExport, ...]
    store: Store

    @property
    def default(self) -> bool:
        """Whether it is the model that is used if the user names none."""
        return self.entry is not None and self.entry.default

    @property
    def download(self) -> Path | None:
        """The catalogue's file, if it is here."""
        return None if self.entry is None else inventory.download(self.store, self.entry)

    @property
    def fetched(self) -> Path | None:
        """The catalogue's file, if it is here because codegen fetched it."""
        return None if self.entry is None else inventory.fetched(self.store, self.entry)


def everything(settings: Settings) -> list[KnownModel]:
    """The catalogue's models, and then the other models that were exported."""
    store = Store(settings.cache_dir)
    by_name: dict[str, list[FoundExport]] = {entry.name: [] for entry in entries()}
    for export in inventory.exports(store):
        by_name.setdefault(export.name, []).append(export)
    known = {entry.name: entry for entry in entries()}
    return [
        KnownModel(name, known.get(name), None, tuple(found), store)
        for name, found in by_name.items()
    ]


def find(settings: Settings) -> KnownModel:
    """The model that settings.model names.

    Raises:
        UsageError: there is no such model.
        CorruptModelError: the path is not that of a model.
    """
    store = Store(settings.cache_dir)
    try:
        source = resolve(settings.model)
    except UsageError:
        # The file that a model was exported from may be gone.
        if not (found := inventory.exports(store, settings.model)):
            raise
        return KnownModel(settings.model, None, None, found, store)
    if isinstance(source, ExportDirectory):
        export = inventory.at(source.path)
        return KnownModel(export.name, None, source.path, (export,), store)
    found = inventory.exports(store, source.name)
    if isinstance(source, CatalogueEntry):
        return KnownModel(source.name, source, None, found, store)
    return KnownModel(source.name, None, source.path, found, store)


def measured(model: KnownModel, settings: Settings) -> Measured:
    """The compute paths that were measured for a model's exports, on this machine."""
    threads = settings.threads or physical_cores()
    figures = {
        export.directory: recorded(
            export.model, Device(export.device), threads, model.store.autotune
        )
        for export in model.exports
        if export.model is not None
    }
    return {directory: tuning for directory, tuning in figures.items() if tuning is not None}


@dataclass(frozen=True, slots=True)
class Speeds:
    """The speeds of an export that were measured just now, and the prompt's length by them.

    `seconds` is how long a call takes, by compute path and by the number of tokens in the call.
    `context_tokens` is how many tokens a prompt may have, unless the user sets another bound.
    """

    model: str
    precision: str
    device: str
    threads: int
    paths: str
    seconds: Mapping[str, Mapping[str, float]]
    context_tokens: int

    def lines(self) -> Iterator[str]:
        """The lines that a person is shown."""
        yield f"{self.model}, {self.precision} for {self.device}, threads: {self.threads}"
        for path in self.seconds:
            yield f"  {path}: {_speeds(Tuning(path, self.seconds))}"
        yield f"The paths {self.paths} are used, and prompts of {self.context_tokens} tokens."


def measure_again(settings: Settings, progress: Progress) -> Speeds:
    """Measures the export of settings.model, and stores the speeds for all later runs.

    Raises:
        ModelError: there is no export, or it is damaged.
        EngineError: the device can't be used.
    """
    device, threads = choose_device(settings.device), settings.threads or physical_cores()
    model = require_export(settings)
    tuning = measured_anew(model, device, threads, Store(settings.cache_dir).autotune, progress)
    return Speeds(
        model=model.manifest.name,
        precision=model.manifest.precision,
        device=device.kind,
        threads=threads,
        paths=tuning.paths,
        seconds=tuning.seconds,
        context_tokens=affordable(tuning.speed(SIZES[-1])),
    )


def summary(model: KnownModel) -> str:
    """The files of a model that are here, in a few words."""
    here = [
        f"{export.precision} for {export.device} ({human_bytes(export.bytes)}"
        f"{'' if export.problem is None else ', unusable'})"
        for export in model.exports
    ]
    if model.download is not None:
        here.append(f"download ({human_bytes(model.download.stat().st_size)})")
    elif model.entry is not None and not here:
        here.append(f"not here ({human_bytes(model.entry.bytes)} to fetch)")
    return ", ".join(here)


def lines(model: KnownModel, measured: Measured) -> Iterator[str]:
    """All that is known of a model, as lines for people."""
    yield f"{model.name} (the default)" if model.default else model.name
    if (entry := model.entry) is not None:
        yield f"  family    {entry.family}"
        yield f"  licence   {entry.licence}, {entry.licence_url}"
        yield f"  source    Hugging Face, {entry.repo}, revision {entry.revision}"
        yield f"            {entry.file}, {human_bytes(entry.bytes)}, sha256 {entry.sha256}"
        yield f"  download  {model.download or 'not here'}"
        if entry.measured is not None:
            yield from _cost(entry.measured)
    if model.path is not None:
        yield f"  path      {model.path}"
    for export in model.exports:
        yield f"  export    {export.precision} for {export.device}, {human_bytes(export.bytes)}"
        yield f"            {export.directory}"
        if export.model is None:
            yield f"            unusable: {export.problem}"
            continue
        manifest = export.model.manifest
        yield f"    family    {manifest.family}"
        yield f"    made of   {manifest.source.file}, sha256 {manifest.source.sha256}"
        yield f"    made with {', '.join(f'{k} {v}' for k, v in manifest.made_with.items())}"
        yield f"    parity    {_figures(manifest.parity) or 'not measured'}"
        yield f"    speed     {_speed(measured.get(export.directory))}"
    if not model.exports:
        yield f"  export    none; codegen model export {model.path or model.name} makes one"


def as_json(model: KnownModel, measured: Measured | None = None) -> dict[str, Any]:
    """All that is known of a model, for programs; without speeds if `measured` is None."""
    return {
        "name": model.name,
        "default": model.default,
        "path": _string(model.path),
        "catalogue": None if model.entry is None else dataclasses.asdict(model.entry),
        "download": _string(model.download),
        "exports": [_export_as_json(export, measured) for export in model.exports],
    }


def _export_as_json(export: FoundExport, measured: Measured | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "path": str(export.directory),
        "precision": export.precision,
        "device": export.device,
        "bytes": export.bytes,
        "problem": export.problem,
    }
    if export.model is not None:
        manifest = export.model.manifest
        shown |= {
            "family": manifest.family,
            "source": dataclasses.asdict(manifest.source),
            "made_with": dict(manifest.made_with),
            "parity": None if manifest.parity is None else dict(manifest.parity),
        }
    if measured is not None:
        tuning = measured.get(export.directory)
        shown["measured"] = None if tuning is None else dataclasses.asdict(tuning)
    return shown


def _cost(measured: CatalogueMeasured) -> Iterator[str]:
    """The measured costs and quality of a model, as lines for people."""
    costs = [
        text
        for value, text in (
            (measured.minutes, f"{measured.minutes} minutes to fetch and export"),
            (measured.bytes, f"{human_bytes(measured.bytes or 0)} on disk then"),
            (measured.prompt_tokens, f"prompts at {measured.prompt_tokens} tokens/s"),
            (measured.single_tokens, f"{measured.single_tokens} single tokens/s"),
        )
        if value is not None
    ]
    if costs:
        yield f"  costs     {', '.join(costs)}"
    yield f"  brings    {measured.exact_lines:.0%} of withheld Python lines exactly"
    yield f"            (on {measured.on}, {measured.date})"


def _figures(parity: Mapping[str, Any] | None) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
        for name, value in (parity or {}).items()
    )


def _speed(tuning: Tuning | None) -> str:
    if tuning is None:
        return "not measured on this machine yet"
    return f"{_speeds(tuning)}, by the paths {tuning.paths}"


def _speeds(tuning: Tuning) -> str:
    one, prompt = _rate(tuning.speed(SIZES[0])), _rate(tuning.speed(SIZES[-1]))
    return f"{one} one by one, {prompt} in a prompt"


def _rate(speed: float | None) -> str:
    return "not measured" if speed is None else f"{speed:.0f} tokens/s"


def _string(path: Path | None) -> str | None:
    return None if path is None else str(path)
