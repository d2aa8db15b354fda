"""The user's own configuration: a TOML file, and environment variables that win over it.

The file is config.toml in the user's configuration directory, or what CODEGEN_CONFIG names. Each
key is an environment variable too: `device` is CODEGEN_DEVICE, and so on.

Nothing is read from the current directory or from a workspace, and no path may be relative to
one: a repository that somebody merely opened must not change what runs.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import platformdirs

from codegen.errors import ConfigError
from codegen.models.catalogue import default_entry
from codegen.models.mirrors import Mirror, read_mirrors

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
    a prompt; None lets the machine's speed decide.
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


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Reads the configuration file that `environ` leads to, and `environ` itself.

    A variable that is empty counts as not set.

    Raises:
        ConfigError: a key that doesn't exist, a value that can't be used, or a file that can't
            be read; the message names key, value and place.
    """
    path = _config_file(environ)
    table = _read(path) if path is not None else {}
    for key in table.keys() - _KEYS.keys():
        near = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_KEYS)}"
        raise ConfigError(f"unknown key {key} in {path}; {hint}")
    values: dict[str, Any] = {}
    for key, parse in _KEYS.items():
        variable = f"CODEGEN_{key.upper()}"
        if environ.get(variable):
            name, value, place = variable, environ[variable], "the environment"
        elif key in table:
            name, value, place = key, table[key], str(path)
        else:
            continue
        try:
            values[key] = parse(value)
        except ValueError as error:
            raise ConfigError(f"{name} = {value!r} in {place}: {error}") from None
    if mirror_file := values.pop("model_mirrors", None):
        values["mirrors"] = read_mirrors(mirror_file)
    return Settings(**values)


def _config_file(environ: Mapping[str, str]) -> Path | None:
    if named := environ.get("CODEGEN_CONFIG"):
        try:
            return _path(named)
        except ValueError as error:
            raise ConfigError(f"CODEGEN_CONFIG = {named!r} in the environment: {error}") from None
    path = platformdirs.user_config_path("codegen") / "config.toml"
    return path if path.is_absolute() and path.exists() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
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


def _device(value: object) -> str:
    if value not in ("auto", "cpu", "cuda"):
        raise ValueError("expected auto, cpu or cuda")
    return str(value)


def _precision(value: object) -> str:
    if value not in ("auto", "int4", "fp32", "fp16"):
        raise ValueError("expected auto, int4, fp32 or fp16")
    return str(value)


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


_KEYS: Mapping[str, Callable[[object], object]] = {
    "model": _model,
    "device": _device,
    "precision": _precision,
    "threads": _count,
    "offline": _flag,
    "compute_path": _word,
    "context_tokens": _count,
    "cache_dir": _path,
    "model_mirrors": _path,
}
