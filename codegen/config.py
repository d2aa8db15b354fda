"""The user's own configuration: a TOML file, and environment variables that win over it.

The file is config.toml in the user's configuration directory, or what CODEGEN_CONFIG names. Each
key is an environment variable too: `device` is CODEGEN_DEVICE, and so on. The table [editor] holds
what is the language server's alone, and has no variables; FIELDS says what there is.

Nothing is read from the current directory or from a workspace, and no path may be relative to
one: a repository that somebody merely opened must not change what runs.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

from codegen.editing import EditingSettings, Kind, number, one_of
from codegen.errors import ConfigError
from codegen.exclude import usable_globs
from codegen.files import read_file
from codegen.models.catalogue import default_entry
from codegen.models.mirrors import Mirror, read_mirrors

LEAST_CONTEXT: Final = 16
"""Tokens of a prompt that hold some words around the cursor."""

_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose, or the defaults.

    `model` is a name of the catalogue or an absolute path. `precision` "auto" is int4 on a CPU
    and fp16 on a GPU. `threads` is None for the engine's
    own choice. `compute_path` is "auto" or a path that the engine knows. `context_tokens` bounds
    a prompt; None lets the machine's speed decide. `editor` is for the language server.
    """

    model: str = field(default_factory=lambda: default_entry().name)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "int4", "fp32", "fp16"] = "auto"
    threads: int | None = None
    offline: bool = False
    compute_path: str = "auto"
    context_tokens: int | None = None
    cache_dir: Path = field(default_factory=lambda: platformdirs.user_cache_path("codegen"))
    mirrors: tuple[Mirror, ...] = ()
    editor: EditingSettings = field(default_factory=EditingSettings)

    def for_editing(self, editing: EditingSettings) -> "Settings":
        """These settings, with the model and the device that count while one types."""
        model, device = editing.model or self.model, editing.device or self.device
        return dataclasses.replace(self, model=model, device=device, editor=editing)


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of the language server.

    `name` is its key in [editor] and its attribute of EditingSettings. `default` is written as in
    TOML or JSON; None where there is none. Who may set it is a list: "user" in this file, "client"
    over LSP, and "workspace" in a repository's .codegen.toml, which can only switch off.
    """

    name: str
    kind: Kind
    default: object
    who: tuple[Literal["user", "client", "workspace"], ...]
    meaning: str

    @property
    def wire(self) -> str:
        """Its name over LSP."""
        return wire_name(self.name)


def wire_name(name: str) -> str:
    """The name over LSP of a key: `max_latency` is maxLatency."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


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
    values: dict[str, Any] = {"editor": _editing(table.get("editor", {}), path)}
    for key, parse in KEYS.items():
        variable = f"CODEGEN_{key.upper()}"
        if environ.get(variable):
            name, value, place = variable, environ[variable], "the environment"
        elif key in table:
            name, value, place = key, table[key], path
        else:
            continue
        try:
            values[key] = parse(value)
        except ValueError as error:
            raise ConfigError(f"{name} = {value!r} in {place}: {error}") from None
    if mirror_file := values.pop("model_mirrors", None):
        values["mirrors"] = read_mirrors(mirror_file)
    return Settings(**values)


def _editing(table: object, path: str) -> EditingSettings:
    if not isinstance(table, dict):
        raise ConfigError(f"editor = {table!r} in {path}: expected a table")
    fields = {f"editor.{each.name}": each for each in FIELDS}
    named = {f"editor.{key}": value for key, value in table.items()}
    refuse_unknown(named, list(fields), path)
    values: dict[str, Any] = {}
    for key, value in named.items():
        try:
            values[fields[key].name] = fields[key].kind.read(value)
        except ValueError as error:
            raise ConfigError(f"{key} = {value!r} in {path}: {error}") from None
    return EditingSettings(**values)


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
            return _path(named)
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


def _model(value: object) -> str:
    name = _word(value)
    # A file or directory is taken where it is meant, never from where codegen happens to run.
    if "/" in name or name.startswith("~") or name.endswith(".gguf"):
        return str(_path(name))
    return name


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a word")
    return value.strip()


def _count(value: object) -> int:
    try:
        count = int(value) if isinstance(value, str) else value
    except ValueError:
        count = None
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ValueError("expected a whole number, 1 or more")
    return count


def _context_tokens(value: object) -> int:
    count = _count(value)
    if count < LEAST_CONTEXT:
        raise ValueError(
            f"expected {LEAST_CONTEXT} or more: with less the model sees nothing of the file"
        )
    return count


def _flag(value: object) -> bool:
    flag = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise ValueError("expected true or false")  # noqa: TRY004 - see load_settings
    return flag


def _path(value: object) -> Path:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("expected a path")
    try:
        path = Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    if not path.is_absolute():
        raise ValueError("expected an absolute path, or one that begins with ~")
    return path


def _globs(value: Any) -> tuple[str, ...]:
    globs, problems = usable_globs(value)
    if problems:
        raise ValueError(problems[0])
    return globs


_FLAG: Final = Kind("true or false", lambda value: isinstance(value, bool))
_DEVICE: Final = one_of("auto", "cpu", "cuda")
_MODEL: Final = Kind("a name, or an absolute path", lambda value: isinstance(value, str), _model)
_PATH: Final = Kind("an absolute path", lambda value: isinstance(value, str), _path)
_GLOBS: Final = Kind("a list of globs", lambda value: isinstance(value, list), _globs)
_LANGUAGES: Final = Kind(
    "languages, each with true or false",
    lambda value: (
        isinstance(value, dict) and all(isinstance(each, bool) for each in value.values())
    ),
)
_LATENCY: Final = number("milliseconds", 100, 60_000, lambda value: value / 1000)
_PATIENCE: Final = number("milliseconds", 0, 60_000, lambda value: value / 1000)
_MINUTES: Final = number("minutes", 0, 10_000, lambda value: value or None)
_CANDIDATES: Final = number("a whole number", 1, 10, int, step=1)

KEYS: Final[Mapping[str, Callable[[object], object]]] = {
    "model": _model,
    "device": _DEVICE.read,
    "precision": one_of("auto", "int4", "fp32", "fp16").read,
    "threads": _count,
    "offline": _flag,
    "compute_path": _word,
    "context_tokens": _context_tokens,
    "cache_dir": _path,
    "model_mirrors": _path,
}
"""What the file may set beside [editor]."""

_USER: Final = ("user",)
_CLIENT: Final = ("user", "client")
_ALL: Final = ("user", "client", "workspace")

FIELDS: Final = (
    Field("enabled", _FLAG, True, _ALL, "suggest at all"),
    Field("languages", _LANGUAGES, {}, _ALL, "by LSP language id; `*` is every other one"),
    Field("exclude", _GLOBS, [], _ALL, "globs of files without suggestions; all layers add up"),
    Field("max_latency", _LATENCY, 6000, _CLIENT, "after this, show what there is"),
    Field("lines", one_of("auto", "single", "multi"), "auto", _CLIENT, "how much to suggest"),
    Field("candidates", _CANDIDATES, 3, _CLIENT, "how many to draw when asked for explicitly"),
    Field("debounce", _FLAG, True, _CLIENT, "wait for a pause as long as the typing suggests"),
    Field(
        "completion",
        one_of("auto", "on", "off"),
        "auto",
        _CLIENT,
        "offer suggestions as `textDocument/completion` too; auto is where the editor has no "
        "inline completion",
    ),
    Field(
        "menu_patience",
        _PATIENCE,
        None,
        _CLIENT,
        "after this, answer a menu's request without the model; unset, as it suits the editor",
    ),
    Field("compute_ahead", _FLAG, True, _CLIENT, "prepare for what is likely to be asked next"),
    Field("unload_after", _MINUTES, 0, _CLIENT, "idle for so long, free the memory; 0 is never"),
    Field(
        "log_level",
        one_of("error", "warning", "info", "debug"),
        "info",
        _CLIENT,
        "what is logged",
    ),
    Field(
        "model",
        _MODEL,
        None,
        _CLIENT,
        "instead of the `model` of all commands; an editor may only name one that is known",
    ),
    Field("device", _DEVICE, None, _CLIENT, "instead of the `device` of all commands"),
    Field("log_file", _PATH, None, _USER, "where the log is written, too; old ones are rotated"),
    Field("log_source", _FLAG, False, _USER, "at level debug, source text is logged, too"),
    Field("fetch", _FLAG, False, _USER, "fetch a model that is missing without asking"),
)
"""All settings of the language server: both layers are read, and documented, by this table."""
