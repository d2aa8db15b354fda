"""The user's own configuration: a TOML file, and environment variables that win over it.

The file is config.toml in the user's configuration directory, or what CODEGEN_CONFIG names. Each
key is an environment variable too: `device` is CODEGEN_DEVICE, and so on. The table [editor] holds
what is the language server's alone, and has no variables. codegen.settings.fields lists all keys.

Nothing is read from the current directory or from a workspace, and no path may be relative to
one: a repository that somebody merely opened must not change what runs.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from codegen.errors import ConfigError
from codegen.files import read_file
from codegen.models.choice import ModelChoice
from codegen.models.mirrors import read_mirrors
from codegen.settings import values
from codegen.settings.editing import EditingSettings
from codegen.settings.fields import FIELDS, KEYS


@dataclass(frozen=True, slots=True)
class Settings(ModelChoice):
    """What the user chose, or the defaults; see ModelChoice for what decides the model.

    `context_tokens` bounds a prompt; None lets the machine's speed decide. `editor` is for the
    language server.
    """

    context_tokens: int | None = None
    editor: EditingSettings = field(default_factory=EditingSettings)

    def for_editing(self, editing: EditingSettings) -> "Settings":
        """These settings, with the model and the device that count while one types."""
        model, device = editing.model or self.model, editing.device or self.device
        return dataclasses.replace(self, model=model, device=device, editor=editing)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Reads the configuration file that `environ` leads to, and `environ` itself.

    A variable that is empty counts as not set.

    Raises:
        ConfigError: a key that doesn't exist, a value that can't be used, or a file that can't
            be read; the message names key, value and place.
    """
    path = config_path(environ)
    # A file that is named has to be there.
    there = bool(environ.get("CODEGEN_CONFIG")) or (path.is_absolute() and path.exists())
    return settings_of(read_table(path) if there else {}, environ, str(path))


def settings_of(table: Mapping[str, Any], environ: Mapping[str, str], path: str) -> Settings:
    """The settings that a configuration's table and `environ` make; `path` is for messages.

    Raises:
        ConfigError: as `load_settings`.
    """
    refuse_unknown(table, [*KEYS, "editor"], path)
    found: dict[str, Any] = {"editor": _editing(table.get("editor", {}), path)}
    for key, parse in KEYS.items():
        variable = f"CODEGEN_{key.upper()}"
        if environ.get(variable):
            name, value, place = variable, environ[variable], "the environment"
        elif key in table:
            name, value, place = key, table[key], path
        else:
            continue
        try:
            found[key] = parse(value)
        except ValueError as error:
            raise ConfigError(f"{name} = {value!r} in {place}: {error}") from None
    if mirror_file := found.pop("model_mirrors", None):
        found["mirrors"] = read_mirrors(mirror_file)
    return Settings(**found)


def _editing(table: object, path: str) -> EditingSettings:
    if not isinstance(table, dict):
        raise ConfigError(f"editor = {table!r} in {path}: expected a table")
    fields = {f"editor.{each.name}": each for each in FIELDS}
    named = {f"editor.{key}": value for key, value in table.items()}
    refuse_unknown(named, list(fields), path)
    found: dict[str, Any] = {}
    for key, value in named.items():
        try:
            found[fields[key].name] = fields[key].kind.read(value)
        except ValueError as error:
            raise ConfigError(f"{key} = {value!r} in {path}: {error}") from None
    return EditingSettings(**found)


def refuse_unknown(keys: Iterable[str], known: Sequence[str], path: str) -> None:
    """Raises ConfigError for a key that isn't known, with the nearest that is."""
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise ConfigError(f"unknown key {key} in {path}; {hint}")


def config_path(environ: Mapping[str, str]) -> Path:
    """Where the configuration file is, or would be.

    Raises:
        ConfigError: CODEGEN_CONFIG is no path.
    """
    if named := environ.get("CODEGEN_CONFIG"):
        try:
            return values.path(named)
        except ValueError as error:
            raise ConfigError(f"CODEGEN_CONFIG = {named!r} in the environment: {error}") from None
    return platformdirs.user_config_path("codegen") / "config.toml"


def read_table(path: Path) -> dict[str, Any]:
    """What a configuration file holds; ConfigError if it can't be read."""
    try:
        return tomllib.loads(read_file(path).decode())
    except OSError as error:
        raise ConfigError(f"the configuration {path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"the configuration {path} is not valid TOML: {error}") from error
