"""The user's own configuration: a TOML file, and environment variables, which win over the file.

The file is config.toml in the user's configuration directory, or the file that CODEGEN_CONFIG
names. Every key has an environment variable: `device` has CODEGEN_DEVICE, and so on. The table
[editor] holds the language server's own settings, which have no variables. codegen.settings.fields
lists all keys.

Nothing is read from the current directory or from a workspace, and no path may be relative: a
repository that the user merely opened must not change what runs.
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
    """The user's settings, or their defaults; ModelChoice has the fields that choose the model.

    `context_tokens` bounds a prompt; None lets the machine's speed decide. `editor` has the
    language server's own settings.
    """

    context_tokens: int | None = None
    editor: EditingSettings = field(default_factory=EditingSettings)

    def for_editing(self, editing: EditingSettings) -> "Settings":
        """These settings for an editor; if `editing` has a model or a device, these win."""
        model, device = editing.model or self.model, editing.device or self.device
        return dataclasses.replace(self, model=model, device=device, editor=editing)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Reads the configuration file, and the environment variables in `environ`.

    An empty variable counts as not set.

    Raises:
        ConfigError: a key that doesn't exist, a value that can't be used, or a file that can't
            be read; the message names key, value and place.
    """
    path = config_path(environ)
    # A file that CODEGEN_CONFIG names must exist.
    there = bool(environ.get("CODEGEN_CONFIG")) or (path.is_absolute() and path.exists())
    return settings_of(read_table(path) if there else {}, environ, str(path))


def settings_of(table: Mapping[str, Any], environ: Mapping[str, str], path: str) -> Settings:
    """The settings of a configuration's table and of `environ`; messages name `path`.

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
    fields = {f"editor.{field.name}": field for field in FIELDS}
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
    """Raises ConfigError for the first unknown key; the message suggests the most similar one."""
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise ConfigError(f"unknown key {key} in {path}; {hint}")


def config_path(environ: Mapping[str, str]) -> Path:
    """The path of the configuration file, which need not exist.

    Raises:
        ConfigError: CODEGEN_CONFIG is not an absolute path.
    """
    if named := environ.get("CODEGEN_CONFIG"):
        try:
            return values.path(named)
        except ValueError as error:
            raise ConfigError(f"CODEGEN_CONFIG = {named!r} in the environment: {error}") from None
    return platformdirs.user_config_path("codegen") / "config.toml"


def read_table(path: Path) -> dict[str, Any]:
    """The table in a configuration file.

    Raises:
        ConfigError: the file can't be read, or is not TOML.
    """
    try:
        return tomllib.loads(read_file(path).decode())
    except OSError as error:
        raise ConfigError(f"the configuration {path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"the configuration {path} is not valid TOML: {error}") from error
