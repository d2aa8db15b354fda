"""Shows the settings with their origins, and changes the configuration file.

A change leaves everything else in the file as it is, comments included.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomlkit

from codegen.errors import ConfigError
from codegen.files import write_atomically
from codegen.settings.config import (
    config_path,
    load_settings,
    read_table,
    refuse_unknown,
    settings_of,
)
from codegen.settings.fields import FIELDS, KEYS

DEFAULT: Final = "default"

_EDITOR: Final = "editor"
_NAMES: Final = (*KEYS, *(f"{_EDITOR}.{field.name}" for field in FIELDS))


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting and its origin. `value` is as in TOML, None if it isn't set.

    `origin` is "default", the file's path, or the name of an environment variable.
    """

    key: str
    value: object
    origin: str


def shown(environ: Mapping[str, str]) -> Iterator[ShownSetting]:
    """Yields all settings with their origins.

    Raises:
        ConfigError: the configuration can't be used.
    """
    settings, path = load_settings(environ), config_path(environ)
    table = read_table(path) if path.exists() else {}
    for key in KEYS:
        variable = f"CODEGEN_{key.upper()}"
        origin = str(path) if key in table else DEFAULT
        if environ.get(variable):
            origin = variable
        if key == "model_mirrors":  # shown as the path of its file, not as the file's content
            value = environ.get(variable) or table.get(key)
        else:
            value = getattr(settings, key)
        yield ShownSetting(key, str(value) if isinstance(value, Path) else value, origin)
    editor = table.get(_EDITOR, {})
    for field in FIELDS:
        here = field.name in editor
        value = editor[field.name] if here else field.default
        yield ShownSetting(f"{_EDITOR}.{field.name}", value, str(path) if here else DEFAULT)


def set_value(environ: Mapping[str, str], key: str, text: str) -> Path:
    """Writes a setting into the configuration file, and returns the file's path.

    The file is made if there is none.

    Args:
        environ: the environment, which says where the file is.
        key: the key as in the file, with `editor.` before a key of that table.
        text: the value as in TOML; a word needs no quotes.

    Raises:
        ConfigError: there is no such key, the value can't be used, or the file can't be read or
            written; the file is unchanged then.
    """
    path = config_path(environ)
    refuse_unknown([key], _NAMES, "the configuration")
    written = path.exists()
    if written:
        settings_of(read_table(path), {}, str(path))  # raises for errors in the file as it is
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if written else "")
        if key.startswith(f"{_EDITOR}."):
            holder: Any = document.setdefault(_EDITOR, tomlkit.table())
        else:
            holder = document
        holder[key.removeprefix(f"{_EDITOR}.")] = _usable(key, text)
        content = tomlkit.dumps(document)
        settings_of(tomllib.loads(content), {}, str(path))
        _write(path, content)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}") from error
    return path


def variable_over(environ: Mapping[str, str], key: str) -> str | None:
    """The environment variable that wins over a key of the file; None if it isn't set."""
    variable = f"CODEGEN_{key.upper()}"
    return variable if key in KEYS and environ.get(variable) else None


def _usable(key: str, text: str) -> object:
    """The value of `text`: read as TOML or, if that can't be used, as a word.

    Raises:
        ConfigError: neither can be used.
    """
    values = [text]
    try:
        table = tomllib.loads(f"value = {text}")
        if table.keys() == {"value"}:
            values.insert(0, table["value"])
    except ValueError:
        pass
    fields = {f"{_EDITOR}.{field.name}": field.kind.read for field in FIELDS}
    read = KEYS.get(key) or fields[key]
    problem: ValueError | None = None
    for value in values:
        try:
            read(value)
        except ValueError as error:
            problem = problem or error
        else:
            return value
    raise ConfigError(f"{key} = {text!r} can't be set: {problem}")


def _write(path: Path, content: str) -> None:
    target = Path(os.path.realpath(path))  # a symbolic link stays a link
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "it is read-only", str(path))
    write_atomically(target, content)
    if mode is not None:
        target.chmod(mode & 0o7777)
